"""Who and what the steps of the tour share: phones, consoles, notices, and the figures measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import requests

from bot.demo.tour.checks import check
from bot.demo.tour.console import Console
from bot.demo.tour.phone import Json, Line, Phone
from bot.demo.tour.show import Screen
from bot.words import Words

SATO, NGUYEN, SUZUKI = "sato@minato.example", "lan@minato.example", "suzuki@minato.example"
STAFF = {SATO: "Sato", NGUYEN: "Nguyen", SUZUKI: "Suzuki"}
"""Two operators, the second of whom speaks Vietnamese, and an approver (bot/demo/city.toml)."""

PEOPLE = 200
CITY = "みなと市"
CLOCK_SECONDS = 30


@dataclass(frozen=True)
class Community:
    """A network as staff make it, and the key persons they invite, in the order of asking."""

    name: str
    language: str
    kind: str
    people: tuple[str, ...]


COMMUNITIES = (
    Community("ベトナム人会", "vi", "language", ("Mai",)),
    Community("Escola Brasil", "pt-BR", "school", ("Ana", "Bruno")),
    Community("Nepali Kitchen", "ne", "shop", ("Hari", "Sita")),
    Community("Hindi Sabha", "hi", "worship", ("Asha",)),
    Community("Persian Circle", "fa", "language", ("Dariush",)),
)


@dataclass
class Town:
    """The demo city while the tour runs. `figures` are what is shown at the end, label and value;
    `number` is of the notice sent last; `asked` whoever was asked to carry it on; `moved` is by
    how many seconds the clock was moved.
    """

    line: Line
    web: str
    clock: str
    password: str = field(repr=False)
    screen: Screen
    words: Words
    figures: dict[str, str] = field(default_factory=dict)
    moved: float = 0.0
    minh: Phone = field(init=False)
    crowd: list[Phone] = field(default_factory=list)
    key_persons: dict[str, Phone] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    number: str = ""
    asked: list[Phone] = field(default_factory=list)
    _consoles: dict[str, Console] = field(default_factory=dict)

    @property
    def everybody(self) -> list[Phone]:
        return [self.minh, *self.key_persons.values(), *self.crowd]

    def staff(self, email: str) -> Console:
        """Somebody's browser; they sign in when they are needed first."""
        if email not in self._consoles:
            console = Console(self.web, STAFF[email])
            console.sign_in(email, self.password)
            self._consoles[email] = console
        return self._consoles[email]

    def say(self, tag: str, id: str, **values: object) -> str:
        """The bot's own words, to recognise them on a phone."""
        return self.words.text(tag, id, **values)

    def all_do(
        self, phones: Sequence[Phone], what: Callable[[Phone], Json], least: int, name: str
    ) -> None:
        """Everybody does something, and waits until at least so many messages came back."""
        self.line.act([(phone, what(phone)) for phone in phones])
        self.line.everybody(
            phones,
            f"{name}: an answer for {len(phones)}",
            lambda phone: len(phone.new) >= least,
            lambda number, of: self.screen.waits(name, number, of),
        )

    def move_clock(self, seconds: float) -> None:
        """Let time pass for the bot and for LINE, at once."""
        with requests.Session() as session:
            session.trust_env = False
            body = {"advance_seconds": seconds}
            answer = session.post(self.clock, json=body, timeout=CLOCK_SECONDS)
        check(answer.ok, "the clock to move", answer.status_code)
        self.moved += seconds
