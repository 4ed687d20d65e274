"""The public page of a rumour: is it true, who says so, since when; for anybody, on any phone. And
the same as a picture, to pass it on where the rumour goes round.
"""

from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, render_template

from bot import city
from bot.languages import complete, language
from bot.models import City
from bot.runtime import Runtime
from broadcasts import pictures
from broadcasts.drafting import moment_in
from broadcasts.rumour_answers import claim, current, is_in_force, page_link
from handlers.public import asked_language
from handlers.public_kit import served

blueprint = Blueprint("public_rumours", __name__)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/r/<int(max=2147483647):rumour_id>")
def page(rumour_id: int) -> tuple[str, int]:
    """The answer confirmed last, in the reader's language; before there was one, 404."""
    runtime: Runtime = current_app.extensions["runtime"]
    tag, now = asked_language(), runtime.clock.now()
    say = runtime.words.text
    with runtime.database.read() as session:
        row = session.get(City, 1)
        answer = current(session, rumour_id)
    facts: dict[str, Any] = row.facts if row else {}
    frame = {
        "language": language(tag),
        "counter": city.blanks(facts, tag, runtime.words),
        "how_to_check": say(tag, "rumour.check"),
    }
    if answer is None:
        nothing = say(tag, "rumour.nothing_here")
        return render_template("public/rumour.html", title=nothing, answer=None, **frame), 404
    state = "active" if is_in_force(answer, now) else "ended"
    checked = moment_in(tag, answer.checked_at)
    rendered = render_template(
        "public/rumour.html",
        title=say(tag, f"rumour.{answer.verdict}"),
        answer=answer,
        state=state,
        state_words=say(tag, f"notice.state.{state}"),
        about=say(tag, "rumour.about", claim=claim(answer, tag)),
        source=say(tag, "rumour.source", source=answer.source, time=checked),
        until=say(tag, "notice.valid_until", time=moment_in(tag, answer.expires_at)),
        other_languages=say(tag, "notice.other_languages"),
        others=[known for known in complete("conversation") if known.tag != tag],
        link=page_link(runtime, rumour_id),
        picture=say(tag, "kit.picture") if state == "active" else "",
        **frame,
    )
    return rendered, 200


@blueprint.get("/r/<int(max=2147483647):rumour_id>/<tag>.png")
def picture(rumour_id: int, tag: str) -> Response:
    """The answer confirmed last, in one language, as a picture to send on; else 404."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        answer, row = current(session, rumour_id), session.get(City, 1)
    if answer is None or tag not in {known.tag for known in complete("conversation")}:
        abort(404)
    facts: dict[str, Any] = row.facts if row else {}
    name = city.blanks(facts, tag, runtime.words)["city"]
    in_force = is_in_force(answer, now)
    drawn = pictures.picture_of_answer(runtime, answer, tag, name, in_force=in_force)
    return served(drawn, f"r-{rumour_id}-{tag}.png")
