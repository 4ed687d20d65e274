"""A form that arrives without its session: what was typed is kept, and nothing is done unasked.

The fields travel as hidden ones through the sign-in page to a page that shows them again and sends
them on one press. Only a form of our own pages is treated so: the browser says where it came from.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from handlers.console.permissions import signed_in

_PREFIX = "typed:"
_NOT_WORTH_REPEATING = ("console.sign_in.leave", "console.sign_in.language")


def local_path(path: str) -> str:
    """The path if it is one of the console's, else the first page."""
    parts = urlsplit(path)
    home = url_for("console.now.page")
    inside = path.startswith(home) and not parts.scheme and not parts.netloc
    odd = "\\" in path or ".." in parts.path or not path.isprintable()
    return path if inside and not odd else home


def ask_to_sign_in(error: HTTPException) -> Response | tuple[str, int]:
    """Instead of a page, to sign in and then to it; instead of an act, what was typed kept."""
    if request.method == "GET":
        here = request.full_path if request.query_string else request.path
        return redirect(url_for("console.sign_in.page", next=here))
    if not _is_our_form():
        return sign_in_form(status=401, lost=True)
    return sign_in_form(status=401, lost=True, resume=request.path, fields=_typed())


def sign_in_form(
    *,
    status: int,
    lost: bool = False,
    errors: Mapping[str, str] | None = None,
    email: str = "",
    target: str = "",
    resume: str = "",
    fields: Sequence[tuple[str, str]] = (),
) -> tuple[str, int]:
    """The sign-in page. `lost` says that a session ended; `resume` and `fields` are carried on."""
    page = render_template(
        "console/sign_in.html",
        errors=errors or {},
        lost=lost,
        email=email,
        next=target or url_for("console.now.page"),
        resume=resume,
        typed=[(_PREFIX + name, value) for name, value in fields],
    )
    return page, status


def carried() -> tuple[str, list[tuple[str, str]]]:
    """What the sign-in form carries for later: where it was to go ("" for nowhere), its fields."""
    fields = [
        (name.removeprefix(_PREFIX), value)
        for name, value in request.form.items(multi=True)
        if name.startswith(_PREFIX)
    ]
    resume = request.form.get("resume", "")
    return (resume if resume and local_path(resume) == resume else ""), fields


def offer_again(path: str, fields: list[tuple[str, str]]) -> str:
    """The page that sends what was typed, once the person presses."""
    return render_template("console/resume.html", path=path, fields=fields)


def forged_or_lost(error: HTTPException) -> Response | HTTPException | str | tuple[str, int]:
    """A form's token does not fit its session: mostly a session that ended in between."""
    if not _is_our_form():
        return error
    if request.endpoint == "console.sign_in.enter":
        resume, fields = carried()
        email, target = request.form.get("email", ""), local_path(request.form.get("next", ""))
        return sign_in_form(
            status=400, lost=True, email=email, target=target, resume=resume, fields=fields
        )
    if request.endpoint == "console.passwords.use_link":
        return redirect(request.path)
    if signed_in() is not None:
        return offer_again(request.path, _typed())
    if request.endpoint in _NOT_WORTH_REPEATING:
        return redirect(url_for("console.sign_in.page"))
    return ask_to_sign_in(error)


def _is_our_form() -> bool:
    # Our pages send no referrer, which makes browsers send "Origin: null"; this header they keep.
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _typed() -> list[tuple[str, str]]:
    """The form's fields, without passwords and the token."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    ]
