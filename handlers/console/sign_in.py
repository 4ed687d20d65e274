"""Signing in and out, and the language of the console."""

from secrets import token_urlsafe

from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from bot import staff_accounts
from bot.models import Staff
from bot.runtime import Runtime
from handlers.console import interrupted
from handlers.console.language import COOKIE, LANGUAGES, _, clock_time
from handlers.console.permissions import SESSION_ID, signed_in

blueprint = Blueprint("sign_in", __name__)

_YEAR = 365 * 24 * 3600
_BROWSER_COOKIE = "browser"
_BROWSER_KNOWN_SECONDS = _YEAR // 2
_BROWSER_KNOWS_AT_MOST = 20


@blueprint.get("/sign-in")
def page() -> str | Response:
    """The form; who is signed in already goes on."""
    target = interrupted.local_path(request.args.get("next", ""))
    if signed_in() is not None:
        return redirect(target)
    return interrupted.sign_in_form(status=200, target=target)[0]


@blueprint.post("/sign-in")
def enter() -> Response | tuple[str, int]:
    """Check the password; then the page that was meant, or the form that was interrupted."""
    runtime: Runtime = current_app.extensions["runtime"]
    email, password = request.form.get("email", ""), request.form.get("password", "")
    target = interrupted.local_path(request.form.get("next", ""))
    if not email.strip():
        return _again({"email": _("Enter your e-mail address.")}, 422)
    if not password:
        return _again({"password": _("Enter your password.")}, 422)
    browser = _known_browser()
    found = staff_accounts.check_password(
        runtime.database,
        email,
        password,
        request.remote_addr or "",
        runtime.clock.now(),
        known_browser=_name_of_browser(runtime, browser, email),
    )
    if isinstance(found, staff_accounts.Locked):
        said = _(
            "Signing in was tried too often. It works again from %(time)s.",
            time=clock_time(found.until, seconds=True),
        )
        return _again({"email": said}, 429)
    if found is None:
        said = _("E-mail address and password do not match, or the account is not active.")
        return _again({"email": said}, 401)
    begin(found)
    resume, fields = interrupted.carried()
    if resume:
        return _remember_browser(make_response(interrupted.offer_again(resume, fields)), found)
    return _remember_browser(redirect(target), found)


@blueprint.post("/sign-out")
def leave() -> Response:
    """End this browser's session."""
    runtime: Runtime = current_app.extensions["runtime"]
    ended = session.get(SESSION_ID)
    if ended:
        with runtime.database.write() as database:
            staff_accounts.end_session(database, ended)
    session.clear()
    flash(_("You are signed out."))
    return redirect(url_for("console.sign_in.page"))


@blueprint.post("/language")
def language() -> Response:
    """Show the console in another language from now on, in this browser."""
    response = redirect(interrupted.local_path(request.form.get("next", "")))
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        _set_cookie(response, COOKIE, chosen, _YEAR)
    return response


def begin(staff: Staff) -> None:
    """Sign this browser in, with nothing left of what the session held before."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.write() as database:
        session_id = staff_accounts.start_session(database, staff, runtime.clock.now())
    session.clear()
    session[SESSION_ID] = session_id
    g.staff = staff
    # The token of the page shown next must belong to the new session.
    g.pop("csrf_token", None)


def _again(errors: dict[str, str], status: int) -> tuple[str, int]:
    resume, fields = interrupted.carried()
    return interrupted.sign_in_form(
        status=status,
        errors=errors,
        email=request.form.get("email", ""),
        target=interrupted.local_path(request.form.get("next", "")),
        resume=resume,
        fields=fields,
    )


def _known_browser() -> tuple[str, list[int]]:
    """This browser's own name and whose password was once right in it."""
    try:
        name, staff_ids = _serializer().loads(
            request.cookies.get(_BROWSER_COOKIE, ""), max_age=_BROWSER_KNOWN_SECONDS
        )
    except BadSignature:
        return token_urlsafe(16), []
    return name, staff_ids


def _name_of_browser(runtime: Runtime, browser: tuple[str, list[int]], email: str) -> str | None:
    name, staff_ids = browser
    with runtime.database.read() as database:
        staff = staff_accounts.find(database, email)
    return f"{name}:{staff.id}" if staff is not None and staff.id in staff_ids else None


def _remember_browser(response: Response, staff: Staff) -> Response:
    name, staff_ids = _known_browser()
    staff_ids = [staff.id, *(known for known in staff_ids if known != staff.id)]
    value = _serializer().dumps([name, staff_ids[:_BROWSER_KNOWS_AT_MOST]])
    _set_cookie(response, _BROWSER_COOKIE, str(value), _BROWSER_KNOWN_SECONDS)
    return response


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known browser")


def _set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/console",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
