"""The staff console: one blueprint per area, and the frame every page stands in."""

from typing import NoReturn

from flask import Blueprint, Flask, abort, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from bot.languages import registered
from bot.models import City
from bot.runtime import ROOT, Runtime
from handlers.console import (
    accounts,
    cases,
    cases_reply,
    drill_reports,
    interrupted,
    language,
    learned,
    networks,
    notices,
    notices_drills,
    now,
    oncall,
    passwords,
    permissions,
    policy,
    rumours,
    sign_in,
    texts,
)
from handlers.console.language import N_

MENU: tuple[tuple[str, str], ...] = (
    ("console.now.page", N_("Now")),
    ("console.cases.inbox", N_("Cases")),
    ("console.notices.page", N_("Notices")),
    ("console.networks.page", N_("Networks")),
    ("console.rumours.page", N_("Rumours")),
    ("console.drills.page", N_("Drills")),
    ("console.texts.page", N_("Texts")),
    ("console.oncall.page", N_("On call")),
    ("console.policy.page", N_("Policy")),
    ("console.accounts.page", N_("Accounts")),
)
"""Endpoint and label. An entry is shown to whom `permissions` lets open it."""

AREAS = (
    sign_in,
    passwords,
    now,
    cases,
    cases_reply,
    learned,
    notices,
    networks,
    rumours,
    notices_drills,
    drill_reports,
    texts,
    oncall,
    policy,
    accounts,
)


def register(app: Flask) -> None:
    language.register(app, ROOT / "bot" / "locale")
    console = Blueprint("console", __name__, url_prefix="/console")
    for area in AREAS:
        console.register_blueprint(area.blueprint)
    console.add_url_rule("/<path:rest>", "nowhere", _nowhere)
    console.before_request(permissions.enforce)
    console.context_processor(_frame)
    app.add_template_filter(language.language_name, "language_of_tag")
    app.add_template_filter(language.direction, "direction_of_tag")
    console.register_error_handler(401, interrupted.ask_to_sign_in)
    console.register_error_handler(CSRFError, interrupted.forged_or_lost)
    for code in (400, 403, 404, 405, 410):
        console.register_error_handler(code, _refused)
    app.register_blueprint(console)


def _nowhere(rest: str) -> NoReturn:
    abort(404)


def _frame() -> dict[str, object]:
    """What the frame of every page shows, and what pages call."""
    runtime: Runtime = current_app.extensions["runtime"]
    staff = permissions.signed_in()
    with runtime.database.read() as session:
        city = session.get(City, 1)
    return {
        "simulated": runtime.settings.simulated,
        "city_name": _city_name(city),
        "staff_signed_in": staff,
        "menu": [
            (endpoint, label)
            for endpoint, label in MENU
            if staff is not None and permissions.may_open(staff, endpoint)
        ],
        "page_language": language.current(),
        "languages": registered(),
        "language_name": language.language_name,
        "role_name": language.role_name,
        "here": request.full_path if request.method == "GET" else "",
    }


def _city_name(city: City | None) -> str:
    """The city's name in the page's language, "" where the city was not loaded."""
    names: dict[str, str] = city.facts.get("city", {}).get("name", {}) if city else {}
    return names.get(language.current()) or names.get("ja", "")


def _refused(error: HTTPException) -> tuple[str, int]:
    return render_template("console/refused.html", code=error.code), error.code or 500
