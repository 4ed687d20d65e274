"""The texts key persons write for a notice, as staff see them before and after the release."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from bot.languages import isolated
from bot.models import TextClaim, Transition
from bot.models.broadcasts import Broadcast, Rendition
from bot.runtime import Runtime
from broadcasts import reading, relay_reading, text_checks, text_claims
from broadcasts.drafting import PLAIN_JAPANESE
from handlers.console.language import _, day_and_time, duration, language_name
from handlers.console.networks_words import person_name
from handlers.console.notices_preview import own_name
from handlers.console.notices_words import Names, review_name


@dataclass(frozen=True)
class WaitingText:
    """A text that waits for its release, beside the plain Japanese it passes on.

    `text` is what people would get, word for word; `people` how many of them. `seen` changes when
    the writer changes the text: whoever releases, releases what they read. `differences` are the
    guarded facts it lost or added, if it could be `compared`; `japanese` is a machine's translation
    back of its first line, "" where there is none.
    """

    number: str
    subject: str
    drill: bool
    urgent: bool
    claim_id: int
    tag: str
    own_name: str
    language: str
    network: str
    person_id: int
    writer: str
    since: str
    waited: str
    people: int
    plain: str
    plain_tag: str
    differences: tuple[str, ...]
    compared: bool
    japanese: str
    text: str
    seen: str


@dataclass(frozen=True)
class Writing:
    """A text somebody writes or wrote: `state` is held, submitted, released or withdrawn; `at` and
    `by` tell its last move, `written` when it was given to staff last. `accepted`: people for whom
    LINE accepted it.
    """

    claim_id: int
    state: str
    network: str
    person_id: int
    writer: str
    at: str
    by: str
    written: str
    due: str
    text: str
    accepted: int


def waiting_texts(
    session: Session, runtime: Runtime, names: Names, now: datetime
) -> tuple[WaitingText, ...]:
    """Every text that waits, of all notices in force."""
    return tuple(
        waiting_text(session, runtime, broadcast, claim, names, now)
        for broadcast, claim in relay_reading.waiting_texts(session, now)
    )


def waiting_text(
    session: Session,
    runtime: Runtime,
    broadcast: Broadcast,
    claim: TextClaim,
    names: Names,
    now: datetime,
) -> WaitingText:
    """One text as it waits. `claim` is submitted."""
    plain = reading.rendition(session, broadcast, PLAIN_JAPANESE)
    moves = relay_reading.moves(session, TextClaim, [claim.id])[claim.id]
    since = _last(moves, "submitted")
    found = text_checks.check(session, broadcast, claim.language, claim.text or "")
    return WaitingText(
        number=broadcast.number,
        subject=names.subject(broadcast),
        drill=broadcast.drill,
        urgent=broadcast.urgency == "Immediate",
        claim_id=claim.id,
        tag=claim.language,
        own_name=own_name(claim.language),
        language=language_name(claim.language),
        network=isolated(claim.relay.network.name),
        person_id=claim.relay.key_person_id,
        writer=isolated(person_name(claim.relay.key_person)),
        since=day_and_time(since.at, now) if since else "",
        waited=duration(now - since.at) if since else "",
        people=relay_reading.would_get_lately(session, runtime, broadcast, claim.language),
        plain=reading.full_text(runtime, broadcast, plain) if plain else "",
        plain_tag=plain.language if plain else "ja",
        differences=text_checks.shown(found) if found else (),
        compared=found is not None,
        japanese=claim.japanese or "",
        text=text_claims.shown_back(
            runtime,
            broadcast,
            claim.relay.network,
            claim.text or "",
            corrects=relay_reading.corrects(session, broadcast, claim.language),
        ),
        seen=seen(claim),
    )


def seen(claim: TextClaim) -> str:
    """A mark of the text as it is now."""
    return sha256((claim.text or "").encode()).hexdigest()[:16]


def writing(
    claim: TextClaim,
    moves: Sequence[Transition],
    rendition: Rendition | None,
    accepted: int,
    names: Names,
    now: datetime,
) -> Writing:
    """A text as it stands. `moves` are the claim's and its rendition's, oldest first."""
    stopped = rendition is not None and rendition.state == "withdrawn"
    last = moves[-1] if moves else None
    at = last.at if last else claim.held_at
    submitted = _last(moves, "submitted")
    return Writing(
        claim_id=claim.id,
        state="withdrawn" if stopped else claim.state,
        network=isolated(claim.relay.network.name),
        person_id=claim.relay.key_person_id,
        writer=isolated(person_name(claim.relay.key_person)),
        at=day_and_time(at, now),
        by=names.who(last.by) if last else "",
        written=day_and_time(submitted.at, now) if submitted else "",
        due=day_and_time(claim.due_at, now),
        text=claim.text or "",
        accepted=accepted,
    )


def text_state(rendition: Rendition | None) -> tuple[str, str]:
    """What text there is in a language, in words, and how that looks."""
    if rendition is None:
        return _("no text"), "failed"
    checked = rendition.is_reviewed or rendition.origin == "person"
    return review_name(rendition.origin, rendition.review), "mine" if checked else "caution"


def claim_word(state: str) -> str:
    """What happened to a text last."""
    return {
        "held": _("is writing"),
        "submitted": _("waits for its release"),
        "released": _("released"),
        "withdrawn": _("stopped"),
        "lapsed": _("not written in time"),
        "cancelled": _("given up"),
    }[state]


def _last(moves: Sequence[Transition], to: str) -> Transition | None:
    return next((move for move in reversed(moves) if move.to_state == to), None)
