"""A person's text against the Japanese: what it lost, and whether it may go out by itself."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.guarded import Difference, NoWords, compare
from bot.models import Area, City, TextClaim
from bot.models.broadcasts import Broadcast, Policy
from bot.runtime import Runtime
from broadcasts import reading, text_claims
from broadcasts.drafting import JAPANESE
from broadcasts.text_claims import AUTOMATIC, NotPossible


def check(session: Session, broadcast: Broadcast, tag: str, text: str) -> Difference | None:
    """What a text differs in from the Japanese one, but for its source; None where nobody can tell:
    the language has no words for it here, or there is no Japanese text.
    """
    japanese = reading.rendition(session, broadcast, JAPANESE)
    if japanese is None:
        return None
    parts = japanese.words["parts"]
    lines = [line for name, line in parts.items() if name not in ("name", "action", "source")]
    try:
        return compare("\n".join(lines), text, tag, city_places(session))
    except NoWords:
        return None


def city_places(session: Session) -> Mapping[str, Mapping[str, str]]:
    """The names of the city's areas, rivers and evacuation sites by id, each by language."""
    city = session.get(City, 1)
    places = city.facts.get("places", ()) if city else ()
    names: dict[str, Mapping[str, str]] = {place["id"]: place["names"] for place in places}
    return names | {area.id: area.names for area in session.scalars(select(Area))}


def shown(difference: Difference) -> tuple[str, ...]:
    """The facts that are missing or new, as they are written."""
    facts = (*difference.missing, *difference.added)
    return tuple(dict.fromkeys(fact.shown for fact in facts))


def release_if_clean(
    session: Session, runtime: Runtime, broadcast: Broadcast, claim: TextClaim
) -> bool:
    """Let a submitted text go out without staff, where the policy allows it and every guarded fact
    is there, nothing is new, and its length is plausible. Staff see it at once and can stop it.
    """
    policy = session.get(Policy, broadcast.severity)
    if policy is None or not policy.automatic_allowed:
        return False
    found = check(session, broadcast, claim.language, claim.text or "")
    if found is None or not found.is_clean:
        return False
    try:
        text_claims.release(session, runtime, broadcast, claim, AUTOMATIC)
    except NotPossible:
        return False
    return True
