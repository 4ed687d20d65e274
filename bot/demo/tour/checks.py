"""What the tour expects, and waiting for it."""

import time
from collections.abc import Callable
from typing import TypeVar

SECONDS = 60.0
"""How long anything may take on a busy machine before the tour gives up."""

Found = TypeVar("Found")


class Failed(Exception):
    """Something went otherwise than it must: what was `expected`, and what was `got` instead."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected = expected
        self.got = got


def check(true: object, expected: str, got: object) -> None:
    """Raise `Failed` unless it is so."""
    if not true:
        raise Failed(expected, str(got))


def wait_for(
    look: Callable[[], Found | None],
    expected: str,
    got: Callable[[], object],
    seconds: float = SECONDS,
    pause: float = 0.05,
) -> Found:
    """Look until there is something; raises `Failed` when it takes too long."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise Failed(f"{expected}, within {seconds:.0f} s", str(got()))
        time.sleep(pause)
    return found
