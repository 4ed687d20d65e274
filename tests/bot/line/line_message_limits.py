"""How long and how many: more rows of the table, each with what just fits and what does not."""

from typing import Any

from tests.bot.line.line_behaviours import Account, fact, is_error
from tests.bot.line.line_messages import (
    PICTURE,
    bubble,
    flex,
    link,
    postback,
    quick_reply,
    template,
    text,
)

Json = dict[str, Any]
LIMITS: list[tuple[str, str, Json, Json]] = []  # id, fact, what fits, what does not


def limit(name: str, sentence: str, fits: Json, exceeds: Json) -> None:
    LIMITS.append((name, sentence, fits, exceeds))

    def check(account: Account) -> None:
        path = "/v2/bot/message/validate/push"
        answer = account.api("POST", path, {"messages": [fits]})
        assert answer.status_code == 200, answer.text
        is_error(account.api("POST", path, {"messages": [exceeds]}), 400)

    check.__name__ = f"limit_{name}"
    fact(sentence)(check)


def with_quick_replies(count: int, label: str = "Yes") -> Json:
    return text("?", quickReply=quick_reply(*[postback(label)] * count))


def tall_bubble(bytes_: int) -> Json:
    empty = bubble(size="mega")
    return bubble({**empty["body"], "contents": [text("x" * bytes_)]}, size="mega")


def carousel(count: int, bytes_: int = 1) -> Json:
    return flex({"type": "carousel", "contents": [tall_bubble(bytes_)] * count})


def columns(count: int, **more: Any) -> Json:
    column = {"text": "a", "actions": [postback()], **more}
    return template(type="carousel", columns=[column] * count)


def place(**changes: Any) -> Json:
    here = {"title": "a", "address": "b", "latitude": 35.0, "longitude": 139.0}
    return {"type": "location", **here, **changes}


def image(url: str) -> Json:
    return {"type": "image", "originalContentUrl": url, "previewImageUrl": PICTURE}


limit("text", "A text has at most 5,000 UTF-16 units.", text("あ" * 5000), text("あ" * 5001))
limit("emoji", "An emoji counts as two units.", text("🙏" * 2500), text("🙏" * 2500 + "a"))
limit("empty_text", "A text is not empty.", text(" a"), text(""))
limit(
    "quick_replies",
    "A message has at most 13 quick replies.",
    with_quick_replies(13),
    with_quick_replies(14),
)
limit(
    "quick_reply_label",
    "A quick reply's label has at most 20 characters.",
    with_quick_replies(1, "x" * 20),
    with_quick_replies(1, "x" * 21),
)
limit(
    "label_graphemes",
    "Labels count what readers see as characters, not code points.",
    with_quick_replies(1, "👨‍👩‍👧" * 20),
    with_quick_replies(1, "👨‍👩‍👧" * 21),
)
limit(
    "label_marks",
    "Signs above, below and around a letter belong to it and are not counted.",
    with_quick_replies(1, "ស្រុក" * 6),
    with_quick_replies(1, "ស្រុក" * 11),
)
limit(
    "postback_data",
    "A postback's data has at most 300 characters.",
    text("?", quickReply=quick_reply(postback(data="x" * 300))),
    text("?", quickReply=quick_reply(postback(data="x" * 301))),
)
limit(
    "postback_text",
    "A postback's shown text has at most 300 characters.",
    text("?", quickReply=quick_reply(postback(displayText="x" * 300))),
    text("?", quickReply=quick_reply(postback(displayText="x" * 301))),
)
limit(
    "uri",
    "A link has at most 1,000 characters.",
    text("?", quickReply=quick_reply(link(uri="https://minato.example/" + "x" * 977))),
    text("?", quickReply=quick_reply(link(uri="https://minato.example/" + "x" * 978))),
)
limit(
    "uri_scheme",
    "A link goes to http, https, line or tel.",
    text("?", quickReply=quick_reply(link(uri="tel:119"))),
    text("?", quickReply=quick_reply(link(uri="mailto:a@minato.example"))),
)
limit(
    "alt_text", "altText has at most 1,500.", flex(bubble(), "x" * 1500), flex(bubble(), "x" * 1501)
)
limit("bubble", "A bubble has at most 30 KB.", flex(tall_bubble(29_000)), flex(tall_bubble(31_000)))
limit("carousel", "A carousel has at most 12 bubbles.", carousel(12), carousel(13))
limit("carousel_size", "A carousel has at most 50 KB.", carousel(2, 24_000), carousel(2, 26_000))
limit("columns", "A carousel template has at most 10 columns.", columns(10), columns(11))
limit(
    "columns_alike",
    "All columns have the same number of actions.",
    columns(2),
    template(
        type="carousel",
        columns=[
            {"text": "a", "actions": [postback()]},
            {"text": "a", "actions": [postback(), postback()]},
        ],
    ),
)
limit(
    "confirm",
    "A confirm template's text has at most 240 characters.",
    template(type="confirm", text="x" * 240, actions=[postback(), postback()]),
    template(type="confirm", text="x" * 241, actions=[postback(), postback()]),
)
limit(
    "confirm_actions",
    "A confirm template has exactly two actions.",
    template(type="confirm", text="?", actions=[postback(), postback()]),
    template(type="confirm", text="?", actions=[postback()]),
)
limit(
    "buttons_text",
    "A buttons template's text has 160 characters, with a title or picture only 60.",
    template(type="buttons", text="x" * 160, actions=[postback()]),
    template(type="buttons", title="t", text="x" * 61, actions=[postback()]),
)
limit("place_title", "A place's name has 100.", place(title="x" * 100), place(title="x" * 101))
limit("place_address", "An address has 100.", place(address="x" * 100), place(address="x" * 101))
limit("place_fields", "A place needs all four fields.", place(), place(address=""))
limit(
    "sender",
    "A sender's name has at most 20 characters.",
    text("a", sender={"name": "x" * 20}),
    text("a", sender={"name": "x" * 21}),
)
limit("https", "Media comes over https.", image(PICTURE), image("http://minato.example/a.png"))
limit(
    "braces",
    "In textV2 a brace that means itself is doubled.",
    {"type": "textV2", "text": "{{a}}"},
    {"type": "textV2", "text": "{a}"},
)
limit(
    "camera",
    "Camera, pictures and place can be asked for in quick replies only.",
    text("?", quickReply=quick_reply({"type": "location", "label": "Here"})),
    template(type="buttons", text="?", actions=[{"type": "location", "label": "Here"}]),
)
limit(
    "audio",
    "A sound needs its duration.",
    {"type": "audio", "originalContentUrl": PICTURE, "duration": 1},
    {"type": "audio", "originalContentUrl": PICTURE},
)
limit(
    "unknown_type",
    "A message type that does not exist is refused.",
    text("a"),
    {"type": "letter", "text": "a"},
)
