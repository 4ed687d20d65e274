"""Moving a network's people in: a poster, words for their present group, how many have come.

And its LINE group, off by default, which gets a card of each notice.
"""

from dataclasses import dataclass

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot import city, networks
from bot.languages import language
from bot.models import City, Network, NetworkGroup
from bot.runtime import Runtime
from broadcasts import group_cards
from handlers.console.language import _, day_and_time
from handlers.console.networks_ids import NETWORK, found_network, locked_network
from handlers.console.networks_record import record, was_first
from handlers.console.networks_words import qr
from handlers.console.notices_preview import own_name

blueprint = Blueprint("kit", __name__)

MOST_EXPECTED = 100_000
_EVERYBODYS = "ja-x-easy"


@dataclass(frozen=True)
class Words:
    """Words of the bot in one language, for staff to copy."""

    tag: str
    own_name: str
    text: str


@dataclass(frozen=True)
class Kit:
    """What the network's page shows of moving in and of its group. `connected` is since when."""

    moving: tuple[Words, ...]
    group: NetworkGroup | None
    connected: str


def shown(session: Session, runtime: Runtime, network: Network) -> Kit:
    """`moving` is empty where nobody can join, or no LINE id is set for a link."""
    link = networks.chat_link(runtime.settings, network.code) if network.code else ""
    group = session.get(NetworkGroup, network.id)
    since = group.connected_at if group else None
    now = runtime.clock.now()
    return Kit(
        moving=tuple(
            Words(tag, own_name(tag), runtime.words.text(tag, "moving.message", link=link))
            for tag in dict.fromkeys((network.language, "ja"))
            if link
        ),
        group=group,
        connected=day_and_time(since, now) if since else "",
    )


@blueprint.post(f"/{NETWORK}/expected")
def expect(network_id: int) -> Response:
    """How many people are in the existing group; empty: not known."""
    runtime: Runtime = current_app.extensions["runtime"]
    given = request.form.get("expected", "").strip()
    number = int(given) if given.isdecimal() and len(given) <= len(str(MOST_EXPECTED)) else None
    with runtime.database.write() as session:
        row = locked_network(session, network_id)
        if given and (number is None or not 0 < number <= MOST_EXPECTED):
            flash(_("Enter how many people are in the group, such as 60, or nothing."))
        elif number == row.expected:
            flash(_("Nothing changed."))
        else:
            row.expected = number
            record(session, row, "expected", given, runtime.clock.now())
            flash(_("Saved: %(name)s.", name=row.name))
    return _back(network_id, "moving")


@blueprint.get(f"/{NETWORK}/poster")
def poster(network_id: int) -> str:
    """A page to print: the code in the network's language and in plain Japanese."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        row = found_network(session, network_id)
        place = session.get(City, 1)
    if row.code is None:
        abort(404)
    names = (place.facts if place else {}).get("city", {}).get("name", {"ja": ""})
    link = networks.chat_link(runtime.settings, row.code)
    say = runtime.words.text
    lines = [
        (tag, city.named(names, tag), say(tag, "moving.line", network=row.name))
        for tag in dict.fromkeys((row.language, _EVERYBODYS))
    ]
    return render_template(
        "console/network_poster.html",
        language=language(row.language),
        network=row,
        lines=lines,
        link=link,
        account=runtime.settings.line_basic_id,
        drawing=qr(link or row.code),
    )


@blueprint.post(f"/{NETWORK}/group/on")
def group_on(network_id: int) -> Response:
    """A code is made; who writes it in the LINE group connects it."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    with runtime.database.write() as session:
        row = locked_network(session, network_id)
        if session.get(NetworkGroup, network_id) is not None:
            flash(was_first(session, row, now))
        else:
            group_cards.switch_on(session, row)
            record(session, row, "group", "on", now)
            flash(_("Add the city's account to the LINE group, then write the code there."))
    return _back(network_id, "group")


@blueprint.post(f"/{NETWORK}/group/off")
def group_off(network_id: int) -> Response:
    """The group gets nothing any more, and the account leaves it."""
    runtime: Runtime = current_app.extensions["runtime"]
    now = runtime.clock.now()
    line_id = None
    with runtime.database.write() as session:
        row = locked_network(session, network_id)
        group = session.get(NetworkGroup, network_id, with_for_update=True)
        if group is None:
            flash(was_first(session, row, now))
        else:
            line_id = group_cards.switch_off(session, group)
            record(session, row, "group", "off", now)
            flash(_("No LINE group gets cards of this network any more."))
    if line_id is not None and not runtime.channel.leave_group(line_id):
        flash(_("LINE did not answer: remove the city's account from the group by hand."))
    return _back(network_id, "group")


def _back(network_id: int, anchor: str) -> Response:
    return redirect(url_for("console.networks.network", network_id=network_id, _anchor=anchor))
