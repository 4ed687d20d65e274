"""Hard words: what is neither in our list of easy words nor in the city's, and is no name.

There is no official vocabulary of the Japanese-Language Proficiency Test. Both lists beside this
file were written for this project; how to read them stands at their head.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from bot.plain_japanese_text import (
    Sentence,
    Spot,
    Word,
    in_hiragana,
    lemmas,
    spelled,
    words_of,
)

_WORDS = Path(__file__).with_name("plain_japanese_words.txt")
_INSTEAD = Path(__file__).with_name("plain_japanese_words.toml")

_JUDGED = ("名詞", "代名詞", "動詞", "形容詞", "形状詞", "副詞", "連体詞", "接続詞")
_UNJUDGED_DETAILS = ("固有名詞", "数詞", "助動詞語幹")
_NOUNS = ("名詞", "形状詞", "接尾辞", "接頭辞")
_JAPANESE = re.compile(r"[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff]")
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]+")
_HIRAGANA = re.compile(r"[\u3041-\u3096\u30fc]+")
_PLACES = words_of(
    "町 市 区 村 県 川 山 島 港 駅 橋 公園 広場 学校 中学 高校 大学 病院 団地 会館 体育館 駐車場 "
    "センター ビル タワー"
)
"""What makes a name of the noun before it: 新田 町, 中央 公園."""


@dataclass(frozen=True)
class Phrases:
    """Words and phrases by the lemmas they consist of, each with what to write instead, or ""."""

    by_lemmas: Mapping[tuple[str, ...], str]
    longest: int

    @classmethod
    def of(cls, instead: Mapping[str, str]) -> "Phrases":
        by_lemmas = {lemmas(phrase): easier for phrase, easier in instead.items()}
        return cls(by_lemmas, max(map(len, by_lemmas), default=0))

    def at(self, words: Sequence[Word], place: int) -> tuple[int, str]:
        """How many words the longest phrase has that begins there, and what to write instead."""
        for length in range(min(self.longest, len(words) - place), 0, -1):
            found = tuple(word.lemma for word in words[place : place + length])
            if found in self.by_lemmas:
                return length, self.by_lemmas[found]
        return 0, ""


@dataclass(frozen=True)
class Vocabulary:
    """What beginners know (`easy`, with its `spellings`), and what to write `instead` of others.

    `polite` are the polite words of offices by lemma. A word in hiragana is known by its sound.
    """

    spellings: frozenset[str]
    sounds: frozenset[str]
    easy: Phrases
    instead: Phrases
    polite: Mapping[str, str]

    def is_polite(self, word: Word) -> bool:
        return word.lemma in self.polite or word.base in self.polite

    def knows(self, word: Word) -> bool:
        if _HIRAGANA.fullmatch(word.surface) and word.base in self.sounds:
            return True
        return not self.spellings.isdisjoint((word.lemma, word.base, word.surface))


@cache
def vocabulary() -> Vocabulary:
    """Both lists; reading them takes about 50 ms, once."""
    lines = _WORDS.read_text(encoding="utf-8").splitlines()
    easy = [word for line in lines if not line.startswith("#") for word in line.split()]
    instead = tomllib.loads(_INSTEAD.read_text(encoding="utf-8"))
    return Vocabulary(
        spellings=_spellings(easy),
        sounds=frozenset(map(in_hiragana, easy)),
        easy=Phrases.of(dict.fromkeys(easy, "")),
        instead=Phrases.of(instead["easier"]),
        polite=instead["polite"],
    )


def _spellings(words: Sequence[str]) -> frozenset[str]:
    single = (found[0] for found in map(lemmas, words) if len(found) == 1)
    return frozenset((*words, *single))


@dataclass(frozen=True)
class CityWords:
    """Words and names of the city: as they are spelled, and in every form where it is one word."""

    spellings: frozenset[str]

    def in_sentence(self, sentence: Sentence) -> frozenset[int]:
        """Which of its words, by number, are known there or are part of a name."""
        found = {
            number
            for number, word in enumerate(sentence.words)
            if word.lemma in self.spellings or word.base in self.spellings
        }
        text, ends = "", []
        for word in sentence.words:
            text += word.surface
            ends.append(len(text))
        for name in self.spellings:
            start = text.find(name)
            while start >= 0:
                end = start + len(name)
                found |= {
                    number
                    for number, word in enumerate(sentence.words)
                    if start <= ends[number] - len(word.surface) and ends[number] <= end
                }
                start = text.find(name, end)
        return frozenset(found)


@lru_cache(maxsize=8)
def city_words(words: tuple[str, ...]) -> CityWords:
    """The words of a city, which may be written with readings: 緑(みどり)が丘(おか)."""
    return CityWords(_spellings([word for word in map(spelled, words) if word]))


def hard_words(sentence: Sentence, city: CityWords) -> list[Spot]:
    """The hard words of a sentence; those of one compound as one."""
    words = sentence.words
    spots: list[Spot] = []
    for spot in _single(words, city.in_sentence(sentence)):
        last = spots[-1] if spots else None
        if last and last.after == spot.first and _compound(words[last.first : spot.after]):
            spots[-1] = _joined(words, last, spot)
        else:
            spots.append(spot)
    whole = (_with_ending(words, spot) for spot in spots)
    return [spot for spot in whole if not words[spot.after - 1].explained]


def _single(words: Sequence[Word], known: frozenset[int]) -> Iterator[Spot]:
    lists = vocabulary()
    place = 0
    while place < len(words):
        easy, _ = lists.easy.at(words, place)
        length, easier = lists.instead.at(words, place)
        if place in known:
            length = 1
        elif easy > 1 and easy >= length:
            length = easy
        elif length:
            yield _spot(words, place, place + length, easier)
        else:
            length = 1
            if not lists.knows(words[place]) and _is_judged(words, place):
                yield _spot(words, place, place + 1, "")
        place += length


def _is_judged(words: Sequence[Word], place: int) -> bool:
    """Whether it is a word that can be easy or hard, not a name, number or part of grammar."""
    word = words[place]
    if word.kind not in _JUDGED or word.detail in _UNJUDGED_DETAILS:
        return False
    if not _JAPANESE.search(word.surface) or vocabulary().is_polite(word):
        return False
    if _KATAKANA.fullmatch(word.surface):
        return True
    return word.known and not _names_a_place(words, place)


def _names_a_place(words: Sequence[Word], place: int) -> bool:
    following = words[place + 1 : place + 3]
    small = bool(following) and following[0].lemma in ("小", "立体")
    after = following[1:] if small else following[:1]
    return words[place].kind == "名詞" and bool(after) and after[0].lemma in _PLACES


def _spot(words: Sequence[Word], first: int, after: int, easier: str) -> Spot:
    loan = all(_KATAKANA.fullmatch(word.surface) for word in words[first:after])
    kind = "loanword" if loan else "hard_word"
    return Spot(first, after, kind, "replace" if easier else "explain", easier)


def _compound(words: Sequence[Word]) -> bool:
    return all(word.kind in _NOUNS for word in words)


def _with_ending(words: Sequence[Word], spot: Spot) -> Spot:
    """熱中 症, 証明 書: a noun to be explained, with what belongs to it."""
    after = spot.after
    if not spot.easier and words[after - 1].kind == "名詞":
        while after < len(words) and words[after].kind == "接尾辞":
            after += 1
    return replace(spot, after=after)


def _joined(words: Sequence[Word], first: Spot, second: Spot) -> Spot:
    """Two neighbours as one; what is known of each is told with its word."""
    parts = [
        spot.easier if "＝" in spot.easier else f"{_spelling(words, spot)}＝{spot.easier}"
        for spot in (first, second)
        if spot.easier
    ]
    kind = first.kind if first.kind == second.kind else "hard_word"
    advice = "replace" if parts else "explain"
    return Spot(first.first, second.after, kind, advice, "、".join(parts))


def _spelling(words: Sequence[Word], spot: Spot) -> str:
    return "".join(word.surface for word in words[spot.first : spot.after])
