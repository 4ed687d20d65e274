"""A notice from the composer to every phone, and what happens to it on the way."""

import itertools
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
import requests

from bot.languages import complete
from bot.runtime import ROOT
from bot.words import Words
from tests.conftest import running_world
from tests.console import Console
from tests.world import Phone, World, actions_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
LANGUAGES = {known.tag: known.own_name for known in complete("alerts")}
AUTHOR, APPROVER, ADMIN = "sato@minato.example", "suzuki@minato.example", "takahashi@minato.example"
HOUR = 3600.0
SCHOOL = "E9999900007201"
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def city(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A world of its own: what is sent here would surprise the residents of other tests."""
    yield from running_world(request, redis_url, tmp_path_factory.mktemp("notices"), database=2)


@pytest.fixture
def author(city: World) -> Console:
    return Console(city.url).sign_in(AUTHOR)


@pytest.fixture
def approver(city: World) -> Console:
    return Console(city.url).sign_in(APPROVER)


@pytest.fixture(autouse=True)
def nothing_in_force_afterwards(city: World) -> Iterator[None]:
    """Whoever joins gets what is in force, which the next test does not expect."""
    yield
    console = Console(city.url).sign_in(ADMIN)
    page = console.get("/console/notices")
    section = page.partition('id="in_force"')[2].partition("</section>")[0]
    for number in re.findall(r'href="/console/notices/([\d-]+)"', section):
        act(console, number, "stop", reason="the test is over")


def resident_of(city: World, area_label: str, tag: str = "en") -> Phone:
    """Somebody who reads a language and lives in one area."""
    phone = city.resident(joins=False, language="ko")
    phone.act("follow")
    phone.answer(2)
    phone.tap(LANGUAGES[tag], count=2)
    phone.tap(area_label)
    phone.tap(WORDS.text(tag, "areas.done.button"), count=2)
    return phone


def compose(console: Console, query: str, **fields: Any) -> str:
    """Fill the composer's form, check it, and return the notice's number."""
    path = f"/console/notices/compose?{query}"
    page = unescape(console.get(path))
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    hidden.pop("csrf_token")
    defaults = {"start": "now", "expires_at": "2099-01-01T00:00", "do": "check"}
    found = console.post(path, "/console/notices/compose", **(defaults | hidden | fields))
    number = re.search(r"/console/notices/([\d-]+)/submit", found)
    assert number, words_on(found)
    return number.group(1)


def evacuation(console: Console, area: str, **fields: Any) -> str:
    """An evacuation order for one area, ready to be submitted."""
    given = {
        "scope": "areas",
        "areas": area,
        "blank-sites": SCHOOL,
        "issuer": "みなと市長",
        "decided_at": "2026-11-01T10:00",
        "decision_number": f"order {next(_numbers)}",
    }
    return compose(console, "template=rain-4", **(given | fields))


def act(console: Console, number: str, what: str, **fields: str) -> str:
    """Press one of a notice's buttons; the words of the page that follows."""
    page = f"/console/notices/{number}"
    if what == "approve":
        version = re.search(r'name="version" value="(\d+)"', console.get(page))
        fields |= {"version": version.group(1) if version else "0"}
    return words_on(console.post(page, f"{page}/{what}", **fields))


def words_on(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def sent(author: Console, approver: Console, number: str) -> str:
    act(author, number, "submit")
    return act(approver, number, "approve")


def only_alert(phone: Phone) -> tuple[str, str]:
    """The one text and the one card that came, as words."""
    text, card = phone.answer(2)
    assert (text["type"], card["type"]) == ("text", "flex")
    return text["text"], words_of([card])


def nothing_more(*phones: Phone) -> None:
    for phone in phones:
        assert [item for item in phone.received() if item["seq"] > phone.seen] == []


def figures(console: Console, number: str) -> str:
    return words_on(console.get(f"/console/notices/{number}/news"))


def accepted(city: World, console: Console, number: str, people: int) -> None:
    said = re.compile(rf"{people}人中{people}人分をLINEが受け付け、送信待ちはなし")
    city.wait_until(lambda: bool(said.search(figures(console, number))))


def test_everybody_gets_one_text_and_one_card_in_their_language(
    city: World, author: Console, approver: Console
) -> None:
    labels = {"ja": "川端町", "ja-x-easy": "川端町(かわばたちょう)", "en": "Kawabata-cho"}
    labels |= {"zh-Hans": "川端町", "vi": "Kawabata-cho (川端町)"}
    phones = {tag: resident_of(city, label, tag) for tag, label in labels.items()}
    elsewhere = resident_of(city, "Sakuradai")
    number = evacuation(author, "kawabata")
    checked = words_on(author.get(f"/console/notices/{number}"))
    assert "5人に送る前の確認" in checked
    assert "みなと市長" in checked and "order" in checked
    assert "承認を求めました" in act(author, number, "submit")
    assert "承認して5人に送る" in words_on(approver.get("/console/"))
    assert "承認しました" in act(approver, number, "approve")
    for tag, phone in phones.items():
        text, card = only_alert(phone)
        assert WORDS.text(tag, "alert.level", level=4).split()[-1] in card
        assert labels[tag].split(" (")[0] in text
        assert f"/n/{number}" in text and number in card
        assert WORDS.text(tag, "alert.help.button") in card
    accepted(city, author, number, 5)
    nothing_more(*phones.values(), elsewhere)


def test_twice_approved_is_once_sent_and_the_second_learns_who_was_first(
    city: World, author: Console, approver: Console
) -> None:
    phone = resident_of(city, "Ekimae-cho")
    number = evacuation(author, "ekimae")
    assert "ほかの人の承認が必要です" in act(author, number, "submit")
    sent_at_once = act(approver, number, "approve")
    assert "送信を始めました" in sent_at_once
    second = act(Console(city.url).sign_in(ADMIN), number, "approve")
    assert "変更なし：先に行われていました（鈴木 健一" in second
    only_alert(phone)
    accepted(city, author, number, 1)
    nothing_more(phone)


def test_an_author_may_not_approve(city: World, approver: Console) -> None:
    number = evacuation(approver, "yamate")
    act(approver, number, "submit")
    page = f"/console/notices/{number}"
    assert "approve" not in approver.get(page)
    version = "1000000"
    assert "変更しました" in words_on(approver.post(page, f"{page}/approve", version=version))
    admin = Console(city.url).sign_in(ADMIN)
    real = re.search(r'name="version" value="(\d+)"', admin.get(page))
    assert real
    refused = approver.post(page, f"{page}/approve", version=real.group(1), alone="at night")
    assert "ほかの人の承認が必要です" in words_on(refused)
    assert "承認待ち" in words_on(approver.get(page))
    assert "取り下げた" in act(approver, number, "take-back")


def test_an_operator_may_not_approve(city: World, author: Console, approver: Console) -> None:
    number = evacuation(approver, "yamate")
    act(approver, number, "submit")
    with pytest.raises(requests.HTTPError, match="403"):
        act(author, number, "approve")
    act(approver, number, "take-back")


def test_returned_with_a_reason_changed_and_sent_to_the_new_audience_only(
    city: World, author: Console, approver: Console
) -> None:
    first, second = resident_of(city, "Hama-cho"), resident_of(city, "Minato-machi")
    number = evacuation(author, "hamacho")
    act(author, number, "submit")
    assert "理由を書いてください" in act(approver, number, "return", reason=" ")
    page = act(approver, number, "return", reason="港町です")
    assert "下書きに戻した 港町です" in page
    path = f"/console/notices/{number}/edit"
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', author.get(path))
    fields = dict(hidden) | {"start": "now", "expires_at": "2099-01-01T00:00", "do": "check"}
    fields |= {"scope": "areas", "areas": "minatomachi", "issuer": "みなと市長"}
    fields |= {"decided_at": "2026-11-01T10:00", "decision_number": "9"}
    fields.pop("csrf_token")
    author.post(path, "/console/notices/compose", **fields)
    sent(author, approver, number)
    only_alert(second)
    accepted(city, author, number, 1)
    nothing_more(first)


def test_rejected_is_never_sent(city: World, author: Console, approver: Console) -> None:
    phone = resident_of(city, "Sakuradai")
    number = evacuation(author, "sakuradai")
    act(author, number, "submit")
    assert "訓練ではない" in act(approver, number, "reject", reason="訓練ではない")
    assert "却下（送信なし）" in act(approver, number, "approve")
    nothing_more(phone)


def test_scheduled_goes_out_at_its_time(city: World, author: Console, approver: Console) -> None:
    phone = resident_of(city, "Midorigaoka")
    number = evacuation(author, "midorigaoka", start="later", starts_at="2030-01-01T00:00")
    assert "送信を始めます" in sent(author, approver, number)
    assert "予約" in words_on(author.get(f"/console/notices/{number}"))
    nothing_more(phone)
    assert "送信を中止する" in words_on(author.get(f"/console/notices/{number}"))
    act(author, number, "stop", reason="not needed")
    nothing_more(phone)
    soon = evacuation(author, "midorigaoka", start="later", starts_at=_in_hours(city, 2))
    sent(author, approver, soon)
    nothing_more(phone)
    city.move_clock(2 * HOUR + 60)
    only_alert(phone)


def _in_hours(city: World, hours: int) -> str:
    """A time in Japan that many hours after the bot's own time, from its own form."""
    console = Console(city.url).sign_in(AUTHOR)
    page = console.get("/console/notices/compose?template=drill")  # expires after 3 hours
    found = re.search(r'name="expires_at" value="(\d+-\d+-\d+)T(\d+):(\d+)"', page)
    assert found
    day, hour, minute = found.groups()
    assert int(hour) >= 3 - hours, "not within an hour after midnight in Japan"
    return f"{day}T{int(hour) - 3 + hours:02}:{minute}"


def test_an_update_and_a_cancellation_reach_who_got_the_first(
    city: World, author: Console, approver: Console
) -> None:
    first, second = resident_of(city, "Shinden-cho"), resident_of(city, "Honcho")
    number = evacuation(author, "shinden")
    sent(author, approver, number)
    only_alert(first)
    accepted(city, author, number, 1)
    update = evacuation_from(author, f"update={number}", "honcho")
    sent(author, approver, update)
    text, _card = only_alert(first)
    assert text.startswith(WORDS.text("en", "alert.update_mark"))
    accepted(city, author, update, 2)
    assert only_alert(second)[0].startswith(WORDS.text("en", "alert.update_mark"))
    assert f"{update}に更新・取消された" in words_on(author.get(f"/console/notices/{number}"))
    cancel = compose(author, f"cancel={number}")  # leads to the newest of the chain
    sent(author, approver, cancel)
    text, card = only_alert(first)
    assert "No longer in force".lower() in text.lower()
    assert "does not mean that it is safe" in text
    assert not [a for a in actions_of([card]) if "places" in a.get("data", "")]
    nothing_more(first)


def evacuation_from(console: Console, query: str, area: str) -> str:
    return compose(
        console,
        query,
        scope="areas",
        areas=area,
        issuer="みなと市長",
        decided_at="2026-11-01T10:00",
        decision_number="2",
    )


def test_pause_holds_and_resume_goes_on(city: World, author: Console, approver: Console) -> None:
    phone = resident_of(city, "Hikari Danchi (hous…")
    city.simulator.post(
        "behaviour", failures=[{"endpoint": "multicast", "kind": "429-rate", "times": 3}]
    )
    number = evacuation(author, "hikari-danchi")
    sent(author, approver, number)
    assert "一時停止しました" in act(author, number, "pause")
    assert "先に行われていました" in act(author, number, "pause")
    assert "再開しました" in act(author, number, "resume")
    only_alert(phone)
    accepted(city, author, number, 1)
    nothing_more(phone)


def test_a_drill_says_so_everywhere_and_a_real_notice_ends_it(
    city: World, author: Console, approver: Console
) -> None:
    phone = resident_of(city, "Yamate-cho")
    number = evacuation(author, "yamate", drill="yes")
    assert "訓練を1人に送る前の確認" in words_on(author.get(f"/console/notices/{number}"))
    act(author, number, "submit")
    page = approver.get(f"/console/notices/{number}")
    assert "<title>訓練" in page and 'class="stripe"' in page and "icon-drill" in page
    assert "承認して訓練を1人に送る" in words_on(page)
    act(approver, number, "approve")
    text, card = only_alert(phone)
    lines = text.split("\n")
    assert lines[0] == WORDS.text("en", "alert.drill_first")
    assert lines[-1] == WORDS.text("en", "alert.drill_last")
    assert WORDS.text("en", "alert.drill_first") in card
    real = evacuation(author, "yamate")
    sent(author, approver, real)
    text, _card = only_alert(phone)
    assert "DRILL" not in text
    assert f"本物のお知らせ{real}で自動終了" in words_on(author.get(f"/console/notices/{number}"))


def test_free_japanese_text_says_what_it_lacks(
    city: World, author: Console, approver: Console
) -> None:
    phone = resident_of(city, "Hama-cho (浜町)", "vi")
    fields = {"blank-title-ja": "日本語教室", "blank-body-ja": "10月から市役所で開きます。"}
    number = compose(
        author, "template=ordinary", scope="areas", areas="hamacho", category="events", **fields
    )
    page = words_on(author.get(f"/console/notices/{number}"))
    assert re.search(r"\d+人は確認済みの文がなく、日本語になります（", page)
    sent(author, approver, number)
    text, _card = only_alert(phone)
    assert text.startswith(WORDS.text("vi", "fallback.intro"))
    assert "市役所で開きます" in text


def test_taps_gather_under_the_notice(city: World, author: Console, approver: Console) -> None:
    phone = resident_of(city, "Ekimae-cho")
    number = evacuation(author, "ekimae")
    sent(author, approver, number)
    messages = phone.answer(2)
    while number not in words_of(messages):
        messages = phone.answer(2)
    phone.tap(WORDS.text("en", "alert.read.button"), among=messages)
    phone.tap(WORDS.text("en", "alert.help.button"), among=messages)
    news = figures(author, number)
    assert re.search(r"「読みました」の数 1 .*「助けが必要」の数 1", news)
    assert re.search(r"英語 1 0 1", news) and re.search(r"駅前町 1 0 1", news)
