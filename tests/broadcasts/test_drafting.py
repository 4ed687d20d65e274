"""What a notice says in each language, and which text a person gets."""

import pytest
from sqlalchemy import select

from bot.languages import complete, registered
from bot.line.messages import utf16_units
from bot.models import StockText
from bot.models.broadcasts import Broadcast, Policy, Rendition
from broadcasts import stock_texts
from broadcasts.drafting import LONGEST_TEXT, Desk
from broadcasts.sending import NotPossible, best_for
from broadcasts.templates import templates
from tests import notices
from tests.broadcasts.town import Town

ALL = {known.tag for known in registered()}
COMPLETE = {known.tag for known in complete("alerts")}
WORDS = {"title": {"ja": "断水", "en": "No water"}, "body": {"ja": "水が出ません", "en": "Boil it"}}


def text(language: str, kind: str) -> Rendition:
    origin, review = {
        "reviewed": ("template", "adopted"),
        "official": ("official", "official"),
        "person": ("person", "drafted"),
        "drafted": ("template", "drafted"),
        "machine": ("machine", "machine"),
        "fallback": ("fallback", ""),
    }[kind]
    return Rendition(language=language, origin=origin, review=review)


@pytest.mark.parametrize(
    ("languages", "texts", "chosen"),
    [
        ("vi en", "vi:reviewed en:reviewed", "vi"),
        ("vi en", "vi:official en:reviewed", "vi"),
        ("vi en", "vi:person en:reviewed", "vi"),
        ("vi en", "vi:drafted en:reviewed", "en"),
        ("vi en", "vi:machine en:person", "en"),
        ("vi zh-Hans en", "vi:fallback zh-Hans:drafted en:reviewed", "en"),
        ("vi zh-Hans", "vi:drafted zh-Hans:machine en:reviewed", "vi"),
        ("vi zh-Hans", "vi:fallback zh-Hans:machine en:reviewed", "zh-Hans"),
        ("vi zh-Hans", "vi:fallback zh-Hans:fallback en:reviewed", "vi"),
        ("xx", "vi:reviewed en:reviewed", "en"),
        ("xx", "ja:reviewed", "ja"),
    ],
)
def test_the_order_of_texts(languages: str, texts: str, chosen: str) -> None:
    ready = [text(*part.split(":")) for part in texts.split()]  # type: ignore[arg-type]
    for order in (ready, ready[::-1]):
        found = best_for(languages.split(), order)
        assert found is not None and found.language == chosen


def test_without_any_text_there_is_none() -> None:
    assert best_for(["vi"], []) is None


def review(town: Town, value: str, *tags: str, key: str = "river-4") -> None:
    with town.runtime.database.write() as session:
        for tag in tags:
            session.get_one(StockText, ("alert", key, tag)).review = value


def test_adopted_texts_go_out_as_two_messages(town: Town) -> None:
    people = {tag: town.person(languages=[tag]) for tag in COMPLETE}
    town.send()
    for tag, person in people.items():
        first, card = (item["message"] for item in town.chat(person))
        assert first["type"] == "text" and card["type"] == "flex"
        assert utf16_units(first["text"]) <= LONGEST_TEXT, tag


def test_drafted_text_waits_for_the_policy_of_its_severity(town: Town) -> None:
    review(town, "drafted", "vi")
    person = town.person(languages=["vi"])
    id = town.send()
    fallback = town.renditions(id)["vi"]
    assert fallback.origin == "fallback" and not fallback.is_reviewed
    plain, english, card = (item["message"] for item in town.chat(person))
    assert plain["text"].startswith(town.runtime.words.text("vi", "fallback.intro"))
    assert "避難" in plain["text"] and "EVACUATE" in english["text"]
    assert card["type"] == "flex"
    with town.runtime.database.write() as session:
        session.add(Policy(severity="Extreme", drafted_allowed=True))
    assert town.renditions(town.send())["vi"].origin == "fallback"
    with town.runtime.database.write() as session:
        session.add(Policy(severity="Severe", drafted_allowed=True))
    allowed = town.renditions(town.send())["vi"]
    assert allowed.origin == "template" and allowed.review == "drafted"
    mark = town.runtime.words.text("vi", "alert.origin.drafted")
    assert town.chat(person)[-2]["message"]["text"].endswith(mark)


def test_whoever_also_reads_a_checked_language_gets_that(town: Town) -> None:
    review(town, "drafted", "vi")
    with town.runtime.database.write() as session:
        session.add(Policy(severity="Severe", drafted_allowed=True))
    person = town.person(languages=["vi", "en"])
    assert dict(town.sendings(town.send())) == {person: "en"}


def test_without_any_checked_text_it_cannot_be_submitted(town: Town) -> None:
    review(town, "drafted", *COMPLETE)
    with pytest.raises(NotPossible, match="no_checked_text"):
        town.submit(town.draft())


def test_words_written_in_some_languages_only(town: Town) -> None:
    person = town.person(languages=["vi"])
    id = town.send("ordinary", blanks=WORDS)
    kinds = {tag: row.origin for tag, row in town.renditions(id).items()}
    assert kinds == {tag: "person" if tag in ("ja", "en") else "fallback" for tag in ALL}
    said = [item["message"].get("text", "") for item in town.chat(person)]
    assert "水が出ません" in said[0] and "Boil it" in said[1]


def test_a_text_too_long_is_refused_and_nothing_is_kept(town: Town) -> None:
    words = {**WORDS, "body": {"ja": "あ" * 401}}
    id = town.draft("ordinary", blanks=words)
    with pytest.raises(NotPossible, match="too_long"):
        town.submit(id)
    assert town.state(id) == "draft" and town.renditions(id) == {}


@pytest.mark.parametrize("template", list(templates()))
def test_every_template_has_few_enough_words_in_every_language(town: Town, template: str) -> None:
    kinds = {
        "place": "みなと川",
        "places": ["E9999900001201", "E9999900001202", "E9999900001203"],
        "time": "2026-11-28T21:40:00+09:00",
        "text": {tag: "x" * 60 for tag in ALL},
    }
    blanks = {blank.name: kinds[blank.kind] for blank in templates()[template].blanks}
    with town.runtime.database.write() as session:
        broadcast = notices.draft(session, town.runtime.clock.now(), template, blanks=blanks)
        for wording in Desk(session, town.runtime, broadcast).wordings():
            assert not wording.problem, wording.language
            assert (wording.origin == "fallback") == (wording.language not in COMPLETE)
            assert wording.units <= LONGEST_TEXT


def test_what_is_missing_is_said(town: Town) -> None:
    for reason, changes in (
        ("decision", {"decision_number": " "}),
        ("decision", {"decided_at": None}),
        ("blanks", {"blanks": {}}),
    ):
        with pytest.raises(NotPossible, match=reason):
            town.submit(town.draft(**changes))


def test_texts_changed_while_a_notice_waits_do_not_change_it(town: Town) -> None:
    person = town.person()
    id = town.draft()
    town.submit(id)
    with town.runtime.database.write() as session:
        stock = session.get_one(StockText, ("alert", "river-4", "en"))
        parts = dict(stock.parts) | {"headline": "STAY WHERE YOU ARE"}
        by = notices.staff(session, "operator")
        place = ("alert", "river-4", "en")
        stock_texts.change(session, place, parts, by, town.runtime.clock.now())
    town.approve(id)
    town.settle()
    said = town.chat(person)[0]["message"]["text"]
    assert "EVACUATE NOW" in said and "STAY" not in said


def test_the_channel_gets_what_was_frozen(town: Town) -> None:
    person = town.person()
    id = town.draft()
    town.submit(id)
    with town.runtime.database.read() as session:
        frozen = session.scalars(
            select(Rendition).where(Rendition.broadcast_id == id, Rendition.language == "en")
        ).one()
    town.approve(id)
    town.settle()
    with town.runtime.database.read() as session:
        assert session.get_one(Rendition, frozen.id).body == frozen.body
        assert session.get_one(Broadcast, id).number in frozen.body
    assert [item["message"]["text"] for item in town.chat(person)[:1]] == frozen.words["messages"]
