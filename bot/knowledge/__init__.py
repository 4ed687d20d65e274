"""What a message is about: one of the city's topics, a few candidates, or nothing we know.

Words, example messages and what small talk looks like are data under ``templates/faq``, a folder
for each language. Concepts are common to all languages; a linear model (made by
`bot.knowledge.training`) says which concepts and words speak for which topic. Danger and what must
stay private come before anything else, in every language, whatever language somebody chose.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unicodedata import category

import regex as re

from bot import detection, languages
from bot.knowledge import data
from bot.knowledge.data import KnowledgeError
from bot.knowledge.features import LOOKED_AT, features
from bot.knowledge.lexicon import LATIN, Lexicon
from bot.knowledge.neighbours import Neighbours
from bot.knowledge.smalltalk import SmallTalk
from bot.knowledge.spelling import Text, prepare
from bot.linear import Linear

__all__ = ["KnowledgeError"]

MODEL = "model.bin"
OUT_OF_SCOPE, SMALL_TALK, COMMAND = "out-of-scope", "small-talk.", "command."
SHARED = "ask"

READ_ALIKE = ("zh-Hans", "zh-Hant")
"""Languages that are one but for the shape of their characters, which `prepare` takes away."""
REACTION = "reaction"

# Unicode's category of emoji.
SYMBOL = "So"

# How many candidates a person is shown at most, and how many languages a message may be in.
CANDIDATES, READINGS = 3, 2

# The share from which on a topic is offered beside an answer, or where nothing is known: shares are
# the more extreme the longer a message is, and one button more costs nobody anything.
BESIDE, FAINT = 0.001, 0.03

# The share from which on a topic's text is shown as the answer; the share of all urgent and
# protected topics together from which on a message is theirs, and from which on staff look at it
# because it could be: rather one too many than a frightened person among the candidates.
SURE, SURE_FIRST, CONCERN = 0.96, 0.6, 0.02

# The share from which on a message is none of the city's business. Where nothing has more than
# ENOUGH nothing is known, and danger counts from DANGER_ALONE on, or where it is the likeliest
# topic with more than a WHISPER: gibberish is a little of all.
NOT_OURS, ENOUGH, DANGER_ALONE, WHISPER = 0.7, 0.12, 0.25, 0.04

# Key persons see a message only if all the topics they are never shown are together this unlikely.
UNLIKELY = 0.03

# In a message longer than this danger is looked for sentence by sentence too: one about it would be
# lost among ten about something else. Without a full stop a piece is this long at most, and the
# next begins before its end: nothing is lost at a cut.
LONG, SHORT_SENTENCE, LONG_SENTENCE, OVERLAP = 200, 30, 60, 30

# Of many pieces one always looks a little like danger: each must say so more clearly than a whole
# message to be handled as danger, or to be looked at by staff.
SURE_PART, LIKELY_PART = 0.9, 0.5

# How much of the share that nobody is sure of must be danger's, for staff to look.
UNCERTAIN = 0.11


class Handling(StrEnum):
    """What happens with a topic: its text, at once, protected, a case, or the bot does it."""

    ANSWER = "answer"
    URGENT = "urgent"
    PROTECT = "protect"
    STAFF = "staff"
    ACTION = "action"


FIRST = (Handling.URGENT, Handling.PROTECT)


@dataclass(frozen=True)
class Topic:
    """One thing residents ask about.

    ``community`` "ask" or "never": whether key persons may see a question about it. ``call``
    national numbers, or names of the city's own, that get a call button. ``links`` names of city
    pages. ``sites`` hazards for which evacuation sites are offered.
    """

    id: str
    category: str
    handling: Handling
    community: str
    call: tuple[str, ...]
    links: tuple[str, ...]
    sites: tuple[str, ...]


class Outcome(StrEnum):
    """How sure we are what a message wants."""

    TOPIC = "topic"
    CANDIDATES = "candidates"
    SMALL_TALK = "small-talk"
    OUT_OF_SCOPE = "out-of-scope"
    NOTHING = "nothing"
    COMMAND = "command"


@dataclass(frozen=True)
class Finding:
    """What a message is about.

    ``topics`` up to three, best first: for TOPIC its own and others it could be instead, for
    NOTHING faint guesses. ``detail`` which small talk (thanks, greeting, bye, reaction) or which
    command (menu, hide). ``score`` 0 to 1.
    ``concern`` the urgent or protected topic it could be, but not surely: staff should see it.
    """

    outcome: Outcome
    topics: tuple[str, ...] = ()
    detail: str | None = None
    score: float = 0.0
    concern: str | None = None


@dataclass(frozen=True)
class Danger:
    """The likeliest urgent or protected topic, and how likely it is that it is any of them."""

    topic: str
    share: float


class Tongue:
    """What is known of one language, read when it is first needed."""

    def __init__(self, folder: Path, script: str) -> None:
        self._folder = folder
        self._script = script
        forms = data.short_forms(folder / "forms.txt")
        self._forms = {prepare(short).plain: prepare(full).marked for short, full in forms.items()}
        self._form = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._forms)) or '(?!)'})\b")

    @cached_property
    def lexicon(self) -> Lexicon:
        alike = READ_ALIKE if self._folder.name in READ_ALIKE else (self._folder.name,)
        files = tuple(self._folder.with_name(name) / "words.txt" for name in alike)
        return _lexicon(files, self._script == LATIN)

    @cached_property
    def private(self) -> Lexicon | None:
        """The words of what key persons are never shown; None where nobody wrote them."""
        words = data.listed(self._folder / "private.txt")
        private = (("private", word) for word in words)
        return Lexicon(private, latin=self._script == LATIN) if words else None

    @cached_property
    def talk(self) -> SmallTalk:
        said = data.messages(self._folder / "talk.txt")
        return SmallTalk(
            (prepare(text).plain, label.removeprefix(SMALL_TALK))
            for label, text in said
            if label.startswith(SMALL_TALK)
        )

    def commands(self) -> dict[str, str]:
        """The messages that are a command, and which."""
        said = data.messages(self._folder / "talk.txt")
        return {
            prepare(text).plain: label.removeprefix(COMMAND)
            for label, text in said
            if label.startswith(COMMAND)
        }

    def read(self, text: Text) -> Text:
        """The text with this language's short forms written out."""
        if not self._forms or not self._form.search(text.marked):
            return text
        return prepare(self._form.sub(lambda form: self._forms[form[0]], text.marked))


class Knowledge:
    """All topics, and the way from a message to one of them. Holds no state of any person."""

    def __init__(
        self, topics: Mapping[str, Topic], tongues: Mapping[str, Tongue], model: Linear
    ) -> None:
        self.topics = MappingProxyType(dict(topics))
        self._tongues = dict(tongues)
        self._model = model
        self._learned = Neighbours([])
        self._first = {
            label for label in model.labels if label in topics and topics[label].handling in FIRST
        }
        # Whoever types nothing but the number of an emergency means that emergency.
        self._numbers: dict[str, str] = {}
        for id, topic in topics.items():
            if topic.handling in FIRST:
                self._numbers.setdefault(_digits(topic.call[0]), id)
        self._never = {
            label for label in model.labels if is_topic(label) and not self._is_shared(label)
        }
        self._commands = {
            plain: command
            for tongue in tongues.values()
            for plain, command in tongue.commands().items()
        }

    def _is_shared(self, label: str) -> bool:
        return label in self.topics and self.topics[label].community == SHARED

    @classmethod
    def load(cls, folder: Path) -> "Knowledge":
        """Everything under ``folder`` (templates/faq) for the registered languages.

        Raises `KnowledgeError`, `bot.linear.ModelError`.
        """
        topics = read_topics(folder)
        model = Linear.load(folder / MODEL)
        if unknown := {label for label in model.labels if is_topic(label)} - topics.keys():
            raise KnowledgeError(f"examples of topics not in topics.toml: {sorted(unknown)}")
        return cls(topics, read_tongues(folder), model)

    def first_look(self, text: str) -> str | None:
        """The topic of an urgent or protected message in any language, or None.

        Cheap enough to be asked before anything is stored: a millisecond or two for a usual
        message, less than a tenth of a second for 5,000 characters.
        """
        prepared = prepare(text)
        tags = self._tags(text, ())
        if number := self._number(prepared):
            return number
        if prepared.plain in self._commands or self._said(prepared, tags):
            return None
        danger = self._danger(self._shares(prepared, tags))
        return danger.topic if danger.share >= SURE_FIRST else None

    def command(self, text: str) -> str | None:
        """The command (menu, hide) that a message is in any language, or None."""
        return self._commands.get(prepare(text).plain)

    def find(self, text: str, *spoken: str) -> Finding:
        """What a message is about of somebody who speaks these languages (tags), or writes so."""
        prepared = prepare(text)
        tags = self._tags(text, spoken)
        if command := self._commands.get(prepared.plain):
            return Finding(Outcome.COMMAND, detail=command, score=1.0)
        if said := self._said(prepared, tags):
            return Finding(Outcome.SMALL_TALK, detail=said, score=1.0)
        if number := self._number(prepared):
            return Finding(Outcome.TOPIC, (number,), score=1.0)
        if not any(character.isalpha() for character in prepared.plain):
            if any(category(character) == SYMBOL for character in text):
                return Finding(Outcome.SMALL_TALK, detail=REACTION, score=1.0)
            return Finding(Outcome.NOTHING)
        shares = self._shares(prepared, tags)
        danger = self._danger(shares)
        if danger.share >= SURE_FIRST:
            topics = (danger.topic, *self._beside(danger.topic, shares[0], BESIDE))
            return Finding(Outcome.TOPIC, topics, score=round(danger.share, 3))
        concern = danger.topic if self._could_be(danger, shares[0]) else None
        return self._weighed(shares[0], concern)

    def _could_be(self, danger: Danger, shares: Mapping[str, float]) -> bool:
        """Whether staff should look at a message for danger."""
        likeliest = next(label for label in _best(shares) if not label.startswith(SMALL_TALK))
        if shares[likeliest] >= ENOUGH or danger.share >= DANGER_ALONE:
            # Of what is hardly understood every topic gets a little.
            return danger.share >= max(CONCERN, UNCERTAIN * (1 - shares[likeliest]))
        return likeliest in self._first and shares[likeliest] >= WHISPER

    def may_be_shared(self, text: str, tag: str) -> bool:
        """Whether key persons may be shown a message in the language of ``tag``, if it is recent.

        Only one that can be read here: in a language whose private words are known, in its own
        script, and about something. Neither may one of its words be private, nor one of the three
        likeliest topics. Rather one too many stays with staff.
        """
        known = languages.language(tag)
        prepared = prepare(text)
        tongue = self._tongues[tag]
        romanised = known.script != LATIN and prepared.plain.isascii()
        if tongue.private is None or romanised or not _is_written_in(text, known):
            return False
        tags = self._tags(text, [tag])
        shares = self._shares(prepared, tags)
        likeliest = [label for label in _best(shares[0]) if is_topic(label)][:CANDIDATES]
        never = sum(shares[0][label] for label in self._never)
        return (
            shares[0][likeliest[0]] >= ENOUGH
            and all(map(self._is_shared, likeliest))
            and never < UNLIKELY
            and self._danger(shares).share < CONCERN
            and not tongue.private.hits(tongue.read(prepared))
        )

    def learn(self, examples: Iterable[tuple[str, str, str]]) -> None:
        """Take what staff corrected, in place of what was learned before: (topic, tag, message).

        A message much like one of them is about that topic, unless it speaks of danger.
        """
        self._learned = Neighbours(
            (topic, self._features(_part(prepare(text), 0, LOOKED_AT), [tag]))
            for topic, tag, text in examples
            if topic in self.topics and topic not in self._first and tag in self._tongues
        )

    def _number(self, text: Text) -> str | None:
        """The topic of an emergency's number, where a message is nothing else."""
        alone = not any(character.isalpha() for character in text.plain)
        return self._numbers.get(_digits(text.plain)) if alone else None

    def _tags(self, text: str, tags: Iterable[str]) -> list[str]:
        """The languages a message may be in: those it is taken for, and what it looks like."""
        return list(dict.fromkeys([*tags, *detection.candidates(text)[:READINGS]]))

    def _features(self, piece: Text, tags: Iterable[str]) -> dict[str, float]:
        concepts = set[str]()
        read = piece
        for tag in tags:
            tongue = self._tongues[tag]
            read = tongue.read(piece)
            concepts.update(concept for _, concept in tongue.lexicon.hits(read))
        return features(read, concepts)

    def _shares(self, text: Text, tags: Sequence[str]) -> list[dict[str, float]]:
        """How likely each label is, for each piece of a message; what it is about comes first."""
        pieces = [_part(text, 0, LOOKED_AT)]
        if len(text.plain) > LONG:
            pieces += (_part(text, begin, end) for begin, end in _sentences(text.plain))
        return [self._share(self._features(piece, tags)) for piece in pieces]

    def _share(self, found: Mapping[str, float]) -> dict[str, float]:
        shares = self._model.shares(found)
        dangerous = sum(shares[label] for label in self._first) >= DANGER_ALONE
        if not dangerous and (topic := self._learned.nearest(found)):
            return {label: share * BESIDE for label, share in shares.items()} | {topic: 1.0}
        return shares

    def _danger(self, pieces: Sequence[Mapping[str, float]]) -> Danger:
        """The urgent or protected topic a message speaks for most, or a part of it very much."""
        whole, *parts = (self._likeliest_danger(shares) for shares in pieces)
        part = max(parts, key=lambda danger: danger.share, default=whole)
        if part.share >= SURE_PART:
            return part
        return Danger(part.topic, max(whole.share, CONCERN)) if part.share >= LIKELY_PART else whole

    def _likeliest_danger(self, shares: Mapping[str, float]) -> Danger:
        first = {label: shares[label] for label in self._first}
        return Danger(max(sorted(first), key=first.__getitem__), sum(first.values()))

    def _said(self, text: Text, tags: Iterable[str]) -> str | None:
        """Which small talk the whole message is, in any of the languages."""
        return next(
            (kind for tag in tags if (kind := self._tongues[tag].talk.kind(text.plain))), None
        )

    def _beside(self, topic: str | None, shares: Mapping[str, float], least: float) -> list[str]:
        """The likeliest topics beside one, or beside none. Nobody is asked unasked about violence:
        where it could be that, staff look.
        """
        others = [
            label
            for label in _best(shares)
            if is_topic(label) and self.topics[label].handling is not Handling.PROTECT
        ]
        shown = CANDIDATES if topic is None else CANDIDATES - 1
        return [label for label in others if label != topic and shares[label] >= least][:shown]

    def _weighed(self, shares: Mapping[str, float], concern: str | None) -> Finding:
        order = _best(shares)
        best, share = order[0], round(shares[order[0]], 3)
        if best.startswith(SMALL_TALK) and share >= SURE and not concern:
            detail = best.removeprefix(SMALL_TALK)
            return Finding(Outcome.SMALL_TALK, detail=detail, score=share)
        if best == OUT_OF_SCOPE and share >= NOT_OURS and not concern:
            return Finding(Outcome.OUT_OF_SCOPE, score=share)
        topics = [label for label in order if is_topic(label)][:CANDIDATES]
        if shares[topics[0]] < ENOUGH:
            faint = self._beside(None, shares, FAINT)
            return Finding(Outcome.NOTHING, tuple(faint), concern=concern)
        harmless = self.topics[topics[0]].handling not in FIRST and not concern
        if best == topics[0] and share >= SURE and harmless:
            return Finding(Outcome.TOPIC, (best, *self._beside(best, shares, BESIDE)), score=share)
        return Finding(Outcome.CANDIDATES, tuple(topics), score=share, concern=concern)


@cache
def _lexicon(files: Sequence[Path], latin: bool) -> Lexicon:
    """Of all words in some files."""
    return Lexicon([pair for file in files for pair in data.words(file)], latin=latin)


def read_topics(folder: Path) -> dict[str, Topic]:
    """All topics of ``folder``/topics.toml by id."""
    with (folder / "topics.toml").open("rb") as file:
        return {name: _topic(name, row) for name, row in tomllib.load(file).items()}


def read_tongues(folder: Path) -> dict[str, Tongue]:
    """What is known of every registered language, by tag; little is read before it is needed."""
    tongues: dict[str, Tongue] = {}
    for known in languages.registered():
        spoken = known.tag.split("-x-")[0]  # plain Japanese is read as Japanese
        tongues[known.tag] = tongues.get(spoken) or Tongue(folder / spoken, known.script)
    return tongues


def _digits(text: str) -> str:
    """The digits of a number in any script, as they are dialled."""
    return "".join(each for each in languages.ascii_digits(text) if each in "0123456789")


def is_topic(label: str) -> bool:
    """Whether a label of the model is a topic's id."""
    return label != OUT_OF_SCOPE and not label.startswith((SMALL_TALK, COMMAND))


def _best(shares: Mapping[str, float]) -> list[str]:
    return sorted(shares, key=lambda label: (-shares[label], label))


def _part(text: Text, begin: int, end: int) -> Text:
    return Text(text.marked[begin:end], text.plain[begin:end])


def _sentences(plain: str) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends; a very short one belongs to the next."""
    begin = 0
    for end in (*(found.start() for found in re.finditer("\n", plain)), len(plain)):
        if end - begin < SHORT_SENTENCE and end < len(plain):
            continue
        for at in range(begin, end, LONG_SENTENCE - OVERLAP):
            yield at, min(at + LONG_SENTENCE, end)
        begin = end


def _is_written_in(text: str, known: languages.Language) -> bool:
    """Whether nothing says that a message is in another language than this one."""
    guess = detection.detect(text).tag
    return guess is None or guess == known.tag.split("-x-")[0]


def _topic(name: str, row: Mapping[str, Any]) -> Topic:
    return Topic(
        id=name,
        category=row["category"],
        handling=Handling(row["handling"]),
        community=row["community"],
        call=tuple(row["call"]),
        links=tuple(row["links"]),
        sites=tuple(row["sites"]),
    )
