"""How the names in a text sound, in any script, coarse enough to compare with a Japanese reading.

みなと, Minato, มินาโตะ, မိနတို and 미나토 all become "minato"; かわばた and Kawabata "kawahata".
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

import regex

DATA = Path(__file__).with_name("sounds.toml")

BOUNDARY, STOP = " ", "|"
"""Between words, and at punctuation: names go over the first, never over the second."""

_RANGES = {
    "devanagari": "\u0900-\u097f", "bengali": "\u0980-\u09ff", "sinhala": "\u0d80-\u0dff",
    "thai": "\u0e00-\u0e7f", "lao": "\u0e80-\u0eff", "burmese": "\u1000-\u109f",
    "khmer": "\u1780-\u17ff", "cyrillic": "\u0400-\u04ff", "hangul": "\uac00-\ud7a3",
    "latin": "a-z\u00df-\u024f\u1e00-\u1eff\u0300-\u036f",
}  # fmt: skip
_RUN = regex.compile("|".join(f"(?P<{name}>[{chars}]+)" for name, chars in _RANGES.items()))

_OTHERS, _SPACES = regex.compile(r"[^\p{Lu}\s'-]+"), regex.compile(r"[\s'-]+")
_LATE_GLIDES = tuple(
    (regex.compile(pattern), replacement)
    for pattern, replacement in (
        (r"iaw\*?", "yo"),
        (r"iw\*", "u"),
        (r"(?<=[aeouO])y\*?(?![aeiouO])", "i"),
    )
)
_MARK = regex.compile(r"\p{M}")


@lru_cache(maxsize=1024)
def sound(text: str) -> str:
    """The sounds of a plain text; capitals and digits in it stand for themselves."""
    written: list[str] = []
    last = 0
    for match in _RUN.finditer(text):
        written.append(_between(text[last : match.start()]))
        name = match.lastgroup or "latin"
        written.append(_READERS[name](match.group()))
        last = match.end()
    written.append(_between(text[last:]))
    return _coarse("".join(written))


@lru_cache(maxsize=4096)
def _between(text: str) -> str:
    if text in ("'", ""):
        return ""
    return _SPACES.sub(BOUNDARY, _OTHERS.sub(STOP, text))


def _coarse(sounds: str) -> str:
    """The same form for every way of writing: long vowels short, glides and closing sounds gone."""
    for pattern, replacement in _COARSER:
        sounds = pattern.sub(replacement, sounds)
    return sounds


_COARSER = [
    (regex.compile(pattern), replacement)
    for pattern, replacement in (
        (r"t(?=[iuy])", "s"),
        (r"([kstnhmr])i?y(?=[aeiouO])", r"\1"),
        (r"([kstnhmr])w(?=[aeiouO*])", r"\1"),
        (r"([knhmr])i(?=[ouO])", r"\1"),
        (r"(?<=[aeiouO*])yi(?![aeiouO])", "i"),
        (r"m(?![aeiouO*])", "n"),
        (r"[ksthryw](?![aeiouO*ksthmrywn]*[aeiouO*])", ""),
        (r"[ksthryw](?=[kstnhmryw])", ""),
        (r"([aeiou])\1+", r"\1"),
        (r"o[uO]", "o"),
        (r"[uO][uO]+", "u"),
        (r"ei", "e"),
        (r"\*+", "*"),
        (r"nn+", "n"),
    )
]


@dataclass(frozen=True)
class _Abugida:
    """A script whose letters are consonants with signs around them for vowels."""

    consonants: Mapping[str, str]
    vowels: Mapping[str, str]
    signs: Mapping[str, str]
    before: Mapping[str, str]
    nasal: str
    virama: str
    medials: str
    marks: str
    zero: str
    silent: regex.Pattern[str] | None
    rewrite: tuple[tuple[str, str], ...]
    written: Mapping[str, str]
    glides: bool

    def read(self, text: str) -> str:
        for old, new in self.rewrite:
            text = text.replace(old, new)
        if self.silent:
            text = self.silent.sub("", text)
        text = "".join(c for c in text if c not in self.marks)
        sounds = self._with_vowels_before(text) if self.before else self._with_signs(text)
        if self.glides or self.before:
            for pattern, replacement in _LATE_GLIDES:
                sounds = pattern.sub(replacement, sounds)
        return sounds

    def _with_signs(self, text: str) -> str:
        written: list[str] = []
        for place, character in enumerate(text):
            following = text[place + 1 : place + 2]
            if character in self.consonants:
                open_ended = (
                    following not in self.signs
                    and following not in self.virama
                    and following not in self.medials
                    and following not in self.written
                ) or not following
                written.append(self.consonants[character] + ("*" if open_ended else ""))
            elif character in self.nasal:
                written.append("n")
            else:
                for table in (self.vowels, self.signs, self.written):
                    if character in table:
                        written.append(table[character])
                        break
        return "".join(written)

    def _with_vowels_before(self, text: str) -> str:
        """Thai and Lao: some vowels stand before their consonant; the zero letter is one too."""
        written: list[str] = []
        place = 0
        while place < len(text):
            character = text[place]
            following = text[place + 1 : place + 2]
            if character in self.before and following in self.consonants:
                sounds, place = self._after_consonant(text, place + 1, self.before[character])
                written.append(sounds)
                continue
            if character in self.consonants:
                if following in self.signs:
                    vowel = self.signs[following] or "a"
                    written.append(self._initial(character) + vowel)
                    place += 2
                    continue
                if following == self.zero and text[place + 2 : place + 3] not in self.signs:
                    written.append(self._initial(character) + "o")
                    place += 2
                    continue
                closing = "n" if self.consonants[character] == "g" else self.consonants[character]
                written.append("o" if character == self.zero else closing + "*")
            elif character in self.signs:
                written.append(self.signs[character])
            place += 1
        return "".join(written)

    def _after_consonant(self, text: str, place: int, vowel: str) -> tuple[str, int]:
        """From the consonant after a leading vowel: its sound, and where to go on."""
        consonant = self._initial(text[place])
        rest = text[place + 1 :]
        if vowel == "e" and rest[:1] in ("า", "າ", "ົ"):
            short = rest[1:2] in ("ะ", "ະ", "າ")
            return consonant + ("o" if rest[1:2] in ("ะ", "ະ") else "ao"), place + 2 + short
        if vowel == "e" and rest[:1] in ("ี", "ັ", "ຍ") and rest[1:2] in ("ย", "ຍ"):
            return consonant + "ia", place + 3
        skipped = (
            1 if rest[:1] in ("ะ", "ະ", "ັ", "ิ", "ີ", "ິ", "ย")[: 7 if vowel != "o" else 3] else 0
        )
        return consonant + vowel, place + 1 + skipped

    def _initial(self, character: str) -> str:
        sound = self.consonants[character]
        return "k" if sound == "g" else sound


def _alphabet(letters: Mapping[str, str], *, plain: bool) -> Callable[[str], str]:
    longest_first = sorted(letters, key=len, reverse=True)
    pattern = regex.compile("|".join(map(regex.escape, longest_first)))

    def read(text: str) -> str:
        if plain and not text.isascii():
            text = _MARK.sub("", normalize("NFD", text.replace("đ", "d")))
        return pattern.sub(lambda m: letters[m.group()], text)

    return read


def _hangul(data: Mapping[str, Any]) -> Callable[[str], str]:
    initials, medials, nasals = data["initials"], data["medials"], set(data["nasal_finals"])

    def read(text: str) -> str:
        written = []
        for character in text:
            number = ord(character) - 0xAC00
            written.append(initials[number // 588] + medials[number % 588 // 28])
            written.append("n" if number % 28 in nasals else "")
        return "".join(written)

    return read


def _abugida(data: Mapping[str, Any]) -> _Abugida:
    consonants = {c: sound for sound, letters in data["consonants"].items() for c in letters}
    consonants |= {"W": "w", "Y": "y"} if "rewrite" in data else {}
    return _Abugida(
        consonants=consonants,
        vowels=data.get("vowels", {}),
        signs=data["signs"],
        before=data.get("before", {}),
        nasal=data.get("nasal", ""),
        virama=data.get("virama", ""),
        medials=data.get("medials", ""),
        marks=data.get("marks", ""),
        zero=data.get("zero", ""),
        silent=regex.compile(data["silent"]) if "silent" in data else None,
        rewrite=tuple(
            (normalize("NFKC", old), new) for old, new in data.get("rewrite", {}).items()
        ),
        written=data.get("written_sounds", {}),
        glides=data.get("glides", False),
    )


@cache
def tables() -> Mapping[str, Mapping[str, Any]]:
    """What sounds.toml says, by script."""
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def _readers() -> dict[str, Callable[[str], str]]:
    data = tables()
    readers: dict[str, Callable[[str], str]] = {
        name: _alphabet(data[name]["letters"], plain=name == "latin")
        for name in ("latin", "cyrillic")
    }
    readers |= {name: _abugida(table).read for name, table in data.items() if "consonants" in table}
    return {**readers, "hangul": _hangul(data["hangul"])}


_READERS = _readers()
