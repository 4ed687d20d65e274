"""What a text says to do, as claims: an axis such as up or river, and which way along it.

Going away from the river, not going near it and staying clear of it are one claim; so are staying
inside, not going out and not leaving the building. Two texts differ where one claims the opposite.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import regex

from bot.guarded.tokens import COMMA, SENTENCE, Token, phrases_of

HAZARDS = {"river", "sea", "slope", "window", "wire"}
"""Nobody is told to go there: only being told to stay away is compared."""
_PAIRS = (
    ("power", "switch-on", "switch-off"),
    ("upwind", "upwind", "downwind"),
    ("left", "left", "right"),
    ("upstream", "upstream", "downstream"),
)
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
ACTS = {"power", "car", "lift", "open", "fire", "drink", "touch", "back", "boil"}
"""Axes of what is done: only a negation turns it round."""
_LISTED = ({"river", "sea", "slope"}, {"car", "lift"})
"""Axes that are named one after the other with one verb."""
_STATUS = "ません"
_DOUBTFUL = regex.compile(
    "ない|なく|なかっ|なけれ|ず|ません|危険|危な|消え|壊|止ま|止め|閉|満|以外|だけ|のみ|まで|離れ|避け|控え"
    "|注意|気を|気をつ|不|無|失|残|使い終|しか|休|留守|別"
)
_NAMED_ONLY = {"left", "upstream", "upwind"}
"""Axes that no negation turns round: what it is about is said elsewhere."""
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
_ONLY, _REST, _MAY, _ASK = "only", "rest", "may", "ask"
_ASIDE = {_ONLY, _REST, _MAY, _ASK}
"""Words that claim nothing."""
_STRONG = {"to", "off", "who"}
"""These count wherever they stand before a thing, the others only alone."""
_BEHIND = {_NOT, "off", "away"}
"""What also may stand after the things it is about."""


class Claim(NamedTuple):
    """`way` 1 along its axis, or -1; `start` where the text says so; `negated` whether with not."""

    axis: str
    way: int
    start: int
    negated: bool


@dataclass(frozen=True)
class Sentence:
    """What one sentence claims; the place of what it denies, or None.

    `only` whether it limits something, `rest` whether something is closed or does not take place,
    `hazard` whether it names a danger, `who` whether it speaks of people somewhere, `near` and
    `off` whether of what is near or away, `may` whether something is possible, `asks`
    whether to do something, `doubtful` whether it speaks of anything missing, shut or dangerous,
    `status` whether what it denies is how things are.
    """

    claims: tuple[Claim, ...]
    denial: int | None
    denials: int
    only: bool
    rest: bool
    hazard: bool
    who: bool
    near: bool
    off: bool
    may: bool
    asks: bool
    doubtful: bool
    status: bool

    @property
    def leaving(self) -> bool:
        """Whether it says to keep away from a danger."""
        return any(claim.axis in HAZARDS and claim.way < 0 for claim in self.claims)

    @property
    def only_leaving(self) -> bool:
        """Whether it says nothing else of dangers than to keep away."""
        ways = {claim.way for claim in self.claims if claim.axis in HAZARDS}
        return ways == {-1}

    @property
    def shut(self) -> bool:
        """Whether something is closed: what cannot be used may be told so."""
        return self.rest or any(c.axis == "open" and c.way < 0 for c in self.claims)

    @property
    def denies(self) -> bool:
        """Whether it denies something, in whatever words."""
        return self.denial is not None or self.leaving or self.shut or self.only


@dataclass(frozen=True)
class Told:
    """What a text says to do, sentence by sentence; `text` in plain writing, `tokens` its words.

    `verb_last` as in `tokens.Phrases`.
    """

    text: str
    sentences: tuple[Sentence, ...]
    tokens: tuple[Token, ...]
    verb_last: bool

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
    words = tuple(phrases.tokens(text))
    for token in [*words, Token(SENTENCE, len(text), len(text))]:
        if token.key != SENTENCE:
            tokens.append(token)
        elif (part := text[start : token.start]).strip():
            claims = tuple(read([t for t in tokens if t.key not in _ASIDE]))
            sentences.append(_sentence(part, start, tokens, claims))
            tokens, start = [], token.end
    return Told(text, tuple(sentences), words, phrases.verb_last)


def _sentence(
    text: str, start: int, tokens: Sequence[Token], claims: tuple[Claim, ...]
) -> Sentence:
    """What its tokens tell besides its claims; `start` of the sentence in the whole text."""
    denials = [t for t in tokens if t.key in (_NOT, _BEFORE) or t.key in _NEGATED]
    keys = {token.key for token in tokens}
    return Sentence(
        claims=claims,
        denial=min((t.start for t in denials), default=None),
        denials=len(denials),
        only=_ONLY in keys,
        rest=_REST in keys,
        hazard=not HAZARDS.isdisjoint(keys),
        who="who" in keys,
        near="near" in keys,
        off=not keys.isdisjoint({"off", "away"}),
        may=_MAY in keys,
        asks=_ASK in keys,
        status=all(
            _STATUS in text[t.start - start : t.end - start] for t in denials if t.key == _NOT
        ),
        doubtful=not keys.isdisjoint({_ASK, _MAY}) and _DOUBTFUL.search(text) is not None,
    )


def _verb_last(tokens: list[Token]) -> Iterator[Claim]:
    """A thing, what is done about it after it, and the negation after that."""

    def follows(place: int, key: str) -> bool:
        return place < len(tokens) and tokens[place].key == key

    for number, token in enumerate(tokens):
        if token.key not in THINGS or _only_whose(tokens, number, 1):
            continue
        axis, usual = THINGS[token.key]
        way, negated, apart, moved = usual, False, False, False
        verb = token.key in _VERBS or token.key in _DEEDS
        if token.key in _NEGATED or (number and tokens[number - 1].key == _BEFORE):
            yield from _claim(token, way, negated=token.key not in _NEGATED)
            continue
        for offset, after in enumerate(tokens[number + 1 :]):
            key = after.key
            if key == _NOT or key in _NEGATED or (key == _BEFORE and token.key not in _DEEDS):
                negated = True
                break
            beyond = number + 2 + offset
            if key == _AND and (follows(beyond, _NOT) or follows(beyond, _BEFORE)):
                continue
            if key == _BUT and axis in ACTS and not verb:
                way = 0
            if key == _BUT or (key in (COMMA, _AND) and verb) or (key in THINGS and verb):
                break
            apart = apart or key == "from"
            if key == "who" and token.key in HAZARDS:
                break
            if key in ("from", "off") and axis == "up" and _is_verb(tokens, number + 2 + offset):
                way = 0
                break
            moved = moved or key in _WAYS or key in _VERBS
            if key in _WAYS and _counts(key, token.key):
                if verb and not usual and way * _WAYS[key] < 0:
                    break
                if key == "who" and (axis == "inside" or (axis == "up" and usual > 0)):
                    way = 0
                    break
                way = _WAYS[key] * (usual or 1) if not verb else way
                verb = True
            elif key in (_VERB, "to", "near", "at", "off") or key in _DEEDS:
                verb = True
        led = not negated or axis != "up" or token.key in _VERBS or moved
        if led and (way or not (apart and token.key in HAZARDS)):
            yield from _claim(token, way, negated=negated)


def _is_verb(tokens: list[Token], place: int) -> bool:
    return place < len(tokens) and tokens[place].key in _VERBS


@dataclass
class _Clause:
    """What has been read of a clause whose verbs and negations stand first.

    `last` the thing before; `used` whether they have met a thing they are about; `ended` whether
    the next verb or negation begins another clause; `joined` whether it follows an and; `moved`
    where what follows going up or down may begin; `things` those met, each with its way and
    whether it is negated.
    """

    key: str = ""
    negated: bool = False
    used: bool = False
    ended: bool = False
    comma: bool = False
    joined: bool = False
    moved: int = -1
    last: tuple[str, int] = ("", 0)
    things: list[tuple[Token, int, bool]] = field(default_factory=list)

    def begin(self, *, negated: bool = False) -> None:
        if self.ended or negated:
            self.key, self.negated, self.used = "", negated, False
        self.ended = self.comma = self.joined = False

    def add(self, token: Token) -> None:
        """A thing; one that is a verb too leaves behind the verb before it."""
        axis, usual = THINGS[token.key]
        if token.key in _VERBS or (token.key in _DEEDS and self.comma):
            self.begin()
            self.key = ""
        elif self.comma and not _one_list(self.last[0], axis):
            self.begin()
        elif self.joined and self.negated and token.key in _DEEDS and axis != self.last[0]:
            self.joined = False
            return
        if self.comma and self.negated and self.last == (axis, -usual):
            self.begin()
        self.last = (axis, usual)
        said = _WAYS.get(self.key, 0) if _counts(self.key, token.key) else 0
        if token.key in HAZARDS and self.moved == token.start:
            said = 1
        self.moved = token.end + 1 if token.key in ("climb", "sink") else -1
        way = said * usual if usual and said else usual or said
        if self.key == "who" and (axis == "inside" or (axis == "up" and usual > 0)):
            way = 0
        self.things.append((token, way, self.negated))
        self.used, self.ended, self.comma, self.joined = True, False, False, False

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
            clause.ended, clause.comma, clause.joined = True, key == COMMA, key == _AND
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


def _one_list(before: str, axis: str) -> bool:
    """Not near rivers, the sea; but: no fire, open the window."""
    return before == axis or any({before, axis} <= kinds for kinds in _LISTED)


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
    axis, usual = THINGS[token.key]
    way = way or int(negated and token.key in HAZARDS)
    if axis in _NAMED_ONLY:
        yield Claim(axis, usual, token.start, negated=False)
    elif way:
        yield Claim(axis, -way if negated else way, token.start, negated)
