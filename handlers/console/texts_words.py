"""What the pages of the texts call things, and how they say what is wrong with a text."""

from broadcasts.stock_texts import WRITTEN_HERE, Problem
from handlers.console.language import _


def errors(problems: list[Problem]) -> dict[str, str]:
    """One sentence for each part that has a problem, by the id of its field."""
    said: dict[str, str] = {}
    for problem in problems:
        field = f"part-{problem.part}" if problem.part else "edit"
        sentence = _sentence(problem)
        said[field] = f"{said[field]} {sentence}" if field in said else sentence
    return said


def _sentence(problem: Problem) -> str:
    detail = problem.detail
    sentences = {
        "empty": _("A text is missing here."),
        "parts": _("The parts are not those of the Japanese text: %(parts)s", parts=detail),
        "braces": _("Braces are only for blanks, such as {city}."),
        "unknown_blank": _("There is no such blank: %(blanks)s", blanks=detail),
        "other_blanks": _(
            "The blanks must be those of the Japanese text: %(blanks)s", blanks=detail or _("None")
        ),
        "optional_blank": _(
            "%(blanks)s may stay empty and takes its line with it: give it a line of its own.",
            blanks=detail,
        ),
        "numbers": _("Other numbers than in the Japanese text: %(numbers)s", numbers=detail),
        "lines": _("This part must be one line."),
        "too_long": _("Too long: %(length)s", length=detail),
        "urgent_number": _("The number to call is missing: %(number)s", number=detail),
        "urgent_lines": _("Urgent answers have at most %(number)s lines.", number=detail),
        "protected": _(
            "What the chat shows must be the same for all protected topics: "
            "nobody may see which one it was."
        ),
    }
    sentence = sentences[problem.reason]
    if not problem.part:
        return sentence
    name = words()["parts"].get(problem.part, problem.part)
    return _("%(part)s: %(problem)s", part=name, problem=sentence)


def words() -> dict[str, dict[str, str]]:
    """What kinds, states, origins and parts are called on the pages."""
    return {
        "kinds": {
            "alert": _("Templates of notices"),
            "faq": _("Answers"),
            "reply": _("Canned replies"),
        },
        "states": {
            "missing": _("missing"),
            "problem": _("has a problem"),
            "outdated": _("older than the Japanese"),
            "drafted": _("drafted"),
            "adopted": _("adopted"),
            "reviewed": _("reviewed"),
            "official": _("official"),
            "": _("none yet"),
        },
        "origins": {
            "written for this project": _("written with this software"),
            WRITTEN_HERE: _("written by the city"),
        },
        "parts": {
            "name": _("Name"),
            "action": _("Large line of the card"),
            "headline": _("First line: level, place, action"),
            "whom": _("Whom it concerns"),
            "where": _("Where to go"),
            "avoid": _("What to avoid"),
            "hazard": _("The danger"),
            "decided": _("Who decided, and when"),
            "title": _("Title"),
            "text": _("Text"),
            "page": _("On the private page"),
        },
    }
