"""Which of our languages a message is written in, native script or typed in Latin letters.

The script decides where it is one language's alone; where several share it, a linear model over
letters in a row (trained by `bot.knowledge.training`). What a person chose outranks what is found
here; only unambiguous script evidence outranks a profile; a guess by itself changes nothing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from unicodedata import normalize

import regex as re

from bot.languages import registered
from bot.linear import Linear

MODEL = Path(__file__).with_name("detection.bin")

# More than this says nothing new about the language, and costs time.
LOOKED_AT = 300

NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|(?<!\S)[^\s@]*@\S+|[\d_]+")
UNSEEN = re.compile(r"[\p{Cf}\ufe0e\ufe0f]")
REPEATED = re.compile(r"(\p{L})\1{2,}")
WORD = re.compile(r"[\p{L}\p{M}'\u2019]+")

# Scripts by how they are counted: Japanese is written in three.
SCRIPTS = {
    "Han": r"[\u3005\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff]",
    "Hang": r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]",
    "Thai": r"[\u0e00-\u0e7f]",
    "Laoo": r"[\u0e80-\u0eff]",
    "Khmr": r"[\u1780-\u17ff]",
    "Mymr": r"[\u1000-\u109f\uaa60-\uaa7f]",
    "Sinh": r"[\u0d80-\u0dff]",
    "Beng": r"[\u0980-\u09ff]",
    "Deva": r"[\u0900-\u097f]",
    "Cyrl": r"[\u0400-\u052f]",
    "Arab": r"[\u0600-\u06ff\u0750-\u077f]",
}
LETTERS = {script: re.compile(letters) for script, letters in SCRIPTS.items()}
LATIN = "Latn"
LATIN_WORD = re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff]+(?:['\u2019][a-z]+)?")

# How the registry's scripts are counted.
COUNTED_AS = {"Jpan": "Han", "Hans": "Han", "Hant": "Han", "Kore": "Hang"}

# A sentence in Latin letters may name Japanese things in Japanese, and the other way round: one
# word counts like three letters of another script.
LETTERS_A_WORD = 3

# So few letters of a script are a name or a word somebody quotes.
FEWEST = 4

# How likely a language must be, and how much likelier than the second, to be a guess.
ENOUGH, AHEAD = 0.35, 0.05

OTHER = "other."
"""Labels of languages the bot does not speak, which are told apart from those it does."""
TYPED = "typed."
"""Labels of languages in Latin letters that are usually written in others."""


@dataclass(frozen=True)
class Guess:
    """Which language a text seems to be in.

    ``tag`` is None where nothing in the text tells. ``certain`` means script evidence no other
    language shares: kana, Thai letters, characters of simplified Chinese only. ``score``, 0 to 1,
    only orders guesses.
    """

    tag: str | None
    certain: bool
    score: float


NO_GUESS = Guess(None, False, 0.0)


def detect(text: str) -> Guess:
    """Guess the language of one message. Plain Japanese is never guessed: it is "ja"."""
    shares, certain = _looked_at(text)
    order = sorted(shares, key=lambda tag: (-shares[tag], tag))
    if not order or order[0].startswith(OTHER):
        return NO_GUESS
    best = shares[order[0]]
    second = shares[order[1]] if len(order) > 1 else 0.0
    if best < ENOUGH or best - second < AHEAD:
        return NO_GUESS
    return Guess(order[0], certain, round(best, 3))


def candidates(text: str) -> list[str]:
    """The languages a message may be in, likeliest first; none where it has no letters.

    Where scripts are mixed, the likeliest of each comes before the second of one.
    """
    ends = text if len(text) <= LOOKED_AT else f"{text[:LOOKED_AT]} {text[-LOOKED_AT:]}"
    ranked: list[list[str]] = []
    for script, number in _letters(ends).most_common():
        if number >= FEWEST or (number and not ranked):
            shares = _of_script(script, cleaned(ends, 2 * LOOKED_AT))[0]
            ours = [tag for tag in shares if not tag.startswith(OTHER)]
            ranked.append(sorted(ours, key=lambda tag: (-shares[tag], tag)))
    firsts = [tags[0] for tags in ranked if tags]
    return list(dict.fromkeys([*firsts, *chain(*ranked)]))


def features(text: str) -> dict[str, float]:
    """One to five letters in a row, with the edges of words, and whole words."""
    found: dict[str, float] = {}
    for word in WORD.findall(text):
        framed = f" {word} "
        found[f"w{word}"] = 1.0
        for length in (1, 2, 3, 4, 5):
            for at in range(len(framed) - length + 1):
                found[framed[at : at + length]] = 0.5
    return found


def cleaned(text: str, length: int = LOOKED_AT) -> str:
    """What of a message is looked at, in one spelling."""
    text = normalize("NFKC", NOT_WORDS.sub(" ", text[: 2 * length]))[:length].lower()
    return REPEATED.sub(r"\1\1", UNSEEN.sub("", text))


def _looked_at(text: str) -> tuple[Mapping[str, float], bool]:
    """How likely each language is, and whether the script alone says so."""
    script, number = _letters(text).most_common(1)[0]
    return _of_script(script, cleaned(text)) if number else ({}, False)


def _letters(text: str) -> Counter[str]:
    """How much of a message is written in each script."""
    text = cleaned(text, 2 * LOOKED_AT)
    counts = Counter({script: len(letters.findall(text)) for script, letters in LETTERS.items()})
    counts[LATIN] = LETTERS_A_WORD * len(LATIN_WORD.findall(text))
    return counts


def _of_script(script: str, text: str) -> tuple[Mapping[str, float], bool]:
    """How likely each language is that is written in a script, and whether that is sure."""
    known = _known()
    labels = known.labels[script]
    if len(labels) == 1:
        return {labels[0]: 1.0}, True
    own = known.of_script[script]
    proofs = Counter({tag: number for tag in own if (number := known.proofs(tag, text))})
    if proofs:
        return {tag: number / proofs.total() for tag, number in proofs.items()}, len(proofs) == 1
    shares = known.model.shares(features(text))
    possible = {label: shares.get(label, 0.0) for label in labels}
    whole = sum(possible.values()) or 1.0
    return {label.removeprefix(TYPED): share / whole for label, share in possible.items()}, False


@dataclass(frozen=True)
class _Known:
    """What tells languages of one script apart.

    ``of_script`` the languages written in a script; ``labels`` those that may be typed in it, and
    languages the bot does not speak; ``own_letters`` those only one language's writers use;
    ``own_characters`` the Han characters only one country's standard has.
    """

    model: Linear
    of_script: Mapping[str, list[str]]
    labels: Mapping[str, list[str]]
    own_letters: Mapping[str, "re.Pattern[str]"]
    own_characters: Mapping[str, frozenset[str]]

    def proofs(self, tag: str, text: str) -> int:
        """How many letters of the text nobody but this language's writers would have used."""
        number = len(self.own_letters[tag].findall(text)) if tag in self.own_letters else 0
        own = self.own_characters.get(tag, frozenset())
        return number + sum(letter in own for letter in text)


@cache
def _known() -> _Known:
    model = Linear.load(MODEL)
    of_script: dict[str, list[str]] = {script: [] for script in (*SCRIPTS, LATIN)}
    for known in registered():
        if "-x-" not in known.tag:  # plain Japanese is never guessed
            of_script[COUNTED_AS.get(known.script, known.script)].append(known.tag)
    labels = {script: [*tags, *_others(model, script)] for script, tags in of_script.items()}
    labels[LATIN] += [label for label in model.labels if label.startswith(TYPED)]
    charsets = {known.tag: _characters(known.charset) for known in registered() if known.charset}
    return _Known(
        model=model,
        of_script=of_script,
        labels=labels,
        own_letters={
            known.tag: re.compile(f"[{known.letters}]") for known in registered() if known.letters
        },
        own_characters={
            tag: held.difference(*(other for other in charsets.values() if other is not held))
            for tag, held in charsets.items()
        },
    )


def _others(model: Linear, script: str) -> list[str]:
    """The languages of a script that the bot does not speak."""
    return [label for label in model.labels if label.startswith(f"{OTHER}{script}.")]


def _characters(charset: str) -> frozenset[str]:
    """The Han characters a national character set (a Python codec) holds."""
    held = set()
    for number in range(0x4E00, 0x9FA6):
        try:
            chr(number).encode(charset)
        except UnicodeEncodeError:
            continue
        held.add(chr(number))
    return frozenset(held)
