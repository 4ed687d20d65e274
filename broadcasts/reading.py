"""Looking notices up: by number, the newest of a chain, what is in force, who has what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.languages import language
from bot.models import Delivery, Resident, ResidentArea, Transition
from bot.models.broadcasts import Acknowledgement, Broadcast, Recipient, Rendition, Sending
from bot.runtime import Runtime
from broadcasts.drafting import machine_note, origin_words

PUBLIC = ("broadcasting", "paused", "completed", "cancelled")


def by_number(session: Session, number: str) -> Broadcast | None:
    """The notice with this number, if it ever began to be sent: drafts are nobody's business."""
    found = session.scalars(select(Broadcast).where(Broadcast.number == number)).first()
    return found if found is not None and _sent_at(session, found) is not None else None


def newest(session: Session, broadcast: Broadcast) -> Broadcast:
    """The last of the chain of Updates and Cancels that begins with this notice."""
    while True:
        later = session.scalars(
            select(Broadcast)
            .where(Broadcast.references_id == broadcast.id, Broadcast.state.in_(PUBLIC))
            .order_by(Broadcast.id.desc())
        )
        sent = next((found for found in later if _sent_at(session, found)), None)
        if sent is None:
            return broadcast
        broadcast = sent


def active_for(session: Session, resident: Resident, now: datetime) -> Sequence[Broadcast]:
    """The notices in force that this resident is a recipient of, newest first."""
    rows = session.scalars(
        select(Broadcast)
        .join(Recipient, Recipient.broadcast_id == Broadcast.id)
        .where(
            Recipient.resident_id == resident.id,
            Broadcast.state.in_(("broadcasting", "paused")),
            Broadcast.expires_at > now,
            Broadcast.kind != "cancel",
        )
        .order_by(Broadcast.id.desc())
    )
    return rows.all()


def texts(session: Session, broadcast: Broadcast) -> list[Rendition]:
    """The words of a notice, one rendition a language: those in use, or, after an Update made them
    *stale*, those in use last.
    """
    rows = session.scalars(
        select(Rendition)
        .where(Rendition.broadcast_id == broadcast.id, Rendition.state.in_(("ready", "stale")))
        .order_by(Rendition.state.desc(), Rendition.id)  # the stale first: whoever is last, stays
    ).all()
    newest = {row.language: row for row in rows}
    return sorted(newest.values(), key=lambda row: row.id)


def rendition(session: Session, broadcast: Broadcast, tag: str) -> Rendition | None:
    """The frozen words in a language, else in one its readers also read."""
    ready = {row.language: row for row in texts(session, broadcast)}
    for candidate in (tag, *language(tag).fallback, "ja"):
        if candidate in ready:
            return ready[candidate]
    return None


def unmarked(row: Rendition) -> str:
    """The frozen lines as one text."""
    return "\n\n".join("\n".join(part["lines"]) for part in row.words["texts"])


def full_text(runtime: Runtime, broadcast: Broadcast, row: Rendition) -> str:
    """The frozen lines as one text, with a drill's marks first and last, and a machine's mark."""
    text = unmarked(row)
    if row.origin == "machine":
        text = f"{text}\n{machine_note(runtime, broadcast, row.language)}"
    if not broadcast.drill:
        return text
    first, last = (
        runtime.words.text(row.language, f"alert.drill_{end}") for end in ("first", "last")
    )
    return f"{first}\n{text}\n{last}"


@dataclass(frozen=True)
class ShownText:
    """A frozen rendition as the public page shows it: its lines, and where its words come from."""

    language: str
    parts: list[tuple[str, list[str]]]
    origin: str


@dataclass(frozen=True)
class Shown:
    """A notice as anybody may see it. `state`: active, updated, cancelled or ended."""

    state: str
    sent_at: datetime | None
    newest_number: str | None
    texts: list[ShownText]


def shown(session: Session, runtime: Runtime, broadcast: Broadcast, now: datetime) -> Shown:
    """The notice with its present state and all its texts."""
    last = newest(session, broadcast)
    rows = texts(session, broadcast)
    return Shown(
        state=_state_now(broadcast, last, now),
        sent_at=_sent_at(session, broadcast),
        newest_number=last.number if last.id != broadcast.id else None,
        texts=[
            ShownText(
                language=row.language,
                parts=[(part["language"], part["lines"]) for part in row.words["texts"]],
                origin=origin_words(
                    runtime, row.language, row.origin, row.review, row.reviewed_by or ""
                ),
            )
            for row in rows
        ],
    )


def _state_now(broadcast: Broadcast, last: Broadcast, now: datetime) -> str:
    if last.id != broadcast.id:
        return "cancelled" if last.kind == "cancel" else "updated"
    if broadcast.is_active(now):
        return "active"
    return "cancelled" if broadcast.state == "cancelled" else "ended"


def _sent_at(session: Session, broadcast: Broadcast) -> datetime | None:
    """When sending began."""
    return session.scalars(
        select(func.min(Transition.at)).where(
            Transition.subject == Broadcast.__tablename__,
            Transition.subject_id == broadcast.id,
            Transition.to_state == "broadcasting",
        )
    ).first()


def progress(session: Session, broadcast: Broadcast) -> dict[int, dict[str, int]]:
    """People by rendition id and the state of their delivery; "planned" has none yet."""
    state = func.coalesce(Delivery.state, "planned")
    rows = session.execute(
        select(Sending.rendition_id, state, func.count())
        .outerjoin(Delivery, Delivery.id == Sending.delivery_id)
        .where(Sending.broadcast_id == broadcast.id)
        .group_by(Sending.rendition_id, state)
    )
    counts: dict[int, dict[str, int]] = {}
    for rendition_id, name, number in rows:
        counts.setdefault(rendition_id, {})[name] = number
    return counts


def taps(session: Session, broadcast: Broadcast) -> dict[tuple[str, str], int]:
    """How many tapped what, by (languages key, kind)."""
    rows = session.execute(
        select(Recipient.languages, Acknowledgement.kind, func.count())
        .join(
            Recipient,
            (Recipient.broadcast_id == Acknowledgement.broadcast_id)
            & (Recipient.resident_id == Acknowledgement.resident_id),
        )
        .where(Acknowledgement.broadcast_id == broadcast.id)
        .group_by(Recipient.languages, Acknowledgement.kind)
    )
    return {(languages, kind): number for languages, kind, number in rows}


def taps_by_area(session: Session, broadcast: Broadcast) -> dict[tuple[str, str], int]:
    """How many tapped what, by (area id, kind); who named no area stands under ""."""
    area = func.coalesce(ResidentArea.area_id, "")
    rows = session.execute(
        select(area, Acknowledgement.kind, func.count())
        .select_from(Acknowledgement)
        .outerjoin(ResidentArea, ResidentArea.resident_id == Acknowledgement.resident_id)
        .where(Acknowledgement.broadcast_id == broadcast.id)
        .group_by(area, Acknowledgement.kind)
    )
    return {(area_id, kind): number for area_id, kind, number in rows}


def problems(session: Session, broadcast: Broadcast) -> dict[int, list[tuple[str, int]]]:
    """Why deliveries failed and how many people each reason concerns, by rendition id."""
    rows = session.execute(
        select(Delivery.rendition_id, Delivery.problem, func.count(Sending.id))
        .join(Sending, Sending.delivery_id == Delivery.id)
        .where(Delivery.broadcast_id == broadcast.id, Delivery.state == "failed")
        .group_by(Delivery.rendition_id, Delivery.problem)
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for rendition_id, problem, number in rows:
        found.setdefault(rendition_id or 0, []).append((problem or "", number))
    return found
