"""The web application: the webhook, the public pages and the staff console."""

import logging

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.jobs import log_failure
from bot.runtime import ROOT, Runtime
from handlers import commands, console, public, public_kit, public_rumours, webhook

log = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def create_app(runtime: Runtime) -> Flask:
    """The WSGI application for one runtime."""
    app = Flask("handlers", template_folder=str(ROOT / "templates"))
    app.config.update(
        SECRET_KEY=runtime.settings.secret_key,
        MAX_CONTENT_LENGTH=webhook.LARGEST_BODY,
        SESSION_COOKIE_NAME="session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=runtime.settings.public_base_url.startswith("https:"),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.extensions["runtime"] = runtime
    csrf = CSRFProtect(app)
    webhook.register(app, csrf)
    public.register(app)
    public_kit.register(app)
    public_rumours.register(app)
    console.register(app)
    commands.register(app)
    app.after_request(_headers)
    app.register_error_handler(Exception, _unexpected)
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _unexpected(error: Exception) -> Response | HTTPException:
    if isinstance(error, HTTPException):
        return error
    log_failure(log, request.endpoint or "request", error)
    if isinstance(error, SQLAlchemyError):
        return _plain("The database is away. Try again in a minute.", 503)
    return _plain("This did not work. Try again, or call the city.", 500)


def _plain(text: str, status: int) -> Response:
    return Response(text + "\n", status, mimetype="text/plain")
