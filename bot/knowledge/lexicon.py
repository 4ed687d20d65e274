"""Finding concepts in a message: one concept, its words in every language.

A word is written in the data as people write it. In a language with spaces it must match whole
words, a plural s aside; a trailing ``*`` lets it go on (``earthquake*``). In a language without
spaces it is found anywhere. Words of several syllables with marks (Vietnamese) are found without
any marks too, unless they begin with ``=``; words in kana also as romaji.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import add
from unicodedata import normalize

# LINE lets nobody write more.
LONGEST = 5_000

URL = re.compile(r"https?://\S+|www\.\S+")
APOSTROPHES = re.compile(r"['`\u00b4\u2018\u2019]")
SEPARATORS = re.compile(r"[^\w\s]|_")
REPEATED = re.compile(r"([^\W\d])\1{3,}")
LATIN_WORD = re.compile(r"[0-9a-z\u00df-\u024f\u1e00-\u1eff]+")
# Learners' Japanese puts spaces between words: not part of the spelling. (Looking for the space
# first is much faster.)
SPACE_IN_CJK = re.compile(r" (?<=[\u3005-\u30ff\u3400-\u9fff] )(?=[\u3005-\u30ff\u3400-\u9fff])")
SPACES, BREAKS = re.compile(r"[^\S\n]+"), re.compile(r"\s*\n\s*")

LATIN, JAPANESE = "Latn", "Jpan"

HIRAGANA = re.compile(r"[\u3041-\u3096]")
HAN_WORD = re.compile(r"[\u3400-\u9fff]+")
KANA_WORD = re.compile(r"[\u3041-\u3096\u30a1-\u30fc]{2,}")
SHORTEST_ROMAJI, SHORTEST_DERIVED = 4, 5

# Concepts further apart than two such stretches of a message do not belong together.
STRETCH = 120


def _unmarking() -> dict[int, str]:
    """Each marked Latin letter and its plain one; one to one, so that positions stay the same."""
    table = {ord("đ"): "d"}
    for number in (*range(0xDF, 0x250), *range(0x1E00, 0x1F00)):
        plain = normalize("NFD", chr(number))[0]
        if plain.isascii() and plain.isalpha():
            table[number] = plain
    return table


UNMARKING = _unmarking()
MARKED = re.compile(r"[\u00df-\u024f\u1e00-\u1eff]")


@dataclass(frozen=True)
class Text:
    """A message prepared for matching: lower case, separators as line breaks.

    ``plain`` is ``marked`` without the marks on Latin letters, of the same length. ``japanese``
    whether its Han characters are read as Japanese: there is hiragana among them.
    """

    marked: str
    plain: str
    japanese: bool


@dataclass(frozen=True)
class Word:
    """One word of a concept, as the data has it.

    ``text`` may begin with ``=`` (never without its marks) and end with ``*`` (may go on).
    ``script`` is its language's (ISO 15924). Words of other scripts in Latin letters are found
    however they are spaced; Han characters only where they can be of that language.
    """

    concept: str
    text: str
    script: str


def prepare(message: str) -> Text:
    """The message in the one spelling that words and examples are brought to as well."""
    return _text(_spelled(message))


def _text(spelled: str) -> Text:
    plain = spelled.translate(UNMARKING) if MARKED.search(spelled) else spelled
    return Text(spelled, plain, bool(HIRAGANA.search(spelled)))


def _spelled(message: str) -> str:
    text = URL.sub(" ", normalize("NFKC", message[:LONGEST])).lower()
    text = SEPARATORS.sub("\n", APOSTROPHES.sub("", text))
    text = REPEATED.sub(r"\1\1", text)
    text = SPACE_IN_CJK.sub("", SPACES.sub(" ", text))
    return BREAKS.sub("\n", text).strip()


@dataclass(frozen=True, slots=True)
class _Entry:
    """One spelling of a word, and what it stands for."""

    plain: str
    marked: str
    only_marked: bool
    open_end: bool
    joined: bool  # found however it is spaced
    in_japanese: bool | None  # Han characters that mean this only in Japanese, or only elsewhere
    anywhere: bool = False  # nothing more to look at: its letters are enough
    concepts: tuple[str, ...] = ()

    def fits(self, text: Text, at: int) -> bool:
        """Whether the word really is the one that stands there, Latin words whole."""
        if self.in_japanese is not None and self.in_japanese != text.japanese:
            return False
        end = at + len(self.plain)
        # With other marks it is another word; entirely without it was typed in haste.
        there = text.marked[at:end]
        if there != self.marked and (self.only_marked or there != self.plain):
            return False
        if self.open_end:
            return True
        if text.plain[end : end + 1] == "s":
            end += 1
        return not LATIN_WORD.match(text.plain, end)


# A Latin word is indexed by its first letters, or by all where it is shorter.
LONGEST_BEGINNING = 5
BEGINNINGS = range(1, LONGEST_BEGINNING + 1)

# Words by their beginning and then by length: few look-ups for each place in a text.
Lengths = dict[int, dict[str, list[_Entry]]]
Index = dict[str, Lengths]


def _add(index: Index, beginning: str, entry: _Entry) -> None:
    of_length = index.setdefault(beginning, {}).setdefault(len(entry.plain), {})
    of_length.setdefault(entry.plain, []).append(entry)


def _at(lengths: Lengths, plain: str, at: int) -> list[_Entry]:
    """The entries whose letters stand at a place of the text."""
    found: list[_Entry] = []
    for length, words in lengths.items():
        if entries := words.get(plain[at : at + length]):
            found += entries
    return found


# Where in a text a word is, and the concepts it stands for.
Hit = tuple[int, tuple[str, ...]]


class Lexicon:
    """All words of all languages."""

    def __init__(
        self,
        words: Iterable[Word],
        groups: Mapping[str, Iterable[str]],
        short_forms: Mapping[str, str],
    ) -> None:
        """A group hits with any member; a short form is a Latin word to read as another."""
        self.groups = frozenset(groups)
        self._short_forms = dict(short_forms)
        self._short = re.compile(rf"\b(?:{'|'.join(sorted(short_forms)) or '(?!)'})\b")
        self._latin: Index = {}
        self._joined: Index = {}
        self._other: Index = {}
        concepts: dict[_Entry, set[str]] = defaultdict(set)
        for word in words:
            for entry in _entries(word, self.prepare(word.text.strip("=*"))):
                concepts[entry].add(word.concept)
                concepts[entry].update(
                    group for group, members in groups.items() if word.concept in members
                )
        singles = []
        for entry, found in concepts.items():
            anywhere = entry.open_end and entry.in_japanese is None and entry.marked == entry.plain
            entry = replace(entry, anywhere=anywhere, concepts=tuple(sorted(found)))
            if entry.joined:
                _add(self._joined, entry.plain[:SHORTEST_ROMAJI], entry)
            elif LATIN_WORD.match(entry.plain):
                _add(self._latin, entry.plain[:LONGEST_BEGINNING], entry)
            else:
                _add(self._other, entry.plain[:2], entry)
                singles += [entry.plain] if len(entry.plain) == 1 else []
        self._single = re.compile(f"[{''.join(sorted(singles))}]" if singles else "(?!)")

    def prepare(self, message: str) -> Text:
        """As the function, with short forms written out."""
        return _text(self._short.sub(lambda form: self._short_forms[form[0]], _spelled(message)))

    def hits(self, text: Text) -> list[Hit]:
        """Where in the text which concepts are."""
        plain = text.plain
        places: list[tuple[int, list[_Entry]]] = []
        if not plain.isascii():
            index = self._other
            pairs = enumerate(map(add, plain, plain[1:]))
            places = [(at, _at(index[pair], plain, at)) for at, pair in pairs if pair in index]
            for sign in self._single.finditer(plain):
                places.append((sign.start(), _at(index[sign[0]], plain, sign.start())))
        starts = [word.start() for word in LATIN_WORD.finditer(plain)]
        for at in starts:
            for length in BEGINNINGS:
                if lengths := self._latin.get(plain[at : at + length]):
                    places.append((at, _at(lengths, plain, at)))
        found = [
            (at, entry.concepts)
            for at, entries in places
            for entry in entries
            if entry.anywhere or entry.fits(text, at)
        ]
        return [*found, *self._romanised(plain, starts)]

    def _romanised(self, plain: str, starts: list[int]) -> Iterator[Hit]:
        """Words of other scripts in Latin letters, which everybody spaces differently."""
        squeezed = plain.replace(" ", "")
        spaces = 0
        before = 0
        begins = []
        for at in starts:
            spaces += plain.count(" ", before, at)
            before = at
            begins.append(at - spaces)
        ends = {*begins, len(squeezed)}
        for at, begin in zip(starts, begins, strict=True):
            beginning = squeezed[begin : begin + SHORTEST_ROMAJI]
            for entry in _at(self._joined.get(beginning, {}), squeezed, begin):
                end = begin + len(entry.plain)
                if entry.open_end or end in ends or squeezed[end] == "\n":
                    yield at, entry.concepts


def all_concepts(hits: Iterable[Hit], before: int) -> frozenset[str]:
    """Every concept in the first so many characters."""
    return frozenset(concept for at, found in hits if at < before for concept in found)


def together(hits: Iterable[Hit]) -> set[frozenset[str]]:
    """The concepts that stand close enough to belong together, place by place."""
    stretches: dict[int, set[str]] = defaultdict(set)
    for at, found in hits:
        stretches[at // STRETCH].update(found)
        stretches[at // STRETCH - 1].update(found)
    return {frozenset(concepts) for concepts in stretches.values()}


def _entries(word: Word, text: Text) -> Iterator[_Entry]:
    """The spellings a word is looked for in."""
    open_end = word.text.endswith("*")
    latin = bool(LATIN_WORD.match(text.plain))
    letters = text.plain.replace(" ", "")
    if latin and word.script != LATIN and len(letters) >= SHORTEST_ROMAJI:
        yield _Entry(letters, letters, False, open_end, True, None)
        return
    yield _Entry(
        text.plain,
        text.marked,
        only_marked=word.text.startswith("=") or " " not in text.plain,
        open_end=open_end or not latin,  # scripts without spaces have no whole words
        joined=False,
        in_japanese=_in_japanese(word, text),
    )
    if KANA_WORD.fullmatch(text.plain):
        for letters in romaji(text.plain):
            if len(letters) >= SHORTEST_DERIVED:
                yield _Entry(letters, letters, False, True, True, None)


def _in_japanese(word: Word, text: Text) -> bool | None:
    """Han characters mean one thing in Japanese and another in Chinese."""
    if not HAN_WORD.fullmatch(text.plain):
        return None
    if word.script == JAPANESE:
        return True if len(text.plain) == 1 else None
    return False


def is_inside_word(plain: str, at: int) -> bool:
    """Whether a Latin word goes on at this place."""
    return bool(at and LATIN_WORD.match(plain, at - 1, at) and LATIN_WORD.match(plain, at, at + 1))


def romaji(kana: str) -> set[str]:
    """Kana as typed in Latin letters: with every long vowel written out, and with none."""
    text = "".join(chr(ord(sign) - 0x60) if "ァ" <= sign <= "ヶ" else sign for sign in kana)
    letters = ""
    for sign in text:
        if sign in "ぁぃぅぇぉ" and letters.endswith("fu"):
            letters = letters[:-1] + _ROMAJI[sign]
        elif sign in "ゃゅょぁぃぅぇぉ" and letters.endswith("i"):
            soft = letters.endswith(("shi", "chi", "ji"))
            small = _ROMAJI[sign]
            letters = letters[:-1] + (small[1:] if soft and small[0] == "y" else small)
        else:
            letters += _ROMAJI.get(sign, "")
    letters = re.sub(r"Q(?=ch)", "t", letters)
    letters = re.sub(r"Q([a-z])", r"\1\1", letters).replace("Q", "")
    written_out = re.sub(r"([aiueo])-", r"\1\1", letters)
    short = re.sub(r"([aiueo])-", r"\1", letters)
    return {written_out, re.sub(r"o[uo]|uu", lambda long: long[0][0], short)}


_KANA = (
    "あいうえお かきくけこ がぎぐげご さしすせそ ざじずぜぞ たちつてと だぢづでど なにぬねの "
    "はひふへほ ばびぶべぼ ぱぴぷぺぽ まみむめも やゆよ らりるれろ わをん っー ゃゅょ ぁぃぅぇぉ"
)
_LETTERS = """
    a i u e o ka ki ku ke ko ga gi gu ge go sa shi su se so za ji zu ze zo
    ta chi tsu te to da ji zu de do na ni nu ne no ha hi fu he ho ba bi bu be bo
    pa pi pu pe po ma mi mu me mo ya yu yo ra ri ru re ro wa wo n Q - ya yu yo a i u e o
"""
_ROMAJI = dict(zip(_KANA.replace(" ", ""), _LETTERS.split(), strict=True))
