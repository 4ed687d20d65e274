"""Notices in a real browser: from alarm to approval in four taps, watched, cancelled."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.models import Area, StockText
from bot.models.broadcasts import Broadcast
from bot.runtime import ROOT, Runtime
from bot.words import Words
from broadcasts import sending
from tests import factories
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, PASSWORD, staff_of
from tests.world import World, words_of

CHROMIUM = shutil.which("chromium")
AUDIT = Path(__file__).with_name("console_audit.js").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no browser here: apt-get install chromium"
)
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What a browser shows does not depend on the database; the tests over HTTP run on both."""

expect.set_options(timeout=20_000)  # a busy machine


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def sign_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    page.wait_for_url(f"{url}/")


class Taps:
    """Taps, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, what: Locator) -> None:
        what.click(timeout=15_000)
        self.count += 1


@pytest.mark.parametrize("own_world", ["sqlite"], indirect=True)
def test_four_taps_from_alarm_to_approval_then_watched_and_cancelled(
    browser: Browser, own_world: World
) -> None:
    skip = Words.load(ROOT / "bot" / "locale", "bot").text("vi", "areas.skip.button")
    phones = [own_world.joined("English", "Skip"), own_world.joined("Tiếng Việt", skip)]
    url, tap = f"{own_world.url}/console", Taps()
    author, approver = (
        browser.new_context(locale="en", viewport=size).new_page()
        for size in ({"width": 390, "height": 800}, {"width": 1280, "height": 800})
    )
    sign_in(author, url, OPERATOR)
    sign_in(approver, url, APPROVER)

    tap(author.get_by_role("link", name=re.compile(r"Heavy rain \(evacuation order\)")))
    author.get_by_role("checkbox", name="Kawabata-cho").check()
    author.fill("#issuer", "みなと市長")
    author.fill("#decided_at", "2026-11-01T10:00")
    author.fill("#decision_number", "避指12")
    expect(author.locator("#preview")).to_contain_text("Kawabata-cho: EVACUATE NOW")
    tap(author.get_by_role("button", name="Check the contents"))
    tap(author.get_by_role("button", name="Ask for approval"))
    tap(approver.get_by_role("button", name="Approve and send to 2 people"))
    assert tap.count <= 4

    for phone in phones:
        text, card = phone.answer(2)
        assert (text["type"], card["type"]) == ("text", "flex")
    for page in (approver, author):
        if page is author:
            page.goto(approver.url)
        figures = page.locator(".headline")
        expect(figures).to_contain_text("accepted it for 2 of 2 people", timeout=15_000)

    author.get_by_role("link", name="Make a cancellation").click()
    author.get_by_role("button", name="Check the contents").click()
    author.get_by_role("button", name="Ask for approval").click()
    approver.goto(f"{url}/")
    approver.get_by_role("button", name="Approve and send to 2 people").click()
    for phone in phones:
        assert "119" in words_of(phone.answer(2))
    author.context.close()
    approver.context.close()


@only_sqlite
def test_the_preview_takes_no_focus_and_a_tick_chooses_the_areas(page: Page, url: str) -> None:
    sign_in(page, url, OPERATOR)
    page.goto(f"{url}/notices/compose?template=ordinary")
    title = page.get_by_label("Title: 日本語")
    title.click()
    page.keyboard.type("日本語教室")
    expect(page.locator("#preview")).to_contain_text("once the Japanese title and text are written")
    page.get_by_label("Text: 日本語").fill("10月から")
    title.focus()
    expect(page.locator("#preview")).to_contain_text("日本語教室")
    expect(title).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("compose"))
    page.get_by_role("checkbox", name="Honcho").check()
    expect(page.get_by_role("radio", name=re.compile("These areas"))).to_be_checked()
    page.route("**/preview", lambda route: route.abort())
    page.keyboard.press("Tab")
    page.get_by_role("checkbox", name="Yamate-cho").check()
    expect(page.locator("#preview-stale")).to_be_visible()


@only_sqlite
def test_what_was_typed_survives_reload_and_coming_back(page: Page, url: str) -> None:
    sign_in(page, url, OPERATOR)
    page.goto(f"{url}/notices/compose?template=river-4")
    page.get_by_role("radio", name="Minato River").check()
    page.get_by_role("checkbox", name="Kawabata-cho").first.check()
    page.fill("#issuer", "みなと市長")
    page.fill("#decision_number", "避指12")
    page.reload()
    expect(page.locator("#decision_number")).to_have_value("避指12")
    expect(page.get_by_role("radio", name="Minato River")).to_be_checked()
    page.fill("#decided_at", "2026-11-01T10:00")
    page.get_by_role("button", name="Check the contents").click()
    expect(page.locator("h1")).to_contain_text("Check before it goes to")
    checked = page.url
    page.go_back()
    expect(page.locator("#decision_number")).to_have_value("避指12")
    page.fill("#decision_number", "避指13")
    page.get_by_role("button", name="Check the contents").click()
    expect(page).to_have_url(checked)  # the same draft, changed
    expect(page.locator("main")).to_contain_text("避指13")


@only_sqlite
def test_composing_and_approving_without_javascript(
    browser: Browser, url: str, demo_city: Runtime
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ja")
    page = context.new_page()
    sign_in(page, url, OPERATOR)
    page.get_by_role("link", name="大津波警報").click()
    page.get_by_role("button", name="プレビューを更新").click()
    page.get_by_role("button", name="内容を確認").click()
    page.get_by_role("button", name="承認を求める").click()
    expect(page.locator("main")).to_contain_text("ほかの人の承認が必要です")
    page.get_by_role("button", name="サインアウト").click()
    sign_in(page, url, APPROVER)
    page.get_by_role("button", name="承認して0人に送る").click()
    expect(page.locator("h1")).to_contain_text("大津波警報")
    context.close()


@only_sqlite
def test_a_drill_looks_like_one_as_soon_as_it_is_chosen(page: Page, url: str) -> None:
    sign_in(page, url, OPERATOR)
    page.goto(f"{url}/drills")
    page.get_by_role("link", name="Start a drill").click()
    page.get_by_role("link", name="Earthquake").click()
    expect(page).to_have_title(re.compile("^DRILL: "))
    expect(page.locator(".stripe")).to_contain_text("DRILL")
    expect(page.get_by_role("radio", name=re.compile("^Drill"))).to_be_checked()


def everything(runtime: Runtime) -> dict[str, str]:
    """A notice in every state, with long texts and 21 areas; their numbers by state."""
    with runtime.database.write() as session:
        for index in range(11):
            names = {"ja": f"長い名前の地域その{index}", "en": f"Nagainamae-no-chiiki {index}"}
            session.add(
                Area(
                    id=f"more-{index}", position=50 + index, names=names, latitude=35, longitude=139
                )
            )
        for tag in ("ja", "vi", "zh-Hans", "my"):
            factories.resident(session, languages=[tag])
        session.get_one(StockText, ("alert", "rain-4", "vi")).review = "drafted"
        now = runtime.clock.now()
        author, approver = staff_of(runtime, OPERATOR), staff_of(runtime, APPROVER)
        numbers = {}
        for state in ("draft", "pending", "drill", "live", "rejected"):
            broadcast = Broadcast(
                number=sending.next_number(session, now),
                template_id="rain-4",
                blanks={"sites": ["E9999900007201"]},
                category="alert",
                severity="Severe",
                urgency="Immediate",
                area_ids=["more-1", "more-2", "more-3", "more-4"],
                issuer="みなと市長",
                decided_at=now,
                decision_number="" if state == "draft" else "避指12",
                drill=state == "drill",
                expires_at=now.replace(year=now.year + 1),
                author_id=author.id,
                created_at=now,
            )
            session.add(broadcast)
            session.flush()
            numbers[state] = broadcast.number
            if state == "draft":
                continue
            sending.submit(session, runtime, broadcast, author)
            if state == "live":
                sending.approve(session, runtime, broadcast, approver)
            if state == "rejected":
                sending.reject(session, broadcast, approver, "wrong " * 20, now)
    return numbers


@only_sqlite
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_can_be_used_by_everybody(
    browser: Browser, url: str, demo_city: Runtime, language: str, scheme: str
) -> None:
    numbers = everything(demo_city)
    context = browser.new_context(
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # only to enlarge the text from outside
    )
    page = context.new_page()
    sign_in(page, url, ADMIN)
    paths = ["", "notices", "drills", "notices/new"]
    paths += [f"notices/{number}" for number in numbers.values()]
    paths += [f"notices/compose?template={id}" for id in ("river-4", "ordinary", "shelter-full")]
    paths += [f"notices/compose?{what}={numbers['live']}" for what in ("update", "cancel")]
    paths += ["notices/compose?template=rain-4&drill=1"]
    problems = []
    for path in paths:
        page.goto(f"{url}/{path}")
        problems += audited(page, path)
    page.goto(f"{url}/notices/compose?template=river-4")
    page.get_by_role("button", name=re.compile("内容を確認|Check the contents")).click()
    expect(page.locator(".summary")).to_be_visible()
    problems += audited(page, "refused")
    context.close()
    assert problems == []


def audited(page: Page, where: str) -> list[str]:
    """What cannot be used at phone and desk widths, and with text of twice the size."""
    found = []
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{where}, {width} px: {problem}" for problem in page.evaluate(AUDIT)]
    page.add_style_tag(content="html { font-size: 200% !important }")
    page.set_viewport_size({"width": 390, "height": 800})
    found += [f"{where}, large text: {problem}" for problem in page.evaluate(AUDIT)]
    return found
