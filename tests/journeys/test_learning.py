"""A question the bot does not understand: staff answer it and teach, and it is answered."""

import re
import tomllib
from html import unescape
from uuid import uuid4

from bot.learning import LOOK_AGAIN
from bot.runtime import ROOT
from bot.words import Words
from tests.console import Console
from tests.world import World

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
QUESTION = "When does Kazenoko open?"
"""A name only people of this town know."""
WORDING = "Kazenoko open when"
SATO = "sato@minato.example"


def answer_begins(topic: str) -> str:
    """The first line of a topic's English answer."""
    path = ROOT / "templates" / "faq" / "en" / "answers.toml"
    text: str = tomllib.loads(path.read_text(encoding="utf-8"))[topic]["text"]
    return text.strip().splitlines()[0].split("{")[0]


def test_what_staff_teach_answers_the_next_person(own_world: World) -> None:
    answer = answer_begins("child.nursery")
    phone = own_world.joined("English", WORDS.text("en", "areas.skip.button"))
    assert answer not in phone.ask(QUESTION)
    phone.tap(WORDS.text("en", "person.button"))
    phone.ask(QUESTION)
    sato = Console(own_world.url).sign_in(SATO)
    (case_id,) = re.findall(r'data-key="(\d+)"', sato.get("/console/cases"))
    path = f"/console/cases/{case_id}"
    sato.post(
        path, f"{path}/reply", way="stock", key="call-us", once=str(uuid4()), newest="9999999"
    )
    phone.read()

    refused = sato.post_any(
        path, f"{path}/teach", topic="child.nursery", wording=QUESTION, act="teach"
    )
    assert refused.status_code == 422
    assert "住民が書いた文のままです" in refused.text
    taught = sato.post(path, f"{path}/teach", topic="child.nursery", wording=WORDING, act="teach")
    assert "教えました" in taught

    own_world.move_clock(LOOK_AGAIN.total_seconds() + 1)
    other = own_world.joined("English", WORDS.text("en", "areas.skip.button"))
    assert answer in other.ask(QUESTION, count=2)

    listed = unescape(sato.get("/console/learned"))
    assert WORDING in listed
    (remove,) = re.findall(r'action="(/console/learned/\d+/remove)"', listed)
    assert "消しました" in sato.post("/console/learned", remove)
    own_world.move_clock(LOOK_AGAIN.total_seconds() + 1)
    assert answer not in other.ask(QUESTION)
