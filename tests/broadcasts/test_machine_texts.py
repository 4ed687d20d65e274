"""A machine's words for residents: only where allowed, checked, marked, and never the last word."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.models import Broadcast, MachineText, Policy, Rendition, StockText
from bot.runtime import Runtime
from bot.translation import SILENCE_SECONDS
from broadcasts import machine_texts
from broadcasts.drafting import Desk, Wording
from broadcasts.machine_texts import Standing
from tests.broadcasts.carriers import Carriers
from tests.broadcasts.town import Town
from tests.translator import TranslationService, translation_service
from tests.world import Simulator

RIVER = "\n".join(
    (
        "Sơ tán ngay",
        "[CẤP ĐỘ CẢNH GIÁC 4] Toàn thành phố Minato: SƠ TÁN NGAY",
        "Ai sống hoặc đang ở đó: rời chỗ nguy hiểm.",
        "{sites}: tầng trên.",
        "Đừng đến gần sông. Ngoài nguy hiểm: lên tầng cao.",
        "みなと川 có thể tràn.",
        "Lệnh của thị trưởng",
    )
)
"""What a good machine makes of river-4, line by line."""
ORDINARY = {
    "title": {"ja": "図書館の休み"},
    "body": {"ja": "6月3日は休みです。\n電話 03-1234-5678"},
}
LIBRARY = "Thư viện nghỉ\nNgày 3 tháng 6 nghỉ.\nĐiện thoại 03-1234-5678"


@pytest.fixture
def service() -> Iterator[TranslationService]:
    with translation_service() as running:
        yield running


@pytest.fixture
def town(on_line: Runtime, simulator: Simulator, service: TranslationService) -> Iterator[Town]:
    """みなと市 with a translator for notices; river-4 in Vietnamese is a draft there."""
    here = {"translator": "libre", "translator_url": service.url}
    settings = replace(on_line.settings, translate_notices=True, **here)  # type: ignore[arg-type]
    built = Runtime.build(settings)
    with built.database.write() as session:
        session.get_one(StockText, ("alert", "river-4", "vi")).review = "drafted"
        session.add_all(
            Policy(severity=severity, machine_allowed=True) for severity in ("Severe", "Minor")
        )
    yield Town(built, simulator)
    built.close()


def standing(town: Town, id: int) -> Standing:
    with town.runtime.database.read() as session:
        return machine_texts.standing(session, town.runtime, session.get_one(Broadcast, id))


def wording(town: Town, id: int, tag: str = "vi") -> Wording:
    with town.runtime.database.read() as session:
        desk = Desk(session, town.runtime, session.get_one(Broadcast, id))
        return next(found for found in desk.wordings() if found.language == tag)


def source(town: Town, id: int, tag: str = "vi") -> dict[str, str]:
    with town.runtime.database.read() as session:
        return Desk(session, town.runtime, session.get_one(Broadcast, id)).for_machine()[tag]


def good(town: Town, id: int) -> str:
    """A right answer to what is asked for Vietnamese: the names of places are in it already."""
    return RIVER.format(sites=source(town, id)["where"].partition("へ。")[0])


def sent(town: Town, service: TranslationService) -> int:
    """A notice in force that Vietnamese readers get from a machine."""
    id = town.draft()
    service.answers["vi"] = good(town, id)
    assert machine_texts.translate(town.runtime, id)
    assert standing(town, id) == Standing(missing=(), kept=("vi",), refused={}, outdated=0)
    town.submit(id)
    town.approve(id)
    return id


def texts_of(town: Town, resident: int) -> list[str]:
    chat = (item["message"].get("text", "") for item in town.chat(resident))
    return [text for text in chat if "/n/" in text]


def test_it_is_sent_marked_and_a_persons_text_follows_once(
    town: Town, service: TranslationService
) -> None:
    carriers = Carriers(town)
    carriers.network("vi", key_persons=1)
    reads_it, second = town.person(languages=["vi"]), town.person(languages=["en", "vi"])
    english_too = town.person(languages=["vi", "en"])
    id = sent(town, service)
    frozen = town.renditions(id)["vi"]
    assert (frozen.origin, frozen.review, frozen.is_reviewed) == ("machine", "drafted", False)
    town.settle()
    [mine] = texts_of(town, reads_it)
    link = f"/n/{town.number(id)}?lang=ja"
    assert mine.startswith("[CẤP ĐỘ CẢNH GIÁC 4]") and mine.endswith(link)
    assert "Bản dịch máy, chưa kiểm tra" in mine.splitlines()[-1]
    card = town.chat(reads_it)[-1]["message"]
    assert card["altText"].endswith("(Máy dịch, chưa kiểm tra)")
    assert "Máy dịch" in json.dumps(card["contents"], ensure_ascii=False)
    for other in (second, english_too):  # checked English is better than a machine's Vietnamese
        assert [text.startswith("[ALERT LEVEL 4]") for text in texts_of(town, other)] == [True]
    carriers.ask()
    [relay] = carriers.relays(id)
    assert relay.draft_origin == "drafted"  # ours is better to begin from than a machine's
    assert carriers.will(relay.id) and carriers.write(relay.id, "Người viết: 4") == "submitted"
    assert carriers.release(id) == "released"
    town.settle()
    late = town.person(languages=["vi"])
    town.settle()
    for reader, before in ((reads_it, 1), (english_too, 1), (second, 1), (late, 0)):
        *_, last = texts_of(town, reader)
        assert len(texts_of(town, reader)) == before + (reader != second)
        assert last.startswith("Người viết: 4") is (reader != second)
    below = json.dumps(town.chat(late)[-1]["message"], ensure_ascii=False)
    assert "Máy dịch" not in below and "今 すぐ" in below  # the fallback's card
    assert carriers.withdraw(id)
    assert town.renditions(id)["vi"].id == frozen.id


def test_the_machine_gets_our_names_places_and_times(
    town: Town, service: TranslationService
) -> None:
    id = town.draft()
    asked = source(town, id)
    assert "Trường" in asked["where"] and asked["decided"] == "市長の避難指示"
    service.answers["vi"] = good(town, id)
    machine_texts.translate(town.runtime, id)
    parts = wording(town, id).parts
    assert parts["decided"].startswith("Lệnh của thị trưởng ") and ":" in parts["decided"]
    assert [fields["target"] for fields in service.asked] == ["vi"]  # nobody else lacks a text


def test_a_warnings_name_is_never_the_machines(town: Town) -> None:
    with town.runtime.database.write() as session:
        row = session.get_one(StockText, ("alert", "tsunami-warning", "vi"))
        row.review, name = "drafted", row.parts["name"]
        session.merge(Policy(severity="Extreme", machine_allowed=True))
    blanks = {"ordered_at": "2026-11-20T21:40:00+09:00"}
    assert source(town, town.draft("tsunami-warning", blanks=blanks))["headline"].startswith(
        f"【{name}】"
    )


Damage = Callable[[str], str]


@pytest.mark.parametrize(
    ("damage", "problem", "lost"),
    [
        (lambda text: text.replace("Đừng đến gần sông", "Hãy đến gần sông"), "facts", True),
        (lambda text: text.replace(" 4]", " 3]"), "facts", True),
        (lambda text: text.replace("\nLệnh", " Lệnh"), "lines", False),
        (lambda text: text.replace("Ai sống hoặc đang ở đó: rời chỗ nguy hiểm.", " "), "empty", 0),
        (lambda text: text.replace("tràn", "tràn" + " rất lớn" * 60), "too_long", False),
    ],
)
def test_what_loses_or_changes_something_is_refused_with_its_reason(
    town: Town, service: TranslationService, damage: Damage, problem: str, lost: bool
) -> None:
    id = town.draft()
    service.answers["vi"] = damage(good(town, id))
    machine_texts.translate(town.runtime, id)
    found = standing(town, id)
    assert (found.kept, found.missing) == ((), ("vi",))
    assert (found.refused["vi"].problem, bool(found.refused["vi"].lost)) == (problem, bool(lost))
    assert wording(town, id).origin == "fallback"
    service.answers["vi"] = good(town, id)
    machine_texts.translate(town.runtime, id)  # the refused answer was not kept
    assert standing(town, id).kept == ("vi",)


@pytest.mark.parametrize(
    ("behaves", "problem"), [("away", "away"), ("keyless", "key"), ("refusing", "refused")]
)
def test_a_translator_that_fails_is_named_for_each_language(
    town: Town, service: TranslationService, behaves: str, problem: str
) -> None:
    with town.runtime.database.write() as session:
        for tag in ("ne", "th"):
            session.get_one(StockText, ("alert", "river-4", tag)).review = "drafted"
    service.behaves = behaves
    id = town.draft()
    machine_texts.translate(town.runtime, id)
    refused = standing(town, id).refused
    assert {tag: made.problem for tag, made in refused.items()} == dict.fromkeys(
        ("vi", "ne", "th"), problem
    )
    town.submit(id)
    assert town.renditions(id)["vi"].origin == "fallback"


def test_all_languages_together_take_no_longer_than_one(
    town: Town, service: TranslationService
) -> None:
    with town.runtime.database.write() as session:
        for tag in ("ne", "th", "id"):
            session.get_one(StockText, ("alert", "river-4", tag)).review = "drafted"
    service.behaves = "slow"
    id, began = town.draft(), time.monotonic()
    machine_texts.translate(town.runtime, id)
    assert time.monotonic() - began < 2 * SILENCE_SECONDS < machine_texts.SECONDS
    assert {made.problem for made in standing(town, id).refused.values()} == {"away"}


def test_it_holds_for_just_these_words_and_only_while_the_policy_allows_it(
    town: Town, service: TranslationService
) -> None:
    id = town.draft()
    service.answers["vi"] = good(town, id)
    machine_texts.translate(town.runtime, id)
    assert wording(town, id).origin == "machine"
    with town.runtime.database.write() as session:
        session.get_one(Broadcast, id).blanks = {"river": "別の川", "sites": ["E9999900001201"]}
    assert wording(town, id).origin == "fallback"
    found = standing(town, id)
    assert (found.missing, found.kept, found.refused, found.outdated) == (("vi",), (), {}, 1)
    with town.runtime.database.write() as session:
        session.get_one(Broadcast, id).blanks = {"river": "みなと川", "sites": ["E9999900001201"]}
        session.get_one(Policy, "Severe").machine_allowed = False
    assert wording(town, id).origin == "fallback" and standing(town, id).missing == ()
    with town.runtime.database.write() as session:
        session.get_one(Policy, "Severe").machine_allowed = True
        session.get_one(StockText, ("alert", "river-4", "vi")).review = "adopted"
    assert wording(town, id).origin == "template"


def test_nothing_is_kept_of_what_is_no_draft_any_more(
    town: Town, service: TranslationService
) -> None:
    id = town.draft()
    service.answers["vi"] = good(town, id)
    town.submit(id)
    assert not machine_texts.translate(town.runtime, id)
    with town.runtime.database.read() as session:
        assert session.scalars(select(MachineText)).all() == []
        mine = select(Rendition.origin).where(Rendition.language == "vi")
        assert session.scalars(mine).all() == ["fallback"]


def test_of_an_ordinary_notice_only_what_staff_wrote_is_translated(
    town: Town, service: TranslationService
) -> None:
    id = town.draft("ordinary", blanks=ORDINARY)
    assert source(town, id) == {name: text["ja"] for name, text in ORDINARY.items()}
    service.answers["vi"] = LIBRARY
    machine_texts.translate(town.runtime, id)
    found = standing(town, id)
    assert found.kept == ("vi",)  # the others came back in Japanese
    made = wording(town, id)
    assert (made.origin, made.parts["headline"]) == ("machine", "Thư viện nghỉ")
    assert made.parts["whom"] == LIBRARY.partition("\n")[2]
    assert wording(town, id, "ja-x-easy").origin == "fallback"
    carriers = Carriers(town)
    carriers.network("vi", key_persons=1)
    town.submit(id)
    town.approve(id)
    carriers.ask()
    [relay] = carriers.relays(id)
    assert relay.draft_origin == "machine" and (relay.draft or "").startswith(LIBRARY)
    assert "?lang=ja" not in (relay.draft or "")


def test_a_title_left_in_han_characters_is_no_vietnamese(
    town: Town, service: TranslationService
) -> None:
    id = town.draft("ordinary", blanks=ORDINARY | {"title": {"ja": "休館日"}})
    service.answers["vi"] = LIBRARY.replace("Thư viện nghỉ", "休館日")
    machine_texts.translate(town.runtime, id)
    assert standing(town, id).refused["vi"].problem == "japanese"
