"""Where to go: the nearest evacuation sites that are designated for the danger."""

import re
from collections.abc import Mapping
from unicodedata import normalize

from sqlalchemy import select

from bot.channel import Card, Choice, Text
from bot.city import named
from bot.models import Area, EvacuationSite
from bot.opendata.evacuation import Near, nearest
from handlers.residents.turn import Action, Turn

HAZARDS = ("earthquake", "tsunami", "flood", "landslide", "fire")
SHOWN = 3
FAR_METRES = 20_000

_EXPECTED = "place"
_BRACKETS = re.compile(r"[(（]([^)）]*)[)）]")
_READ_ALOUD = re.compile(r"[\u3400-\u9fff々]+\(([\u3041-\u309f]+)\)")


def where(turn: Turn, data: Mapping[str, str]) -> None:
    """Ask for the danger, then for the place; a place that is known already is used."""
    hazard = data.get("hazard", "")
    waiting = turn.expected(_EXPECTED) or {}
    if hazard not in HAZARDS:
        choices = [turn.choice(f"hazard.{h}.button", "places", hazard=h) for h in HAZARDS]
        turn.say_words("places.which_danger", *choices)
    elif "latitude" in waiting:
        found(turn, hazard, waiting["latitude"], waiting["longitude"])
    else:
        turn.expect(_EXPECTED, hazard=hazard)
        turn.say_words("places.where_are_you", location_choice(turn), turn.menu())


def location(turn: Turn) -> None:
    """Somebody sent where they are."""
    event = turn.event
    waiting = turn.expected(_EXPECTED) or {}
    hazard = waiting.get("hazard")
    if hazard in HAZARDS:
        found(turn, hazard, event.latitude, event.longitude)
        return
    turn.expect(_EXPECTED, latitude=event.latitude, longitude=event.longitude)
    where(turn, {})


def expects_name(turn: Turn) -> bool:
    """Whether a text is the answer to *where are you?*"""
    return "hazard" in (turn.expected(_EXPECTED) or {})


def by_name(turn: Turn) -> None:
    """A place in words: a town of the city or a site, in any of its languages."""
    waiting = turn.expected(_EXPECTED) or {}
    point = _point_named(turn, turn.event.text)
    if point:
        found(turn, waiting["hazard"], *point)
        return
    hazard = waiting["hazard"]
    areas = turn.session.scalars(select(Area).order_by(Area.position)).all()
    choices = [
        turn.choice_named(named(row.names, turn.language), "place", area=row.id, hazard=hazard)
        for row in areas
    ]
    turn.expect(_EXPECTED, hazard=hazard)
    turn.say_words("places.not_found", location_choice(turn), *choices)


def in_area(turn: Turn, data: Mapping[str, str]) -> None:
    """The sites near the centre of an area that was tapped."""
    area = turn.session.get(Area, data.get("area", ""))
    if area is None or data.get("hazard") not in HAZARDS:
        where(turn, data)
        return
    found(turn, data["hazard"], area.latitude, area.longitude)


def found(turn: Turn, hazard: str, latitude: float, longitude: float) -> None:
    """The three nearest, as cards to open in a map; the position itself is not kept."""
    turn.expect_nothing()
    sites = turn.session.scalars(select(EvacuationSite)).all()
    near = nearest(sites, hazard, latitude, longitude, SHOWN)
    name = turn.words(f"hazard.{hazard}.button")
    if not near or near[0].metres > FAR_METRES:
        id = "places.none_designated" if not near else "places.too_far"
        turn.say_words(id, turn.person(), turn.menu(), hazard=name)
        return
    turn.say(Text(turn.words("places.found", hazard=name)))
    for site in near:
        turn.say(_site_card(turn, site))
    turn.say_words("places.before_you_go", turn.person(), turn.menu())


def _site_card(turn: Turn, near: Near) -> Card:
    site = near.site
    name = _name_of(turn, site)
    lines = [turn.words("places.distance", metres=_rounded(near.metres)), site.address]
    if site.remarks:
        lines.append(turn.words("places.remarks", remarks=site.remarks))
    return Card(
        title=name,
        summary=name,
        lines=tuple(lines),
        buttons=(Choice(turn.words("places.map.button"), uri=_map_url(site)),),
    )


def _name_of(turn: Turn, site: EvacuationSite) -> str:
    """The site's name in the answer's language where the city has given one."""
    names = {place["id"]: place["names"] for place in turn.city().get("places", ())}
    return named(names.get(site.id, {"ja": site.name}), turn.language)


def _rounded(metres: int) -> int:
    """To 10 m: more would pretend."""
    return round(metres, -1)


def _map_url(site: EvacuationSite) -> str:
    return (
        "https://www.google.com/maps/search/?api=1"
        f"&query={site.latitude:.6f}%2C{site.longitude:.6f}"
    )


def location_choice(turn: Turn) -> Choice:
    return Choice(turn.words("places.location.button"), location=True)


def _point_named(turn: Turn, text: str) -> tuple[float, float] | None:
    """The longest name that the text contains wins: an area in any language, or a site."""
    said = _folded(text)
    areas = turn.session.scalars(select(Area)).all()
    sites = turn.session.scalars(select(EvacuationSite)).all()
    named = [(name, area) for area in areas for name in area.names.values()]
    points = [(name, area.latitude, area.longitude) for name, area in named]
    points += [
        (name, site.latitude, site.longitude)
        for site in sites
        for name in {site.name, _name_of(turn, site)}
    ]
    matching = [
        (len(spelling), latitude, longitude)
        for name, latitude, longitude in points
        for spelling in _spellings(name)
        if len(spelling) > 1 and spelling in said
    ]
    if not matching:
        return None
    _, latitude, longitude = max(matching)
    return latitude, longitude


def _spellings(name: str) -> set[str]:
    """How a name may be typed: 川端町(かわばたちょう) as 川端町, as かわばたちょう, or as both."""
    without = _BRACKETS.sub("", name)
    inside = (match.group(1) for match in _BRACKETS.finditer(name))
    return {_folded(s) for s in (name, without, _READ_ALOUD.sub(r"\1", name), *inside)}


def _folded(text: str) -> str:
    """Without case, spaces, width and marks: how people type names on a phone."""
    decomposed = normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(character for character in decomposed if character.isalnum())


ACTIONS: Mapping[str, Action] = {"places": where, "place": in_area}
