"""What the console calls the states, kinds and marks of notices, in the page's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import city
from bot.models import Area, Staff, StockText, Transition
from bot.models.broadcasts import Broadcast
from broadcasts.templates import templates
from handlers.console.language import _, current, day_and_time


@dataclass(frozen=True)
class Names:
    """Names of templates by id, of areas by id in the city's order, and of staff by "staff:ID"."""

    templates: Mapping[str, str]
    areas: Mapping[str, str]
    staff: Mapping[str, str]

    @classmethod
    def load(cls, session: Session) -> "Names":
        texts = session.scalars(
            select(StockText).where(
                StockText.kind == "alert", StockText.language.in_({"ja", current()})
            )
        ).all()
        page_language_last = sorted(texts, key=lambda text: bool(text.language == current()))
        areas = session.scalars(select(Area).order_by(Area.position))
        return cls(
            templates={text.key: text.parts.get("name", text.key) for text in page_language_last},
            areas={area.id: city.named(area.names, current()) for area in areas},
            staff={
                f"staff:{id}": name for id, name in session.execute(select(Staff.id, Staff.name))
            },
        )

    def what(self, broadcast: Broadcast) -> str:
        """What the notice is about: its own title, or its template's name."""
        title = broadcast.blanks.get("title")
        written = title.get("ja", "") if isinstance(title, dict) else ""
        return written or self.templates.get(broadcast.template_id, broadcast.template_id)

    def where(self, broadcast: Broadcast) -> str:
        """All its areas by name."""
        if not broadcast.area_ids:
            return _("the whole city")
        chosen = [name for id, name in self.areas.items() if id in broadcast.area_ids]
        return _(", ").join(chosen)

    def subject(self, broadcast: Broadcast) -> str:
        return _(
            "%(what)s: %(where)s", what=self.what(broadcast), where=self.where_short(broadcast)
        )

    def where_short(self, broadcast: Broadcast) -> str:
        """Its areas for a line of a list: the first three, and how many more."""
        chosen = [name for id, name in self.areas.items() if id in broadcast.area_ids]
        if len(chosen) <= 3:
            return self.where(broadcast)
        first = _(", ").join(chosen[:3])
        return _("%(areas)s and %(number)s more areas", areas=first, number=len(chosen) - 3)

    def who(self, by: str) -> str:
        """A person's name; the service and LINE by what they are."""
        programs = {"bot": _("automatically"), "line": _("after LINE's answer")}
        return programs.get(by) or self.staff.get(by, by)


def state_name(broadcast: Broadcast, now: datetime, waiting: int = 0) -> str:
    """The state in a word; one in force is *sending* while anything waits."""
    if broadcast.state in ("broadcasting", "paused") and broadcast.expires_at <= now:
        return _("Expired")
    if broadcast.state == "broadcasting":
        return _("Sending") if waiting else _("In force")
    names = {
        "draft": _("Draft"),
        "pending_approval": _("Waiting for approval"),
        "rejected": _("Rejected"),
        "scheduled": _("Scheduled"),
        "paused": _("Paused"),
        "completed": _("Ended"),
        "cancelled": _("Stopped"),
    }
    return names[broadcast.state]


def kind_name(kind: str) -> str:
    return {"alert": _("Notice"), "update": _("Update"), "cancel": _("Cancellation")}[kind]


def severity_name(severity: str) -> str:
    names = {
        "Extreme": _("Extreme: life is in great danger"),
        "Severe": _("Severe: life is in danger"),
        "Moderate": _("Moderate: may become dangerous"),
        "Minor": _("Minor: no danger to life"),
    }
    return names.get(severity, severity)


def urgency_name(urgency: str) -> str:
    names = {
        "Immediate": _("Immediate: act now"),
        "Expected": _("Expected: act soon"),
        "Future": _("Future: there is time"),
        "Past": _("Past: it is over"),
    }
    return names.get(urgency, urgency)


def category_name(category: str) -> str:
    names = {
        "alert": _("Alerts (residents cannot switch them off)"),
        "health": _("Health"),
        "money": _("Taxes and benefits"),
        "school": _("School and children"),
        "events": _("Events and classes"),
        "other": _("Other"),
    }
    return names.get(category, category)


def review_name(origin: str, review: str) -> str:
    """Where a text comes from and who answers for it."""
    if origin == "fallback":
        return _("fallback: no checked text in this language")
    if origin == "machine":
        return _("machine translation, unchecked")
    if origin == "person":
        by_staff = review != ""  # a key person's text has a release in place of a review
        return _("written by staff") if by_staff else _("written by a key person, released")
    names = {
        "official": _("official"),
        "adopted": _("adopted by the city"),
        "reviewed": _("reviewed by a native speaker"),
        "drafted": _("drafted, not adopted"),
    }
    return names.get(review, review)


def band(broadcast: Broadcast) -> tuple[str, str]:
    """The colour of its band ("5" to "2" or "other") and what stands in it."""
    template = templates()[broadcast.template_id]
    if broadcast.kind == "cancel":
        return "other", ""
    color = template.level or template.color_level
    said = _("Level %(level)s", level=template.level) if template.level else ""
    return str(color or "other"), said


@dataclass(frozen=True)
class Step:
    """One move of a notice: when, who, what, and why in their own words."""

    at: str
    who: str
    what: str
    why: str


def history(session: Session, names: Names, broadcast: Broadcast, now: datetime) -> Sequence[Step]:
    """Every move of a notice, the newest first."""
    rows = session.scalars(
        select(Transition)
        .where(Transition.subject == Broadcast.__tablename__, Transition.subject_id == broadcast.id)
        .order_by(Transition.id.desc())
    ).all()
    steps = [
        Step(
            at=day_and_time(row.at, now),
            who=names.who(row.by),
            what=_move_name(row.from_state, row.to_state),
            why=_reason(row.reason),
        )
        for row in rows
    ]
    author = names.who(f"staff:{broadcast.author_id}")
    begun = Step(day_and_time(broadcast.created_at, now), author, _("draft begun"), "")
    return [*steps, begun]


def _move_name(was: str, to: str) -> str:
    """What happened, seen from the state before and the state after."""
    if to == "broadcasting":
        return {
            "pending_approval": _("approved; sending began"),
            "scheduled": _("sending began"),
            "paused": _("resumed"),
        }[was]
    if to == "cancelled" and was in ("draft", "pending_approval"):
        return _("thrown away")
    return {
        "pending_approval": _("asked for approval"),
        "draft": _("returned to the author"),
        "rejected": _("rejected"),
        "scheduled": _("approved; sending is scheduled"),
        "paused": _("paused"),
        "completed": _("ended"),
        "cancelled": _("stopped; what had not been sent will not be sent"),
    }[to]


def _reason(reason: str) -> str:
    """A reason the service wrote, in words; what a person wrote stays as it is."""
    head, _colon, rest = reason.partition(": ")
    if head == "alone":
        return _("alone: %(reason)s", reason=rest)
    for start, said in (
        ("replaced by ", _("replaced by %(number)s")),
        ("real notice ", _("the real notice %(number)s ended this drill")),
    ):
        if reason.startswith(start):
            return said % {"number": reason.removeprefix(start)}
    return {
        "submitted": "",
        "approved": "",
        "resumed": "",
        "its time": _("its time had come"),
        "expired": _("its time was over"),
        "taken back": _("taken back by the author"),
        "LINE's monthly limit is reached": _("LINE's monthly limit is reached"),
    }.get(reason, reason)
