"""What keeps a key person able to go on: their days, quiet hours and pauses, and what they gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.city import JAPAN
from bot.models import KeyPerson, Post
from bot.runtime import Runtime
from broadcasts import availability, care
from handlers.console.language import _, day_and_time
from handlers.console.networks_ids import PERSON, locked_person
from handlers.console.networks_record import record
from handlers.console.networks_words import weekday_names

blueprint = Blueprint("care", __name__)

YEARS_SHOWN = 3


@dataclass(frozen=True)
class Days:
    """The weekdays on which somebody is asked first in a network; Monday is 0."""

    network_id: int
    network: str
    days: Sequence[int]


@dataclass(frozen=True)
class Shown:
    """What the person's page says about their care, in the page's language.

    `given` are lines of year, times and minutes, the newest year first; `silent` since when they
    have not answered whether they stay, "" where they have.
    """

    quiet_from: int | None
    quiet_to: int | None
    night_ok: bool
    paused_until: str
    earliest: str
    latest: str
    posts: Sequence[Days]
    weekdays: Sequence[str]
    given: Sequence[tuple[int, care.Given]]
    confirmed: str
    silent: str


def shown(session: Session, person: KeyPerson, now: datetime) -> Shown:
    """Everything the part of the page needs."""
    today = now.astimezone(JAPAN).date()
    paused = person.paused_until if availability.is_paused(person, now) else None
    years = range(today.year, today.year - YEARS_SHOWN, -1)
    given = ((year, care.given(session, [person.id], year).get(person.id)) for year in years)
    asked = person.stay_asked_at if care.is_silent(person, now) else None
    return Shown(
        quiet_from=person.quiet_from,
        quiet_to=person.quiet_to,
        night_ok=person.night_ok,
        paused_until=_last_day(paused).isoformat() if paused else "",
        earliest=today.isoformat(),
        latest=(today + availability.LONGEST_PAUSE).isoformat(),
        posts=[Days(post.network_id, post.network.name, post.on_days) for post in person.posts],
        weekdays=weekday_names(),
        given=[(year, what) for year, what in given if what is not None],
        confirmed=day_and_time(person.confirmed_at, now) if person.confirmed_at else "",
        silent=day_and_time(asked, now) if asked else "",
    )


@blueprint.post(f"/people/{PERSON}/care")
def change(person_id: int) -> Response:
    """Set days, quiet hours and the pause as the form says; who did it is kept."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        person = locked_person(session, person_id)
        changed = _apply(person, now)
        for post in person.posts:
            changed |= _set_days(post)
            if changed:
                record(session, post.network, "care", str(person.id), now)
        flash(_("Saved: when %(name)s is asked.", name=person.name) if changed
              else _("Nothing changed."))  # fmt: skip
    return redirect(url_for("console.networks.people.page", person_id=person_id, _anchor="care"))


def _apply(person: KeyPerson, now: datetime) -> bool:
    """Quiet hours and the pause; whether anything is different."""
    start, end = _hour("quiet_from"), _hour("quiet_to")
    if start is None or end is None or start == end:
        start = end = None
    pause = _pause(request.form.get("paused_until", ""), person.paused_until, now)
    values: Mapping[str, object] = {
        "quiet_from": start,
        "quiet_to": end,
        "night_ok": start is not None and "night_ok" in request.form,
        "paused_until": pause,
    }
    different = {name: value for name, value in values.items() if getattr(person, name) != value}
    for name, value in different.items():
        setattr(person, name, value)
    return bool(different)


def _set_days(post: Post) -> bool:
    given = request.form.getlist(f"days-{post.network_id}")
    days = sorted({int(day) for day in given if day in "0123456" and len(day) == 1})
    if days == post.on_days:
        return False
    post.on_days = days
    return True


def _hour(field: str) -> int | None:
    given = request.form.get(field, "")
    return int(given) if given.isascii() and given.isdecimal() and int(given[:3]) < 24 else None


def _pause(given: str, before: datetime | None, now: datetime) -> datetime | None:
    """Until the end of a day in Japan; what cannot be read, or is over, ends the pause."""
    try:
        last = date.fromisoformat(given)
    except ValueError:
        return None
    days = (last - now.astimezone(JAPAN).date()).days + 1
    if not 1 <= days <= availability.LONGEST_PAUSE.days + 1:
        return None
    if before is not None and before > now and _last_day(before) == last:
        return before
    return availability.midnight(now, days)


def _last_day(until: datetime) -> date:
    """The last day in Japan that a pause touches."""
    return (until.astimezone(JAPAN) - timedelta(seconds=1)).date()
