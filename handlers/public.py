"""Pages anybody may open: what this account is, a private page by its token, and the health."""

from datetime import timedelta

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    jsonify,
    make_response,
    render_template,
    request,
)
from redis import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot import city
from bot.languages import complete, language, registered
from bot.models import City, PrivatePage
from bot.runtime import Runtime
from handlers.residents.urgent import PRIVATE_PAGE_LIFE, call_numbers, token_hash

blueprint = Blueprint("public", __name__)

ABOUT_SECTIONS = ("who", "not_119", "kept", "line", "delete")


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/health")
def health() -> Response:
    """200 when the database answers, else 503; Redis may be away, the sweep works without it."""
    runtime: Runtime = current_app.extensions["runtime"]
    parts = {"database": _database_answers(runtime), "redis": _redis_answers(runtime)}
    response = jsonify(parts)
    response.status_code = 200 if parts["database"] else 503
    return response


@blueprint.get("/about")
def about() -> str:
    """Who runs the account, what is kept and how long, in the reader's language."""
    runtime: Runtime = current_app.extensions["runtime"]
    tag = asked_language()
    with runtime.database.read() as session:
        row = session.get(City, 1)
    facts = row.facts if row else {}
    name = city.named(facts.get("city", {}).get("name", {"ja": "市"}), tag)
    values = {
        "city": name,
        "days": runtime.settings.retention_days,
        "case_days": runtime.settings.case_retention_days,
    }
    say = runtime.words.text
    sections = [
        (say(tag, f"about.{part}"), say(tag, f"about.{part}_text", **values))
        for part in ABOUT_SECTIONS
    ]
    return render_template(
        "public/about.html",
        language=language(tag),
        languages=complete("conversation"),
        title=say(tag, "about.title"),
        city=name,
        sections=sections,
        contact=say(tag, "about.contact"),
        counter=city.blanks(facts, tag, runtime.words),
    )


@blueprint.get("/p/<token>")
def private(token: str) -> Response:
    """What must not stand in the chat; afterwards the same address says only that it ended."""
    runtime: Runtime = current_app.extensions["runtime"]
    with runtime.database.read() as session:
        page = session.get(PrivatePage, token_hash(token))
        open_now = page is not None and page.expires_at > runtime.clock.now()
        tag = page.language if page else asked_language()
        texts = city.answers(session, page.topic_id, tag) if page and open_now else []
        row = session.get(City, 1)
    facts = row.facts if row else {}
    say = runtime.words.text
    topic = runtime.knowledge.topics.get(page.topic_id) if page and open_now else None
    minutes = int(PRIVATE_PAGE_LIFE / timedelta(minutes=1))
    response = make_response(
        render_template(
            "public/private.html",
            language=language(tag),
            title=say(tag, "private.preview"),
            leave=say(tag, "private.leave.button"),
            text=city.answered(texts, "page", facts, tag, runtime.words) if texts else None,
            calls=[
                (say(tag, "call.button", number=number), dialled)
                for number, dialled in (call_numbers(facts, topic.call) if topic else ())
            ],
            ends=say(tag, "private.minutes", minutes=minutes),
            ended=(say(tag, "private.ended"), say(tag, "private.again")),
            open_now=open_now,
        ),
        200 if open_now else 410,
    )
    response.headers["Cache-Control"] = "no-store, max-age=0"
    return response


def asked_language() -> str:
    """`?lang=`, else the best of the browser's languages, else plain Japanese."""
    asked = request.args.get("lang", "")
    if asked in {item.tag for item in registered()}:
        return asked
    known = {item.tag for item in complete("conversation")}
    return request.accept_languages.best_match(sorted(known - {"ja-x-easy"})) or "ja-x-easy"


def _database_answers(runtime: Runtime) -> bool:
    try:
        with runtime.database.read() as session:
            session.execute(select(1))
    except SQLAlchemyError:
        return False
    return True


def _redis_answers(runtime: Runtime) -> bool:
    try:
        return bool(runtime.redis.ping())
    except RedisError:
        return False
