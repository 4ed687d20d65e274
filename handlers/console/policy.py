"""方針: what may go out without reviewed text, and whether one person may approve alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.models import CityChange, Policy, StockText
from bot.models.broadcasts import SEVERITIES
from bot.runtime import Runtime
from broadcasts.templates import templates
from handlers.console.changes import city_changes
from handlers.console.language import _, current
from handlers.console.permissions import the_staff

blueprint = Blueprint("policy", __name__)

SWITCHES = ("drafted", "alone")


@dataclass(frozen=True)
class Rule:
    """What is allowed for one severity. `notices` names the templates that have it."""

    severity: str
    name: str
    notices: tuple[str, ...]
    allowed: Mapping[str, bool]


@blueprint.get("/policy")
def page() -> str:
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        rules = _rules(session)
        return render_template(
            "console/policy.html",
            rules=rules,
            exceptions=sum(sum(rule.allowed.values()) for rule in rules),
            switches=_switches(),
            drafted_texts=session.scalar(
                select(func.count())
                .select_from(StockText)
                .where(StockText.kind == "alert", StockText.review == "drafted")
            ),
            changes=city_changes(
                session, runtime.clock.now(), CityChange.what.contains("."), _sentence
            ),
        )


@blueprint.post("/policy")
def change() -> Response:
    """Set every switch as the form says, recording each difference."""
    runtime: Runtime = current_app.extensions["runtime"]
    by, now, changed = f"staff:{the_staff().id}", runtime.clock.now(), 0
    with runtime.database.write() as session:
        for severity in SEVERITIES:
            policy = session.get(Policy, severity, with_for_update=True) or Policy(
                severity=severity, drafted_allowed=False, alone_allowed=False
            )
            session.add(policy)
            for switch in SWITCHES:
                allowed = f"{severity}.{switch}" in request.form
                if getattr(policy, f"{switch}_allowed") == allowed:
                    continue
                setattr(policy, f"{switch}_allowed", allowed)
                what, value = f"{severity}.{switch}", "yes" if allowed else "no"
                session.add(CityChange(what=what, value=value, by=by, at=now))
                changed += 1
    if changed:
        flash(_("Saved. It applies to every notice submitted or approved from now on."))
    else:
        flash(_("Nothing changed."))
    return redirect(url_for("console.policy.page"))


def _rules(session: Session) -> list[Rule]:
    stored = {policy.severity: policy for policy in session.scalars(select(Policy))}
    return [
        Rule(
            severity,
            severity_name(severity),
            _notices(session, severity),
            {
                switch: severity in stored and getattr(stored[severity], f"{switch}_allowed")
                for switch in SWITCHES
            },
        )
        for severity in SEVERITIES
    ]


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
        "alone": (
            _("One person may approve their own notice"),
            _(
                "For nights when nobody else can be reached. The person must be an approver and "
                "write a reason, which is kept. Nobody else sees a mistake before it goes out."
            ),
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
    severity, _dot, switch = row.what.partition(".")
    what = {
        "drafted": _("drafted texts"),
        "alone": _("approval by one person alone"),
    }[switch]
    values = {"severity": severity_name(severity), "what": what}
    if row.value == "yes":
        return _("%(severity)s / %(what)s: allowed", **values)
    return _("%(severity)s / %(what)s: not allowed", **values)
