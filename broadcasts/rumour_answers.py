"""What the city says of a rumour, in every language, and who passes it on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import KeyPerson, Network, Post, Rumour, RumourAnswer
from bot.runtime import Runtime
from broadcasts.drafting import ENGLISH, JAPANESE, PLAIN_JAPANESE, moment_in


def text(runtime: Runtime, answer: RumourAnswer, tag: str, *, again: bool = False) -> str:
    """An answer in a language: verdict, claim, source, and the page where it can be checked."""
    say = runtime.words.text
    verdict = say(tag, f"rumour.{answer.verdict}")
    time = moment_in(tag, answer.checked_at)
    return "\n".join(
        (
            f"{say(tag, 'alert.update_mark')} {verdict}" if again else verdict,
            say(tag, "rumour.about", claim=claim(answer, tag)),
            say(tag, "rumour.source", source=answer.source, time=time),
            page_link(runtime, answer.rumour_id),
        )
    )


def claim(answer: RumourAnswer, tag: str) -> str:
    """The claim as readers of a language get it: nobody translates it by machine."""
    return "\n".join(text for _tag, text in claims(answer, tag))


def claims(answer: RumourAnswer, tag: str) -> list[tuple[str, str]]:
    """The claim for readers of a language, each text with its own: theirs, where somebody wrote it
    in theirs.
    """
    own = {JAPANESE: answer.japanese, PLAIN_JAPANESE: answer.plain, ENGLISH: answer.english}
    if own.get(tag):
        return [(tag, own[tag])]
    return [(known, own[known]) for known in (PLAIN_JAPANESE, ENGLISH) if own[known]]


def page_link(runtime: Runtime, rumour_id: int) -> str:
    """Where anybody can look the answer up."""
    return f"{runtime.settings.public_base_url}/r/{rumour_id}"


def current(session: Session, rumour_id: int) -> RumourAnswer | None:
    """The answer confirmed last, whether it is still in force or over."""
    return session.scalars(
        select(RumourAnswer)
        .where(
            RumourAnswer.rumour_id == rumour_id,
            RumourAnswer.state.in_(("in_force", "replaced", "ended")),
        )
        .order_by(RumourAnswer.id.desc())
        .limit(1)
    ).first()


def is_in_force(answer: RumourAnswer, now: datetime) -> bool:
    return answer.state == "in_force" and answer.expires_at > now


def proposed(session: Session, rumour_id: int) -> RumourAnswer | None:
    """The answer that waits for a second person."""
    mine = select(RumourAnswer).where(RumourAnswer.rumour_id == rumour_id)
    return session.scalars(mine.where(RumourAnswer.state == "proposed")).first()


def locked(session: Session, rumour_id: int) -> Rumour | None:
    """The rumour, for this unit of work alone."""
    return session.get(Rumour, rumour_id, with_for_update=True, populate_existing=True)


def key_persons(
    session: Session, answer: RumourAnswer
) -> Sequence[tuple[KeyPerson, list[Network]]]:
    """Who passes an answer on, and into which of its networks."""
    rows = session.execute(
        select(KeyPerson, Network)
        .join(Post, Post.key_person_id == KeyPerson.id)
        .join(Network, Network.id == Post.network_id)
        .where(KeyPerson.state == "active", Network.active, Network.id.in_(answer.network_ids))
        .order_by(KeyPerson.id, Network.id)
    ).all()
    found: dict[int, tuple[KeyPerson, list[Network]]] = {}
    for person, network in rows:
        found.setdefault(person.id, (person, []))[1].append(network)
    return list(found.values())
