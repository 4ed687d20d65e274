"""Joining and choosing: language, areas, the menu, pausing, deleting one's data."""

from collections.abc import Mapping

from sqlalchemy import select

from bot import networks, people
from bot.channel import Card, Choice, Text
from bot.city import named
from bot.languages import language, registered
from bot.menus.linking import relink
from bot.menus.publishing import FIELDS
from bot.models import MUTABLE_CATEGORIES, Area, ResidentArea
from broadcasts import community, key_persons
from handlers.residents import key_person_settings
from handlers.residents.turn import Action, Turn, action_data


def follow(turn: Turn) -> None:
    """Somebody added the account, or came back; what they chose before is kept."""
    resident = turn.resident
    resident.following = True
    relink(turn.session, turn.runtime, resident)
    if resident.languages_chosen:
        turn.say_words("welcome_back.text", city=city_name(turn))
        menu(turn, {})
        return
    guessed = people.guessed_language(turn.event.profile_language)
    if guessed:
        resident.languages, turn.language = [guessed], guessed
    turn.say(
        Text(
            turn.words(
                "greeting.text",
                city=city_name(turn),
                days=turn.runtime.settings.retention_days,
            )
        )
    )
    choose_language(turn, {})


def unfollow(turn: Turn) -> None:
    """Blocked: nothing is sent any more, nothing chosen is forgotten."""
    turn.resident.following = False


def choose_language(turn: Turn, data: Mapping[str, str]) -> None:
    """Every language by its own name; readable before one is chosen."""
    buttons = tuple(
        Choice(known.own_name, action=action_data("language", tag=known.tag))
        for known in registered()
    )
    more = Choice(turn.words("settings.about.button"), uri=about_url(turn))
    turn.say(
        Card(
            title=turn.words("language.title"),
            summary=turn.words("language.title"),
            buttons=(*buttons, more),
            columns=2,
        )
    )


def set_language(turn: Turn, data: Mapping[str, str]) -> None:
    tag = data.get("tag", "")
    if tag not in {known.tag for known in registered()}:
        choose_language(turn, {})
        return
    resident = turn.resident
    earlier = [t for t in resident.languages if t != tag and resident.languages_chosen]
    resident.languages, resident.languages_chosen = [tag, *earlier], True
    turn.language = tag
    relink(turn.session, turn.runtime, resident)
    turn.say_words("language.changed", language=language(tag).own_name)
    if resident.areas_answered:
        menu(turn, {})
    else:
        choose_areas(turn, {})


def choose_areas(turn: Turn, data: Mapping[str, str]) -> None:
    """The city's areas; each tap adds one or takes it away."""
    areas = turn.session.scalars(select(Area).order_by(Area.position)).all()
    if not areas:
        finish_areas(turn, {})
        return
    chosen = {row.area_id for row in turn.resident.areas}
    buttons = [
        Choice(
            ("✓ " if area.id in chosen else "") + named(area.names, turn.language),
            action=action_data("area", id=area.id),
        )
        for area in areas
    ]
    finish = "areas.done.button" if chosen else "areas.skip.button"
    turn.say(
        Card(
            title=turn.words("areas.title"),
            summary=turn.words("areas.title"),
            lines=(turn.words("areas.line"),),
            buttons=tuple(buttons),
            choices=(turn.choice(finish, "areas_done"),),
            columns=2,
        )
    )


def toggle_area(turn: Turn, data: Mapping[str, str]) -> None:
    area = turn.session.get(Area, data.get("id", ""))
    if area is None:
        choose_areas(turn, {})
        return
    resident = turn.resident
    held = next((row for row in resident.areas if row.area_id == area.id), None)
    if held:
        resident.areas.remove(held)
    else:
        resident.areas.append(ResidentArea(area_id=area.id, confirmed_at=turn.now))
    turn.session.flush()
    id = "areas.chosen" if resident.areas else "areas.none"
    turn.say(
        Text(
            turn.words(id, areas=area_names(turn)),
            (
                turn.choice("areas.done.button", "areas_done"),
                turn.choice("areas.more.button", "areas"),
            ),
        )
    )


def finish_areas(turn: Turn, data: Mapping[str, str]) -> None:
    turn.resident.areas_answered = True
    id = "areas.saved" if turn.resident.areas else "areas.skipped"
    turn.say_words(id, areas=area_names(turn))
    menu(turn, {})


def menu(turn: Turn, data: Mapping[str, str]) -> None:
    turn.say(
        Card(
            title=turn.words("menu.title"),
            summary=turn.words("menu.title"),
            lines=(turn.words("menu.hint"),),
            buttons=tuple(turn.choice(label, action) for action, label in FIELDS.items()),
        )
    )


def settings(turn: Turn, data: Mapping[str, str]) -> None:
    resident = turn.resident
    pause = (
        turn.choice("settings.resume.button", "pause", on="0")
        if resident.paused
        else turn.choice("settings.pause.button", "pause", on="1")
    )
    turn.say(
        Card(
            title=turn.words("settings.title"),
            summary=turn.words("settings.title"),
            lines=(
                turn.words("settings.language", language=language(resident.language).own_name),
                turn.words("settings.areas", areas=area_names(turn)),
                turn.words("settings.paused" if resident.paused else "settings.not_paused"),
            ),
            buttons=(
                turn.choice("settings.language.button", "languages"),
                turn.choice("settings.areas.button", "areas"),
                turn.choice("settings.categories.button", "categories"),
                turn.choice("settings.networks.button", "networks"),
                *key_person_settings.entry(turn),
                pause,
                turn.choice("settings.delete.button", "delete"),
                Choice(turn.words("settings.about.button"), uri=about_url(turn)),
            ),
        )
    )


def pause(turn: Turn, data: Mapping[str, str]) -> None:
    """Ordinary notices stop or go on; alerts always come."""
    on = data.get("on") != "0"
    turn.resident.muted_categories = list(MUTABLE_CATEGORIES) if on else []
    turn.say_words("pause.done" if on else "resume.done", turn.menu())


def ask_delete(turn: Turn, data: Mapping[str, str]) -> None:
    turn.say(
        Card(
            title=turn.words("delete.title"),
            summary=turn.words("delete.title"),
            lines=(turn.words("delete.line"),),
            buttons=(
                turn.choice("delete.no.button", "delete_no"),
                turn.choice("delete.yes.button", "delete_yes"),
            ),
        )
    )


def delete_no(turn: Turn, data: Mapping[str, str]) -> None:
    turn.say_words("delete.kept", turn.menu())


def delete_yes(turn: Turn, data: Mapping[str, str]) -> None:
    """The answer is queued first: afterwards nobody knows where to send it."""
    turn.say_words("delete.done")
    turn.finish()
    turn.outgoing.clear()
    person = networks.key_person_of(turn.session, turn.resident)
    if person is not None:
        key_persons.leave(turn.session, turn.runtime, person, "resident", "data deleted")
    community.withdraw_all(turn.session, turn.runtime, turn.resident)
    people.forget(turn.session, turn.resident, at=turn.now)


def area_names(turn: Turn) -> str:
    """The resident's areas in the answer's language, or that there is none."""
    areas = [turn.session.get_one(Area, row.area_id) for row in turn.resident.areas]
    if not areas:
        return turn.words("areas.nothing")
    return turn.words("list.separator").join(
        named(area.names, turn.language) for area in sorted(areas, key=lambda a: a.position)
    )


def city_name(turn: Turn) -> str:
    return named(turn.city().get("city", {}).get("name", {"ja": "市"}), turn.language)


def about_url(turn: Turn) -> str:
    return f"{turn.runtime.settings.public_base_url}/about?lang={turn.language}"


ACTIONS: Mapping[str, Action] = {
    "languages": choose_language,
    "language": set_language,
    "areas": choose_areas,
    "area": toggle_area,
    "areas_done": finish_areas,
    "menu": menu,
    "settings": settings,
    "pause": pause,
    "delete": ask_delete,
    "delete_no": delete_no,
    "delete_yes": delete_yes,
}
