"""The facts of one text, and the difference between a Japanese text and another one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.guarded.claims import told
from bot.guarded.concepts import concepts_of, replaced
from bot.guarded.directions import Stance, differences, stance
from bot.guarded.facts import Difference, Fact, Kind
from bot.guarded.lexicon import JAPANESE, Lexicon, lexicon
from bot.guarded.limits import turned_limits
from bot.guarded.mentions import read, writing_of
from bot.guarded.numeric import added, facts_of, missing
from bot.guarded.opposites import (
    added_denials,
    approached,
    contradicted,
    lost_denials,
    lost_status,
    opposed,
    turned,
)
from bot.guarded.order import Pair, exchanged_parts, pairs_of
from bot.guarded.pairs import Text, exchanged_pairs
from bot.guarded.places import (
    City,
    Names,
    Place,
    added_places,
    city_of,
    missing_places,
    named_in,
    places_of,
)
from bot.guarded.spans import Roles, exchanged, roles_of
from bot.han import folded

SHORTEST, LONGEST = 0.3, 3.0
"""How long a text may be, as multiples of what is usual for its language."""

TOLERANCE = 40
"""Characters by which a short text may be longer or shorter whatever the language."""

_USUAL_LENGTH = {
    "ja": 1.0, "ja-x-easy": 1.5, "zh-Hans": 0.85, "zh-Hant": 0.85, "ko": 1.2, "en": 2.5, "vi": 2.5,
    "fil": 2.9, "pt-BR": 2.6, "es": 2.7, "ne": 2.4, "id": 2.6, "th": 2.1, "my": 2.9, "km": 2.6,
    "mn": 2.5, "bn": 2.4, "ru": 2.5, "si": 2.5, "lo": 2.2, "uk": 2.5,
}  # fmt: skip
"""Characters per character of Japanese, from the notices in tests/data/guarded."""


class NoWords(LookupError):
    """Nobody has written the words of this language for `bot/guarded/words` yet."""


def facts(text: str, language: str, places: Names) -> tuple[Fact, ...]:
    """Everything in a text that no other text may change: what the console lists beside it.

    `places` as in `compare`. Places are found in Japanese; in other languages only the city's own.
    Raises `NoWords`.
    """
    words, city = _words(language), city_of(places)
    if words.tag == JAPANESE:
        reading = _source(text, city).text.reading
        named: Iterable[Fact] = (
            Fact(Kind.PLACE, place.id, place.shown) for place in places_of(reading.text, city)
        )
    else:
        reading = read(text, words)
        named = added_places("", reading.text, language, city)
    return (*facts_of(reading), *named)


def compare(japanese: str, text: str, language: str, places: Names) -> Difference:
    """What `text`, in `language`, lacks of the Japanese text, and what it has beyond it.

    `places`: the city's own by id, each with its names by language tag, at least "ja". The same
    fact in another form is no difference: 午後9時40分 is 21:40, 9:40 pm and ၂၁:၄၀. A telephone
    number or link that the Japanese lacks always is one. Directions differ only where the text says
    the opposite. Raises `NoWords`.
    """
    words, city = _words(language), city_of(places)
    read_once = _source(japanese, city)
    source, things = read_once.text.reading, read_once.text.things
    source_claims, wanted = read_once.text.told, read_once.places
    other = read(text, words)
    claimed = told(other.text, words.tag)
    lost = [(True, fact) for fact in lost_denials(source_claims, claimed)]
    found = [*lost, *opposed(source_claims, claimed), *turned(source_claims, claimed)]
    found += [(False, fact) for fact in added_denials(source_claims, claimed)]
    found += [(False, fact) for fact in approached(source_claims, claimed)]
    other_stance = stance(other.text, words, topics=bool(lost))
    status = lost_status(source_claims, claimed, negative=other_stance.negative)
    found += [(True, fact) for fact in status]
    found += [
        one
        for one in differences(read_once.stance, other_stance, denied=not lost)
        if not contradicted(one[1].value, claimed) and not _of_water(one[1], words.tag)
    ]
    named = concepts_of(_without_names(other.text, wanted, words), words.tag)
    timed = any(mention.unit == "time" for mention in source.mentions)
    found += replaced(
        source.text,
        things,
        other.text,
        named,
        spaced=words.spaced,
        timed=timed,
        quoted=words.tag not in (JAPANESE, "zh"),
    )
    both = read_once.text, Text(other, named, claimed)
    pairs = exchanged_pairs(
        *both,
        wanted,
        lambda part, loosely: named_in(wanted, part, words, loosely=loosely),
    )
    return Difference(
        missing=(
            *missing(source, other),
            *exchanged(read_once.roles, other, words.tag),
            *turned_limits(source, other, words),
            *missing_places(wanted, other.text, words),
            *exchanged_parts(read_once.pairs, *both, words),
            *pairs,
            *_only(found, missing=True),
        ),
        added=(
            *added(source, other),
            *added_places(source.text, other.text, language, city),
            *_only(found, missing=False),
        ),
        length_ok=_length_ok(japanese, text, language),
    )


def _of_water(fact: Fact, tag: str) -> bool:
    """Whether the water goes to a river, and nobody else."""
    about = concepts_of(fact.shown, tag) if fact.value == "toward hazard" else ()
    return any(concept.keys == {"water"} for concept in about)


def _words(language: str) -> Lexicon:
    words = lexicon(language)
    if words is None:
        raise NoWords(language)
    return words


@dataclass(frozen=True)
class _Source:
    """All that depends on the Japanese only; it is compared with one text after the other."""

    text: Text
    stance: Stance
    places: tuple[Place, ...]
    roles: Roles
    pairs: tuple[Pair, ...]


@lru_cache(maxsize=256)
def _source(japanese: str, city: City) -> _Source:
    words = _words(JAPANESE)
    places = places_of(writing_of(japanese, words), city)
    reading = read(japanese, words, strict=True, names=[place.shown for place in places])
    things = concepts_of(_without_names(reading.text, places, words), JAPANESE)
    text = Text(reading, things, told(reading.text, JAPANESE))
    return _Source(
        text,
        stance(reading.text, words, strict=True),
        places_of(reading.text, city),
        roles_of(reading, JAPANESE),
        tuple(pairs_of(text, places)),
    )


def _without_names(text: str, places: Sequence[Place], words: Lexicon) -> str:
    """A text in Han characters with the names of places blank: 港小学校 is no port."""
    if words.tag not in (JAPANESE, "zh"):
        return text
    for place in places:
        stem = place.stem if words.tag == JAPANESE else folded(place.stem)
        if stem != place.shown or len(stem) > 2:
            text = text.replace(stem, "〓" * len(stem))
    return text


def _only(found: list[tuple[bool, Fact]], *, missing: bool) -> Iterator[Fact]:
    return (fact for is_missing, fact in found if is_missing is missing)


def _length_ok(japanese: str, text: str, language: str) -> bool:
    usual = len(japanese.strip()) * _USUAL_LENGTH.get(language, 2.5)
    return usual * SHORTEST - TOLERANCE <= len(text.strip()) <= usual * LONGEST + TOLERANCE
