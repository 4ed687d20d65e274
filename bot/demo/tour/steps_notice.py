"""A notice: composed, approved by a second person, sent to everybody in their language."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.city import JAPAN
from bot.demo.tour.checks import check, wait_for
from bot.demo.tour.console import Form, Page, Value
from bot.demo.tour.phone import Phone, find_button, words_of
from bot.demo.tour.show import Told
from bot.demo.tour.town import PEOPLE, SATO, SUZUKI, Town
from bot.languages import complete, language

SITE = "E9999900007201"
"""港小学校 (bot/demo/city.toml)."""
MAYOR = "みなと市長"
SHOWN = ("ja-x-easy", "en", "vi", "pt-BR", "uk")


@dataclass(frozen=True)
class Sent:
    """When LINE accepted a notice: seconds after the press on *approve*, and the requests made."""

    first: float
    last: float
    requests: int

    def __str__(self) -> str:
        return f"LINE accepted {PEOPLE}/{PEOPLE} after {self.first:.2f} to {self.last:.2f} s"


def compose(town: Town) -> Told:
    """An operator fills the blanks of a template; everything is shown before it is asked for."""
    page = new_notice(town, "template=rain-4", **decided(town, "R8-31"), scope="city")
    town.number = page.path.rpartition("/")[2]
    check(
        page.numbers(r"before it goes to (\d+) people") == (PEOPLE,),
        f"{PEOPLE} people",
        page.heading,
    )
    page = town.staff(SATO).press(page, "/submit$")
    return Told(
        f"Sato composes evacuation order {town.number}, asks for approval",
        [("Console", page.alerts[0] if page.alerts else page.heading)],
    )


def new_notice(town: Town, query: str, **fields: Value) -> Page:
    """Sato fills in the composer and looks at the check; raises `Failed` if it is not ready."""
    sato = town.staff(SATO)
    page = sato.open(f"/console/notices/compose?{query}")
    page = sato.press(page, "/notices/compose$", "check", **fields)
    page.form("/submit$")
    return page


def decided(town: Town, number: str) -> dict[str, Value]:
    """Whose decision is passed on: the mayor's of ten minutes ago."""
    now = datetime.fromtimestamp(town.line.now() / 1000, UTC).astimezone(JAPAN)
    return {
        "blank-sites": [SITE],
        "issuer": MAYOR,
        "decided_at": f"{now - timedelta(minutes=10):%Y-%m-%dT%H:%M}",
        "decision_number": number,
    }


def refuse(town: Town) -> Told:
    """Whoever wrote it cannot approve it, not even with a form of their own making."""
    sato = town.staff(SATO)
    page = sato.open(f"/console/notices/{town.number}")
    token = page.form("/sign-out$").fields
    found = sato.send(page, Form(f"{page.path}/approve", token))
    check(found.status == 403, "403 for the author", found.complaint)
    return Told("Sato may not approve it: refused (403)")


def approve(town: Town) -> Told:
    sent = send(town, town.number)
    town.figures[f"Notice {town.number}"] = str(sent)
    return Told(
        f"Approved by Suzuki; LINE accepted {PEOPLE}/{PEOPLE}",
        [
            ("Measured", f"{sent}, with {sent.requests} requests"),
        ],
    )


def send(town: Town, number: str) -> Sent:
    """Suzuki approves; waits until LINE accepted it for everybody."""
    line, suzuki = town.line, town.staff(SUZUKI)
    line.mark(town.everybody)
    before = line.get("requests", endpoint="multicast", limit=1_000_000)["next"]
    page = suzuki.open(f"/console/notices/{number}")
    pressed = line.now()
    suzuki.press(page, f"/{number}/approve$")
    wait_for(
        lambda: True if _accepted(town, number) == PEOPLE else None,
        f"LINE to accept {number} for {PEOPLE} people",
        lambda: _accepted(town, number),
    )
    found = line.get("requests", since=before, endpoint="multicast", limit=1_000_000)["requests"]
    times = sorted((row["time"] - pressed) / 1000 for row in found if row["accepted"])
    check(times, "requests that LINE accepted", len(found))
    return Sent(times[0], times[-1], len(found))


def _accepted(town: Town, number: str) -> int:
    """For how many people LINE accepted a notice, as the console says."""
    page = town.staff(SUZUKI).open(f"/console/notices/{number}/news")
    accepted, people = page.numbers(r"accepted it for (\d+) of (\d+) people")
    town.screen.waits("LINE accepts it", accepted, max(people, 1))
    return accepted


def arrive(town: Town) -> Told:
    """Everybody has one text and one card, in their language, or plain Japanese and English."""
    town.line.everybody(
        town.everybody,
        "the notice on every phone",
        lambda phone: len(phone.sent_as("multicast")) >= 2,
        lambda number, of: town.screen.waits("Phones have it", number, of),
    )
    checked = {known.tag for known in complete("alerts")}
    texts: dict[str, str] = {}
    for phone in town.everybody:
        text = _alert_on(town, phone, has_text=phone.language in checked)
        check(texts.setdefault(phone.language, text) == text, "one text a language", text)
    for tag in texts.keys() - checked:
        both = all(texts[known].splitlines()[0] in texts[tag] for known in ("ja-x-easy", "en"))
        check(both, f"plain Japanese and English for readers of {tag}", texts[tag])
    shown = [(language(tag).own_name, texts[tag].splitlines()[0]) for tag in SHOWN]
    others = " and ".join(sorted(language(tag).english_name for tag in texts.keys() - checked))
    return Told(
        f"Each of {PEOPLE} phones has it once, in {len(checked)} languages; readers of {others} "
        "have it in plain Japanese and English",
        shown,
    )


def _alert_on(town: Town, phone: Phone, *, has_text: bool) -> str:
    """The words of the notice on a phone, which must have it exactly once.

    Who reads a language without texts has two, in plain Japanese and in English.
    """
    messages, reads = phone.sent_as("multicast"), language(phone.language).english_name
    kinds = [message["type"] for message in messages]
    expected = ["text", "flex"] if has_text else ["text", "text", "flex"]
    check(kinds == expected, f"{' and '.join(expected)} for a reader of {reads}", kinds)
    text = words_of(messages[:-1])
    check(f"/n/{town.number}" in text, "a link to the notice", text)
    read = find_button(messages, "ack", kind="read")
    own = town.say(phone.language, "alert.read.button")
    label = read.label if read else "no button"
    check(label == own or not has_text, f"a card in {reads}", label)
    return text
