"""Japanese text as the plain-Japanese check reads it: sentences of words, each with its place.

Readings in brackets after kanji, 川端町(かわばたちょう), and the spaces learners are given between
words are not part of a sentence; blanks in braces and links stand for a name. The words come from
SudachiPy with its small dictionary.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sudachipy import Dictionary, Morpheme  # type: ignore[import-untyped]

NAME = "■"
"""What stands in a sentence for a blank or a link."""

_LONGEST_SENTENCE = 4_000
"""Characters; the tokenizer refuses 49,149 bytes."""

_KANJI = r"[\u3005\u3006\u30f6\u3400-\u9fff]"
_KANA = r"[\u3041-\u3096\u30a1-\u30fc・\s]"
_READING = re.compile(rf"(?<={_KANJI})[(（](?!{_KANA}{{3,}}(?:こと|ところ)[)）]){_KANA}+[)）]")
_MEANING = re.compile(r"[(（][^()（）\n]*[\u3041-\u3096][^()（）\n]*[)）]|[＜〈][^＞〉\n]+[＞〉]")
_OPAQUE = re.compile(r"\{[^{}\n]*\}|https?://[^\s、。「」（）()]+")
_SPACE = re.compile(r"[^\S\n]+")
_SENTENCE = re.compile(rf"[^。！？!?：\n]{{1,{_LONGEST_SENTENCE}}}[。！？!?：\n]*")
_TO_HIRAGANA = {katakana: katakana - 0x60 for katakana in range(0x30A1, 0x30F7)}
MARKS = ("補助記号", "記号", "空白")


@dataclass(frozen=True)
class Word:
    """A word of a sentence.

    `lemma` is its usual spelling (にげ → 逃げる), `base` its dictionary form as it is spelled here;
    `reading` is in katakana and empty for marks; `kind`, `detail` and `form` are its part of speech
    and inflection as UniDic names them. `start` and `end` are places in the text as it was written.
    `known`: the dictionary has it. `explained`: its meaning follows in brackets.
    """

    surface: str
    lemma: str
    base: str
    reading: str
    kind: str
    detail: str
    form: str
    start: int
    end: int
    known: bool
    explained: bool


@dataclass(frozen=True)
class Sentence:
    """A stretch up to 。！？：or the end of a line, with at least one word.

    `ending` is the mark it ends with, or nothing.
    """

    words: tuple[Word, ...]
    ending: str

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end


@dataclass(frozen=True)
class Spot:
    """What a rule found: the words `first` up to `after` of a sentence, by number."""

    first: int
    after: int
    kind: str
    advice: str
    easier: str = ""


@dataclass(frozen=True)
class _Bare:
    """A text of which parts were left out; `places` are those of its characters as written."""

    text: str
    places: tuple[int, ...]

    def without(self, pattern: re.Pattern[str], instead: str = "") -> "_Bare":
        """The same with every match replaced by `instead`, at most one character."""
        text: list[str] = []
        places: list[int] = []
        after = 0
        for found in pattern.finditer(self.text):
            start, end = found.span()
            text += [self.text[after:start], instead]
            places += self.places[after : start + len(instead)]
            after = end
        return _Bare("".join((*text, self.text[after:])), (*places, *self.places[after:]))


def words_of(line: str) -> frozenset[str]:
    """A set of lemmas written in one line."""
    return frozenset(line.split())


def sentences(text: str) -> list[Sentence]:
    """What stands in a text, in order."""
    bare = _bare(text)
    made = (_sentence(bare, found) for found in _SENTENCE.finditer(bare.text))
    return [sentence for sentence in made if sentence.words]


def spelled(text: str) -> str:
    """A text without readings and spaces, as the surfaces of its words spell it."""
    return _bare(text).text


def lemmas(phrase: str) -> tuple[str, ...]:
    """The lemmas of a word or phrase as a list has it."""
    return tuple(piece.normalized_form() for piece in _pieces(phrase))


def _bare(text: str) -> _Bare:
    bare = _Bare(text, tuple(range(len(text))))
    for pattern, instead in ((_OPAQUE, NAME), (_READING, ""), (_SPACE, "")):
        bare = bare.without(pattern, instead)
    return bare


def in_hiragana(phrase: str) -> str:
    """How a word or phrase is read."""
    reading = "".join(piece.reading_form() for piece in _pieces(phrase))
    return reading.translate(_TO_HIRAGANA)


def _sentence(bare: _Bare, found: re.Match[str]) -> Sentence:
    said = found.group().rstrip("。！？!?：\n")
    words = tuple(_word(piece, bare, found.start()) for piece in _pieces(said))
    return Sentence(words, found.group()[len(said) : len(said) + 1].strip())


def _word(piece: Morpheme, bare: _Bare, offset: int) -> Word:
    kind, detail, _, _, _, form = piece.part_of_speech()
    surface = piece.surface()
    first, after = offset + piece.begin(), offset + piece.end()
    reading = "" if kind in MARKS else surface if detail == "数詞" else piece.reading_form()
    return Word(
        surface=surface,
        lemma=piece.normalized_form(),
        base=piece.dictionary_form(),
        reading=reading,
        kind=kind,
        detail=detail,
        form=form,
        start=bare.places[first],
        end=bare.places[after - 1] + 1,
        known=not piece.is_oov(),
        explained=_MEANING.match(bare.text, after) is not None,
    )


def _pieces(text: str) -> Iterator[Morpheme]:
    """What the tokenizer makes of a text; one tokenizer serves one thread, the dictionary all."""
    return iter(_dictionary().tokenizer().tokenize(text))


@cache
def _dictionary() -> Dictionary:
    return Dictionary(dict="small")
