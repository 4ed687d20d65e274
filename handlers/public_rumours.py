"""The public page of a rumour: is it true, who says so, since when; for anybody, on any phone."""

from typing import Any

from flask import Blueprint, Flask, current_app, render_template

from bot import city
from bot.languages import complete, language
from bot.models import City
from bot.runtime import Runtime
from broadcasts.drafting import moment_in
from broadcasts.rumour_answers import claim, current, is_in_force, page_link
from handlers.public import asked_language

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
        **frame,
    )
    return rendered, 200
