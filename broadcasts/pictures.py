"""A notice as a picture to pass on, made from its frozen words in one language; and the answer to a
rumour.
"""

from bot.models import RumourAnswer
from bot.models.broadcasts import Broadcast, Rendition
from bot.pictures.notices import NoticePicture
from bot.runtime import Runtime
from broadcasts.drafting import moment_in, public_link
from broadcasts.rumour_answers import claims, page_link
from broadcasts.templates import templates


def picture_of(runtime: Runtime, broadcast: Broadcast, row: Rendition, state: str) -> NoticePicture:
    """What stands on the picture; `state` is that of `reading.Shown`, told where not active."""
    tag, say = row.language, runtime.words.text
    template = templates()[broadcast.template_id]
    level = "" if broadcast.kind == "cancel" else str(template.level or "")
    color = "" if broadcast.kind == "cancel" else level or str(template.color_level or "")
    return NoticePicture(
        language=tag,
        color=color or "other",
        level=level,
        pictogram="all-clear" if broadcast.kind == "cancel" else template.pictogram,
        band=band(runtime, broadcast, row),
        drill=say(tag, "alert.drill_first") if broadcast.drill else "",
        state="" if state == "active" else say(tag, f"notice.state.{state}"),
        texts=tuple((part["language"], tuple(part["lines"])) for part in row.words["texts"]),
        notes=_notes(runtime, broadcast, row),
        link=public_link(runtime, broadcast),
    )


def band(runtime: Runtime, broadcast: Broadcast, row: Rendition) -> str:
    """Level and name in words; what a key person wrote for a new language has the level alone."""
    card = row.words.get("card")
    if card:
        return str(card["band"])
    level = templates()[broadcast.template_id].level
    if level is None or broadcast.kind == "cancel":
        return runtime.words.text(row.language, "notice.title", number=broadcast.number)
    return runtime.words.text(row.language, "alert.level", level=level)


def _notes(runtime: Runtime, broadcast: Broadcast, row: Rendition) -> tuple[str, ...]:
    card = row.words.get("card")
    if card and row.origin != "person":
        return tuple(card["note"])
    tag, say = row.language, runtime.words.text
    until = say(tag, "alert.until", time=moment_in(tag, broadcast.expires_at))
    number = say(tag, "alert.number", number=broadcast.number)
    by = say(tag, f"alert.origin.{row.origin}", network=row.reviewed_by or "")
    return until, number, by


def picture_of_answer(
    runtime: Runtime, answer: RumourAnswer, tag: str, city: str, *, in_force: bool
) -> NoticePicture:
    """What stands on the picture of an answer: the verdict is larger than what goes round, which
    stands below in the languages somebody wrote it in. `city` is its name in this language.
    """
    say = runtime.words.text
    about = say(tag, "rumour.about", claim="").strip()
    written = claims(answer, tag)
    texts = [(tag, (about, *(text for own, text in written if own == tag)))]
    texts += [(other, (text,)) for other, text in written if other != tag]
    checked = moment_in(tag, answer.checked_at)
    return NoticePicture(
        language=tag,
        color="other",
        level="",
        pictogram=f"verdict-{answer.verdict}",
        band=say(tag, f"rumour.{answer.verdict}"),
        drill="",
        state="" if in_force else say(tag, "notice.state.ended"),
        texts=tuple(texts),
        notes=(
            city,
            say(tag, "rumour.source", source=answer.source, time=checked),
            say(tag, "notice.valid_until", time=moment_in(tag, answer.expires_at)),
            say(tag, "alert.number", number=answer.rumour_id),
        ),
        link=page_link(runtime, answer.rumour_id),
    )
