"""python -m bot.line.simulator: see README.md."""

import argparse
import asyncio
from pathlib import Path

from .server import Options, Simulator
from .webhooks import is_loopback


def read_options() -> Options:
    parser = argparse.ArgumentParser(prog="simulator", description="A local LINE platform.")
    parser.add_argument("--host", default=Options.host)
    parser.add_argument("--port", type=int, default=Options.port, help="0 takes a free port")
    parser.add_argument("--webhook", metavar="URL", help="where the bot takes events")
    parser.add_argument("--secret", default=Options.secret, help="channel secret")
    parser.add_argument("--token", default=Options.token, help="channel access token")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep everything there")
    parser.add_argument("--redelivery", default=True, action=argparse.BooleanOptionalAction)
    parser.add_argument("--clock-offset", type=float, metavar="SECONDS")
    parser.add_argument("--expose", action="store_true", help="allow other hosts than this one")
    parser.add_argument("--name", default=Options.name, help="the account's name on the phones")
    given = parser.parse_args()
    if not (given.expose or is_loopback(given.host)):
        parser.error(f"{given.host} is not this machine: everybody there could act as residents")
    return Options(**vars(given))


if __name__ == "__main__":
    asyncio.run(Simulator(read_options()).run())
