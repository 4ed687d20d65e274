"""One case as its page shows it: the conversation, the facts, what happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from bot import cases, city, conversations
from bot.models import (
    Area,
    Broadcast,
    Case,
    City,
    Message,
    Resident,
    ResidentArea,
    Staff,
    Transition,
)
from bot.runtime import Runtime
from bot.sealing import SealError
from bot.translation import JAPANESE
from handlers.console.language import _, current, day_and_time, language_name
from handlers.console.now import titles_of, what_for

MESSAGES_SHOWN = 150


@dataclass(frozen=True)
class Said:
    """One message of the conversation. `by` is resident, bot, staff or note.

    `japanese` stands beside words in another language; `how` says where the two come from.
    `sent` is what is known of its way to LINE: "" for a resident's words.
    """

    id: int
    by: str
    name: str
    at: str
    at_iso: str
    text: str
    language: str
    japanese: str
    how: str
    guess: str
    missing: str
    sent: str
    sent_mark: str
    once: str
    may_translate: bool


@dataclass(frozen=True)
class Fact:
    """A line of the facts; `link` is another case's id."""

    label: str
    text: str
    link: int | None = None


@dataclass(frozen=True)
class Shown:
    """A case as it is now; everything the page polls for."""

    id: int
    state: str
    urgent: bool
    protected: bool
    subject: str
    language: str
    assignee: str
    assignee_id: int | None
    mine: bool
    writing: str
    reachable: str
    said: tuple[Said, ...]
    earlier: int
    newest: int
    newest_by_resident: int
    facts: tuple[Fact, ...]
    other_cases: tuple[Fact, ...]
    happened: tuple[Fact, ...]


def shown(
    session: Session, runtime: Runtime, case: Case, staff: Staff, now: datetime, *, whole: bool
) -> Shown:
    """Everything about one case this person may see."""
    names = {id: name for id, name in session.execute(select(Staff.id, Staff.name))}
    messages = _messages(session, case, whole=whole)
    guesses = titles_of(session, {message.topic_id for message in messages if message.topic_id})
    title = titles_of(session, {case.topic_id}).get(case.topic_id) if case.topic_id else None
    writing = cases.writer(case, now)
    total = session.scalar(select(func.count()).where(Message.case_id == case.id)) or 0
    heard = [message.id for message in messages if message.author == "resident"]
    return Shown(
        id=case.id,
        state=case.state,
        urgent=case.urgent,
        protected=case.protected,
        subject=what_for(case.reason, title),
        language=conversations.language_of(session, case),
        assignee=names.get(case.assignee_id or 0, ""),
        assignee_id=case.assignee_id,
        mine=case.assignee_id == staff.id,
        writing=names.get(writing, "") if writing is not None and writing != staff.id else "",
        reachable=_reachable(case.resident),
        said=tuple(_said(runtime, case, message, names, guesses, now) for message in messages),
        earlier=total - len(messages),
        newest=max((message.id for message in messages), default=0),
        newest_by_resident=max(heard, default=0),
        facts=_facts(session, case, now),
        other_cases=_other_cases(session, case, staff, now),
        happened=_happened(session, case, names, now),
    )


def _messages(session: Session, case: Case, *, whole: bool) -> list[Message]:
    query = (
        select(Message)
        .where(Message.case_id == case.id)
        .options(selectinload(Message.delivery))
        .order_by(Message.id.desc())
    )
    found = session.scalars(query if whole else query.limit(MESSAGES_SHOWN)).all()
    return list(reversed(found))


def _said(
    runtime: Runtime,
    case: Case,
    message: Message,
    names: dict[int, str],
    guesses: dict[str, str],
    now: datetime,
) -> Said:
    missing = _missing(message)
    text = japanese = ""
    if not missing:
        try:
            text, japanese = conversations.said(message, runtime.sealer)
        except SealError:
            missing = _("The keys to these words are gone.")
    foreign = message.language not in (None, *JAPANESE)
    from_resident = message.author == "resident"
    sent, mark = _sent(message, now)
    return Said(
        id=message.id,
        by="note" if message.kind == "note" else message.author,
        name=_name(message, names),
        at=day_and_time(message.at, now),
        at_iso=message.at.isoformat(timespec="seconds"),
        text=text,
        language=message.language or "ja",
        japanese=japanese,
        how=_how(message, bool(japanese)),
        guess=guesses.get(message.topic_id or "", "") if from_resident and foreign else "",
        missing=missing,
        sent=sent,
        sent_mark=mark,
        once=message.once or "",
        may_translate=from_resident
        and foreign
        and bool(text)
        and not japanese
        and not case.protected
        and runtime.translator.is_on,
    )


def _missing(message: Message) -> str:
    """What to say of a message that has no words to show."""
    if message.unsent:
        return _("The resident took this message back.")
    kinds = {
        "image": _("A picture. Pictures are not kept yet: ask what it shows."),
        "video": _("A video. Videos are not kept yet: ask what it shows."),
        "audio": _("A voice message. These are not kept yet: ask for it in words."),
        "file": _("A file. Files are not kept yet: ask what it says."),
        "sticker": _("A sticker."),
        "location": _("Where the resident is. Positions are not kept."),
    }
    return kinds.get(message.kind, "")


def _name(message: Message, names: dict[int, str]) -> str:
    if message.author == "staff":
        return names.get(message.staff_id or 0, "")
    return {"resident": _("Resident"), "bot": _("Bot")}[message.author]


def _how(message: Message, has_japanese: bool) -> str:
    """Where the Japanese beside a message comes from."""
    if message.author == "resident":
        if message.translate_at is not None and not has_japanese:
            return _("Being translated")
        return _("Machine translation, unchecked") if has_japanese else ""
    names = {
        "machine": _("Written in Japanese, translated by machine"),
        "person": _("Written in this language; the Japanese is the writer's note"),
        "stock": _("Prepared answer"),
    }
    return names.get(message.origin or "", "")


def _sent(message: Message, now: datetime) -> tuple[str, str]:
    """How far a message has come, and its mark; LINE's word is the last there is."""
    delivery = message.delivery
    if message.author == "resident" or message.kind == "note" or delivery is None:
        return "", ""
    if delivery.state == "accepted":
        return _("LINE accepted it"), "good"
    if delivery.state in ("failed", "cancelled"):
        return _("Could not be sent: %(why)s", why=delivery.problem or delivery.state), "failed"
    if delivery.state == "unclear":
        return _("Perhaps received; being asked again"), "caution"
    late = now - delivery.created_at > timedelta(minutes=1)
    return _("Waiting to be sent"), "caution" if late else ""


def _reachable(resident: Resident) -> str:
    """Why nothing can be sent to this person, or ""."""
    if resident.line_user_id is None:
        return _("The resident had their data deleted. Nothing can be sent any more.")
    if not resident.following:
        return _(
            "The resident has blocked this account. Nothing can be sent until they unblock it."
        )
    return ""


def _facts(session: Session, case: Case, now: datetime) -> tuple[Fact, ...]:
    resident = case.resident
    tag = conversations.language_of(session, case)
    own = [language_name(known) for known in resident.languages]
    facts = [
        Fact(_("Number"), f"#{case.id}"),
        Fact(_("Writes in"), language_name(tag)),
        Fact(_("Chosen languages"), _(", ").join(own)),
        Fact(_("Areas"), _(", ").join(_areas(session, resident)) or _("None chosen")),
        Fact(_("Opened"), day_and_time(case.opened_at, now)),
        Fact(_("Why"), what_for(case.reason, None)),
    ]
    if case.waiting_since is not None:
        facts.append(Fact(_("Waits since"), day_and_time(case.waiting_since, now)))
        facts.append(Fact(_("Was told"), _promise(session, case.waiting_since, now)))
    if case.broadcast_id is not None:
        broadcast = session.get_one(Broadcast, case.broadcast_id)
        drill = _(" (drill)") if broadcast.drill else ""
        facts.append(Fact(_("About notice"), f"{broadcast.number}{drill}"))
    return tuple(facts)


def _areas(session: Session, resident: Resident) -> list[str]:
    found = session.scalars(
        select(Area)
        .join(ResidentArea, ResidentArea.area_id == Area.id)
        .where(ResidentArea.resident_id == resident.id)
        .order_by(Area.position)
    )
    return [city.named(area.names, current()) for area in found]


def _promise(session: Session, since: datetime, now: datetime) -> str:
    """What the bot said about when somebody is there."""
    row = session.get(City, 1)
    facts = row.facts if row else {}
    until = city.staffed_until(facts, since)
    if until is not None:
        return _("staff are there until %(time)s", time=day_and_time(until, now))
    opening = city.next_opening(facts, since)
    if opening is None:
        return _("staff answer as soon as they can")
    return _("staff are there from %(time)s", time=day_and_time(opening, now))


def _other_cases(session: Session, case: Case, staff: Staff, now: datetime) -> tuple[Fact, ...]:
    """The same person's other cases, without those this member of staff may not open."""
    found = session.scalars(
        select(Case)
        .where(Case.resident_id == case.resident_id, Case.id != case.id)
        .where(cases.visible_to(staff))
        .order_by(Case.id.desc())
        .limit(20)
    ).all()
    titles = titles_of(session, {other.topic_id for other in found if other.topic_id})
    return tuple(
        Fact(day_and_time(other.opened_at, now), f"{subject} · {state_name(other.state)}", other.id)
        for other in found
        for subject in (what_for(other.reason, titles.get(other.topic_id or "")),)
    )


def _happened(
    session: Session, case: Case, names: dict[int, str], now: datetime
) -> tuple[Fact, ...]:
    """Who did what with the case, the newest first."""
    found = session.scalars(
        select(Transition)
        .where(Transition.subject == Case.__tablename__, Transition.subject_id == case.id)
        .order_by(Transition.id.desc())
        .limit(50)
    )
    return tuple(
        Fact(f"{day_and_time(row.at, now)} · {_who(row.by, names)}", _what_happened(row, names))
        for row in found
    )


def _who(by: str, names: dict[int, str]) -> str:
    if by.startswith("staff:"):
        return names.get(int(by.removeprefix("staff:")), by)
    return {"resident": _("Resident"), "bot": _("Bot")}.get(by, by)


def _what_happened(row: Transition, names: dict[int, str]) -> str:
    handed = "handed over to "
    if row.reason.startswith(handed):
        return _("handed over to %(name)s", name=_who(row.reason.removeprefix(handed), names))
    said = {
        "taken": _("took it"),
        "given back": _("gave it back"),
        "answered": _("answered"),
        "closed": _("closed it"),
        "opened again": _("opened it again"),
        "wrote again": _("wrote again"),
        "not needed": _("needs nobody any more"),
        "data deleted": _("had their data deleted"),
        "nobody wrote again": _("closed: nobody wrote again"),
        "marked urgent": _("marked it urgent"),
        "urgent mark removed": _("removed the urgent mark"),
        "marked protected": _("marked it protected"),
        "topic named": _("said what it was about"),
    }
    return said.get(row.reason, row.reason)


def state_name(state: str) -> str:
    names = {
        "open": _("waiting for staff"),
        "assigned": _("being handled"),
        "answered": _("answered"),
        "closed": _("closed"),
    }
    return names[state]
