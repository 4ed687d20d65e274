"""What line-bot-sdk's users write: the SDK's parser in a Flask view, one RQ job for each event."""

from flask import Flask, abort, request
from linebot.v3 import WebhookParser
from linebot.v3.exceptions import InvalidSignatureError
from redis import Redis
from rq import Queue

from bot.embedded_redis import socket_path
from bot.settings import Settings


def answer(event: str) -> None:
    """The job. Nobody runs it: what is measured ends with the 200."""


def create_app(settings: Settings) -> Flask:
    app = Flask(__name__)
    parser = WebhookParser(settings.line_channel_secret[0])
    queue = Queue(
        "sdk-pattern", connection=Redis.from_url(f"unix://{socket_path(settings.data_dir)}")
    )

    @app.post("/webhook")
    def webhook() -> str:
        signature = request.headers.get("X-Line-Signature", "")
        try:
            events = parser.parse(request.get_data(as_text=True), signature)
        except InvalidSignatureError:
            abort(400)
        for event in events:
            queue.enqueue(answer, event.to_json())
        return "OK"

    @app.get("/health")
    def health() -> str:
        return "OK"

    return app


if __name__ == "bench.sdk_pattern":
    app = create_app(Settings.from_environment())
