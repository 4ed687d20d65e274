"""Han characters in one form each: simplified, traditional and Japanese ones are the same word."""

from functools import cache
from pathlib import Path

GROUPS = Path(__file__).with_name("han.txt")


def folded(text: str) -> str:
    """`text` with each Han character replaced by the one that stands for its group."""
    return text.translate(_table())


@cache
def _table() -> dict[int, str]:
    lines = GROUPS.read_text(encoding="utf-8").splitlines()
    groups = [line for line in lines if line and not line.startswith("#")]
    return {ord(character): group[0] for group in groups for character in group[1:]}
