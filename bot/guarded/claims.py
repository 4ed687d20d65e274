"""What a text says to do, as claims: an axis such as up or river, and which way along it.

Going away from the river, not going near it and staying clear of it are one claim; so are staying
inside, not going out and not leaving the building. Two texts differ where one claims the opposite.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.guarded.facts import Fact, Kind
from bot.guarded.tokens import COMMA, SENTENCE, Token, phrases_of

HAZARDS = {"river", "sea", "slope", "window", "wire"}
"""Nobody is told to go there: only being told to stay away is compared."""
_PAIRS = (
    ("power", "switch-on", "switch-off"),
    ("upwind", "upwind", "downwind"),
    ("left", "left", "right"),
    ("upstream", "upstream", "downstream"),
)
_SIDES = ("east", "west", "north", "south")
THINGS = {
    **{name: (name, 0) for name in HAZARDS},
    "building": ("inside", 0),
    "inside": ("inside", 1),
    "outside": ("inside", -1),
    "high": ("up", 1),
    "low": ("up", -1),
    "car": ("car", 1),
    "foot": ("car", -1),
    "lift": ("lift", 1),
    "stairs": ("lift", -1),
    "open": ("open", 1),
    "shut": ("open", -1),
    "climb": ("up", 1),
    "sink": ("up", -1),
    "exit": ("inside", -1),
    "foul": ("drink", -1),
    **{
        name: (axis, way) for axis, *both in _PAIRS for name, way in zip(both, (1, -1), strict=True)
    },
    **{side: (side, 1) for side in _SIDES},
    "not-drink": ("drink", -1),
    "not-back": ("back", -1),
    "not-exit": ("inside", 1),
    "not-open": ("open", -1),
    "not-touch": ("touch", -1),
    "not-boil": ("boil", -1),
    "not-sink": ("up", 1),
    **{name: (name, 1) for name in ("fire", "drink", "touch", "back", "boil")},
}
"""Axis and direction by word; 0 where only the verb beside it tells."""
_WAYS = {"to": 1, "near": 1, "at": 1, "in": 1, "off": -1, "away": -1, "from": -1, "who": -1}
"""`away` is only from a hazard, `in` and `from` only of other places; `who` are there must go."""
_NEGATED = {name for name in THINGS if name.startswith("not-")}
_VERBS = {"climb", "sink", "exit"} | _NEGATED
ACTS = {*_SIDES, "power", "car", "lift", "open", "fire", "drink", "touch", "back", "boil"}
"""Axes of what is done: only a negation turns it round."""
_DEEDS = {
    "foot",
    "switch-on",
    "switch-off",
    "drink",
    "touch",
    "back",
    "open",
    "shut",
    "boil",
    "foul",
}
"""Words for what is done, not for what it is done with."""
_NOT, _BEFORE, _BUT, _AND, _VERB, _PEOPLE = "not", "before", "but", "and", "do", "people"
_STRONG = {"to", "off", "who"}
"""These count wherever they stand before a thing, the others only alone."""
_BEHIND = {_NOT, "off", "away"}
"""What also may stand after the things it is about."""
LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Claim:
    """`way` 1 along its axis, or -1; `start` where the text says so; `negated` whether with not."""

    axis: str
    way: int
    start: int
    negated: bool


@dataclass(frozen=True)
class Sentence:
    """What one sentence claims; the place of what it denies, or None."""

    claims: tuple[Claim, ...]
    denial: int | None
    denials: int

    @property
    def leaving(self) -> bool:
        """Whether it says to keep away from a danger."""
        return any(claim.axis in HAZARDS and claim.way < 0 for claim in self.claims)

    @property
    def shut(self) -> bool:
        """Whether something is closed: what cannot be used may be told so."""
        return any(claim.axis == "open" and claim.way < 0 for claim in self.claims)


@dataclass(frozen=True)
class Told:
    """What a text says to do, sentence by sentence; `text` in plain writing."""

    text: str
    sentences: tuple[Sentence, ...]

    @property
    def claims(self) -> Iterator[Claim]:
        """Those of all sentences."""
        return (claim for sentence in self.sentences for claim in sentence.claims)


def told(text: str, tag: str) -> Told:
    """Read a plain text in the language of a lexicon's tag."""
    phrases = phrases_of(tag)
    read = _verb_last if phrases.verb_last else _verb_first
    sentences: list[Sentence] = []
    tokens: list[Token] = []
    start = 0
    for token in [*phrases.tokens(text), Token(SENTENCE, len(text), len(text))]:
        if token.key != SENTENCE:
            tokens.append(token)
        elif text[start : token.start].strip():
            denials = [t.start for t in tokens if t.key in (_NOT, _BEFORE) or t.key in _NEGATED]
            found = tuple(read(tokens))
            sentences.append(Sentence(found, min(denials, default=None), len(denials)))
            tokens, start = [], token.end
    return Told(text, tuple(sentences))


def lost_denials(source: Told, other: Told) -> Iterator[Fact]:
    """Sentences of the source that deny something, where the other text denies less.

    Sentence by sentence where both have as many, else by their number. A denial may also have been
    told without one: stay inside.
    """
    positive = {(c.axis, c.way) for c in other.claims if not c.negated}
    denials = [
        (number, sentence)
        for number, sentence in enumerate(source.sentences)
        if sentence.denial is not None and not _meant(sentence) <= positive
    ]
    there = [s.denial is not None or s.leaving or s.shut for s in other.sentences]
    if len(source.sentences) == len(other.sentences):
        lost = [sentence for number, sentence in denials if not there[number]]
        spare = sum(
            here and sentence.denial is None and not sentence.leaving and not sentence.shut
            for here, sentence in zip(there, source.sentences, strict=True)
        )
        lost = lost[spare:]
    else:
        total = sum(s.denials or s.leaving or s.shut for s in other.sentences)
        lost = [sentence for _, sentence in denials[total:]]
    for sentence in lost:
        yield _fact("prohibition", 1, source.text, sentence.denial or 0)


def _meant(sentence: Sentence) -> set[tuple[str, int] | None]:
    """What its denials amount to."""
    return {(c.axis, c.way) for c in sentence.claims if c.negated} or {None}


def opposed(source: Told, other: Told) -> Iterator[tuple[bool, Fact]]:
    """Whether something is missing (else it is added), and what: claims the other way round."""
    wanted, told = _by_axis(source.claims), _by_axis(other.claims)
    japanese, text = source.text, other.text
    for axis, ways in wanted.items():
        there = told.get(axis, {})
        for way in ways:
            if axis in HAZARDS and way > 0:
                continue
            opposite = (
                -way in there and -way not in ways and axis not in (*HAZARDS, "open", "power")
            )
            if -way in there and (way not in there or opposite):
                yield True, _fact(axis, way, japanese, ways[way])
                yield False, _fact(axis, -way, text, there[-way])


def _by_axis(found: Iterable[Claim]) -> dict[str, dict[int, int]]:
    by_axis: dict[str, dict[int, int]] = {}
    for claim in found:
        by_axis.setdefault(claim.axis, {}).setdefault(claim.way, claim.start)
    return by_axis


def _fact(axis: str, way: int, text: str, start: int) -> Fact:
    shown = text[max(0, start - LONGEST_SHOWN // 4) : start + LONGEST_SHOWN].split("\n")[0]
    return Fact(Kind.DIRECTION, axis if way > 0 else f"no {axis}", shown.strip())


def _verb_last(tokens: list[Token]) -> Iterator[Claim]:
    """A thing, what is done about it after it, and the negation after that."""

    def follows(place: int, key: str) -> bool:
        return place < len(tokens) and tokens[place].key == key

    for number, token in enumerate(tokens):
        if token.key not in THINGS or _only_whose(tokens, number, 1):
            continue
        axis, usual = THINGS[token.key]
        way, negated = usual, False
        verb = token.key in _VERBS or token.key in _DEEDS
        if token.key in _NEGATED or (number and tokens[number - 1].key == _BEFORE):
            yield from _claim(token, way, negated=token.key not in _NEGATED)
            continue
        for offset, after in enumerate(tokens[number + 1 :]):
            key = after.key
            if key == _NOT or key in _NEGATED or (key == _BEFORE and token.key not in _DEEDS):
                negated = True
                break
            if key == _AND and follows(number + 2 + offset, _NOT):
                continue
            if (
                key == _BUT
                or (key in (COMMA, _AND) and (verb or axis in _SIDES))
                or (key in THINGS and verb)
            ):
                break
            if key in _WAYS and _counts(key, token.key):
                if verb and not usual and way * _WAYS[key] < 0:
                    break
                if key == "who" and THINGS[token.key][0] == "inside":
                    way = 0
                    break
                way = _WAYS[key] * (usual or 1) if not verb else way
                verb = True
            elif key in (_VERB, "to", "near", "at", "off") or key in _DEEDS:
                verb = True
        yield from _claim(token, way, negated=negated)


@dataclass
class _Clause:
    """What has been read of a clause whose verbs and negations stand first.

    `last` the thing before; `used` whether they have met a thing they are about; `ended` whether
    the next verb or negation begins another clause; `things` those met, each with its way and
    whether it is negated.
    """

    key: str = ""
    negated: bool = False
    used: bool = False
    ended: bool = False
    comma: bool = False
    last: tuple[str, int] = ("", 0)
    things: list[tuple[Token, int, bool]] = field(default_factory=list)

    def begin(self, *, negated: bool = False) -> None:
        if self.ended or negated:
            self.key, self.negated, self.used = "", negated, False
        self.ended = self.comma = False

    def add(self, token: Token) -> None:
        """A thing; one that is a verb too leaves behind the verb before it."""
        if token.key in _VERBS or (token.key in _DEEDS and self.comma):
            self.begin()
            self.key = ""
        axis, usual = THINGS[token.key]
        if self.comma and self.negated and self.last == (axis, -usual):
            self.begin()
        self.last = (axis, usual)
        said = _WAYS.get(self.key, 0) if _counts(self.key, token.key) else 0
        way = said * usual if usual and said else usual or said
        if self.key == "who" and axis == "inside":
            way = 0
        self.things.append((token, way, self.negated))
        self.used, self.ended, self.comma = True, False, False

    def settled(self) -> Iterator[Claim]:
        for token, way, negated in self.things:
            yield from _claim(token, way, negated=negated)
        self.things = []

    def turn(self, key: str) -> None:
        """Words after the things they are about: a negation, away from, people who are there."""
        self.things = [
            (token, *_after(key, token, way, negated=negated))
            for token, way, negated in self.things
        ]


def _verb_first(tokens: list[Token]) -> Iterator[Claim]:
    """A negation, what is done, and the things it is about; or both after the things."""
    clause = _Clause()
    for number, token in enumerate(tokens):
        key = token.key
        if key in (_BUT, COMMA, _AND):
            yield from clause.settled()
            clause.ended, clause.comma = True, key == COMMA
            if key == _BUT:
                clause.begin()
        elif key == _PEOPLE:
            clause.turn(key)
        elif key in (_NOT, _VERB, *_WAYS):
            if clause.things and key in _BEHIND and not _thing_follows(tokens[number + 1 :]):
                clause.turn(key)
                continue
            if key == _NOT and clause.things and _says_again(clause.things[-1][0], tokens, number):
                clause.turn(key)
            clause.begin(negated=key == _NOT)
            kept = key == "to" and number and _stays(tokens[number - 1], token)
            if key in _WAYS and not kept and (not clause.key or clause.used or key in _STRONG):
                clause.key = key
            clause.used = False
        elif key in THINGS and _only_whose(tokens, number, -1):
            clause.begin()
        elif key in THINGS:
            clause.add(token)
    yield from clause.settled()


def _says_again(thing: Token, tokens: list[Token], number: int) -> bool:
    """To the cellar do not descend: the verb's way is the thing's."""
    following = next((t.key for t in tokens[number + 1 :] if t.key in THINGS), "")
    return following in _VERBS and THINGS[following] == THINGS[thing.key]


def _stays(before: Token, to: Token) -> bool:
    """The side opposite to the cliff is no way to it."""
    return before.key in ("off", "away") and to.start - before.end <= 1


def _after(key: str, token: Token, way: int, *, negated: bool) -> tuple[int, bool]:
    if key == _NOT:
        return way, True
    if key == _PEOPLE:
        return (-way if THINGS[token.key][0] == "up" else 0), False
    return (_WAYS[key] if token.key in HAZARDS else way or _WAYS[key]), negated


def _thing_follows(tokens: list[Token]) -> bool:
    for token in tokens:
        if token.key in (_BUT, COMMA, _AND):
            return False
        if token.key in THINGS:
            return True
    return False


def _only_whose(tokens: list[Token], number: int, step: int) -> bool:
    """The building in outside the building; climbing into a lift."""
    beside = number - step if tokens[number].key in ("climb", "sink") else number + step
    if not 0 <= beside < len(tokens):
        return False
    if tokens[number].key in ("climb", "sink"):
        return tokens[beside].key in ("lift", "stairs", "car")
    if tokens[number].key != "building":
        return False
    return THINGS.get(tokens[beside].key, ("", 0))[0] in ("inside", "up") and (
        tokens[beside].key != "building" and tokens[beside].key not in _VERBS
    )


def _counts(way: str, thing: str) -> bool:
    """Whether a word for a way can be about a thing."""
    axis, usual = THINGS[thing]
    if axis in ACTS or thing in _VERBS:
        return False
    if thing == "building" and way == "in":
        return False
    if thing in HAZARDS:
        return way not in ("in", "from", "who")
    return way != "away" and not (way == "who" and not usual)


def _claim(token: Token, way: int, *, negated: bool) -> Iterator[Claim]:
    way = way or int(negated and token.key in HAZARDS)
    if way:
        yield Claim(THINGS[token.key][0], -way if negated else way, token.start, negated)
