"""The places a Japanese notice names, and whether another text names them too.

A city's own places are known with their names in every language. Others are found by what stands
after the name, as 小学校 or 川, and compared by sound, or by their characters in a text with Han.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import normalize

import regex

from bot.guarded.facts import Fact, Kind
from bot.guarded.lexicon import Lexicon
from bot.guarded.lexicon import lexicon as lexicon_of
from bot.guarded.namesearch import Hit, Name, NameSearch
from bot.guarded.placenames import (
    HAN,
    bare,
    generic,
    kind_named,
    kind_of,
    pattern,
    suffix_of,
    tables,
)
from bot.guarded.readings import dictionary_sounds, is_proper, possible_sounds, readings_of_folded
from bot.guarded.sounds import sound
from bot.guarded.writing import plain, plain_japanese
from bot.han import folded

Names = Mapping[str, Mapping[str, str]]
"""Names of places: by id, by language tag."""

_ADMIN = regex.compile(
    r"(?P<name>.{1,5}?)(?P<kind>市立|県立|町立|村立|区立|府|県|市(?!民|場|役|立|川|原|野)|郡|区)(?=.)"
)
_TOWNS = frozenset("本元中上下東西南北新大小仲旭栄泉緑幸寿錦曙")
"""What may stand alone before 町 in a name, although it says nothing before other kinds."""
_PARTICLES = (
    "から",
    "まで",
    "より",
    "には",
    "では",
    "は",
    "が",
    "を",
    "に",
    "へ",
    "と",
    "の",
    "で",
    "も",
    "や",
)
_NOT_A_NAME = regex.compile(r"[やとはがをもへのなたるくどにでてしいきりけ]$")
_BRACKETS = regex.compile(r"[(（\[][^)）\]]*[)）\]]")
_OFFICE = regex.compile(
    r"(?:役所|長|から(?!離|出)|は|では|の発表|危機|水道|防災|国際|立|役場|より|$|[。:、）)])"
)

_MARKS, _SPACES = regex.compile(r"[\u0300-\u036f]"), regex.compile(r"[\s'-]")
_OF = "[ヶケノがの之个]?"
"""How 桜ヶ丘 may be written in Chinese."""
_PART = 60
"""Characters of a part of a text in which a place is looked for; each begins within the last."""
_LONG = 7
"""Sounds of a name that is heard also where it may be read otherwise and nothing is beside it."""
_CJK = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_HEAD_AFTER = regex.compile(r"[a-z*O]{0,4}(?: ?[a-z*]{0,4})?[ ]+((?:[A-NP-Z][ ]*)+)")
_HEAD_BEFORE = regex.compile(r"((?:[A-NP-Z][ ]*)+)[ ]+(?:(?:te|to|ta|nk) )?$")


@dataclass(frozen=True)
class Place:
    """A place in the Japanese text.

    `stem` is its name without what every such place is called, 新田 of 新田町小学校; `whole` that
    with 町, 新田町; `kind` one of the letters of places.toml; `names` count wherever they stand;
    `sounds` are its readings that are known. `required` False: a translator may leave it out or
    translate it.
    """

    id: str
    shown: str
    stem: str
    whole: str
    kind: str
    required: bool
    names: tuple[str, ...] = field(default=())
    sounds: tuple[str, ...] = field(default=())


@dataclass(frozen=True, eq=False)
class City:
    """A city's own places, ready to be looked for: `known` the longest names first, `others` the
    short forms of their names by language with the form in Japanese.
    """

    known: tuple[Place, ...]
    short: Mapping[str, tuple[tuple[Place, str, tuple[str, ...]], ...]]


@lru_cache(maxsize=8)
def _city(places: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> City:
    named = {id: dict(names) for id, names in places}
    known = {id: _known(id, plain_japanese(n["ja"]), n) for id, n in named.items() if "ja" in n}
    tags = sorted({tag for names in named.values() for tag in names})
    return City(
        known=tuple(sorted(known.values(), key=lambda place: -len(place.shown))),
        short={
            tag: tuple(
                (place, _squeezed(place.shown), _short_names(named[id], tag, place))
                for id, place in known.items()
            )
            for tag in (*tags, "")
        },
    )


def city_of(places: Names) -> City:
    """The places as they are looked for; cheap for places asked before."""
    return _city(tuple((id, tuple(names.items())) for id, names in places.items()))


@lru_cache(maxsize=256)
def places_of(japanese: str, city: City) -> tuple[Place, ...]:
    """The places of a plain Japanese text, the city's own first, each once."""
    found: dict[tuple[str, str], Place] = {}
    rest = japanese
    for place in city.known:
        if place.shown in rest and not _is_end_only(place, rest):
            rest = rest.replace(place.shown, "\n" * len(place.shown))
            found.setdefault((place.id, place.kind), place)
    for place in _unknown(rest):
        found.setdefault((place.stem, place.kind), place)
    return tuple(found.values())


def _is_end_only(place: Place, text: str) -> bool:
    """Whether 本町 stands only in longer names, as in 橋本町."""
    short = place.kind == "W" and place.shown[:-1] in _TOWNS
    return short and not regex.search(rf"(?<!{HAN}){place.shown}", text)


def missing_places(
    wanted: Sequence[Place], text: str, lexicon: Lexicon, *, loosely: bool = True
) -> Iterator[Fact]:
    """Those of the Japanese that a plain text does not name; `loosely`, see `NameSearch`."""
    if not wanted:
        return
    squeezed = _squeezed(text)
    han = folded(text) if _CJK.search(text) else ""
    open_ones = tuple(
        place
        for place in wanted
        if not any(name in squeezed for name in place.names)
        and not (han and _in_han(place, han))
        and not (lexicon.tag == "zh" and _in_chinese_reading(place, han))
    )
    heard = _heard(open_ones, text, lexicon, loosely=loosely) if open_ones else set()
    for place in open_ones:
        if place.required and place not in heard:
            yield Fact(Kind.PLACE, place.id, place.shown)


def named_in(
    places: Sequence[Place], text: str, lexicon: Lexicon, *, loosely: bool = False
) -> frozenset[Place]:
    """Those that a part of a plain text names."""
    lost = {fact.value for fact in missing_places(places, text, lexicon, loosely=loosely)}
    return frozenset(place for place in places if place.required and place.id not in lost)


def ends_of(places: Sequence[Place], text: str, lexicon: Lexicon) -> dict[Place, int]:
    """Where each place that a plain text names for the first time has been named."""
    found: dict[Place, int] = {}
    for start in range(0, len(text), _PART // 2):
        part = text[start : start + _PART]
        for place in named_in([p for p in places if p not in found], part, lexicon):
            least, most = 0, len(part)
            while least < most:
                middle = (least + most) // 2
                named = named_in((place,), part[:middle], lexicon)
                least, most = (least, middle) if named else (middle + 1, most)
            found[place] = start + most
    return found


def added_places(japanese: str, text: str, language: str, city: City) -> Iterator[Fact]:
    """Places of the city, other than towns and rivers, that only the other text names in full."""
    own, squeezed = _squeezed(japanese), _squeezed(text)
    rows = city.short.get(language, city.short[""])
    spoken = [name for _, japanese_name, names in rows if japanese_name in own for name in names]
    for place, japanese_name, names in rows:
        if place.kind in ("W", "C", "", "N") or japanese_name in own:
            continue
        for name in names:
            if len(name) > 5 and name in squeezed and not any(name in other for other in spoken):
                yield Fact(Kind.PLACE, place.id, place.shown)
                break


def _known(id: str, name: str, names: Mapping[str, str]) -> Place:
    kind = kind_of(name)
    stem = bare(name.removesuffix(suffix_of(name)))
    english = regex.split(r"[\s-]", _BRACKETS.sub("", plain(names.get("en", ""))).strip())[0]
    own = [sound(english)] if english and (stem or name[:-1] in _TOWNS) else []
    variants = [_squeezed(v) for tag in names for v in _variants(names, tag)]
    return Place(
        id=id,
        shown=name,
        stem=stem or name,
        whole=bare(name.removesuffix(suffix_of(name)), town=True) or name,
        kind=kind,
        required=(bool(stem) or name[:-1] in _TOWNS) and kind != "C",
        names=tuple(dict.fromkeys(variants)),
        sounds=tuple(own),
    )


def _unknown(japanese: str) -> Iterator[Place]:
    for match in pattern().finditer(japanese):
        kind = next(k for k, value in match.groupdict().items() if value and len(k) == 1)
        sure = match.lastgroup is not None and bool(match.groupdict().get("sure"))
        stem = match["stem"]
        if stem[0] >= "\u30a1" and stem[0] <= "\u30ff":
            yield Place(match.group(), match.group(), stem, stem, kind, required=False)
            continue
        if "\u3041" <= stem[0] <= "\u3096":
            yield from _in_kana(japanese, match, kind)
            continue
        before, stem = _without_offices(stem)
        yield from before
        if match[kind] == "町" and stem in _TOWNS:
            town = stem + match[kind]
            yield Place(town, town, town, town, kind, required=True, sounds=_town_sounds(stem))
            continue
        name = bare(stem)
        if not name or not (sure or is_proper(name + match[kind])):
            continue
        office = kind == "C" and _OFFICE.match(japanese, match.end())
        whole = bare(stem, town=True)
        yield Place(match.group(), stem + match[kind], name, whole, kind, required=not office)


def _town_sounds(stem: str) -> tuple[str, ...]:
    """本町 is read ほんまち, ほんちょう, もとまち."""
    first = dictionary_sounds(stem) | possible_sounds(stem)
    return tuple(sorted(sound(name + last) for name in first for last in ("masi", "tyo", "so")))


def _in_kana(japanese: str, match: regex.Match[str], kind: str) -> Iterator[Place]:
    """みなと公園: the particle before it is no part of the name, 大きな公園 is no name at all."""
    stem = match["stem"]
    after_word = match.start() and regex.match(
        r"[\p{Han}\p{Katakana}ー]", japanese[match.start() - 1]
    )
    if after_word:
        particle = next((p for p in _PARTICLES if stem.startswith(p)), None)
        if particle is None:
            return
        stem = stem.removeprefix(particle)
    if 2 <= len(stem) <= 5 and stem not in generic() and not _NOT_A_NAME.search(stem):
        yield Place(stem + match[kind], stem + match[kind], stem, stem, kind, required=True)


def _without_offices(stem: str) -> tuple[list[Place], str]:
    """Split 浜松市中央区城北 into the places it names one after the other."""
    before = []
    while match := _ADMIN.match(stem):
        name, kind = match["name"], match["kind"]
        stem = stem[match.end() :]
        own = bare(name)
        if own and is_proper(own + kind[0]):
            letter = "W" if kind in ("区", "郡") else "C"
            required = len(kind) == 1 and kind not in ("県", "府", "郡")
            before.append(Place(name + kind, name + kind, own, own, letter, required))
    return before, stem


def _in_han(place: Place, text: str) -> bool:
    """Whether its characters are there, and not those of another place that begins with them."""
    whole = regex.sub("[ヶケノ]|(?<=.)が(?=.)", _OF, regex.escape(folded(place.whole)))
    own = folded(kind_named(place.kind)["han"])
    others = folded("".join(kind["han"] for kind in tables()["kinds"].values()))
    for match in regex.finditer(whole, text):
        following = text[match.end() : match.end() + 1]
        if following and following in own:
            return True
        if len(place.whole) > 1 and (not following or following not in others):
            return True
        if not own:
            return True
    return False


def _in_chinese_reading(place: Place, text: str) -> bool:
    """光小学校 for ひかり小学校: Han characters that may be read as the kana."""
    if not regex.match(r"\p{Hiragana}", place.stem):
        return False
    table = readings_of_folded()
    for wanted in dictionary_sounds(place.stem):
        for start in range(len(text)):
            if _reads(text, start, wanted, table):
                return True
    return False


def _reads(text: str, place: int, wanted: str, table: Mapping[str, tuple[str, ...]]) -> bool:
    if not wanted:
        return True
    if place >= len(text):
        return False
    return any(
        reading
        and wanted.startswith(reading)
        and _reads(text, place + 1, wanted[len(reading) :], table)
        for reading in table.get(text[place], ())
    )


def _heard(wanted: tuple[Place, ...], text: str, lexicon: Lexicon, *, loosely: bool) -> set[Place]:
    """Those whose name can be heard in the text, each at a place of its own."""
    sounds = _sounds(text, lexicon.tag)
    hits = _hits(wanted, sounds, lexicon, loosely=False)
    heard = _given(wanted, hits)
    missed = tuple(place for place in wanted if place.required and place not in heard)
    if missed and loosely:
        for place, more in _hits(missed, sounds, lexicon, loosely=True).items():
            hits.setdefault(place, []).extend(more)
        heard = _given(wanted, hits)
    return heard


def _hits(
    wanted: tuple[Place, ...], sounds: str, lexicon: Lexicon, *, loosely: bool
) -> dict[Place, list[Hit]]:
    found: dict[Place, list[Hit]] = {}
    for hit in _search(wanted, loosely=loosely).find(sounds, spaced=lexicon.spaced):
        place = wanted[hit.name]
        heads = _heads_beside(sounds, hit)
        fits = kind_named(place.kind)["fits"]
        if heads and fits and not set(heads) & set(fits):
            continue
        beside = heads and (fits or place.kind in heads)
        if hit.only_possible and not (lexicon.spaced or beside or hit.end - hit.start >= _LONG):
            continue
        found.setdefault(place, []).append(hit)
    return found


def _given(wanted: Sequence[Place], hits: Mapping[Place, Sequence[Hit]]) -> set[Place]:
    """Give each place a hit of its own, the required ones first, as many as possible."""
    taken: dict[int, Place] = {}

    def give(place: Place, tried: set[int]) -> bool:
        for hit in hits.get(place, ()):
            if hit.start not in tried:
                tried.add(hit.start)
                if hit.start not in taken or give(taken[hit.start], tried):
                    taken[hit.start] = place
                    return True
        return False

    return {place for place in sorted(wanted, key=lambda p: not p.required) if give(place, set())}


@lru_cache(maxsize=512)
def _search(wanted: tuple[Place, ...], *, loosely: bool) -> NameSearch:
    names = (
        Name(
            known=frozenset(place.sounds) | dictionary_sounds(place.stem) | _before_suffix(place),
            possible=possible_sounds(place.stem),
        )
        for place in wanted
    )
    return NameSearch(names, loosely=loosely)


def _before_suffix(place: Place) -> frozenset[str]:
    """新田町 is read しんでんちょう although 新田 alone is read にった."""
    if place.kind == "N":
        return dictionary_sounds(place.shown)
    ending = {"R": "川", "W": "町", "C": "市"}.get(place.kind)
    if ending is None or not place.shown.endswith(ending):
        return frozenset()
    whole = dictionary_sounds(place.stem + ending)
    return frozenset(
        read.removesuffix(end)
        for read in whole
        for end in ("kawa", "so", "masi", "si")
        if read.endswith(end) and len(read) > len(end) + 1
    )


@lru_cache(maxsize=256)
def _sounds(text: str, tag: str) -> str:
    """A text as it sounds, what every school, river or park is called as one capital letter."""
    words = lexicon_of(tag)
    heads = words.heads if words else {}
    for letter, kind in tables()["kinds"].items():
        if pattern := heads.get(kind["head"]):
            text = pattern.sub(f" {letter} ", text)
    return sound(text)


def _heads_beside(sounds: str, hit: Hit) -> str:
    after = _HEAD_AFTER.match(sounds, hit.end)
    before = _HEAD_BEFORE.search(sounds, max(0, hit.start - 12), hit.start)
    return "".join(m[1] for m in (before, after) if m).replace(" ", "")


def _short_names(names: Mapping[str, str], language: str, place: Place) -> tuple[str, ...]:
    """Its names that say which one it is: not "Balai Warga", any citizens' hall."""
    return tuple(
        dict.fromkeys(
            _squeezed(name)
            for name in _variants(names, language)
            if _CJK.search(name) or any(own in sound(name) for own in place.sounds)
        )
    )


def _variants(names: Mapping[str, str], language: str) -> Iterable[str]:
    """A place's names in a language, in English and in Japanese, with and without brackets."""
    for tag in (language, "en", "ja"):
        if name := names.get(tag):
            whole = plain(name)
            yield whole
            outside = _BRACKETS.sub("", whole).strip()
            if outside and outside != whole:
                yield outside


@lru_cache(maxsize=1024)
def _squeezed(text: str) -> str:
    """Without spaces, hyphens and marks of Latin letters: Kawabatachō is Kawabata-cho."""
    unmarked = _MARKS.sub("", normalize("NFD", text))
    return _SPACES.sub("", folded(normalize("NFC", unmarked)).casefold())
