"""The key persons of networks: invited, called, asked in an order, suspended, thanked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot import networks
from bot.models import KeyPerson, Network, Post, Relay
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import availability, key_persons, relay_reading, relaying
from handlers.console import networks_care
from handlers.console.language import _, day_and_time, language_name
from handlers.console.networks_ids import (
    NETWORK,
    PERSON,
    found_network,
    found_person,
    lock_notices,
    locked_network,
    locked_person,
)
from handlers.console.networks_record import invitations_of, record, was_first
from handlers.console.networks_words import (
    WAY,
    history,
    invitation_is_over,
    names_of,
    person_name,
    qr,
    standing,
    state_word,
    tasks,
)
from handlers.console.permissions import the_staff

blueprint = Blueprint("people", __name__)

LONGEST_NAME, LONGEST_PHONE, LONGEST_REASON = 60, 40, 280
FEWEST_DIGITS = 6
TASKS_SHOWN = 50

Act = Callable[[Session, Runtime, KeyPerson, str], str]
"""Does something to a key person, as whom, and returns what to say; "" if it came too late."""


@dataclass(frozen=True)
class Entered:
    """The invitation as somebody filled it in."""

    name: str = ""
    phone: str = ""

    @classmethod
    def from_request(cls) -> "Entered":
        return cls(request.form.get("name", "").strip(), request.form.get("phone", "").strip())

    def problems(self) -> dict[str, str]:
        found = {}
        if not 0 < len(self.name) <= LONGEST_NAME:
            found["name"] = _("Enter a name of at most %(number)s characters.", number=LONGEST_NAME)
        digits = sum(character.isdecimal() for character in self.phone)
        if len(self.phone) > LONGEST_PHONE or digits < FEWEST_DIGITS:
            found["phone"] = _("Enter a telephone number with its area code.")
        return found


@blueprint.get(f"/{NETWORK}/invite")
def blank(network_id: int) -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        return _form(found_network(session, network_id), Entered(), {})


@blueprint.post(f"/{NETWORK}/invite")
def invite(network_id: int) -> str | tuple[str, int]:
    """Invite somebody; the code is shown this once. Sent twice, the second code counts."""
    runtime: Runtime = current_app.extensions["runtime"]
    entered, now = Entered.from_request(), runtime.clock.now()
    with runtime.database.write() as session:
        network = locked_network(session, network_id)
        problems = entered.problems()
        if problems:
            return _form(network, entered, problems), 422
        person = _invited_already(session, network, entered)
        if person is None:
            person, code = networks.invite(session, network, entered.name, entered.phone, now)
            record(session, network, "invited", str(person.id), now)
        else:
            code = networks.invite_again(person, now)
            record(session, network, "invited again", str(person.id), now)
    return _invitation(runtime, person, code, now)


def _invited_already(session: Session, network: Network, entered: Entered) -> KeyPerson | None:
    """Who was invited into this network with the same name and number and has not come yet."""
    return session.scalars(
        select(KeyPerson)
        .join(Post, Post.key_person_id == KeyPerson.id)
        .where(
            Post.network_id == network.id,
            KeyPerson.state == "invited",
            KeyPerson.name == entered.name,
            KeyPerson.phone == entered.phone,
        )
    ).first()


@blueprint.post(f"/people/{PERSON}/invite")
def invite_again(person_id: int) -> Response | str:
    """Another code for somebody who has not used theirs, shown this once."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        person = locked_person(session, person_id)
        if person.state != "invited":
            flash(_too_late(session, person, now))
            return _to(person_id)
        code = networks.invite_again(person, now)
        for post in person.posts:
            record(session, post.network, "invited again", str(person.id), now)
    return _invitation(runtime, person, code, now)


@blueprint.post(f"/{NETWORK}/people")
def add(network_id: int) -> Response:
    """Let a key person of other networks speak for this one too, after all others."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        network = locked_network(session, network_id)
        person = found_person(session, _chosen())
        if session.get(Post, (network.id, person.id)) is not None:
            flash(was_first(session, network, now))
        elif person.state == "left":
            flash(_too_late(session, person, now))
        else:
            networks.add_post(session, network, person)
            record(session, network, "added", str(person.id), now)
            flash(_("%(name)s is asked after all others.", name=person.name))
    return _to_order(network_id)


def _chosen() -> int:
    """The id that was chosen; 404 for anything that cannot be one."""
    given = request.form.get("person", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else abort(404)


@blueprint.post(f"/{NETWORK}/people/{PERSON}/up")
def up(network_id: int, person_id: int) -> Response:
    return _move(network_id, person_id, -1)


@blueprint.post(f"/{NETWORK}/people/{PERSON}/down")
def down(network_id: int, person_id: int) -> Response:
    return _move(network_id, person_id, +1)


def _move(network_id: int, person_id: int, by: int) -> Response:
    """Ask this person one place earlier or later."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as session:
        network = locked_network(session, network_id)
        posts = list(network.posts)
        place = next((at for at, post in enumerate(posts) if post.key_person_id == person_id), -1)
        if place < 0:
            abort(404)
        if 0 <= place + by < len(posts):
            posts.insert(place + by, posts.pop(place))
            for position, post in enumerate(posts, start=1):
                post.position = position
            order = ", ".join(str(post.key_person_id) for post in posts)
            record(session, network, "order", order, runtime.clock.now())
    return _to_order(network_id)


@blueprint.post(f"/{NETWORK}/people/{PERSON}/remove")
def remove(network_id: int, person_id: int) -> Response:
    """They speak for this network no more; what they had in hand for it is asked of the next."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        lock_notices(session, now)
        network = locked_network(session, network_id)
        person = found_person(session, person_id)
        mine = delete(Post).where(Post.network_id == network_id, Post.key_person_id == person_id)
        if session.get(Post, (network_id, person_id)) is None:
            flash(was_first(session, network, now))
            return _to_order(network_id)
        session.execute(mine)
        _ask_the_next(session, runtime, network, person)
        record(session, network, "removed", str(person_id), now)
        flash(_("%(name)s is not asked for this network any more.", name=person_name(person)))
    return _to_order(network_id)


def _ask_the_next(session: Session, runtime: Runtime, network: Network, person: KeyPerson) -> None:
    """Whatever this person was to carry into the network is asked of the next one at once."""
    carried = select(Relay).where(
        Relay.network_id == network.id,
        Relay.key_person_id == person.id,
        Relay.state.in_(relaying.OPEN),
    )
    for relay in session.scalars(carried).all():
        broadcast = session.get_one(Broadcast, relay.broadcast_id)
        relaying.ask_next(session, runtime, broadcast, relay, f"staff:{the_staff().id}")


@blueprint.get(f"/people/{PERSON}")
def page(person_id: int) -> str:
    """One key person: how far they are, what they have in hand, what happened."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        return _page(session, found_person(session, person_id), now, {})


@blueprint.post(f"/people/{PERSON}/confirm")
def confirm(person_id: int) -> Response:
    return _decide(person_id, _confirm)


@blueprint.post(f"/people/{PERSON}/reinstate")
def reinstate(person_id: int) -> Response:
    return _decide(person_id, _reinstate)


@blueprint.post(f"/people/{PERSON}/suspend")
def suspend(person_id: int) -> Response | tuple[str, int]:
    return _decide_with_reason(person_id, _suspend, "suspend")


@blueprint.post(f"/people/{PERSON}/leave")
def leave(person_id: int) -> Response | tuple[str, int]:
    return _decide_with_reason(person_id, _leave, "leave")


def _confirm(session: Session, runtime: Runtime, person: KeyPerson, by: str) -> str:
    if not key_persons.confirm(session, runtime, person, by):
        return ""
    return _("Confirmed. A practice notice is on its way to %(name)s.", name=person.name)


def _reinstate(session: Session, runtime: Runtime, person: KeyPerson, by: str) -> str:
    if not key_persons.reinstate(session, runtime, person, by):
        return ""
    return _("%(name)s is asked again from now on.", name=person.name)


def _suspend(session: Session, runtime: Runtime, person: KeyPerson, by: str) -> str:
    if not key_persons.suspend(session, runtime, person, by, _reason()):
        return ""
    return _("%(name)s is suspended. Whatever they had in hand is taken back.", name=person.name)


def _leave(session: Session, runtime: Runtime, person: KeyPerson, by: str) -> str:
    if not key_persons.leave(session, runtime, person, by, _reason()):
        return ""
    return _("The role has ended. Name and telephone number are erased.")


def _decide(person_id: int, act: Act) -> Response:
    """Do it in one transaction and say what happened, or who was first; back to the person."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        lock_notices(session, now)
        person = locked_person(session, person_id)
        done = act(session, runtime, person, f"staff:{the_staff().id}")
        flash(done or _too_late(session, person, now))
    return _to(person_id)


def _decide_with_reason(person_id: int, act: Act, field: str) -> Response | tuple[str, int]:
    if _reason():
        return _decide(person_id, act)
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        errors = {f"{field}-reason": _("Write a reason. It is kept with your name.")}
        person = found_person(session, person_id)
        return _page(session, person, runtime.clock.now(), errors), 422


def _reason() -> str:
    return request.form.get("reason", "").strip()[:LONGEST_REASON]


def _too_late(session: Session, person: KeyPerson, now: datetime) -> str:
    """Who was first, and what they did."""
    steps = history(session, names_of(session), person, now)
    if not steps:
        return _("Nothing changed.")
    return _(
        "Nothing changed: %(who)s was first (%(what)s, %(time)s).",
        who=steps[0].who,
        what=steps[0].what,
        time=steps[0].at,
    )


def _page(session: Session, person: KeyPerson, now: datetime, errors: dict[str, str]) -> str:
    return render_template(
        "console/key_person.html",
        person=person,
        name=person_name(person),
        standing=standing(person, now),
        way=[(state, state_word(state)) for state in WAY],
        invited_until=day_and_time(person.invited_until, now) if person.invited_until else "",
        invitation_over=invitation_is_over(person, now),
        pause=day_and_time(person.paused_until, now)
        if person.paused_until and person.paused_until > now
        else "",
        following=availability.is_reachable(person),
        reads=language_name(person.resident.language) if person.resident else "",
        in_hand=relay_reading.in_hand(session, person, now),
        steps=[
            *history(session, names_of(session), person, now),
            *invitations_of(session, person, now),
        ],
        tasks=tasks(session, relay_reading.of_person(session, person, TASKS_SHOWN), now),
        tasks_shown=TASKS_SHOWN,
        care=networks_care.shown(session, person, now),
        longest_reason=LONGEST_REASON,
        typed=_reason() if request.method == "POST" else "",
        errors=errors,
    )


def _form(network: Network, entered: Entered, errors: dict[str, str]) -> str:
    return render_template(
        "console/network_invite.html", network=network, entered=entered, errors=errors
    )


def _invitation(runtime: Runtime, person: KeyPerson, code: str, now: datetime) -> str:
    """The code, its link and its drawing: shown now and never again."""
    link = networks.chat_link(runtime.settings, code)
    until = day_and_time(person.invited_until or now, now)
    return render_template(
        "console/key_person_invited.html",
        person=person, code=code, link=link, drawing=qr(link or code), until=until,
    )  # fmt: skip


def _to(person_id: int) -> Response:
    return redirect(url_for("console.networks.people.page", person_id=person_id))


def _to_order(network_id: int) -> Response:
    return redirect(url_for("console.networks.network", network_id=network_id, _anchor="people"))
