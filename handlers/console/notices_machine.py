"""A draft's missing languages by machine: offered where the policy allows it, with what came of
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, abort, current_app, flash, redirect, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from bot.translation import Problem
from broadcasts import machine_texts
from broadcasts.drafting import LONGEST_TEXT
from broadcasts.machine_texts import EMPTY, JAPANESE_LEFT, LINES, TOO_LONG, UNCHECKED, Made
from handlers.console.language import _, language_name
from handlers.console.permissions import the_staff

blueprint = Blueprint("machine", __name__)


@dataclass(frozen=True)
class Offered:
    """The languages, by name, a machine may still be asked for, and those whose text it wrote.

    `refused`: why its text is not used, by the language's name. `outdated`: how many of its texts
    were of other words than the draft has now.
    """

    missing: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    outdated: int = 0


def offered(session: Session, runtime: Runtime, broadcast: Broadcast) -> Offered:
    """For the preview of a draft, stored or not."""
    found = machine_texts.standing(session, runtime, broadcast)
    return Offered(
        missing=_names(found.missing) if runtime.translator.is_on_for_notices else (),
        kept=_names(found.kept),
        refused={language_name(tag): _why(made) for tag, made in found.refused.items()},
        outdated=found.outdated,
    )


@blueprint.post("/<number>/machine")
def translate(number: str) -> Response:
    """Have the missing languages of a draft of one's own made."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        found = session.scalars(select(Broadcast).where(Broadcast.number == number)).first()
        if found is None:
            abort(404)
    if found.state == "draft" and found.author_id == the_staff().id:
        flash(translated(runtime, found))
    else:
        flash(_("Nothing was changed: this notice is no longer a draft of yours."))
    return redirect(url_for("console.notices.notice", number=number))


def translated(runtime: Runtime, broadcast: Broadcast) -> str:
    """Ask the machine for what a stored draft lacks; what to say of it."""
    if not runtime.translator.is_on_for_notices:
        return _("No translator is set up for this.")
    if not machine_texts.translate(runtime, broadcast.id):
        return _("Nothing was changed: this notice is no longer a draft of yours.")
    with runtime.database.read() as session:
        draft = session.get_one(Broadcast, broadcast.id)
        found = machine_texts.standing(session, runtime, draft)
    kept, refused = len(found.kept), len(found.refused)
    if not refused:
        return _("Languages by machine: %(kept)s.", kept=kept)
    return _(
        "Languages by machine: %(kept)s. Not used: %(refused)s; the reasons stand below.",
        kept=kept,
        refused=refused,
    )


def _names(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(language_name(tag) for tag in tags)


def _why(made: Made) -> str:
    """Why a machine's text is not used."""
    if made.problem == Problem.FACTS:
        facts = _(", ").join(made.lost) or _("its length")
        return _("not the same as in the Japanese: %(facts)s", facts=facts)
    return {
        Problem.OFF: _("no translator is set up for this"),
        Problem.AWAY: _("the translator did not answer in time"),
        Problem.KEY: _("the translator refuses our key, or it is used up"),
        Problem.REFUSED: _("the translator does not take this text or language"),
        EMPTY: _("a line came back empty"),
        LINES: _("the lines came back divided in another way"),
        JAPANESE_LEFT: _("some of it came back in Japanese"),
        TOO_LONG: _("longer than %(limit)s characters", limit=LONGEST_TEXT),
        UNCHECKED: _("nobody can compare this language with the Japanese here"),
    }[made.problem]
