"""LINE groups: the account speaks there only when it joins and when a code connects it.

Everything else said in a group is nobody's business here: it is neither answered nor kept.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from bot import city, deliveries, networks
from bot.channel import Incoming, Outgoing, Text
from bot.conversations import ReplyTo
from bot.models import City
from bot.runtime import Runtime
from broadcasts import group_cards

_EVERYBODYS = ("ja-x-easy", "en")
"""Which language a group speaks is known only with its code."""


def heard(
    runtime: Runtime, session: Session, event: Incoming, reply_to: ReplyTo, now: datetime
) -> None:
    """One event of a group."""
    group_id = event.group_id or ""
    if event.kind == "join":
        _say(runtime, session, group_id, reply_to, _greeting(runtime, session))
    elif event.kind == "leave":
        group_cards.disconnect(session, group_id)
    elif event.kind == "text":
        _code_written(runtime, session, event, reply_to, now)


def _greeting(runtime: Runtime, session: Session) -> list[Outgoing]:
    """Said once: which code is waited for, or that the account speaks to one person at a time."""
    waits = group_cards.waiting(session)
    id = "group.code" if waits else "group.text"
    say = runtime.words.text
    return [Text(say(tag, id, city=_city(session, tag))) for tag in _EVERYBODYS]


def _code_written(
    runtime: Runtime, session: Session, event: Incoming, reply_to: ReplyTo, now: datetime
) -> None:
    code = networks.code_in(event.text)
    group_id = event.group_id or ""
    if code is None or not code.startswith("G") or not group_id.startswith("C"):
        return
    network = group_cards.connect(session, runtime, code, group_id, now)
    if network is None:
        return
    tag, values = network.language, {"network": network.name}
    words = runtime.words.text(tag, "group.connected", city=_city(session, tag), **values)
    _say(runtime, session, group_id, reply_to, [Text(words)])


def _say(
    runtime: Runtime,
    session: Session,
    group_id: str,
    reply_to: ReplyTo,
    messages: list[Outgoing],
) -> None:
    deliveries.queue(
        session,
        runtime,
        group_id,
        runtime.channel.render(messages),
        resident_id=None,
        urgent=False,
        reply_token=reply_to.token,
        reply_until=reply_to.until,
    )


def _city(session: Session, tag: str) -> str:
    row = session.get(City, 1)
    return city.named((row.facts if row else {}).get("city", {}).get("name", {"ja": ""}), tag)
