"""方針: what may go out without reviewed text, whether one person may approve alone, and how long
key persons may take.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.models import CityChange, Policy, StockText
from bot.models.broadcasts import SEVERITIES
from bot.runtime import Runtime
from broadcasts import relaying
from broadcasts.templates import templates
from handlers.console.changes import city_changes
from handlers.console.language import _, current
from handlers.console.permissions import the_staff

blueprint = Blueprint("policy", __name__)

SWITCHES = ("drafted", "machine", "alone", "automatic")
GRAVE = ("Extreme", "Severe")
"""The severities where a wrong word may cost a life."""
LONGEST_MINUTES = {"answer": 24 * 60, "carry": 7 * 24 * 60}
"""The waits of key persons that may be set, and the most minutes each may have."""


@dataclass(frozen=True)
class Minutes:
    """A wait as it is set, "" where the usual one holds, and which that is."""

    entered: str
    usual: int


@dataclass(frozen=True)
class Rule:
    """What is allowed for one severity. `notices` names the templates that have it."""

    severity: str
    name: str
    notices: tuple[str, ...]
    allowed: Mapping[str, bool]
    minutes: Mapping[str, Minutes]


@blueprint.get("/policy")
def page() -> str:
    return _page({})


@blueprint.post("/policy")
def change() -> Response | tuple[str, int]:
    """Set everything as the form says, recording each difference; nothing if a number is wrong."""
    problems = {
        field: _("Enter whole minutes from 1 to %(most)s, or nothing.", most=most)
        for severity in SEVERITIES
        for wait, most in LONGEST_MINUTES.items()
        if not _is_minutes(request.form.get(field := f"{severity}.{wait}_minutes", ""), most)
    }
    if problems:
        return _page(problems), 422
    runtime: Runtime = current_app.extensions["runtime"]
    by, now, changed = f"staff:{the_staff().id}", runtime.clock.now(), 0
    with runtime.database.write() as session:
        for severity in SEVERITIES:
            policy = session.get(Policy, severity, with_for_update=True) or Policy(
                severity=severity,
                drafted_allowed=False,
                alone_allowed=False,
                automatic_allowed=False,
                machine_allowed=False,
            )
            session.add(policy)
            for name, value, words in _entered(severity):
                if getattr(policy, name) == value:
                    continue
                setattr(policy, name, value)
                what = f"{severity}.{name.removesuffix('_allowed')}"
                session.add(CityChange(what=what, value=words, by=by, at=now))
                changed += 1
    if changed:
        flash(_("Saved. It applies to every notice submitted or approved from now on."))
    else:
        flash(_("Nothing changed."))
    return redirect(url_for("console.policy.page"))


def _entered(severity: str) -> Iterator[tuple[str, bool | int | None, str]]:
    """Column, value, and how the record writes it, of everything the form says about a severity."""
    for switch in SWITCHES:
        allowed = f"{severity}.{switch}" in request.form
        yield f"{switch}_allowed", allowed, "yes" if allowed else "no"
    for wait in LONGEST_MINUTES:
        given = request.form.get(f"{severity}.{wait}_minutes")
        if given is not None:  # a form without the field says nothing about it
            minutes = int(given) if given.strip() else None
            yield f"{wait}_minutes", minutes, str(minutes or "")


def _is_minutes(given: str, most: int) -> bool:
    """Whether it is a whole number of minutes in that range, or nothing."""
    words = given.strip()
    return not words or (words.isdecimal() and len(words) < 6 and 1 <= int(words) <= most)


def _page(errors: Mapping[str, str]) -> str:
    """The policy as stored; with errors, as it was entered."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        rules = _rules(session)
        changes = CityChange.what.in_([f"{severity}.{name}" for severity in SEVERITIES
                                       for name in _recorded()])  # fmt: skip
        return render_template(
            "console/policy.html",
            rules=rules,
            exceptions=sum(sum(rule.allowed.values()) for rule in rules),
            switches=_switches(),
            warnings=_warnings(),
            waits=_waits(),
            drafted_texts=session.scalar(
                select(func.count())
                .select_from(StockText)
                .where(StockText.kind == "alert", StockText.review == "drafted")
            ),
            changes=city_changes(session, runtime.clock.now(), changes, _sentence),
            errors=errors,
        )


def _recorded() -> tuple[str, ...]:
    """What of a severity the record knows."""
    return (*SWITCHES, *(f"{wait}_minutes" for wait in LONGEST_MINUTES))


def _rules(session: Session) -> list[Rule]:
    stored = {policy.severity: policy for policy in session.scalars(select(Policy))}
    return [
        Rule(
            severity,
            severity_name(severity),
            _notices(session, severity),
            _allowed(severity, stored.get(severity)),
            _minutes(severity, stored.get(severity)),
        )
        for severity in SEVERITIES
    ]


def _allowed(severity: str, policy: Policy | None) -> dict[str, bool]:
    if request.method == "POST":
        return {switch: f"{severity}.{switch}" in request.form for switch in SWITCHES}
    return {
        switch: policy is not None and getattr(policy, f"{switch}_allowed") for switch in SWITCHES
    }


def _minutes(severity: str, policy: Policy | None) -> dict[str, Minutes]:
    usual = relaying.USUAL_MINUTES.get(severity, relaying.OTHER_MINUTES)
    found = {}
    for wait, minutes in zip(LONGEST_MINUTES, usual, strict=True):
        name = f"{wait}_minutes"
        stored = str(getattr(policy, name, None) or "")
        found[wait] = Minutes(request.form.get(f"{severity}.{name}", stored), minutes)
    return found


def _notices(session: Session, severity: str) -> tuple[str, ...]:
    """What the templates of this severity are called."""
    names = []
    for template in templates().values():
        if template.severity == severity:
            text = session.get(StockText, ("alert", template.id, current()))
            text = text or session.get(StockText, ("alert", template.id, "ja"))
            names.append(text.parts["name"] if text else template.id)
    return tuple(names)


def _switches() -> dict[str, tuple[str, str]]:
    """What each switch is called, and what follows from it."""
    return {
        "drafted": (
            _("Drafted texts may go out"),
            _(
                "More people read it in their own language. Nobody at the city vouches for the "
                "words; each text says so."
            ),
        ),
        "machine": (
            _("Machine text may go to residents"),
            _(
                "Where a language has no text that may go out, the author of a draft can have it "
                "translated. A text in which the comparison finds a lost number, time, place or "
                "direction is refused; it does not find every one. Nobody checks the words; each "
                "text says so, with a link to the Japanese."
            ),
        ),
        "alone": (
            _("One person may approve their own notice"),
            _(
                "For nights when nobody else can be reached. The person must be an approver and "
                "write a reason, which is kept. Nobody else sees a mistake before it goes out."
            ),
        ),
        "automatic": (
            _("A key person's text may go out without staff"),
            _(
                "Only where every number, time, date and place of the Japanese is found in it, no "
                "direction is the opposite and no link or telephone number is new. You see it at "
                "once and can stop it. What such a check cannot find goes out too."
            ),
        ),
    }


def _warnings() -> dict[str, str]:
    """What must be known before a switch is set for a severity, by the switch's field."""
    said = _(
        "Not advised: a machine can turn a warning into its opposite, and this check does not find "
        "every mistake. In 2019 a machine told people to go to the river."
    )
    return {f"{severity}.machine": said for severity in GRAVE}


def _waits() -> dict[str, tuple[str, str]]:
    """What each wait is called, and what follows when it is over."""
    return {
        "answer": (
            _("Minutes to answer"),
            _("A key person who has not answered by then is not waited for: the next is asked."),
        ),
        "carry": (
            _("Minutes to pass on, or to write a text"),
            _("Without a report by then the next key person is asked; a text not written lapses."),
        ),
    }


def severity_name(severity: str) -> str:
    return {
        "Extreme": _("Extreme: danger to life now"),
        "Severe": _("Severe: danger to life"),
        "Moderate": _("Moderate: possible danger"),
        "Minor": _("Minor: little or no danger"),
    }[severity]


def _sentence(row: CityChange) -> str:
    severity, _dot, decided = row.what.partition(".")
    what = {
        "drafted": _("drafted texts"),
        "machine": _("machine text for residents"),
        "alone": _("approval by one person alone"),
        "automatic": _("a key person's text without staff"),
        "answer_minutes": _("minutes to answer"),
        "carry_minutes": _("minutes to pass on"),
    }[decided]
    values = {"severity": severity_name(severity), "what": what}
    if decided not in SWITCHES:
        return _("%(severity)s / %(what)s: %(value)s", **values, value=row.value or _("as usual"))
    if row.value == "yes":
        return _("%(severity)s / %(what)s: allowed", **values)
    return _("%(severity)s / %(what)s: not allowed", **values)
