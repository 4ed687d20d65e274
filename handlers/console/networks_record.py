"""Who decided what about a network: its name, its code, its people and their order.

Stored as `CityChange` rows: `what` is "network ID ASPECT", `value` what it became. Key persons
stand in it by id only, so that a person who leaves is erased here too.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.models import CityChange, KeyPerson, Network
from handlers.console.changes import ShownChange, city_changes
from handlers.console.language import _, language_name
from handlers.console.networks_words import kind_name
from handlers.console.notices_words import Step
from handlers.console.permissions import the_staff


def record(session: Session, network: Network, aspect: str, value: str, now: datetime) -> None:
    """Keep that whoever is signed in decided this now."""
    what = f"{_prefix(network)}{aspect}"
    session.add(CityChange(what=what, value=value[:300], by=f"staff:{the_staff().id}", at=now))


def changes_of(session: Session, network: Network, now: datetime) -> list[ShownChange]:
    """The newest decisions about a network, newest first."""
    people = {str(id): name for id, name in session.execute(select(KeyPerson.id, KeyPerson.name))}

    def sentence(row: CityChange) -> str:
        return _sentence(row.what.removeprefix(_prefix(network)), row.value, people)

    mine = CityChange.what.startswith(_prefix(network))
    return city_changes(session, now, mine, sentence)


def invitations_of(session: Session, person: KeyPerson, now: datetime) -> list[Step]:
    """Who invited a key person, the newest invitation first."""
    invited = or_(CityChange.what.endswith(" invited"), CityChange.what.endswith(" invited again"))
    mine = and_(invited, CityChange.value == str(person.id))
    changes = city_changes(session, now, mine, lambda row: row.what)
    return [
        Step(
            at=change.at,
            who=change.by,
            what=_("invited again") if change.what.endswith("again") else _("invited"),
            why="",
        )
        for change in changes
    ]


def was_first(session: Session, network: Network, now: datetime) -> str:
    """That nothing was done, because somebody else had decided something a moment earlier."""
    changes = changes_of(session, network, now)
    if not changes:
        return _("Nothing changed.")
    last = changes[0]
    return _(
        "Nothing changed: %(who)s was first (%(what)s, %(time)s).",
        who=last.by,
        what=last.what,
        time=last.at,
    )


def _prefix(network: Network) -> str:
    return f"network {network.id} "


def _sentence(aspect: str, value: str, people: Mapping[str, str]) -> str:
    match aspect:
        case "created":
            return _("network made: %(name)s", name=value)
        case "name":
            return _("name: %(name)s", name=value)
        case "language":
            return _("language: %(name)s", name=language_name(value))
        case "kind":
            return _("kind: %(name)s", name=kind_name(value))
        case "code":
            return _("new code made") if value == "new" else _("code revoked")
        case "active":
            return _("put into use again") if value == "yes" else _("put out of use")
        case "expected":
            return _("people in their present group: %(number)s", number=value or "?")
        case "group":
            return _("LINE group switched on") if value == "on" else _("LINE group switched off")
        case "order":
            order = (people.get(id) or _("a former key person") for id in value.split(", "))
            return _("order: %(names)s", names=_(", ").join(order))
    person = people.get(value) or _("a former key person")
    return {
        "invited": _("%(name)s was invited", name=person),
        "invited again": _("%(name)s was invited again", name=person),
        "added": _("%(name)s was added", name=person),
        "removed": _("%(name)s was removed from this network", name=person),
        "care": _("when %(name)s is asked was changed", name=person),
    }.get(aspect, aspect)
