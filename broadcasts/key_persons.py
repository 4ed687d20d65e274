"""A key person's role, from the staff's call to the last thanks."""

from sqlalchemy.orm import Session

from bot import conversations, networks
from bot.channel import Card, Choice, Outgoing, Text
from bot.models import KeyPerson
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import community, relaying, text_claims
from broadcasts.relay_messages import language_of


def confirm(session: Session, runtime: Runtime, person: KeyPerson, by: str) -> bool:
    """Staff called and it is the one they invited: a practice notice comes at once."""
    moved = person.state == "to_confirm" and transition(
        session, person, "training", by=by, reason="called", at=runtime.clock.now()
    )
    if moved:
        _tell(session, runtime, person, practice(runtime, person))
    return moved


def practice(runtime: Runtime, person: KeyPerson) -> list[Outgoing]:
    """What a question looks like, to try once; nobody else hears of it."""
    tag, say = language_of(person), runtime.words.text
    network = person.posts[0].network.name if person.posts else ""
    buttons = [
        Choice(say(tag, f"kp.{what}.button"), action=f"do=practice&what={what}")
        for what in ("will", "cannot", "staff")
    ]
    title = say(tag, "kp.practice_notice")
    return [
        Text(say(tag, "kp.practice", network=network)),
        Card(title=title, summary=title, buttons=tuple(buttons)),
    ]


def practised(session: Session, runtime: Runtime, person: KeyPerson) -> bool:
    """The practice notice was passed on: from now on they are asked."""
    now = runtime.clock.now()
    by = f"key_person:{person.id}"
    return person.state == "training" and transition(
        session, person, "active", by=by, reason="practised", at=now
    )


def suspend(session: Session, runtime: Runtime, person: KeyPerson, by: str, reason: str) -> bool:
    """Take back, at once, whatever this person has in hand and whatever of theirs still waits."""
    now = runtime.clock.now()
    moved = person.state in ("training", "active") and transition(
        session, person, "suspended", by=by, reason=reason[:300], at=now
    )
    if moved:
        text_claims.take_back(session, runtime, person, by)
        relaying.drop(session, runtime, person, by, now)
        community.drop(session, runtime, person, by)
        _say(session, runtime, person, "kp.suspended")
    return moved


def reinstate(session: Session, runtime: Runtime, person: KeyPerson, by: str) -> bool:
    """Trust them again."""
    now = runtime.clock.now()
    moved = person.state == "suspended" and transition(
        session, person, "active", by=by, reason="reinstated", at=now
    )
    if moved:
        _say(session, runtime, person, "kp.back", network=network_names(person))
    return moved


def leave(session: Session, runtime: Runtime, person: KeyPerson, by: str, reason: str) -> bool:
    """The role ends for good, an invitation too; what they had in hand is asked of the next."""
    if person.state == "left":
        return False
    now = runtime.clock.now()
    text_claims.take_back(session, runtime, person, by)
    relaying.drop(session, runtime, person, by, now)
    community.drop(session, runtime, person, by)
    networks.end(session, person, reason, by, now)
    return True


def network_names(person: KeyPerson) -> str:
    return ", ".join(post.network.name for post in person.posts)


def _say(session: Session, runtime: Runtime, person: KeyPerson, id: str, **values: object) -> None:
    _tell(session, runtime, person, [Text(runtime.words.text(language_of(person), id, **values))])


def _tell(session: Session, runtime: Runtime, person: KeyPerson, messages: list[Outgoing]) -> None:
    resident = person.resident
    if resident is not None and resident.line_user_id is not None and resident.following:
        conversations.say(session, runtime, resident, messages, language=resident.language)
