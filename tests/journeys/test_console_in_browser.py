"""The console in a real browser: with and without JavaScript, by keyboard, on a phone."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from bot import alarms, cases
from bot.models import Case, StaffSession
from bot.runtime import Runtime
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, PASSWORD, open_case, staff_of

CHROMIUM = shutil.which("chromium")
AUDIT = Path(__file__).with_name("console_audit.js").read_text(encoding="utf-8")

TEXTS_AND_ALARMS = (
    "texts",
    "texts?kind=faq&language=vi",
    "texts/alert/rain-4/vi",
    "texts-adopt/alert/vi",
    "policy",
    "on-call",
    "alarms/1",
)

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no browser here: apt-get install chromium"),
    # What a browser shows does not depend on the database; the tests over HTTP run on both.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

expect.set_options(timeout=20_000)  # a busy machine


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def sign_in(page: Page, url: str, email: str = OPERATOR) -> None:
    page.goto(f"{url}/sign-in")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    page.wait_for_url(f"{url}/")


def keys(page: Page) -> list[int]:
    return [int(row.get_attribute("data-key") or 0) for row in page.locator("[data-key]").all()]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_signing_in_and_taking_a_case_by_keyboard(page: Page, url: str, demo_city: Runtime) -> None:
    open_case(demo_city)
    page.goto(f"{url}/")
    page.keyboard.type(OPERATOR)  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(13):
        page.keyboard.press("Tab")
        ring = page.evaluate(
            "(() => { const style = getComputedStyle(document.activeElement);"
            " return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth); })()"
        )
        assert ring == 3, focused(page)
        if focused(page).startswith("Take it"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".said").first).to_contain_text("You have taken this case")
    expect(page.locator("h1")).to_contain_text("Being handled")


def test_news_waits_behind_a_button_and_takes_no_focus(
    page: Page, url: str, demo_city: Runtime
) -> None:
    first = open_case(demo_city, 1)
    sign_in(page, url)
    page.locator(f'[data-key="{first}"] button').focus()
    urgent = open_case(demo_city, 2, urgent=True)
    expect(page.get_by_role("button", name="Show 1 new, 1 urgent")).to_be_visible(timeout=10_000)
    assert keys(page) == [first]
    assert focused(page).startswith("Take it")
    expect(page).to_have_title(re.compile(r"^\(2\) Now"))
    expect(page.locator(".count.urgent b")).to_have_text("1")
    page.get_by_role("button", name="Show 1 new, 1 urgent").click()
    assert keys(page) == [urgent, first]
    assert focused(page) == "2 cases are waiting"
    expect(page.get_by_role("button", name="Show 1 new, 1 urgent")).to_be_hidden()


def test_what_a_colleague_took_stays_in_its_place(page: Page, url: str, demo_city: Runtime) -> None:
    taken, gone, kept = (open_case(demo_city, number) for number in (1, 2, 3))
    sign_in(page, url)
    with demo_city.database.write() as session:
        colleague = staff_of(demo_city, APPROVER)
        assert cases.take(demo_city, session, session.get_one(Case, taken), colleague)
        session.get_one(Case, gone).state = "closed"
    row = page.locator(f'[data-key="{taken}"]')
    expect(row).to_contain_text("With 鈴木 健一", timeout=10_000)
    expect(page.locator(f'[data-key="{gone}"]')).to_contain_text("Not waiting any more")
    assert keys(page) == [taken, gone, kept]
    expect(page.locator("h1")).to_have_text("1 case is waiting")
    expect(page.locator(f'[data-key="{kept}"] button')).to_be_visible()


def test_the_first_case_of_a_quiet_night_is_shown_at_once(
    page: Page, url: str, demo_city: Runtime
) -> None:
    sign_in(page, url)
    expect(page.locator("h1")).to_contain_text("Nothing needs you now")
    case_id = open_case(demo_city)
    expect(page.locator(f'[data-key="{case_id}"]')).to_be_visible(timeout=10_000)
    expect(page.locator("h1")).to_have_text("1 case is waiting")


def test_a_page_that_hears_nothing_says_since_when(
    page: Page, url: str, demo_city: Runtime
) -> None:
    page.clock.install()
    sign_in(page, url)
    page.clock.run_for(4_000)
    told = page.locator("[data-stale]")
    expect(told).to_be_hidden()
    page.route("**/news", lambda route: route.abort())
    page.clock.run_for(12_000)
    as_of = page.locator("p [data-as-of]").text_content()
    expect(told).to_have_text(f"The page has stopped updating. This is from {as_of}.")
    page.unroute("**/news")
    page.clock.run_for(4_000)
    page.clock.run_for(1_000)
    expect(told).to_be_hidden()


def test_a_page_whose_session_ended_says_so(page: Page, url: str, demo_city: Runtime) -> None:
    open_case(demo_city)
    sign_in(page, url)
    with demo_city.database.write() as session:
        session.execute(delete(StaffSession))
    told = page.locator("[data-signed-out]")
    expect(told).to_contain_text("You are signed out. This is from", timeout=10_000)
    page.locator("[data-key] button").click()
    expect(page.locator("main")).to_contain_text("What you typed is kept")
    page.fill("#email", OPERATOR)
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator("h1")).to_contain_text("Being handled")


def test_everything_works_without_javascript(
    browser: Browser, url: str, demo_city: Runtime
) -> None:
    open_case(demo_city)
    context = browser.new_context(java_script_enabled=False, locale="ja")
    page = context.new_page()
    sign_in(page, url)
    page.get_by_role("button", name="担当する").click()
    page.get_by_role("link", name="いま").click()
    expect(page.locator("#assigned .mark")).to_have_text("あなたが担当")
    page.get_by_role("link", name="最新の内容を見る").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_contain_text("No case is waiting")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    context.close()


def test_a_password_can_be_shown_and_pasted(page: Page, url: str, demo_city: Runtime) -> None:
    page.goto(f"{url}/sign-in")
    page.fill("#password", "visible?")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#password")).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide").click()
    expect(page.locator("#password")).to_have_attribute("type", "password")
    page.fill("#email", OPERATOR)
    page.click("main button.main")
    expect(page.locator(".summary")).to_be_focused()
    expect(page.locator("#email")).to_have_value(OPERATOR)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_can_be_used_by_everybody(
    browser: Browser, url: str, demo_city: Runtime, language: str, scheme: str
) -> None:
    for number, what in enumerate(
        (
            {},
            {"urgent": True, "topic_id": "emergency.flood-landslide"},
            {"protected": True, "reason": "protected"},
            {"state": "assigned", "assignee_id": 1, "language": "zh-Hans"},
        )
    ):
        open_case(demo_city, number, **what)
    demo_city.clock.move(600)
    alarms.run(demo_city)
    context = browser.new_context(
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # only to enlarge the text from outside
    )
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    problems = audited(page, "sign-in")
    press(page)
    problems += audited(page, "sign-in refused")
    sign_in(page, url, ADMIN)
    for path in (
        *TEXTS_AND_ALARMS,
        "",
        "accounts",
        "accounts/1",
        "accounts/new",
        "password",
        "nowhere",
        "link/x",
    ):
        page.goto(f"{url}/{path}")
        problems += audited(page, path)
    page.goto(f"{url}/accounts/new")
    press(page)
    problems += audited(page, "account refused")
    context.close()
    assert problems == []


def press(page: Page) -> None:
    """The page's main button, and wait for the whole page that follows."""
    with page.expect_navigation(wait_until="load"):
        page.click("main button.main")


def audited(page: Page, where: str) -> list[str]:
    """What cannot be used at phone and desk widths, and with text of twice the size."""
    found = []
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{where}, {width} px: {problem}" for problem in page.evaluate(AUDIT)]
    page.add_style_tag(content="html { font-size: 200% !important }")
    page.set_viewport_size({"width": 390, "height": 800})
    found += [f"{where}, large text: {problem}" for problem in page.evaluate(AUDIT)]
    return found
