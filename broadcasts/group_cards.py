"""LINE groups of networks: connected by a code, told of each notice once, with a card.

Nothing said in a group is kept. The card has a title, the number and the link, never the text:
LINE counts a push to a group once for each of its members.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, exists, or_, select
from sqlalchemy.orm import Session

from bot import deliveries
from bot.channel import Card, Choice
from bot.database import after_commit
from bot.models import Delivery, GroupCard, Network, NetworkGroup
from bot.models.broadcasts import Broadcast
from bot.networks import new_group_code
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import reading
from broadcasts.drafting import public_link
from broadcasts.pictures import band
from broadcasts.relay_messages import is_urgent

QUEUE = "default"
COUNT_AGAIN = timedelta(days=1)


@dataclass(frozen=True)
class Cost:
    """How many groups get a card, how many messages LINE counts for it, and how many groups of
    unknown size are not in that number.
    """

    groups: int
    messages: int
    uncounted: int


def switch_on(session: Session, network: Network) -> NetworkGroup:
    """From now on a group can be connected, with a code made for it."""
    group = NetworkGroup(network_id=network.id, code=new_group_code())
    session.add(group)
    session.flush()
    return group


def switch_off(session: Session, group: NetworkGroup) -> str | None:
    """No group gets anything any more; the id of the one to leave, if one was connected."""
    line_id = group.line_id
    session.delete(group)
    return line_id


def waiting(session: Session) -> bool:
    """Whether any network waits for its group's code."""
    found = select(NetworkGroup.network_id).where(NetworkGroup.code.is_not(None)).limit(1)
    return session.scalars(found).first() is not None


def connect(
    session: Session, runtime: Runtime, code: str, line_id: str, now: datetime
) -> Network | None:
    """A member wrote a code in a group: the network it is now the group of, or None."""
    group = session.scalars(
        select(NetworkGroup)
        .join(Network)
        .where(NetworkGroup.code == code, Network.active)
        .with_for_update(of=NetworkGroup)
    ).first()
    if group is None:
        return None
    disconnect(session, line_id)
    group.line_id, group.code, group.connected_at, group.counted_at = line_id, None, now, None
    after_commit(session, lambda: runtime.wakeups.send(QUEUE))
    return group.network


def disconnect(session: Session, line_id: str) -> None:
    """The account is in this group no more; the network can be connected with a new code."""
    mine = select(NetworkGroup).where(NetworkGroup.line_id == line_id)
    for group in session.scalars(mine.with_for_update()).all():
        group.line_id, group.members, group.connected_at = None, None, None
        group.code = new_group_code()
    session.flush()


def cost(session: Session) -> Cost:
    """What one notice costs in groups."""
    sizes = session.scalars(
        select(NetworkGroup.members)
        .join(Network)
        .where(NetworkGroup.line_id.is_not(None), Network.active)
    ).all()
    known = [size for size in sizes if size is not None]
    return Cost(len(sizes), sum(known), len(sizes) - len(known))


def is_due(runtime: Runtime) -> bool:
    now = runtime.clock.now()
    looks: tuple[Select[int], ...] = (_uncounted(now), _too_late(now))
    with runtime.database.read() as session:
        if session.execute(_without_card(now).limit(1)).first() is not None:
            return True
        return any(session.scalars(look.limit(1)).first() is not None for look in looks)


def run(runtime: Runtime) -> None:
    """Put every notice in force before every connected group; then count who is in them."""
    now = runtime.clock.now()
    with runtime.database.read() as session:
        busy = session.execute(_without_card(now).limit(1)).first() is not None
        busy = busy or session.scalars(_too_late(now).limit(1)).first() is not None
    if busy:
        with runtime.database.write() as session:
            _drop(session, now)
            _post(session, runtime, session.execute(_without_card(now)).all(), now)
    _count(runtime, now)


def _in_force(now: datetime) -> ColumnElement[bool]:
    return (Broadcast.state == "broadcasting") & (Broadcast.expires_at > now)


def _without_card(now: datetime) -> Select[int, int]:
    """Notices in force and connected networks that have not got them."""
    posted = exists().where(
        GroupCard.broadcast_id == Broadcast.id, GroupCard.network_id == NetworkGroup.network_id
    )
    return (
        select(Broadcast.id, NetworkGroup.network_id)
        .join(NetworkGroup, NetworkGroup.line_id.is_not(None))
        .join(Network, Network.id == NetworkGroup.network_id)
        .where(_in_force(now), Broadcast.relay_only.is_(False), Network.active, ~posted)
        .order_by(Broadcast.id, NetworkGroup.network_id)
    )


def _too_late(now: datetime) -> Select[int]:
    """Cards that wait to be sent although their notice is over."""
    return (
        select(Delivery.id)
        .join(GroupCard, GroupCard.delivery_id == Delivery.id)
        .join(Broadcast, Broadcast.id == GroupCard.broadcast_id)
        .where(Delivery.state == "queued", ~_in_force(now), Broadcast.state != "paused")
    )


def _uncounted(now: datetime) -> Select[int]:
    old = or_(NetworkGroup.counted_at.is_(None), NetworkGroup.counted_at < now - COUNT_AGAIN)
    return select(NetworkGroup.network_id).where(NetworkGroup.line_id.is_not(None), old)


def _drop(session: Session, now: datetime) -> None:
    rows = select(Delivery).where(Delivery.id.in_(_too_late(now)))
    for row in session.scalars(rows.with_for_update(skip_locked=True)).all():
        reason = "the notice is over"
        transition(session, row, "cancelled", by="bot", reason=reason, at=now, problem=reason)


def _post(
    session: Session, runtime: Runtime, missing: Iterable[Row[int, int]], now: datetime
) -> None:
    for broadcast_id, network_id in missing:
        broadcast = session.get_one(
            Broadcast, broadcast_id, with_for_update={"key_share": True}, populate_existing=True
        )
        group = session.get_one(NetworkGroup, network_id, with_for_update=True)
        posted = session.get(GroupCard, (broadcast_id, network_id))
        if posted or group.line_id is None or broadcast.state != "broadcasting":
            continue
        card = _card(session, runtime, broadcast, group.network.language)
        if card is None:
            continue
        body = runtime.channel.render([card])
        urgent = is_urgent(broadcast)
        row = deliveries.queue(
            session, runtime, group.line_id, body, resident_id=None, urgent=urgent
        )
        session.add(GroupCard(broadcast_id=broadcast_id, network_id=network_id, delivery_id=row.id))
        session.flush()


def _card(session: Session, runtime: Runtime, broadcast: Broadcast, tag: str) -> Card | None:
    """What a group gets to see: what it is about, and where it stands."""
    row = reading.rendition(session, broadcast, tag)
    if row is None:
        return None
    say = runtime.words.text
    title = band(runtime, broadcast, row)
    if broadcast.kind == "cancel":
        title = row.words.get("card", {}).get("action", title)
    elif broadcast.kind == "update":
        title = f"{say(row.language, 'alert.update_mark')}{title}"
    mark = say(row.language, "alert.drill_first") if broadcast.drill else ""
    title = " ".join(filter(None, (mark, title)))
    link = f"{public_link(runtime, broadcast)}?lang={tag}"
    by_machine = (say(tag, "alert.origin.machine"),) if row.origin == "machine" else ()
    return Card(
        title=title,
        summary=title,
        lines=(say(tag, "alert.number", number=broadcast.number), *by_machine),
        buttons=(Choice(say(tag, "kp.page.button"), uri=link),),
        tone="urgent" if is_urgent(broadcast) else "plain",
    )


def _count(runtime: Runtime, now: datetime) -> None:
    with runtime.database.read() as session:
        ids = session.scalars(_uncounted(now)).all()
        lines = [session.get_one(NetworkGroup, id).line_id for id in ids]
    for network_id, line_id in zip(ids, lines, strict=True):
        size = runtime.channel.group_size(line_id or "")
        with runtime.database.write() as session:
            group = session.get(NetworkGroup, network_id)
            if group is not None and group.line_id == line_id:
                group.members, group.counted_at = size or group.members, now
