"""Reading the words and messages by which topics are recognised, as people write them down."""

from collections.abc import Iterator
from pathlib import Path


class KnowledgeError(ValueError):
    """The data under ``templates/faq`` contradicts itself; the message says where."""


def words(path: Path) -> list[tuple[str, str]]:
    """Pairs of a concept and a word, from lines like ``fire: fire*, flames``."""
    pairs = []
    for number, line in _lines(path):
        concept, colon, listed = line.partition(":")
        if not colon:
            raise KnowledgeError(f"{path}:{number}: write: concept: word, word")
        pairs += [(concept.strip(), word) for each in listed.split(",") if (word := each.strip())]
    return pairs


def messages(path: Path) -> list[tuple[str, str]]:
    """Pairs of a label and a message, from lines below a ``[label]``."""
    label, pairs = "", []
    for number, line in _lines(path):
        if line.startswith("[") and line.endswith("]"):
            label = line[1:-1]
        elif label:
            pairs.append((label, line))
        else:
            raise KnowledgeError(f"{path}:{number}: the first line must be a [label]")
    return pairs


def listed(path: Path) -> list[str]:
    """One word a line."""
    return [line for _, line in _lines(path)]


def short_forms(path: Path) -> dict[str, str]:
    """What to read in place of what, from lines like ``pls = please``."""
    forms = {}
    for number, line in _lines(path):
        short, equals, full = line.partition("=")
        if not equals:
            raise KnowledgeError(f"{path}:{number}: write: short = full")
        forms[short.strip()] = full.strip()
    return forms


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers; none where there is no file."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()
