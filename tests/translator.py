"""A local translation service, good and bad: the world, not a mock.

It speaks LibreTranslate's API, and enough of DeepL's and Microsoft's to tell a right request from a
wrong one. It answers with the text itself, marked with the language it was to be in.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit


class TranslationService(ThreadingHTTPServer):
    """How it behaves is set from outside: good, slow, dripping, garbage, empty, away, busy,
    refusing, without a key's right, or losing numbers. `asked` are the fields of every request,
    `answers` what it says in a language instead of the marked text.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaves = "good"
        self.asked: list[dict[str, str]] = []
        self.answers: dict[str, str] = {}
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: TranslationService

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        raw = self.rfile.read(length).decode()
        self.server.paths.append(self.path)
        if self.path.startswith("/v2/"):
            self._deepl(parse_qs(raw))
            return
        if "api-version" in self.path:
            self._microsoft(parse_qs(urlsplit(self.path).query), json.loads(raw))
            return
        fields = {name: values[0] for name, values in parse_qs(raw).items()}
        self.server.asked.append(fields)
        getattr(self, f"_{self.server.behaves}", self._good)(fields)

    def _deepl(self, fields: dict[str, list[str]]) -> None:
        if self.headers["Authorization"] != "DeepL-Auth-Key key:fx" or "auth_key" in fields:
            self._json(403, {"message": "Legacy authentication"})
            return
        words = translated(fields["text"][0], fields["target_lang"][0])
        source = fields["source_lang"][0]
        self._json(200, {"translations": [{"text": f"{source}{words}"}]})

    def _microsoft(self, query: dict[str, list[str]], body: list[dict[str, str]]) -> None:
        if self.headers["Ocp-Apim-Subscription-Region"] != "japaneast":
            self._json(401, {"error": {"code": 401000}})
            return
        words = query["from"][0] + translated(body[0]["text"], query["to"][0])
        self._json(200, [{"translations": [{"text": words, "to": query["to"][0]}]}])

    def _good(self, fields: dict[str, str]) -> None:
        tag = fields["target"]
        words = self.server.answers.get(tag) or translated(fields["q"], tag)
        self._json(200, {"translatedText": words})

    def _slow(self, fields: dict[str, str]) -> None:
        time.sleep(20)

    def _dripping(self, fields: dict[str, str]) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(60):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.5)

    def _garbage(self, fields: dict[str, str]) -> None:
        self._send(200, b"<html>Welcome to your new router</html>")

    def _empty(self, fields: dict[str, str]) -> None:
        self._json(200, {"translatedText": ""})

    def _away(self, fields: dict[str, str]) -> None:
        self._json(503, {"error": "down for maintenance"})

    def _busy(self, fields: dict[str, str]) -> None:
        self._json(429, {"error": "Slowdown: 10 per minute"})

    def _refusing(self, fields: dict[str, str]) -> None:
        self._json(400, {"error": f"{fields['target']} is not supported"})

    def _keyless(self, fields: dict[str, str]) -> None:
        self._json(403, {"error": "Invalid API key"})

    def _losing(self, fields: dict[str, str]) -> None:
        words = "".join(c for c in fields["q"] if not c.isdigit())
        self._json(200, {"translatedText": translated(words, fields["target"])})

    def _json(self, status: int, body: object) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the tests say what matters."""


def translated(text: str, target: str) -> str:
    return f"[{target}] {text}"


@contextmanager
def translation_service() -> Iterator[TranslationService]:
    server = TranslationService()
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
