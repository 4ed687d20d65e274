"""Who gets a notice: decided in one SQL statement, whatever the size of the city."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from bot import deliveries
from bot.models import Delivery, Resident, ResidentArea
from bot.models.broadcasts import REVIEWED, Broadcast, Recipient, Rendition, Sending

CONFIRMED_WITHIN = timedelta(days=365)
"""Who said longer ago where they live gets every alert, like who never said it."""

MAY_HAVE_GOT = ("accepted", "unclear", "sending")
"""And whatever was *unclear* once, however it ended."""


def members(broadcast: Broadcast, now: datetime) -> Select[int]:
    """The ids of the residents this notice is for.

    An Update is also for all who got or may have got what it references, a Cancel only for them. A
    drill for key persons alone is for no resident.
    """
    if broadcast.drill and broadcast.relay_only:
        return select(Resident.id).where(false())
    if broadcast.kind == "cancel":
        concerned = _got(broadcast)
    elif broadcast.kind == "update":
        concerned = or_(and_(*_own(broadcast, now)), _got(broadcast))
    else:
        concerned = and_(*_own(broadcast, now))
    return select(Resident.id).where(
        Resident.following, Resident.line_user_id.is_not(None), concerned
    )


def write(session: Session, broadcast: Broadcast, now: datetime) -> None:
    """Add everybody who is not a recipient yet."""
    new = select(literal(broadcast.id), Resident.id, languages_key()).where(
        Resident.id.in_(_missing(broadcast, now))
    )
    columns = [Recipient.broadcast_id, Recipient.resident_id, Recipient.languages]
    session.execute(insert(Recipient).from_select(columns, new))


def is_complete(session: Session, broadcast: Broadcast, now: datetime) -> bool:
    """Whether everybody it is for is a recipient."""
    return session.execute(_missing(broadcast, now).limit(1)).first() is None


def _missing(broadcast: Broadcast, now: datetime) -> Select[int]:
    return members(broadcast, now).where(~_is_recipient(broadcast))


def _is_recipient(broadcast: Broadcast) -> ColumnElement[bool]:
    return exists().where(
        Recipient.broadcast_id == broadcast.id, Recipient.resident_id == Resident.id
    )


def renew_languages(session: Session, broadcast: Broadcast) -> None:
    """Days may lie between submission and sending: what recipients read now counts."""
    reads = select(languages_key()).where(Resident.id == Recipient.resident_id).scalar_subquery()
    session.execute(
        update(Recipient)
        .where(Recipient.broadcast_id == broadcast.id, Recipient.languages != reads)
        .values(languages=reads)
    )


def without_sending(broadcast_id: int) -> Sequence[ColumnElement[bool]]:
    """Which recipients have nothing on its way yet and can get something."""
    return (
        Recipient.broadcast_id == broadcast_id,
        Recipient.resident_id == Resident.id,
        Resident.following.is_(True),
        Resident.line_user_id.is_not(None),
        ~exists().where(
            Sending.broadcast_id == broadcast_id, Sending.resident_id == Recipient.resident_id
        ),
    )


def lacking(rendition: Rendition) -> Sequence[ColumnElement[bool]]:
    """Which recipients read a released text first of all and had no reviewed or released text in
    its language.
    """
    had = aliased(Rendition)
    return (
        *reading_first(rendition),
        ~exists().where(
            Sending.broadcast_id == rendition.broadcast_id,
            Sending.resident_id == Recipient.resident_id,
            Sending.rendition_id == had.id,
            _is_good(had, rendition),
        ),
    )


def reading_first(rendition: Rendition) -> Sequence[ColumnElement[bool]]:
    """Which recipients read this text's language first of all and can get something."""
    return (
        Recipient.broadcast_id == rendition.broadcast_id,
        Recipient.languages.startswith(f'["{rendition.language}"', autoescape=True),
        Recipient.resident_id == Resident.id,
        Resident.following.is_(True),
        Resident.line_user_id.is_not(None),
    )


def has_good(session: Session, rendition: Rendition) -> bool:
    """Whether there is, or was, a reviewed or released text in this text's language."""
    good = select(Rendition.id).where(
        Rendition.broadcast_id == rendition.broadcast_id, _is_good(Rendition, rendition)
    )
    return session.scalars(good.limit(1)).first() is not None


def _is_good(had: type[Rendition], rendition: Rendition) -> ColumnElement[bool]:
    reviewed = and_(had.review.in_(REVIEWED), had.origin != "fallback")
    return and_(
        had.language == rendition.language,
        had.state != "withdrawn",  # it was wrong, or nobody vouches for it any more
        or_(had.origin == "person", reviewed),
    )


def count(session: Session, broadcast: Broadcast, now: datetime) -> dict[str, int]:
    """How many people would get it now, by languages key: its recipients and who would become
    one, of those who follow. A broadcast that is not stored has no recipients.
    """
    new = select(languages_key(), func.count()).where(Resident.id.in_(_missing(broadcast, now)))
    written = (
        select(Recipient.languages, func.count())
        .join(Resident, Resident.id == Recipient.resident_id)
        .where(
            Recipient.broadcast_id == broadcast.id,
            Resident.following,
            Resident.line_user_id.is_not(None),
        )
        .group_by(Recipient.languages)
    )
    counts: dict[str, int] = {}
    for statement in (
        new.group_by(languages_key()),
        written,
    ):
        for languages, number in session.execute(statement):
            counts[str(languages)] = counts.get(str(languages), 0) + int(number)
    return counts


def languages_key() -> ColumnElement[str]:
    """The stored list of languages as one text, such as `["vi", "en"]`."""
    return cast(Resident.languages, Text)


def _own(broadcast: Broadcast, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if broadcast.category != "alert":
        muted = cast(Resident.muted_categories, Text)
        conditions.append(~muted.contains(f'"{broadcast.category}"'))
    if broadcast.area_ids:
        chosen = exists().where(ResidentArea.resident_id == Resident.id)
        lives_there = chosen.where(ResidentArea.area_id.in_(broadcast.area_ids))
        recently = chosen.where(ResidentArea.confirmed_at > now - CONFIRMED_WITHIN)
        conditions.append(or_(lives_there, ~recently))
    return conditions or [Resident.id.is_not(None)]


def _got(broadcast: Broadcast) -> ColumnElement[bool]:
    """Whether a resident got, or may have got, what this notice references, or what that one
    referenced in turn: it replaced the earlier one for those it had not reached yet, too.
    """
    first = select(Broadcast.id, Broadcast.references_id)
    chain = first.where(Broadcast.id == broadcast.references_id).cte("chain", recursive=True)
    chain = chain.union_all(first.join(chain, Broadcast.id == chain.c.references_id))
    return exists().where(
        Sending.resident_id == Resident.id,
        Sending.broadcast_id.in_(select(chain.c.id)),
        Sending.delivery_id == Delivery.id,
        or_(Delivery.state.in_(MAY_HAVE_GOT), deliveries.ever_unclear()),
    )
