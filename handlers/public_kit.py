"""A notice's public page: is this really the city? And everything to pass it on with.

The text to copy, a picture, a page for a wall: in each language, without JavaScript.
"""

import io
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import segno
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    render_template,
    request,
    send_file,
)
from markupsafe import Markup
from sqlalchemy.orm import Session

from bot import city
from bot.languages import language
from bot.models import City
from bot.models.broadcasts import Broadcast, Rendition
from bot.pictures.fonts import FontsMissing
from bot.pictures.notices import NoticePicture, png
from bot.runtime import Runtime
from broadcasts import pictures, reading, relaying, sounds
from broadcasts.drafting import moment_in, public_link
from broadcasts.relay_messages import relay_opened
from broadcasts.templates import templates
from handlers.public import asked_language

log = logging.getLogger(__name__)

blueprint = Blueprint("public_kit", __name__)

PICTURE_KEPT = timedelta(minutes=5)
"""A browser may show a picture again for so long: its text can be replaced by a better one."""


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@dataclass(frozen=True)
class Leaf:
    """A notice in one language. `texts` are what people got: pairs of a language and words."""

    language: str
    band: str
    texts: tuple[tuple[str, str], ...]
    origin: str
    drill: tuple[str, str] | None
    facts: tuple[str, ...]


@blueprint.get("/n/<number>")
def notice(number: str) -> tuple[str, int]:
    """A notice in the reader's language with its present state, and a way to the others.

    `?print` is the same for a wall, `?print=all` in every language, a page each.
    """
    runtime: Runtime = current_app.extensions["runtime"]
    tag, now = asked_language(), runtime.clock.now()
    _note_opened(runtime, request.args.get("r", ""))
    with runtime.database.read() as session:
        row = session.get(City, 1)
        facts = row.facts if row else {}
        found = reading.by_number(session, number)
        if found is None:
            return _unknown(runtime, tag, facts), 404
        shown = reading.shown(session, runtime, found, now)
        rows = {row.language: row for row in reading.texts(session, found)}
        mine = rows.get(tag)
        sound = mine is not None and sounds.released(session, mine) is not None
    if "print" in request.args:
        chosen = rows.values() if request.args["print"] == "all" or mine is None else [mine]
        return _wall(runtime, found, shown, facts, [*chosen]), 200
    say = runtime.words.text
    page = _page(
        "public/notice.html",
        runtime,
        tag,
        facts,
        title=say(tag, "notice.title", number=number),
        number=number,
        state=shown.state,
        state_words=say(tag, f"notice.state.{shown.state}"),
        color=_color(found),
        leaf=_leaf(runtime, found, shown, mine) if mine else None,
        others=[other for other in rows if other != tag],
        other_languages=say(tag, "notice.other_languages"),
        lines=_facts(runtime, found, shown, tag),
        newest=shown.newest_number,
        newest_words=say(tag, "notice.newest"),
        how_to_check=say(tag, "notice.how_to_check"),
        kit={part: say(tag, f"kit.{part}") for part in ("copy", "picture", "print", "listen")},
        sound=sound,
        link=public_link(runtime, found),
        code=qr(f"{public_link(runtime, found)}?lang={tag}"),
    )
    return page, 200


@blueprint.get("/n/<number>/<tag>.png")
def picture(number: str, tag: str) -> Response:
    """The notice in one language as a picture to send on; 404 where there is none."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        found, row = _found_text(session, number, tag)
        state = reading.shown(session, runtime, found, runtime.clock.now()).state
        drawn = pictures.picture_of(runtime, found, row, state)
    return served(drawn, f"{'訓練-' if found.drill else ''}{number}-{tag}.png")


def served(drawn: NoticePicture, name: str) -> Response:
    """A picture as a browser gets it, under this file name; 503 where the fonts are missing."""
    try:
        response = Response(png(drawn), mimetype="image/png")
    except FontsMissing as error:
        log.error("no picture %s: %s", name, error)
        abort(503)
    response.add_etag()
    seconds = int(PICTURE_KEPT / timedelta(seconds=1))
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    response.make_conditional(request)
    return response


@blueprint.get("/n/<number>/<tag>.m4a")
def recording(number: str, tag: str) -> Response:
    """The notice read aloud in one language, released by staff; 404 where there is none."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        _broadcast, row = _found_text(session, number, tag)
        found = sounds.released(session, row, with_content=True)
        content = found.content if found else None
    if content is None:
        abort(404)
    return send_file(io.BytesIO(content), mimetype=sounds.MIMETYPE)


def _found_text(session: Session, number: str, tag: str) -> tuple[Broadcast, Rendition]:
    """The notice of this number in exactly this language; else the page that says so, as 404."""
    found = reading.by_number(session, number)
    rows = reading.texts(session, found) if found else []
    row = next((row for row in rows if row.language == tag), None)
    if found is None or row is None:
        runtime: Runtime = current_app.extensions["runtime"]
        place = session.get(City, 1)
        page = _unknown(runtime, asked_language(), place.facts if place else {})
        abort(Response(page, 404))
    return found, row


def _note_opened(runtime: Runtime, mark: str) -> None:
    """A key person came by the link in their question."""
    if not mark:
        return
    with runtime.database.write() as session:
        relay = relay_opened(session, runtime, mark)
        if relay is not None:
            relaying.opened(relay, runtime.clock.now())


def _unknown(runtime: Runtime, tag: str, facts: dict[str, Any]) -> str:
    say = runtime.words.text
    words = (say(tag, "notice.unknown"), say(tag, "notice.how_to_check"))
    return _page("public/notice.html", runtime, tag, facts, title=words[0], unknown=words)


def _wall(
    runtime: Runtime,
    found: Broadcast,
    shown: reading.Shown,
    facts: dict[str, Any],
    rows: list[Rendition],
) -> str:
    """For a wall: black on white, a page for each language."""
    tag = rows[0].language if rows else "ja"
    link, say = public_link(runtime, found), runtime.words.text
    state = shown.state if shown.state != "active" else ""
    sheets = [
        (
            _leaf(runtime, found, shown, row),
            city.blanks(facts, row.language, runtime.words),
            say(row.language, f"notice.state.{state}") if state else "",
        )
        for row in rows
    ]
    title = f"{'訓練 ' if found.drill else ''}{found.number}"
    return _page(
        "public/notice_print.html", runtime, tag, facts,
        title=title, number=found.number, sheets=sheets, link=link, code=qr(link),
    )  # fmt: skip


def _leaf(runtime: Runtime, found: Broadcast, shown: reading.Shown, row: Rendition) -> Leaf:
    say, tag = runtime.words.text, row.language
    texts = [(part["language"], "\n".join(part["lines"])) for part in row.words["texts"]]
    messages = row.words["messages"]
    if len(messages) == len(texts):  # the same with a drill's marks and where they come from
        texts = [(tag, words) for (tag, _lines), words in zip(texts, messages, strict=True)]
    marks = (say(tag, "alert.drill_first"), say(tag, "alert.drill_last"))
    return Leaf(
        language=tag,
        band=pictures.band(runtime, found, row),
        texts=tuple(texts),
        origin=next((text.origin for text in shown.texts if text.language == tag), ""),
        drill=marks if found.drill else None,
        facts=_facts(runtime, found, shown, tag),
    )


def _facts(runtime: Runtime, found: Broadcast, shown: reading.Shown, tag: str) -> tuple[str, ...]:
    """Who decided when, since when it is sent, until when it is in force."""
    say = runtime.words.text
    lines = [say(tag, "notice.valid_until", time=moment_in(tag, found.expires_at))]
    if shown.sent_at:
        lines.insert(0, say(tag, "notice.sent", time=moment_in(tag, shown.sent_at)))
    if found.decided_at:
        decided = moment_in(tag, found.decided_at)
        lines.insert(0, say(tag, "notice.decided_by", issuer=found.issuer, time=decided))
    return tuple(lines)


def _color(found: Broadcast) -> str:
    """The level whose colour the band has, or other."""
    template = templates()[found.template_id]
    return (
        "other"
        if found.kind == "cancel"
        else str(template.level or template.color_level or "other")
    )


def _page(
    name: str, runtime: Runtime, tag: str, facts: dict[str, Any], title: str, **values: object
) -> str:
    return render_template(
        name,
        language=language(tag),
        title=title,
        counter=city.blanks(facts, tag, runtime.words),
        own_name=lambda other: language(other).own_name,
        **values,
    )


def qr(words: str) -> Markup:
    """A QR code of these words as a drawing: black on white in every colour scheme."""
    drawing = segno.make(words, micro=False, error="m").svg_inline(
        dark="#000", light="#fff", border=4, omitsize=True, svgclass="qr"
    )
    return Markup(drawing)
