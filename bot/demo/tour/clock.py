"""Moves the time of a demo: the bot's and that of its local LINE platform together.

`python -m bot.demo.tour.clock` listens on a port of this machine that nobody else uses, and says
which: `clock listening on http://127.0.0.1:PORT`. `POST /` with `{"advance_seconds": n}`, at most
a week, answers once every process goes by the new time; 403 for a page of another origin.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import requests

from bot.clock import Clock
from bot.database import Database
from bot.runtime import database_url
from bot.settings import Settings, SettingsError, is_loopback

SEEN_SECONDS = 0.6
"""After this every process has asked the database for the time again (bot/clock.py)."""
SECONDS = 10
LONGEST_BODY = 1000
WEEK = 7 * 24 * 3600.0


class ClockServer(HTTPServer):
    """Holds the clock and the address of the local LINE platform."""

    def __init__(self, clock: Clock, line: str) -> None:
        super().__init__(("127.0.0.1", 0), Hand)
        self.clock = clock
        self.line = line

    def advance(self, seconds: float) -> None:
        self.clock.move(seconds)
        body = {"advance_seconds": seconds}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(f"{self.line}/_simulator/clock", json=body, timeout=SECONDS)
        answer.raise_for_status()
        time.sleep(SEEN_SECONDS)


class Hand(BaseHTTPRequestHandler):
    """Answers one request; the server calls `do_POST`."""

    server: ClockServer

    def do_POST(self) -> None:
        if not is_loopback(f"http://{self.headers['Host']}") or self.headers["Origin"]:
            return self._answer(403, {"error": "only from this machine"})
        try:
            length = min(int(self.headers["Content-Length"] or 0), LONGEST_BODY)
            seconds = float(json.loads(self.rfile.read(length))["advance_seconds"])
        except (KeyError, TypeError, ValueError):
            seconds = 0.0
        if not 0 < seconds <= WEEK:
            return self._answer(400, {"error": 'expected {"advance_seconds": n}, at most a week'})
        self.server.advance(seconds)
        self._answer(200, {"advanced_seconds": seconds})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        sys.exit(str(error))
    if not settings.simulated:
        sys.exit("The clock moves only where LINE is the simulator.")
    clock = Clock(Database(database_url(settings)), movable=True)
    server = ClockServer(clock, settings.line_api_base_url)
    print(f"clock listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
