"""A town: two hundred people join; networks; key persons are invited, called, practised."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

from bot.demo.tour.checks import Failed, check
from bot.demo.tour.phone import Json, Phone, find_button, tapped, words_of
from bot.demo.tour.show import Told
from bot.demo.tour.town import COMMUNITIES, PEOPLE, SUZUKI, Town
from bot.languages import language, registered

_CODE = re.compile(r"\b[NK]-[A-Z2-9]{8,14}\b")
PHONE_NUMBER = "000-000-02{:02}"


def fill_the_town(town: Town) -> Told:
    """Everybody adds the account and chooses their own language."""
    for community in COMMUNITIES:
        for name in community.people:
            town.key_persons[name] = town.line.person(name, community.language)
    tags = [known.tag for known in registered()]
    others = PEOPLE - 1 - len(town.key_persons)
    town.crowd = town.line.people([tags[n % len(tags)] for n in range(others)], "tour")
    new = town.everybody[1:]
    began = time.monotonic()
    town.all_do(new, lambda phone: {"type": "follow"}, 2, "People add the account")
    town.all_do(new, _choose_own_language, 2, "People choose their language")
    took = time.monotonic() - began
    readers = Counter(phone.language for phone in town.everybody)
    check(len(readers) == len(tags), f"readers of {len(tags)} languages", len(readers))
    town.figures["People"] = f"{PEOPLE}, reading {len(readers)} languages"
    return Told(f"{len(new)} more join and choose among {len(tags)} languages in {took:.1f} s")


def _choose_own_language(phone: Phone) -> Json:
    return tapped(phone, "language", tag=phone.language)


def make_networks(town: Town) -> Told:
    """An approver makes the networks; their people join with the code on the poster."""
    suzuki = town.staff(SUZUKI)
    members: list[tuple[Phone, Json]] = []
    for community in COMMUNITIES:
        form = suzuki.open("/console/networks/new")
        page = suzuki.press(
            form,
            "/networks/new$",
            name=community.name,
            language=community.language,
            kind=community.kind,
        )
        town.networks[community.name] = page.path
        code = _code_on(page.words)
        mine = [phone for phone in town.crowd if phone.language == community.language]
        members += [(phone, {"type": "text", "text": code}) for phone in mine]
    joining = dict(members)
    town.all_do(list(joining), lambda phone: joining[phone], 1, "People join their networks")
    numbers = {
        community.language: suzuki.open(town.networks[community.name]).numbers(r"(\d+) members")[0]
        for community in COMMUNITIES
    }
    check(sum(numbers.values()) == len(members), f"{len(members)} members", sum(numbers.values()))
    listed = ", ".join(f"{language(tag).english_name} {n}" for tag, n in numbers.items())
    return Told(
        f"Suzuki makes {len(COMMUNITIES)} networks; {len(members)} people join with their codes",
        [("Members", listed)],
    )


def _code_on(words: str) -> str:
    found = _CODE.search(words)
    if found is None:
        raise Failed("a code on the page", words[:200])
    return found[0]


def _each_person() -> Iterator[tuple[str, str]]:
    """Each key person to be, with their network."""
    return ((name, community.name) for community in COMMUNITIES for name in community.people)


def invite(town: Town) -> Told:
    """Staff hand over codes that work once; the people send them to the account."""
    suzuki = town.staff(SUZUKI)
    codes: dict[Phone, Json] = {}
    for number, (name, network) in enumerate(_each_person()):
        page = suzuki.open(f"{town.networks[network]}/invite")
        page = suzuki.press(page, "/invite$", name=name, phone=PHONE_NUMBER.format(number))
        town.pages[name] = page.link(r"/networks/people/\d+$")
        codes[town.key_persons[name]] = {"type": "text", "text": _code_on(page.words)}
    town.all_do(list(codes), lambda phone: codes[phone], 1, "Key persons send their codes")
    for name, network in _each_person():
        said = words_of(town.key_persons[name].new)
        check(network in said, f"{name} to be told of {network}", said)
    mai = words_of(town.key_persons["Mai"].new)
    return Told(f"{len(codes)} key persons are invited and send their codes", [("to Mai", mai)])


def call(town: Town) -> Told:
    """Nobody becomes a key person by a code alone: staff call the number they know."""
    suzuki = town.staff(SUZUKI)
    people = list(town.key_persons.values())
    town.line.mark(people)
    for phone in people:
        suzuki.press(suzuki.open(town.pages[phone.name]), "/confirm$")
        town.screen.waits("Staff call back")
    town.line.everybody(
        people,
        "a practice notice for everybody",
        lambda phone: find_button(phone.new, "practice", what="will") is not None,
        lambda number, of: town.screen.waits("Practice notices arrive", number, of),
    )
    return Told(f"Suzuki calls all {len(people)} and confirms them; a practice notice comes")


def practise(town: Town) -> Told:
    """Who has passed a practice notice on is asked from now on."""
    people = list(town.key_persons.values())
    for what, least in (("will", 3), ("done", 1), ("reached", 1)):
        tap = partial(tapped, do="practice", what=what)
        town.all_do(people, tap, least, "Key persons practise")
    suzuki = town.staff(SUZUKI)
    for phone in people:
        page = suzuki.open(town.pages[phone.name])
        check(page.heading.endswith(": Active"), f"{phone.name} to be active", page.heading)
    town.figures["Networks"] = f"{len(COMMUNITIES)} with {len(people)} key persons"
    mai = words_of(town.key_persons["Mai"].new)
    return Told("They practise with three taps and are active", [("to Mai", mai)])
