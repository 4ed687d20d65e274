"""The words residents read: complete in each language, short enough for a phone, the same numbers
everywhere, and nothing given away that could put somebody in danger.

The texts and the word lists are data (`templates/faq/<tag>/answers.toml`): a new language is
tested by being marked complete in `bot/languages.toml`.
"""

from functools import cache
from typing import Any
from unicodedata import category, is_normalized

import pytest

from bot import languages
from tests.texts import (
    BLANK,
    BUTTON_GRAPHEMES,
    MARKUP,
    N5_KANJI,
    NATIONAL_NUMBERS,
    NEVER,
    ROOT,
    blanks,
    city,
    graphemes,
    load,
    numbers,
    sites,
    unread_kanji,
    utf16_units,
    words,
)

FAQ = ROOT / "templates" / "faq"
TAGS = [language.tag for language in languages.complete("topics")]
SPEAKING = [language.tag for language in languages.complete("conversation")]

TEXT_UNITS, TITLE_CHARACTERS, URGENT_LINES = 500, 40, 6
BLANKS = {
    "city", "hall", "hall_address", "counter", "counter_phone", "counter_hours",
    "garbage_phone", "night_clinic", "night_clinic_phone", "night_clinic_hours",
}  # fmt: skip

HAZARDS = [
    "洪水", "崖崩れ、土石流及び地滑り", "高潮", "地震",
    "津波", "大規模な火事", "内水氾濫", "火山現象",
]  # fmt: skip


@cache
def about(tag: str) -> dict[str, Any]:
    head: dict[str, Any] = load(FAQ / tag / "answers.toml")["about"]
    return head


@cache
def answers(tag: str) -> dict[str, dict[str, str]]:
    texts = load(FAQ / tag / "answers.toml")
    return {topic: texts[topic] for topic in texts if topic != "about"}


TOPICS = load(FAQ / "topics.toml")
PROTECTED = sorted(topic for topic in TOPICS if TOPICS[topic]["handling"] == "protect")
URGENT = sorted(topic for topic in TOPICS if TOPICS[topic]["handling"] == "urgent")

in_every_language = pytest.mark.parametrize("tag", TAGS)
for_every_topic = pytest.mark.parametrize("topic", sorted(TOPICS))


def test_the_languages_of_the_first_stage_are_complete() -> None:
    assert set(TAGS) >= {"ja", "ja-x-easy", "en", "zh-Hans", "vi"}


@in_every_language
def test_head_tells_origin_and_review(tag: str) -> None:
    head = about(tag)
    assert head["language"] == tag
    assert head["origin"]
    assert head["review"] in {"official", "drafted", "adopted", "reviewed"}


@in_every_language
def test_every_topic_has_its_texts_and_no_others(tag: str) -> None:
    assert set(answers(tag)) == set(TOPICS)
    for topic, texts in answers(tag).items():
        wanted = {"title", "text"} | ({"page"} if topic in PROTECTED else set())
        assert set(texts) == wanted, topic
        for name, text in texts.items():
            assert text and text == text.strip(), (topic, name)


@in_every_language
@for_every_topic
def test_texts_fit(tag: str, topic: str) -> None:
    texts = answers(tag)[topic]
    assert len(texts["title"]) <= TITLE_CHARACTERS
    assert utf16_units(texts["text"]) <= TEXT_UNITS
    assert "\n" not in texts["title"]


@in_every_language
@for_every_topic
def test_texts_are_clean(tag: str, topic: str) -> None:
    for name, text in answers(tag)[topic].items():
        assert not NEVER.search(text), name
        assert not MARKUP.search(BLANK.sub("", text)), name
        assert is_normalized("NFC", text), name
        assert not any(category(character) == "So" for character in text), name


@in_every_language
@for_every_topic
def test_blanks_are_known_and_the_same_as_in_japanese(tag: str, topic: str) -> None:
    for name, text in answers(tag)[topic].items():
        assert blanks(text) <= BLANKS
        assert blanks(text) == blanks(answers("ja")[topic][name]), name


@in_every_language
@for_every_topic
def test_numbers_are_the_same_as_in_japanese(tag: str, topic: str) -> None:
    for name in answers("ja")[topic].keys() - {"short"}:
        ours = numbers(answers(tag)[topic][name], about(tag).get("months", []))
        assert ours == numbers(answers("ja")[topic][name], []), name


@in_every_language
@for_every_topic
def test_only_national_telephone_numbers_are_written_out(tag: str, topic: str) -> None:
    for text in answers(tag)[topic].values():
        long = {number for number in numbers(text, []) if len(number) > 2 or "#" in number}
        assert long <= NATIONAL_NUMBERS


@in_every_language
@pytest.mark.parametrize("topic", URGENT)
def test_urgent_texts_are_short_and_name_the_number(tag: str, topic: str) -> None:
    text = answers(tag)[topic]["text"]
    assert len(text.splitlines()) <= URGENT_LINES
    assert TOPICS[topic]["call"][0] in numbers(text, [])


@in_every_language
@pytest.mark.parametrize("topic", PROTECTED)
def test_chat_gives_nothing_away(tag: str, topic: str) -> None:
    texts = answers(tag)[topic]
    assert about(tag)["giveaways"]
    shown = texts["text"].casefold()
    assert not [word for word in about(tag)["giveaways"] if word.casefold() in shown]
    assert not numbers(shown, [])
    # The same words for every protected topic: they do not even tell which it was.
    assert texts["text"] == answers(tag)[PROTECTED[0]]["text"]
    # A list of giveaways that misses the topic's own words would find nothing.
    page = texts["page"].casefold()
    assert [word for word in about(tag)["giveaways"] if word.casefold() in page]


@in_every_language
@pytest.mark.parametrize("topic", PROTECTED)
def test_protected_page_has_every_number_its_topic_offers(tag: str, topic: str) -> None:
    assert set(TOPICS[topic]["call"]) <= numbers(answers(tag)[topic]["page"], [])


@for_every_topic
def test_plain_japanese_has_readings(topic: str) -> None:
    for name, text in answers("ja-x-easy")[topic].items():
        assert not unread_kanji(text), name


def test_readings_are_demanded() -> None:
    assert len(N5_KANJI) == 103
    assert unread_kanji("今 すぐ 避難して ください。川端町(かわばたちょう)と 小学校") == ["避難"]
    assert unread_kanji("避難(hinan)") == ["避難"]


@pytest.mark.parametrize("tag", SPEAKING)
def test_bot_speaks_every_language(tag: str) -> None:
    assert set(words(tag)) == set(words("en"))
    for id, text in words(tag).items():
        assert text, id
        assert not NEVER.search(text), id
        assert not MARKUP.search(BLANK.sub("", text)), id
        assert is_normalized("NFC", text), id
        assert blanks(text) == blanks(words("en")[id]), id
        assert numbers(text, []) == numbers(words("en")[id], []), id
        assert tag != "ja-x-easy" or not unread_kanji(text), id
        if id.endswith(".button"):
            widest = max((known.own_name for known in languages.registered()), key=graphemes)
            filled = text.format(language=widest, number=max(NATIONAL_NUMBERS, key=len))
            assert graphemes(filled) <= BUTTON_GRAPHEMES, id


@pytest.mark.parametrize("tag", SPEAKING)
def test_the_way_to_delete_is_told_with_the_words_on_the_buttons(tag: str) -> None:
    for button in ("menu.button", "menu.settings.button", "settings.delete.button"):
        assert words(tag)[button].casefold() in words(tag)["about.delete_text"].casefold()


def test_city_fills_every_blank_in_every_language() -> None:
    facts = city()
    names = set(facts["city"]) - {"name"} | {"city"}
    phones = {f"{place}_phone" for place in facts["phones"]}
    hours = {f"{place}_hours" for place in facts["hours"]}
    assert BLANKS - phones - hours == names
    for texts in [*facts["city"].values(), *(area["names"] for area in facts["areas"])]:
        assert set(texts) == {known.tag for known in languages.complete("alerts")}
        assert not unread_kanji(texts["ja-x-easy"])


def test_city_has_every_number_and_link_the_topics_offer() -> None:
    calls = {call for topic in TOPICS.values() for call in topic["call"]}
    assert calls <= NATIONAL_NUMBERS | set(city()["phones"])
    assert {link for topic in TOPICS.values() for link in topic["links"]} <= set(city()["links"])


def test_demo_city_reaches_nobody_real() -> None:
    assert all(phone.startswith("000-") for phone in city()["phones"].values())
    assert all(link.startswith("https://minato.example/") for link in city()["links"].values())
    assert all(person["email"].endswith("@minato.example") for person in city()["staff"])
    for place in [*city()["areas"], *sites()]:
        # The open sea, more than 15 km from any shore.
        assert 35.08 <= float(place.get("latitude") or place["緯度"]) <= 35.13
        assert 139.36 <= float(place.get("longitude") or place["経度"]) <= 139.44


def test_demo_sites_are_as_varied_as_real_ones() -> None:
    rows = sites()
    assert list(rows[0]) == ["NO", "共通ID", "都道府県名及び市町村名", "施設・場所名", "住所",
        *HAZARDS, "指定避難所との住所同一", "緯度", "経度", "備考"]  # fmt: skip
    assert len({row["共通ID"] for row in rows}) == len({row["施設・場所名"] for row in rows}) == 30
    assert {row[hazard] for row in rows for hazard in HAZARDS} == {"", "1"}
    for area in city()["areas"]:
        assert sum(f"市{area['names']['ja']}" in row["住所"] for row in rows) == 3, area["id"]
    for hazard in HAZARDS[:-1]:
        # Three to choose from, and always some that are not designated.
        assert 3 <= sum(row[hazard] == "1" for row in rows) < 30, hazard
    assert sum(bool(row["備考"]) for row in rows) >= 20
