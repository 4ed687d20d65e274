"""The facts of one text, and the difference between a Japanese text and another one."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from bot.guarded.claims import Told, lost_denials, opposed, told
from bot.guarded.directions import Stance, differences, stance
from bot.guarded.facts import Difference, Fact, Kind
from bot.guarded.lexicon import JAPANESE, Lexicon, lexicon
from bot.guarded.mentions import Reading, read, writing_of
from bot.guarded.numeric import added, facts_of, missing
from bot.guarded.order import changed_parts
from bot.guarded.places import City, Names, added_places, city_of, missing_places, places_of
from bot.guarded.spans import exchanged

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
        reading, *_ = _source(text, city)
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
    source, source_stance, source_claims = _source(japanese, city)
    other = read(text, words)
    wanted = places_of(source.text, city)
    claimed = told(other.text, words.tag)
    lost = [(True, fact) for fact in lost_denials(source_claims, claimed)]
    turned = [*lost, *opposed(source_claims, claimed)]
    turned += differences(
        source_stance, stance(other.text, words, topics=bool(lost)), denied=not lost
    )
    return Difference(
        missing=(
            *missing(source, other),
            *exchanged(source, JAPANESE, other, words.tag),
            *missing_places(wanted, other.text, words),
            *changed_parts(source, other, wanted, words),
            *_only(turned, missing=True),
        ),
        added=(
            *added(source, other),
            *added_places(source.text, other.text, language, city),
            *_only(turned, missing=False),
        ),
        length_ok=_length_ok(japanese, text, language),
    )


def _words(language: str) -> Lexicon:
    words = lexicon(language)
    if words is None:
        raise NoWords(language)
    return words


@lru_cache(maxsize=256)
def _source(japanese: str, city: City) -> tuple[Reading, Stance, Told]:
    """The Japanese text is compared with one text after the other."""
    words = _words(JAPANESE)
    names = [place.shown for place in places_of(writing_of(japanese, words), city)]
    reading = read(japanese, words, strict=True, names=names)
    return reading, stance(reading.text, words, strict=True), told(reading.text, JAPANESE)


def _only(turned: list[tuple[bool, Fact]], *, missing: bool) -> Iterator[Fact]:
    return (fact for is_missing, fact in turned if is_missing is missing)


def _length_ok(japanese: str, text: str, language: str) -> bool:
    usual = len(japanese.strip()) * _USUAL_LENGTH.get(language, 2.5)
    return usual * SHORTEST - TOLERANCE <= len(text.strip()) <= usual * LONGEST + TOLERANCE
