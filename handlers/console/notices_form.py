"""The composer's form: what was typed, kept as it was typed, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from werkzeug.datastructures import MultiDict

from bot.city import JAPAN
from bot.languages import registered
from bot.models.broadcasts import CATEGORIES, SEVERITIES, URGENCIES, Broadcast
from broadcasts.drafting import missing_blanks
from broadcasts.templates import Blank, Template, templates
from handlers.console.language import _

LONGEST_FIELD = 2000
OTHER = "-other"
DRILL_TEMPLATE = "drill"


@dataclass(frozen=True)
class Entered:
    """The form as somebody filled it in; times as the browser writes them, in Japan's time.

    `scope` is "city", "areas", or "" while nobody has chosen. `blanks` are as in `Broadcast`, but
    with times as typed. `references` is the number of the notice this one updates or cancels.
    """

    form_key: str
    template_id: str
    kind: str
    references: str
    drill: bool
    relay_only: bool
    scope: str
    area_ids: tuple[str, ...]
    category: str
    severity: str
    urgency: str
    start: str
    starts_at: str
    expires_at: str
    issuer: str
    decided_at: str
    decision_number: str
    blanks: Mapping[str, Any] = field(default_factory=dict)
    asks_safety: bool = False

    @property
    def template(self) -> Template:
        return templates()[self.template_id]

    @classmethod
    def empty(cls, template: Template, now: datetime, *, drill: bool) -> "Entered":
        """A new notice. Where a decision is passed on, nobody guesses whom it concerns."""
        return cls(
            form_key=str(uuid4()),
            template_id=template.id,
            kind="alert",
            references="",
            drill=drill or template.id == DRILL_TEMPLATE,
            relay_only=False,
            scope="" if template.decision else "city",
            area_ids=(),
            category=template.category,
            severity=template.severity,
            urgency=template.urgency,
            start="now",
            starts_at="",
            expires_at=local(now + timedelta(hours=template.hours)),
            issuer="",
            decided_at="",
            decision_number="",
        )

    @classmethod
    def of(cls, broadcast: Broadcast) -> "Entered":
        """A stored draft, to be changed."""
        template = templates()[broadcast.template_id]
        return cls(
            form_key=broadcast.form_key or str(uuid4()),
            template_id=broadcast.template_id,
            kind=broadcast.kind,
            references=broadcast.references.number if broadcast.references else "",
            drill=broadcast.drill,
            relay_only=broadcast.relay_only,
            scope="areas" if broadcast.area_ids else "city",
            area_ids=tuple(broadcast.area_ids),
            category=broadcast.category,
            severity=broadcast.severity,
            urgency=broadcast.urgency,
            start="later" if broadcast.starts_at else "now",
            starts_at=local(broadcast.starts_at) if broadcast.starts_at else "",
            expires_at=local(broadcast.expires_at),
            issuer=broadcast.issuer,
            decided_at=local(broadcast.decided_at) if broadcast.decided_at else "",
            decision_number=broadcast.decision_number,
            blanks=_typed_blanks(template, broadcast.blanks),
            asks_safety=broadcast.asks_safety,
        )

    @classmethod
    def from_form(cls, form: MultiDict[str, str]) -> "Entered | None":
        """What the browser sent; None where it names no template."""
        template = templates().get(form.get("template_id", ""))
        if template is None:
            return None

        def typed(name: str, longest: int = 100) -> str:
            return form.get(name, "").strip()[:longest]

        return cls(
            form_key=typed("form_key", 36) or str(uuid4()),
            template_id=template.id,
            kind=typed("kind") or "alert",
            references=typed("references", 16),
            drill=form.get("drill") == "yes" or template.id == DRILL_TEMPLATE,
            relay_only=form.get("relay_only") == "yes",
            scope=typed("scope"),
            area_ids=tuple(form.getlist("areas")),
            category=_one_of(CATEGORIES, typed("category"), template.category),
            severity=_one_of(SEVERITIES, typed("severity"), template.severity),
            urgency=_one_of(URGENCIES, typed("urgency"), template.urgency),
            start=_one_of(("now", "later"), typed("start"), "now"),
            starts_at=typed("starts_at"),
            expires_at=typed("expires_at"),
            issuer=typed("issuer"),
            decided_at=typed("decided_at"),
            decision_number=typed("decision_number"),
            blanks={blank.name: _blank_from(form, blank) for blank in template.blanks},
            asks_safety=form.get("asks_safety") == "yes",
        )

    @classmethod
    def like(cls, old: Broadcast, now: datetime, kind: str = "alert") -> "Entered":
        """An earlier notice to begin from. Who decided, and when, is always asked anew."""
        hours = templates()[old.template_id].hours
        follows = kind != "alert"
        return replace(
            cls.of(old),
            form_key=str(uuid4()),
            kind=kind,
            references=old.number if follows else "",
            start="now",
            starts_at="",
            expires_at=local(now + timedelta(hours=hours)),
            issuer=old.issuer if follows else "",
            decided_at="",
            decision_number="",
            asks_safety=False,
        )

    @property
    def may_ask_safety(self) -> bool:
        """Whether it is an alert, and not its cancellation."""
        return self.category == "alert" and self.kind != "cancel"

    def broadcast(self, number: str, references_id: int | None, now: datetime) -> Broadcast:
        """The notice it would make, not stored; what cannot be read yet is left empty."""
        return Broadcast(number=number, created_at=now, **self.fields(references_id, now))

    def fields(self, references_id: int | None, now: datetime) -> dict[str, Any]:
        """The columns of `Broadcast` that are typed."""
        expires = moment(self.expires_at) or now + timedelta(hours=self.template.hours)
        return {
            "form_key": self.form_key,
            "template_id": self.template_id,
            "kind": self.kind,
            "drill": self.drill,
            "relay_only": self.drill and self.relay_only,
            "blanks": self._stored_blanks(),
            "category": self.category,
            "severity": self.severity,
            "urgency": self.urgency,
            "area_ids": list(self.area_ids) if self.scope == "areas" else [],
            "issuer": self.issuer,
            "decided_at": moment(self.decided_at),
            "decision_number": self.decision_number,
            "references_id": references_id,
            "asks_safety": self.asks_safety and self.may_ask_safety,
            "starts_at": moment(self.starts_at) if self.start == "later" else None,
            "expires_at": expires,
        }

    def _stored_blanks(self) -> dict[str, Any]:
        stored = dict(self.blanks)
        for blank in self.template.blanks:
            if blank.kind == "time":
                at = moment(str(stored.get(blank.name, "")))
                stored[blank.name] = at.isoformat() if at else ""
        return stored

    def unreadable(self, now: datetime) -> dict[str, str]:
        """What must be mended before it can be kept as a draft, by field."""
        found = {}
        if self.relay_only and not self.drill:
            found["relay_only"] = _("Only a drill can be for key persons alone.")
        if self.kind != "cancel" and self.scope not in ("city", "areas"):
            found["scope"] = _("Choose the whole city or areas.")
        elif self.kind != "cancel" and self.scope == "areas" and not self.area_ids:
            found["scope"] = _("Tick at least one area, or choose the whole city.")
        elif self.kind != "cancel" and self.scope == "city" and self.area_ids:
            found["scope"] = _("Areas are ticked and the whole city is chosen. Choose one.")
        if self.asks_safety and not self.may_ask_safety:
            found["asks_safety"] = _("Only an alert can ask whether people are safe.")
        times = {"expires_at": self.expires_at, "decided_at": self.decided_at}
        if self.start == "later":
            times["starts_at"] = self.starts_at
        blanks = (blank.name for blank in self.template.blanks if blank.kind == "time")
        times |= {f"blank-{name}": str(self.blanks.get(name, "")) for name in blanks}
        for name, text in times.items():
            demanded = name in ("expires_at", "starts_at")
            if (text or demanded) and moment(text) is None:
                found[name] = _("Enter a date and a time.")
        return found

    def missing(self, now: datetime) -> dict[str, str]:
        """What keeps it from being sent, by field."""
        found = self.unreadable(now)
        starts = moment(self.starts_at) if self.start == "later" else None
        expires = moment(self.expires_at)
        if expires and expires <= now:
            found.setdefault("expires_at", _("This time is over. Choose a later one."))
        elif expires and starts and starts >= expires:
            found.setdefault("starts_at", _("It would begin after it has expired."))
        decided = moment(self.decided_at)
        if decided and decided > now + timedelta(minutes=5):
            found.setdefault("decided_at", _("This is in the future. When was it decided?"))
        if self.kind == "cancel":
            return found
        for name in missing_blanks(self.template, self.blanks):
            found.setdefault(f"blank-{name}", _("Fill this in: the text needs it."))
        if self.template.decision:
            demanded = {
                "issuer": _("Enter who decided. This notice passes a decision on."),
                "decided_at": _("Enter when it was decided."),
                "decision_number": _("Enter the number of the decision."),
            }
            for name, said in demanded.items():
                if not getattr(self, name):
                    found.setdefault(name, said)
        return found


def moment(text: str) -> datetime | None:
    """A time as the browser writes it, in Japan; None where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=JAPAN) if found.tzinfo is None else found


def local(at: datetime) -> str:
    """A time as the browser's field wants it, in Japan."""
    return f"{at.astimezone(JAPAN):%Y-%m-%dT%H:%M}"


def _one_of(known: tuple[str, ...], value: str, otherwise: str) -> str:
    return value if value in known else otherwise


def _blank_from(form: MultiDict[str, str], blank: Blank) -> Any:
    """One blank's value: of a text those by language, of places the chosen and the written ones."""
    name = f"blank-{blank.name}"
    if blank.kind == "text":
        texts = {
            known.tag: form.get(f"{name}-{known.tag}", "").replace("\r\n", "\n").strip()
            for known in registered()
        }
        return {tag: text[:LONGEST_FIELD] for tag, text in texts.items() if text}
    if blank.kind == "places":
        written = (line.strip()[:100] for line in form.get(name + OTHER, "").splitlines())
        return [*form.getlist(name), *(line for line in written if line)]
    if blank.kind == "place":
        return form.get(name + OTHER, "").strip()[:100] or form.get(name, "")
    return form.get(name, "").strip()[:100]


def _typed_blanks(template: Template, stored: Mapping[str, Any]) -> dict[str, Any]:
    typed = dict(stored)
    for blank in template.blanks:
        at = moment(str(stored.get(blank.name) or "")) if blank.kind == "time" else None
        if at is not None:
            typed[blank.name] = local(at)
    return typed
