"""A notice read aloud: staff listen to a key person's recording before anybody else can."""

import io
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort, current_app, flash, redirect, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from bot.models import Sound
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import reading, sounds
from broadcasts.sending import LOCK
from handlers.console.language import _, day_and_time, language_name
from handlers.console.networks_words import person_name
from handlers.console.permissions import the_staff

blueprint = Blueprint("sound", __name__)

_SOUND = "<int(max=2147483647):sound_id>"


@dataclass(frozen=True)
class Shown:
    """A recording as the relay page shows it."""

    id: int
    language: str
    network: str
    person: str
    came: str
    released: bool


def shown(session: Session, broadcast: Broadcast, now: datetime) -> list[Shown]:
    """The recordings of a notice, the newest first."""
    return [
        Shown(
            row.id,
            language_name(row.language),
            row.relay.network.name,
            person_name(row.relay.key_person),
            day_and_time(row.created_at, now),
            row.state == "released",
        )
        for row in sounds.of_notice(session, broadcast)
    ]


@blueprint.get(f"/<number>/sounds/{_SOUND}.m4a")
def listen(number: str, sound_id: int) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        content = _found(session, number, sound_id).content
    if content is None:
        abort(404)
    return send_file(io.BytesIO(content), mimetype=sounds.MIMETYPE)


@blueprint.post(f"/<number>/sounds/{_SOUND}/release")
def release(number: str, sound_id: int) -> AnyResponse:
    """Let everybody play it on the notice's page."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        row = _locked(session, number, sound_id)
        done = sounds.release(session, runtime, row, f"staff:{the_staff().id}")
    flash(_("Released: it can be played on the notice's page.") if done else _("Nothing changed."))
    return redirect(url_for("console.notices.relay.page", number=number, _anchor="sounds"))


@blueprint.post(f"/<number>/sounds/{_SOUND}/refuse")
def refuse(number: str, sound_id: int) -> AnyResponse:
    """Nobody plays it, or not any longer; it is erased."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        row = _locked(session, number, sound_id)
        done = sounds.refuse(session, row, f"staff:{the_staff().id}", runtime.clock.now())
    flash(_("The recording is erased.") if done else _("Nothing changed."))
    return redirect(url_for("console.notices.relay.page", number=number, _anchor="sounds"))


def _locked(session: Session, number: str, sound_id: int) -> Sound:
    row = _found(session, number, sound_id)
    session.get_one(Broadcast, row.broadcast_id, with_for_update=LOCK)
    session.refresh(row)
    return row


def _found(session: Session, number: str, sound_id: int) -> Sound:
    broadcast = reading.by_number(session, number) or abort(404)
    row = session.get(Sound, sound_id)
    if row is None or row.broadcast_id != broadcast.id:
        abort(404)
    return row
