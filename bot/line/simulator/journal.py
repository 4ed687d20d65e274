"""What happened, one JSON line each, so that a restarted simulator shows the same chats."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADER = ["simulator journal", 1]


class Journal:
    """An append-only file of changes, a folder of media beside it. Being killed loses nothing."""

    def __init__(self, folder: Path) -> None:
        (folder / "media").mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.path = folder / "journal.jsonl"
        fresh = not self.path.exists()
        if not fresh:
            self._drop_torn_line()
        self._file = self.path.open("a", encoding="ascii")
        if fresh:
            self._line(HEADER)

    def _drop_torn_line(self) -> None:
        with self.path.open("rb+") as file:
            content = file.read()
            if content and not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)

    def _line(self, values: list[Any]) -> None:
        self._file.write(json.dumps(values, separators=(",", ":")) + "\n")
        self._file.flush()

    def write(self, change: str, arguments: dict[str, Any]) -> None:
        self._line([change, arguments])

    def read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every change written so far, oldest first. ValueError: the file is not one of ours."""
        with self.path.open(encoding="ascii") as file:
            first = file.readline()
            if first and json.loads(first) != HEADER:
                raise ValueError(f"{self.path} is not a journal of this simulator's version")
            for line in file:
                change, arguments = json.loads(line)
                yield change, arguments

    def clear(self) -> None:
        self._file.truncate(0)
        self._line(HEADER)
        for path in (self.folder / "media").iterdir():
            path.unlink()

    def close(self) -> None:
        self._file.close()
