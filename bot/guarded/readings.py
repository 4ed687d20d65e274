"""How a Japanese name may be read: what the dictionary says, and what its kanji allow."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import product
from pathlib import Path

import regex
from sudachipy import Dictionary  # type: ignore[import-untyped]

from bot.guarded.sounds import sound, tables
from bot.han import folded

READINGS = Path(__file__).with_name("readings.tsv")

MOST_COMBINATIONS = 240
_PER_KANJI = 6
_SMALL = str.maketrans("ァィゥェォヵヶ", "アイウエオカケ")
_VERB_END = regex.compile(r"(?<=[a-z]{2})(?:ru|su|mu|ku|gu|bu|tsu|nu)$|(?<=[aeio])u$|(?<=[aoui])i$")
_NAME_KANA = {"ヶ": "ga", "ケ": "ga", "が": "ga", "ヵ": "ka", "ノ": "no", "々": ""}


@lru_cache(maxsize=2_000)
def dictionary_sounds(name: str) -> frozenset[str]:
    """How the dictionary reads a name, as sounds; kana are read as they are."""
    read = "".join(m.reading_form() for m in _dictionary().tokenizer().tokenize(name))
    return frozenset({sound(romaji(read))} - {""})


@lru_cache(maxsize=2_000)
def possible_sounds(name: str) -> frozenset[str]:
    """Every way the kanji of a name can be read one by one, as sounds; empty for long names."""
    choices = [_one(character) for character in name]
    number = 1
    for options in choices:
        number *= max(len(options), 1)
    if number > MOST_COMBINATIONS:
        choices = [options[:3] for options in choices]
    if not all(choices) or len(name) > 5:
        return frozenset()
    return frozenset(sound("".join(parts)) for parts in product(*choices)) - {""}


def is_proper(name: str) -> bool:
    """Whether the dictionary knows some part of it as the name of a place or a person."""
    words = _dictionary().tokenizer().tokenize(name)
    return any(word.part_of_speech()[1] == "固有名詞" and len(word.surface()) > 1 for word in words)


def romaji(kana: str) -> str:
    """Kana in Latin letters. Long vowels are doubled or left out; small っ is not written."""
    letters: list[str] = []
    for character in kana:
        code = ord(character)
        character = chr(code + 0x60) if 0x3041 <= code <= 0x3096 else character
        if character in "ャュョ" and letters:
            vowel = {"ャ": "a", "ュ": "u", "ョ": "o"}[character]
            letters[-1] = letters[-1][:-1] + ("y" if letters[-1][-2:-1] not in "hj" else "") + vowel
        elif character in "ァィゥェォ" and letters:
            letters[-1] = letters[-1][:-1] + _kana()[character.translate(_SMALL)]
        elif character == "ー" and letters:
            letters.append(letters[-1][-1:])
        else:
            letters.append(_kana().get(character, ""))
    return "".join(letters)


@cache
def _kana() -> Mapping[str, str]:
    data = tables()["kana"]
    return dict(zip(data["letters"], data["romaji"].split(), strict=True))


def _one(character: str) -> list[str]:
    if character in _NAME_KANA:
        return [_NAME_KANA[character]]
    if "\u3041" <= character <= "\u30fe":
        return [romaji(character)]
    return list(_readings().get(character, ()))


@cache
def _readings() -> Mapping[str, tuple[str, ...]]:
    """By kanji: readings in names first those without an ending, then on, both at most six."""
    table = {}
    for line in READINGS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kanji, on, kun = line.split("\t")
            table[kanji] = tuple(dict.fromkeys(_in_names(on.split(), kun.split())))[:_PER_KANJI]
    return table


def _in_names(on: list[str], kun: list[str]) -> Iterator[str]:
    """Verbs and adjectives lose their ending in names; e at the end of a first part becomes a."""
    stems = [_VERB_END.sub("", reading) for reading in kun[:4]]
    yield from stems[:1]
    yield from on[:2]
    for reading, stem in zip(kun[:3], stems, strict=False):
        yield stem
        if reading.endswith("e"):
            yield reading[:-1] + "a"
        yield reading


@cache
def readings_of_folded() -> Mapping[str, tuple[str, ...]]:
    """Sounds of each Han character in its common form, for Japanese names written in Chinese."""
    table: dict[str, tuple[str, ...]] = {}
    for kanji, readings in _readings().items():
        sounds = tuple(dict.fromkeys(sound(reading) for reading in readings))
        table[folded(kanji)] = table.get(folded(kanji), ()) + sounds
    return table


@cache
def _dictionary() -> Dictionary:
    return Dictionary(dict="small")
