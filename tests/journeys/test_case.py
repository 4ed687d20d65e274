"""A question and its answers: the resident's phone, the staff's console, all over HTTP."""

import re
import tomllib
from collections.abc import Iterator
from html import unescape
from uuid import uuid4

import pytest

from bot.languages import complete
from bot.runtime import ROOT
from bot.words import Words
from tests.conftest import running_world
from tests.console import Console
from tests.translator import TranslationService, translation_service
from tests.world import Phone, World, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
OWN_NAMES = {known.tag: known.own_name for known in complete("conversation")}
SATO, LAN, CHEN = "sato@minato.example", "lan@minato.example", "chen@minato.example"
QUESTION = "Tôi muốn hỏi về nhà trẻ cho con 2 tuổi"


@pytest.fixture(scope="module")
def service() -> Iterator[TranslationService]:
    with translation_service() as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite"])
def translated_world(
    request: pytest.FixtureRequest,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    service: TranslationService,
) -> Iterator[World]:
    """The whole bot with a translator for residents' words."""
    more = {
        "TRANSLATOR": "libre",
        "TRANSLATOR_URL": service.url,
        "TRANSLATE_RESIDENTS": "yes",
    }
    folder = tmp_path_factory.mktemp("translated")
    yield from running_world(request, redis_url, folder, database=2, more=more)


def asks(world: World, tag: str, text: str) -> Phone:
    """Somebody who wants a person and has written a question."""
    phone = world.joined(OWN_NAMES[tag], WORDS.text(tag, "areas.skip.button"))
    phone.ask("🙂")
    phone.tap(WORDS.text(tag, "person.button"))
    assert WORDS.text(tag, "case.added") in phone.ask(text)
    return phone


def case_of(console: Console) -> str:
    """The path of the case that was opened last."""
    numbers = re.findall(r'data-key="(\d+)"', console.get("/console/cases"))
    return f"/console/cases/{max(map(int, numbers))}"


def reply(console: Console, path: str, way: str, **fields: str) -> str:
    form = {"way": way, "once": str(uuid4()), "newest": "100000000"}
    return unescape(console.post(path, f"{path}/reply", **(form | fields)))


def stock_begins(key: str, tag: str) -> str:
    """A prepared answer up to its first blank."""
    path = ROOT / "templates" / "replies" / f"{tag}.toml"
    text: str = tomllib.loads(path.read_text(encoding="utf-8"))[key]["text"]
    return text.strip().split("{")[0]


def sender_of(phone: Phone) -> str:
    name: str = phone.received()[-1]["message"]["sender"]["name"]
    return name


@pytest.mark.parametrize("tag", OWN_NAMES)
def test_a_prepared_answer_arrives_in_every_language(world: World, tag: str) -> None:
    phone = asks(world, tag, "1234567?")
    sato = Console(world.url).sign_in(SATO)
    path = case_of(sato)
    sato.post(path, f"{path}/take")
    assert WORDS.text(tag, "case.somebody_is_here") in phone.read()
    reply(sato, path, "stock", key="call-us")
    assert phone.read().startswith(stock_begins("call-us", tag))
    assert sender_of(phone) == WORDS.text(tag, "staff.sender", name="佐藤 真由")[:20]
    world.wait_until(lambda: "LINEが受け付けた" in sato.get(path))


def test_asked_answered_asked_again_closed_and_opened_again(world: World) -> None:
    phone = asks(world, "vi", QUESTION)
    lan = Console(world.url).sign_in(LAN)
    path = case_of(lan)
    lan.post(path, f"{path}/take")
    phone.read()
    assert QUESTION in unescape(lan.get(path))
    reply(lan, path, "direct", words="Chị đến quầy số 2 nhé", note="2番窓口を案内")
    assert phone.read() == "Chị đến quầy số 2 nhé"
    assert "2番窓口を案内" in lan.get(path)
    assert "回答済み" in lan.get(path)

    # Thanks are no new question; a question is, and the same person has it again.
    assert WORDS.text("vi", "small_talk.thanks") in phone.ask("Cảm ơn")
    assert "回答済み：" in lan.get(path)
    assert WORDS.text("vi", "case.added") in phone.ask("Quầy số 2 ở tầng mấy vậy chị?")
    page = unescape(lan.get(path))
    assert "対応中：" in page
    assert "あなたが担当" in page
    assert "Quầy số 2 ở tầng mấy" in page

    lan.post(path, f"{path}/close", tell="yes")
    assert WORDS.text("vi", "case.closed") in phone.read()
    # Closed: the bot answers again.
    assert WORDS.text("vi", "case.added") not in phone.ask("Ngày nào thu gom rác?", count=2)
    lan.post(path, f"{path}/reopen")
    reply(lan, path, "stock", key="answered-anything-else")
    assert phone.read()
    assert "回答済み：" in lan.get(path)


def test_a_day_after_the_answer_the_bot_answers_again(own_world: World) -> None:
    phone = asks(own_world, "en", "Where do I pay the tax?")
    sato = Console(own_world.url).sign_in(SATO)
    path = case_of(sato)
    reply(sato, path, "direct", words="At counter 5.", note="5番窓口")
    assert phone.read() == "At counter 5."
    own_world.move_clock(25 * 3600)
    assert "Staff will see this too." not in phone.ask("What day is garbage collection?", count=2)
    sato.sign_in(SATO)
    assert "回答済み：" in sato.get(path)
    # Who asks for a person now gets the same case, with the same member of staff.
    phone.ask("menu")
    phone.tap("Talk to a person")
    assert "対応中：" in sato.get(path)
    assert "あなたが担当" in sato.get(path)


def test_by_machine_both_ways_with_the_japanese_one_tap_away(
    translated_world: World, service: TranslationService
) -> None:
    phone = asks(translated_world, "vi", QUESTION)
    sato = Console(translated_world.url).sign_in(SATO)
    path = case_of(sato)
    translated_world.wait_until(lambda: f"[ja] {QUESTION}" in unescape(sato.get(path)))
    assert "機械翻訳・未確認" in sato.get(path)
    assert f"[ja] {QUESTION}" in unescape(sato.get("/console/cases"))

    japanese = "窓口は8時30分からです。"
    shown = reply(sato, path, "japanese", japanese=japanese)
    assert f"[vi] {japanese}" in shown
    assert "[vi]" not in words_of([item["message"] for item in phone.received()])
    reply(sato, path, "japanese", japanese=japanese, checked=f"[vi] {japanese}")
    came = phone.read()
    assert came.startswith(f"[vi] {japanese}")
    assert WORDS.text("vi", "staff.machine_note") in came
    assert sender_of(phone) == WORDS.text("vi", "staff.sender", name="佐藤 真由")[:20]
    original = phone.tap(WORDS.text("vi", "staff.original.button"))
    assert original == WORDS.text("vi", "staff.original", text=japanese)

    # Nobody else gets it by guessing its number.
    action = next(
        item["message"]["quickReply"]["items"][0]["action"]["data"]
        for item in phone.received()
        if "quickReply" in item["message"] and "original" in str(item["message"]["quickReply"])
    )
    stranger = translated_world.joined("English", "Skip")
    stranger.act("postback", data=action)
    assert japanese not in stranger.read()


def test_a_protected_question_is_nobody_elses_and_no_machines(
    translated_world: World, service: TranslationService
) -> None:
    asked_before = len(service.asked)
    phone = translated_world.joined("Tiếng Việt", WORDS.text("vi", "areas.skip.button"))
    phone.ask("Chồng tôi đánh tôi")
    chen, sato = (Console(translated_world.url).sign_in(email) for email in (CHEN, SATO))
    path = case_of(chen)
    assert "Chồng tôi đánh tôi" in unescape(chen.get(path))
    assert "Chồng tôi" not in unescape(sato.get("/console/cases"))
    for place in (path, f"{path}/news", f"{path}?panel=facts"):
        assert sato.status(place) == 403
    reply(chen, path, "stock", key="call-us")
    assert phone.read()
    assert WORDS.text("vi", "private.added") in phone.ask("Tôi gọi được không?")
    assert "Tôi gọi được không?" in unescape(chen.get(path))
    assert len(service.asked) == asked_before
    assert not translated_world.database_has("Chồng tôi")


def test_two_at_the_console_send_one_answer(world: World) -> None:
    phone = asks(world, "vi", QUESTION)
    sato, lan = (Console(world.url).sign_in(email) for email in (SATO, LAN))
    path = case_of(sato)
    page = lan.get(path)
    newest = re.search(r'name="newest" value="(\d+)"', page)
    assert newest
    sato.post(path, f"{path}/writing")
    assert "佐藤 真由さんが返信中" in lan.get(path)
    once = str(uuid4())
    for _ in range(2):
        reply(sato, path, "stock", key="call-us", once=once)
    late = lan.post_any(
        path,
        f"{path}/reply",
        way="direct",
        words="Chào chị",
        note="こんにちは",
        once=str(uuid4()),
        newest=newest.group(1),
    )
    assert late.status_code == 409
    assert "先に佐藤 真由さんが返信しました" in late.text
    assert "Chào chị" in unescape(late.text)
    phone.read()
    world.wait_until(lambda: "LINEが受け付けた" in sato.get(path))
    texts = words_of([item["message"] for item in phone.received()])
    assert texts.count(stock_begins("call-us", "vi")) == 1
    assert "Chào chị" not in texts


def test_who_blocked_the_account_is_not_written_to(world: World) -> None:
    phone = asks(world, "vi", QUESTION)
    sato = Console(world.url).sign_in(SATO)
    path = case_of(sato)
    phone.act("unfollow")
    world.wait_until(lambda: "ブロックしています" in sato.get(path))
    refused = sato.post_any(path, f"{path}/reply", way="stock", key="call-us", once="z")
    assert refused.status_code == 409
