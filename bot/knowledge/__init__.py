"""What a message is about: one of the city's topics, a few candidates, or nothing we know.

Urgent and protected messages are recognised by signs, combinations of concepts written down in
``signs.toml``, in every language at once and before anything else. All other topics share one
scorer. Words, signs and examples are data under ``templates/faq/``.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unicodedata import category

from bot import languages
from bot.knowledge.lexicon import (
    JAPANESE,
    LATIN,
    Hit,
    Lexicon,
    Text,
    Word,
    all_concepts,
    is_inside_word,
    together,
)
from bot.knowledge.scorer import LOOKED_AT, Scorer, features

OUT_OF_SCOPE = "out-of-scope"
PRIVATE, SHARED = "private", "ask"
REACTION = "reaction"

FILLER = "filler"

# The group of concepts that by themselves say nothing of danger.
NEUTRAL = "neutral"

# Unicode's category of emoji.
SYMBOL = "So"

# How many candidates a person is shown at most.
CANDIDATES = 3

# Votes: what one concept of a matching sign adds; how many a topic needs to mean anything, and
# how many an urgent or protected one.
SIGN, ENOUGH, ENOUGH_FIRST = 2.0, 2.5, 4.0

# How many votes' difference makes one topic e times as likely as another.
TEMPERATURE = 2.0

# The share from which on a topic's text is shown as the answer; and the share of all urgent and
# protected topics together from which on a message without their signs counts as theirs: rather
# one too many than a frightened person among the candidates.
SURE, SURE_FIRST = 0.6, 0.35

LONGEST_SMALL_TALK = 80


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

    ``topics`` one for TOPIC, up to three for CANDIDATES, best first, else none. ``detail`` which
    small talk (thanks, greeting, bye, reaction) or which command (menu, hide). ``score`` 0 to 1.
    """

    outcome: Outcome
    topics: tuple[str, ...] = ()
    detail: str | None = None
    score: float = 0.0


@dataclass(frozen=True)
class Sign:
    """A combination of concepts that points to a topic: all of ``needs``, none of ``unless``."""

    topic: str
    needs: frozenset[str]
    unless: frozenset[str]

    def holds(self, concepts: frozenset[str]) -> bool:
        return self.needs <= concepts and not self.unless & concepts


class KnowledgeError(ValueError):
    """The data under ``templates/faq`` contradicts itself; the message says where."""


class Knowledge:
    """All topics, and the way from a message to one of them. Holds no state of any person."""

    def __init__(
        self,
        topics: Mapping[str, Topic],
        lexicon: Lexicon,
        signs: Iterable[Sign],
        examples: Iterable[tuple[str, str]],
        phrases: Mapping[str, Iterable[str]],
        commands: Mapping[str, Iterable[str]],
        private: Mapping[str, Iterable[Word]],
    ) -> None:
        """``examples`` are pairs of a label and a message; ``phrases`` are small talk by kind;
        ``private`` by language the words of what key persons are never shown.
        """
        self.topics = MappingProxyType(dict(topics))
        self._lexicon = lexicon
        self._first = frozenset(name for name, topic in topics.items() if topic.handling in FIRST)
        signs = tuple(signs)
        self._signs = Signs(signs)
        self._private = Lexicon((word for words in private.values() for word in words), {}, {})
        self._readable = frozenset(private)
        self._first_signs = Signs(sign for sign in signs if sign.topic in self._first)
        self._commands = {
            lexicon.prepare(word).plain: command
            for command, words in commands.items()
            for word in words
        }
        self._small_talk = SmallTalk(
            (lexicon.prepare(said).plain, kind) for kind, list_ in phrases.items() for said in list_
        )
        self._scorer = Scorer(
            (label, self._features(text, self._concepts(lexicon.hits(text))))
            for label, message in examples
            if (text := lexicon.prepare(message))
        )

    @classmethod
    def load(cls, folder: Path) -> "Knowledge":
        """Everything under ``folder`` (templates/faq) for the registered languages."""
        topics = {name: _topic(name, row) for name, row in _toml(folder / "topics.toml").items()}
        signs = _toml(folder / "signs.toml")
        words, examples = [], []
        short_forms: dict[str, str] = {}
        phrases: dict[str, list[str]] = {}
        commands: dict[str, list[str]] = {}
        private: dict[str, list[Word]] = {}
        for known in languages.registered():
            own = folder / known.tag
            for concept, spellings in _toml(own / "words.toml").items():
                words += [Word(concept, text, known.script) for text in spellings]
            short_forms |= _toml(own / "short_forms.toml")
            data = _toml(own / "examples.toml")
            for label, messages in data.get("topics", {}).items():
                examples += [(label, message) for message in messages]
            examples += [(OUT_OF_SCOPE, message) for message in data.get("out_of_scope", ())]
            for kind, said in data.get("small_talk", {}).items():
                phrases.setdefault(kind, []).extend(said)
            for command, said in data.get("commands", {}).items():
                commands.setdefault(command, []).extend(said)
            if never := _toml(own / "private.toml"):
                private[known.tag] = [Word(PRIVATE, text, known.script) for text in never["words"]]
        groups = signs.get("groups", {})
        rows = [_sign(topic, row) for topic, rows in signs["signs"].items() for row in rows]
        _check(topics, groups, rows, words, examples)
        lexicon = Lexicon(words, groups, short_forms)
        return cls(topics, lexicon, rows, examples, phrases, commands, private)

    def first_look(self, text: str) -> str | None:
        """The topic of an urgent or protected message in any language, or None.

        Cheap enough to be asked before anything is stored: a tenth of a millisecond for a usual
        message, about 5 ms for 5,000 characters full of known words.
        """
        prepared = self._lexicon.prepare(text)
        hits = self._lexicon.hits(prepared)
        return self._first_topic(prepared, hits, self._votes(prepared, hits))

    def command(self, text: str) -> str | None:
        """The command (menu, hide) that a message is in any language, or None."""
        return self._commands.get(self._lexicon.prepare(text).plain)

    def find(self, text: str, tag: str) -> Finding:
        """What a message in the language of ``tag`` is about."""
        prepared = self._lexicon.prepare(text)
        hits = self._lexicon.hits(prepared)
        votes = self._votes(prepared, hits)
        if topic := self._first_topic(prepared, hits, votes):
            return Finding(Outcome.TOPIC, (topic,), score=1.0)
        if command := self._commands.get(prepared.plain):
            return Finding(Outcome.COMMAND, detail=command, score=1.0)
        if kind := self._small_talk.kind(prepared.plain):
            return Finding(Outcome.SMALL_TALK, detail=kind, score=1.0)
        if not votes and not any(character.isalpha() for character in prepared.plain):
            if any(category(character) == SYMBOL for character in text):
                return Finding(Outcome.SMALL_TALK, detail=REACTION, score=1.0)
            return Finding(Outcome.NOTHING)
        if languages.language(tag).script == JAPANESE and not prepared.japanese:
            # Without kana a few characters could be Chinese; whoever reads Japanese means that.
            prepared = replace(prepared, japanese=True)
            votes = self._votes(prepared, self._lexicon.hits(prepared))
        return self._weighed(votes)

    def may_be_shared(self, text: str, tag: str) -> bool:
        """Whether key persons may be shown a message in the language of ``tag``, if it is recent.

        Only one that can be read here: in a language with words of its own, in its own script, and
        about something. Neither may one of its words be private, nor one of the three likeliest
        topics. Rather one too many stays with staff.
        """
        known = languages.language(tag)
        prepared = self._lexicon.prepare(text)
        romanised = known.script != LATIN and prepared.plain.isascii()
        if tag not in self._readable or romanised or not _is_written_in(text, known):
            return False
        hits = self._lexicon.hits(prepared)
        votes = self._votes(prepared, hits)
        likeliest = [label for label in votes if label != OUT_OF_SCOPE][:CANDIDATES]
        return (
            bool(likeliest)
            and all(self.topics[label].community == SHARED for label in likeliest)
            and self._first_topic(prepared, hits, votes) is None
            and not self._private.hits(self._private.prepare(text))
        )

    def _concepts(self, hits: Iterable[Hit]) -> frozenset[str]:
        """What a message says at its beginning; that is what it is about."""
        return all_concepts(hits, before=LOOKED_AT)

    def _features(self, text: Text, concepts: frozenset[str]) -> list[str]:
        return features(text, concepts - self._lexicon.groups)

    def _votes(self, text: Text, hits: Iterable[Hit]) -> Mapping[str, float]:
        """The votes for each topic, most first."""
        concepts = self._concepts(hits)
        votes = dict(self._scorer.scores(self._features(text, concepts)))
        for sign in self._signs.holding(concepts):
            votes[sign.topic] = votes.get(sign.topic, 0.0) + SIGN * len(sign.needs)
        return dict(sorted(votes.items(), key=lambda item: (-item[1], item[0])))

    def _first_topic(
        self, text: Text, hits: Iterable[Hit], votes: Mapping[str, float]
    ) -> str | None:
        """The urgent or protected topic a message must reach: by its signs, else by its votes."""
        holding = {
            sign for concepts in together(hits) for sign in self._first_signs.holding(concepts)
        }
        if holding:
            return min(holding, key=self._first_signs.rank).topic
        if text.plain in self._commands or self._small_talk.kind(text.plain):
            return None
        topic = next((label for label in votes if label in self._first), None)
        if topic is None or votes[topic] < ENOUGH_FIRST:
            return None
        shares = _shares(votes)
        share = sum(shares[label] for label in self._first & shares.keys())
        return topic if share >= (SURE if self._is_harmless(hits) else SURE_FIRST) else None

    def _is_harmless(self, hits: Iterable[Hit]) -> bool:
        """Whether a message speaks of people and things, but of nothing that happens to them."""
        found = [set(concepts) for _, concepts in hits]
        return bool(found) and all(NEUTRAL in concepts for concepts in found)

    def _weighed(self, votes: Mapping[str, float]) -> Finding:
        best = next(iter(votes), "")
        if votes.get(best, 0.0) < ENOUGH:
            return Finding(Outcome.NOTHING)
        share = round(_shares(votes)[best], 3)
        if best == OUT_OF_SCOPE:
            return Finding(Outcome.OUT_OF_SCOPE, score=share)
        topics = [label for label in votes if label != OUT_OF_SCOPE][:CANDIDATES]
        if share >= SURE and best not in self._first:
            return Finding(Outcome.TOPIC, (best,), score=share)
        return Finding(Outcome.CANDIDATES, tuple(topics), score=share)


class Signs:
    """Signs by a concept they need."""

    def __init__(self, signs: Iterable[Sign]) -> None:
        self._order = {sign: number for number, sign in enumerate(signs)}
        self._by_concept: dict[str, list[Sign]] = {}
        for sign in self._order:
            self._by_concept.setdefault(min(sign.needs), []).append(sign)

    def holding(self, concepts: frozenset[str]) -> Iterator[Sign]:
        """The signs that hold for these concepts."""
        for concept in concepts & self._by_concept.keys():
            for sign in self._by_concept[concept]:
                if sign.holds(concepts):
                    yield sign

    def rank(self, sign: Sign) -> tuple[int, int]:
        """Least for the sign that says most: the one with most concepts, then the first."""
        return -len(sign.needs), self._order[sign]


class SmallTalk:
    """Messages that consist of pleasantries and nothing else."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """``phrases`` with their kinds; those of kind "filler" may stand beside any other."""
        self._kinds: dict[str, str] = {}
        for said, kind in phrases:
            self._kinds.setdefault(said, kind)
        self._longest = max(map(len, self._kinds), default=0)

    def kind(self, plain: str) -> str | None:
        """Which small talk the whole text is, or None."""
        if len(plain) > LONGEST_SMALL_TALK:
            return None
        edges = [at for at in range(len(plain) + 1) if not is_inside_word(plain, at)]
        # What kind the text up to each edge is, where phrases and spaces fill it without a gap.
        kinds: dict[int, str] = {0: FILLER}
        for end in edges[1:]:
            for begin in edges:
                if begin not in kinds or not 0 < end - begin <= self._longest:
                    continue
                said = self._kinds.get(part := plain[begin:end], FILLER if part.isspace() else None)
                if said and kinds.get(end, FILLER) == FILLER:
                    kinds[end] = said if kinds[begin] == FILLER else kinds[begin]
        kind = kinds.get(len(plain), FILLER)
        return None if kind == FILLER else kind


def _shares(votes: Mapping[str, float]) -> dict[str, float]:
    """How likely each label is against all others, from its votes."""
    most = max(votes.values(), default=0.0)
    likely = {label: exp((number - most) / TEMPERATURE) for label, number in votes.items()}
    total = sum(likely.values())
    return {label: number / total for label, number in likely.items()}


def _is_written_in(text: str, known: languages.Language) -> bool:
    """Whether nothing says that a message is in another language than this one."""
    guess = languages.detect(text).tag
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


def _sign(topic: str, row: str) -> Sign:
    concepts = row.split()
    return Sign(
        topic,
        needs=frozenset(name for name in concepts if not name.startswith("-")),
        unless=frozenset(name[1:] for name in concepts if name.startswith("-")),
    )


def _check(
    topics: Mapping[str, Topic],
    groups: Mapping[str, Iterable[str]],
    signs: Iterable[Sign],
    words: Iterable[Word],
    examples: Iterable[tuple[str, str]],
) -> None:
    """A misspelt name would silently never match: refuse it."""
    concepts = {word.concept for word in words}
    members = {member for group in groups.values() for member in group}
    named = {concept for sign in signs for concept in sign.needs | sign.unless}
    if unknown := (members - concepts) | (named - concepts - groups.keys()):
        raise KnowledgeError(f"signs.toml names concepts without words: {sorted(unknown)}")
    labels = {sign.topic for sign in signs} | {label for label, _ in examples}
    if unknown := labels - topics.keys() - {OUT_OF_SCOPE}:
        raise KnowledgeError(f"signs or examples of topics not in topics.toml: {sorted(unknown)}")


def _toml(path: Path) -> dict[str, Any]:
    """The file's table; nothing where a language has none of that kind."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return tomllib.load(file)
