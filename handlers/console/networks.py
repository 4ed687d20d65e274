"""ネットワーク: communities, the codes they are joined with, and who speaks for them."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response

from bot import networks
from bot.languages import registered
from bot.models import NETWORK_KINDS, KeyPerson, Network, Post, RelayGap
from bot.runtime import Runtime
from broadcasts import relay_reading
from handlers.console import (
    networks_care,
    networks_kit,
    networks_people,
    networks_questions,
    readiness,
)
from handlers.console.language import _, clock_time, day_and_time, language_name
from handlers.console.networks_ids import NETWORK, found_network, locked_network
from handlers.console.networks_record import changes_of, record, was_first
from handlers.console.networks_words import (
    ONLY_ONE,
    ShownPost,
    Standing,
    kind_name,
    person_name,
    posts_of,
    qr,
    staffing,
    standing,
    tasks,
)
from handlers.console.notices_preview import own_name

blueprint = Blueprint("networks", __name__, url_prefix="/networks")
blueprint.register_blueprint(networks_people.blueprint)
blueprint.register_blueprint(networks_kit.blueprint)
blueprint.register_blueprint(networks_care.blueprint)
blueprint.register_blueprint(readiness.blueprint)
blueprint.register_blueprint(networks_questions.blueprint)

LONGEST_NAME = 60
TASKS_SHOWN = 20


@dataclass(frozen=True)
class Row:
    """A network as a line of the list. `gap` is how well it is staffed, the worst first."""

    id: int
    name: str
    tag: str
    language: str
    own_name: str
    kind: str
    members: int
    expected: int | None
    posts: tuple[ShownPost, ...]
    gap: int
    last: str
    active: bool


@dataclass(frozen=True)
class Entered:
    """The form of a network as somebody filled it in."""

    name: str = ""
    language: str = ""
    kind: str = NETWORK_KINDS[0]

    @classmethod
    def from_request(cls) -> "Entered":
        given = (request.form.get(field, "").strip() for field in ("name", "language", "kind"))
        return cls(*given)

    def problems(self) -> dict[str, str]:
        """What cannot be accepted, by field."""
        found = {}
        if not 0 < len(self.name) <= LONGEST_NAME:
            found["name"] = _("Enter a name of at most %(number)s characters.", number=LONGEST_NAME)
        if self.language not in {known.tag for known in registered()}:
            found["language"] = _("Choose a language.")
        if self.kind not in NETWORK_KINDS:
            found["kind"] = _("Choose a kind.")
        return found


@blueprint.get("")
def page() -> str:
    """All networks, those that nobody speaks for first."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        rows = _rows(session, now)
        used = [row for row in rows if row.active]
        free = session.scalars(
            select(KeyPerson)
            .where(KeyPerson.state != "left", ~KeyPerson.posts.any())
            .order_by(KeyPerson.name, KeyPerson.id)
        ).all()
        return render_template(
            "console/networks.html",
            rows=used,
            retired=[row for row in rows if not row.active],
            weak=sum(row.gap <= ONLY_ONE for row in used),
            free=[ShownPost(row.id, person_name(row), standing(row, now)) for row in free],
            as_of=clock_time(now),
        )


def _rows(session: Session, now: datetime) -> list[Row]:
    posts = selectinload(Network.posts).selectinload(Post.key_person)
    found = session.scalars(select(Network).options(posts.selectinload(KeyPerson.resident))).all()
    sizes, last = networks.sizes(session), relay_reading.last_of_each_network(session)
    rows = [
        Row(
            id=network.id,
            name=network.name,
            tag=network.language,
            language=language_name(network.language),
            own_name=own_name(network.language),
            kind=kind_name(network.kind),
            members=sizes.get(network.id, 0),
            expected=network.expected,
            posts=posts_of(network, now),
            gap=staffing(post.key_person for post in network.posts),
            last=_last(last.get(network.id), now),
            active=network.active,
        )
        for network in found
    ]
    return sorted(rows, key=lambda row: (row.gap, row.name))


def _last(relay: relay_reading.Carried | None, now: datetime) -> str:
    """When, and for which notice, somebody was asked last."""
    if relay is None:
        return _("never")
    broadcast, row = relay
    when = day_and_time(row.asked_at, now)
    if broadcast.drill:
        return _("drill %(number)s, %(time)s", number=broadcast.number, time=when)
    return _("notice %(number)s, %(time)s", number=broadcast.number, time=when)


@blueprint.get("/new")
def blank() -> str:
    return _form(None, Entered(), {})


@blueprint.post("/new")
def add() -> Response | tuple[str, int]:
    runtime: Runtime = current_app.extensions["runtime"]
    entered, now = Entered.from_request(), runtime.clock.now()
    with runtime.database.write() as session:
        problems = entered.problems() or _taken(session, entered, None)
        try:
            with session.begin_nested():
                if not problems:
                    network = networks.create(
                        session, entered.name, entered.language, entered.kind, now
                    )
        except IntegrityError:  # somebody else was a moment earlier
            problems = _taken(session, entered, None)
        if problems:
            return _form(None, entered, problems), 422
        record(session, network, "created", network.name, now)
    flash(_("Made: %(name)s. Invite somebody who speaks for it.", name=network.name))
    return redirect(url_for("console.networks.network", network_id=network.id))


@blueprint.get(f"/{NETWORK}")
def network(network_id: int) -> str:
    """One network: how people join it, who is asked for it, and what was asked."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.read() as session:
        row = found_network(session, network_id)
        posts = posts_of(row, now)
        here = {post.id for post in posts}
        others = session.scalars(
            select(KeyPerson)
            .where(KeyPerson.state != "left", KeyPerson.id.not_in(here))
            .order_by(KeyPerson.name, KeyPerson.id)
            .options(selectinload(KeyPerson.posts).selectinload(Post.network))
        ).all()
        link = networks.chat_link(runtime.settings, row.code) if row.code else ""
        return render_template(
            "console/network.html",
            network=row,
            own_name=own_name(row.language),
            kind=kind_name(row.kind),
            posts=posts,
            gap=staffing(post.key_person for post in row.posts),
            asked=sum(post.key_person.state == "active" for post in row.posts),
            members=networks.sizes(session).get(row.id, 0),
            link=link,
            drawing=qr(link or row.code) if row.code else "",
            kit=networks_kit.shown(session, runtime, row),
            others=[(person, _elsewhere(person, now)) for person in others],
            tasks=tasks(session, relay_reading.of_network(session, row, TASKS_SHOWN), now),
            tasks_shown=TASKS_SHOWN,
            changes=changes_of(session, row, now),
        )


def _elsewhere(person: KeyPerson, now: datetime) -> str:
    """A key person of other networks, for a list to choose from."""
    names = _(", ").join(post.network.name for post in person.posts) or _("no network")
    stands: Standing = standing(person, now)
    return _("%(name)s (%(state)s; %(networks)s)", name=person.name, state=stands.word,
             networks=names)  # fmt: skip


@blueprint.get(f"/{NETWORK}/change")
def edit(network_id: int) -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        row = found_network(session, network_id)
        return _form(row, Entered(row.name, row.language, row.kind), {})


@blueprint.post(f"/{NETWORK}/change")
def change(network_id: int) -> Response | tuple[str, int]:
    runtime: Runtime = current_app.extensions["runtime"]
    entered, now = Entered.from_request(), runtime.clock.now()
    with runtime.database.write() as session:
        row = locked_network(session, network_id)
        problems = entered.problems() or _taken(session, entered, row)
        if row.language != entered.language and relay_reading.is_carried_now(session, row, now):
            problems["language"] = _(
                "Somebody is carrying a notice into this network now. Change its language when "
                "they have reported."
            )
        if problems:
            return _form(row, entered, problems), 422
        changed = _differences(row, entered)
        try:
            with session.begin_nested():
                for field, value in changed.items():
                    setattr(row, field, value)
        except IntegrityError:  # somebody else took the name a moment earlier
            session.refresh(row)
            return _form(row, entered, _taken(session, entered, row)), 422
        for field, value in changed.items():
            record(session, row, field, value, now)
    flash(_("Saved: %(name)s.", name=row.name) if changed else _("Nothing changed."))
    return redirect(url_for("console.networks.network", network_id=network_id))


def _differences(network: Network, entered: Entered) -> dict[str, str]:
    given = {"name": entered.name, "language": entered.language, "kind": entered.kind}
    return {field: value for field, value in given.items() if getattr(network, field) != value}


@blueprint.post(f"/{NETWORK}/code")
def new_code(network_id: int) -> Response:
    """Another code to join with; the one that was shown beside the button stops working."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = locked_network(session, network_id)
        if request.form.get("shown", "") == (row.code or ""):
            networks.renew_code(row)
            record(session, row, "code", "new", now)
            flash(_("There is a new code. The old one works no more."))
        else:
            flash(was_first(session, row, now))
    return _to_code(network_id)


@blueprint.post(f"/{NETWORK}/code/revoke")
def revoke_code(network_id: int) -> Response:
    """Nobody joins any more until there is a new code."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = locked_network(session, network_id)
        if row.code is None:
            flash(was_first(session, row, now))
        else:
            row.code = None
            record(session, row, "code", "revoked", now)
            flash(_("The code is revoked. Nobody can join with it."))
    return _to_code(network_id)


def _to_code(network_id: int) -> Response:
    return redirect(url_for("console.networks.network", network_id=network_id, _anchor="code"))


@blueprint.post(f"/{NETWORK}/retire")
def retire(network_id: int) -> Response:
    return _set_active(network_id, False)


@blueprint.post(f"/{NETWORK}/use")
def use(network_id: int) -> Response:
    return _set_active(network_id, True)


def _set_active(network_id: int, active: bool) -> Response:
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = locked_network(session, network_id)
        if row.active == active:
            flash(was_first(session, row, now))
        else:
            row.active = active
            # Nobody is missing where nobody is asked; back in use, it is found out anew.
            session.execute(delete(RelayGap).where(RelayGap.network_id == row.id))
            record(session, row, "active", "yes" if active else "no", now)
            flash(
                _("In use again: key persons are asked for it from the next notice on.")
                if active
                else _("Out of use: nobody is asked for it any more, and nobody can join.")
            )
    return redirect(url_for("console.networks.network", network_id=network_id))


def _form(network: Network | None, entered: Entered, errors: dict[str, str]) -> str:
    return render_template(
        "console/network_form.html",
        network=network,
        entered=entered,
        errors=errors,
        kinds={kind: kind_name(kind) for kind in NETWORK_KINDS},
        longest=LONGEST_NAME,
    )


def _taken(session: Session, entered: Entered, mine: Network | None) -> dict[str, str]:
    """The problem that another network has this name, if one has."""
    other = session.scalars(select(Network).where(Network.name == entered.name)).first()
    if other is None or other is mine:
        return {}
    return {"name": _("There is a network with this name already.")}
