"""Messages that LINE takes, one or more of every type, rich in fields."""

from typing import Any

Json = dict[str, Any]
PICTURE = "https://minato.example/picture.png"


def postback(label: str = "Read", **more: Any) -> Json:
    return {"type": "postback", "label": label, "data": "seen=1", **more}


def link(label: str = "Map", uri: str = "https://minato.example/map") -> Json:
    return {"type": "uri", "label": label, "uri": uri, "altUri": {"desktop": uri}}


PICKER = {
    "type": "datetimepicker",
    "label": "Day",
    "data": "day=1",
    "mode": "date",
    "initial": "2026-09-12",
    "min": "2026-09-01",
    "max": "2026-12-31",
}
CLIPBOARD = {"type": "clipboard", "label": "Copy", "clipboardText": "0900-1234"}
SAY = {"type": "message", "label": "Ask", "text": "ask"}
FILL_IN = postback("Write", inputOption="openKeyboard", fillInText="My name is ", displayText="ok")


def quick_reply(*actions: Json) -> Json:
    return {"items": [{"type": "action", "imageUrl": PICTURE, "action": it} for it in actions]}


def text(words: str, **more: Any) -> Json:
    return {"type": "text", "text": words, **more}


def box(*contents: Json, **more: Any) -> Json:
    return {"type": "box", "layout": "vertical", "contents": list(contents), **more}


def bubble(body: Json | None = None, **more: Any) -> Json:
    return {"type": "bubble", "body": body or box(text("hello")), **more}


def flex(contents: Json, alt: str = "card") -> Json:
    return {"type": "flex", "altText": alt, "contents": contents}


CARD_BODY = box(
    text("EVACUATE", weight="bold", size="xl", color="#AA00AA", wrap=True, scaling=True, flex=1),
    text("", contents=[{"type": "span", "text": "now", "style": "italic", "size": "12px"}])
    | {"text": "now"},
    {"type": "separator", "margin": "md", "color": "#CCCCCC"},
    box(
        {"type": "icon", "url": PICTURE, "size": "sm", "margin": "4px", "aspectRatio": "1:1"},
        text("School", align="start", gravity="center", maxLines=2, decoration="underline"),
        {"type": "filler", "flex": 2},
        layout="baseline",
        spacing="sm",
    ),
    {"type": "image", "url": PICTURE, "size": "50%", "aspectMode": "fit", "action": link()},
    {"type": "button", "action": postback("I have read it"), "style": "primary", "height": "sm"},
    paddingAll="12px",
    backgroundColor="#FFFFFF",
    cornerRadius="md",
    borderWidth="2px",
    borderColor="#000000",
    justifyContent="center",
    alignItems="flex-start",
    position="relative",
    offsetTop="4px",
    width="100%",
    background={
        "type": "linearGradient",
        "angle": "90deg",
        "startColor": "#000000",
        "endColor": "#FFFFFF",
        "centerColor": "#888888",
        "centerPosition": "10%",
    },
)
CARD = bubble(
    CARD_BODY,
    size="mega",
    direction="ltr",
    header=box(text("Level 4")),
    hero={"type": "image", "url": PICTURE, "size": "full", "aspectRatio": "20:13"},
    footer=box({"type": "button", "action": CLIPBOARD, "adjustMode": "shrink-to-fit"}),
    styles={"header": {"backgroundColor": "#AA00AA", "separator": True}},
    action=link(),
)
FILM = bubble(
    hero={
        "type": "video",
        "url": "https://minato.example/film.mp4",
        "previewUrl": PICTURE,
        "altContent": {"type": "image", "url": PICTURE},
        "aspectRatio": "16:9",
        "action": link(),
    }
)
AREA = {"x": 0, "y": 0, "width": 520, "height": 520}
COLUMN = {
    "thumbnailImageUrl": PICTURE,
    "imageBackgroundColor": "#FFFFFF",
    "title": "Shelter",
    "text": "Minato school",
    "defaultAction": link(),
    "actions": [postback(), SAY],
}


def template(**content: Any) -> Json:
    return {"type": "template", "altText": "choice", "template": content}


MESSAGES: list[Json] = [
    text("hello"),
    text(
        "$ good",
        emojis=[{"index": 0, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}],
        quoteToken="q3Plxr4AgKd",
        sender={"name": "Bot", "iconUrl": PICTURE},
        quickReply=quick_reply(
            postback(),
            SAY,
            link(),
            PICKER,
            CLIPBOARD,
            FILL_IN,
            {"type": "camera", "label": "Photo"},
            {"type": "cameraRoll", "label": "Pictures"},
            {"type": "location", "label": "Here"},
        ),
    ),
    {
        "type": "textV2",
        "text": "{{plain}} {smile}",
        "substitution": {"smile": {"type": "emoji", "productId": "p", "emojiId": "001"}},
        "quoteToken": "q",
    },
    {"type": "sticker", "packageId": "446", "stickerId": "1988", "quoteToken": "q"},
    {"type": "image", "originalContentUrl": PICTURE, "previewImageUrl": PICTURE},
    {
        "type": "video",
        "originalContentUrl": PICTURE,
        "previewImageUrl": PICTURE,
        "trackingId": "film-1",
    },
    {"type": "audio", "originalContentUrl": "https://minato.example/a.m4a", "duration": 60000},
    {"type": "location", "title": "School", "address": "1-2", "latitude": 35.6, "longitude": 139.7},
    {
        "type": "imagemap",
        "baseUrl": "https://minato.example/map",
        "altText": "map",
        "baseSize": {"width": 1040, "height": 1040},
        "actions": [
            {"type": "uri", "linkUri": "https://minato.example/", "area": AREA, "label": "map"},
            {"type": "message", "text": "here", "area": AREA},
            {"type": "clipboard", "clipboardText": "copy", "area": AREA},
        ],
        "video": {
            "originalContentUrl": PICTURE,
            "previewImageUrl": PICTURE,
            "area": AREA,
            "externalLink": {"linkUri": "https://minato.example/", "label": "more"},
        },
    },
    template(
        type="buttons",
        thumbnailImageUrl=PICTURE,
        imageAspectRatio="rectangle",
        imageSize="cover",
        imageBackgroundColor="#FFFFFF",
        title="Where",
        text="Where are you?",
        defaultAction=link(),
        actions=[postback(), link(), PICKER],
    ),
    template(type="confirm", text="Are you safe?", actions=[postback("Yes"), postback("No")]),
    template(
        type="carousel",
        columns=[COLUMN, COLUMN],
        imageAspectRatio="square",
        imageSize="contain",
    ),
    template(type="image_carousel", columns=[{"imageUrl": PICTURE, "action": postback("Go")}]),
    flex(CARD),
    flex(FILM),
    flex({"type": "carousel", "contents": [bubble(), bubble()]}),
]
