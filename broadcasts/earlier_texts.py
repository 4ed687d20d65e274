"""What an Update keeps of the notice before: the text a person wrote, and what changed since."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import TextClaim
from bot.models.broadcasts import Broadcast, Rendition
from broadcasts import reading
from broadcasts.drafting import PLAIN_JAPANESE


@dataclass(frozen=True)
class Earlier:
    """A released text of the notice before, and the plain Japanese lines that are new or gone."""

    number: str
    text: str
    changes: tuple[str, ...]


def earlier_text(session: Session, broadcast: Broadcast, tag: str) -> Earlier | None:
    """What a person wrote in this language for the newest notice before this one that has such a
    text; None where there is none, or where a withdrawn one must not come back.
    """
    before = broadcast.references
    while before is not None:
        claim = session.scalars(
            select(TextClaim)
            .join(Rendition, Rendition.id == TextClaim.rendition_id)
            .where(
                TextClaim.broadcast_id == before.id,
                TextClaim.language == tag,
                Rendition.state != "withdrawn",
            )
            .order_by(TextClaim.id.desc())
        ).first()
        if claim is not None and claim.text:
            return Earlier(before.number, claim.text, changed_lines(session, before, broadcast))
        before = before.references
    return None


def changed_lines(session: Session, old: Broadcast, new: Broadcast) -> tuple[str, ...]:
    """The lines of the plain Japanese that the newer notice has and the older one has not, but for
    the address of each and its mark.
    """
    before, after = (_lines(session, each) for each in (old, new))
    return tuple(line for line in after if line not in before)


def _lines(session: Session, broadcast: Broadcast) -> list[str]:
    row = reading.rendition(session, broadcast, PLAIN_JAPANESE)
    parts = row.words["parts"] if row else {}
    return [text for name, text in parts.items() if name not in ("source", "name", "action")]
