"""Networks and a notice's relay in a real browser: nothing moves, nothing typed is lost."""

import re
import shutil

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.runtime import Runtime
from broadcasts import relaying
from tests.handlers import carrying
from tests.handlers.officer import APPROVER, PASSWORD
from tests.journeys.test_notice_in_browser import audited

CHROMIUM = shutil.which("chromium")
LONG = "ミャンマー語を話す人のネットワーク（みなと水産・みなと高校・港町教会）မြန်မာ"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no browser here: apt-get install chromium"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
expect.set_options(timeout=20_000)  # a busy machine


def signed_in(browser: Browser, url: str, language: str = "en", dark: bool = False) -> Page:
    page = browser.new_context(
        locale=language,
        viewport={"width": 1280, "height": 800},
        color_scheme="dark" if dark else "light",
        bypass_csp=True,  # only to enlarge the text from outside
    ).new_page()
    page.goto(f"{url}/sign-in")
    page.fill("#email", APPROVER)
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    page.wait_for_url(f"{url}/")
    return page


def carried(runtime: Runtime, language: str, name: str = "") -> tuple[str, int]:
    """A notice in force and the key person who has taken it on in a new network."""
    network = carrying.network(runtime, language, name, members=2)
    person = carrying.key_person(runtime, network)
    carrying.key_person(runtime, network)
    number = carrying.notice(runtime)
    carrying.does(runtime, person, relaying.accept)
    return number, person


def test_nothing_typed_or_unfolded_is_lost_while_news_come(
    browser: Browser, url: str, demo_city: Runtime
) -> None:
    late = carrying.key_person(demo_city, carrying.network(demo_city, "fa"))
    number, person = carried(demo_city, "hi", "हिन्दी मंच")
    carrying.writes(demo_city, person, "नदी")
    page = signed_in(browser, url)
    page.goto(f"{url}/notices/{number}/relay")
    network = page.locator('[data-key^="network-"]', has_text="हिन्दी मंच").locator("details")
    network.locator("summary").click()
    page.get_by_text("Return", exact=True).click()
    reason = page.locator('textarea[name="reason"]').first
    reason.fill("時間を 直して ください")
    before = page.locator("h2", has_text="Texts waiting").bounding_box()
    carrying.does(demo_city, late, relaying.accept)
    carrying.writes(demo_city, late, "رودخانه")
    fresh = page.get_by_role("button", name="Show 1 new")
    expect(fresh).to_be_visible()
    assert page.evaluate("document.activeElement.name") == "reason"
    assert page.locator("h2", has_text="Texts waiting").bounding_box() == before
    assert page.locator(".waiting-text").count() == 1
    fresh.click()
    expect(page.locator(".waiting-text")).to_have_count(2)
    assert reason.input_value() == "時間を 直して ください"
    assert network.evaluate("element => element.open")
    page.get_by_role("button", name=re.compile("^Return it to")).first.click()
    expect(page.locator(".said").first).to_contain_text("Returned to")
    page.context.close()


@pytest.mark.parametrize(("language", "dark"), [("ja", False), ("en", True)])
def test_every_page_of_networks_can_be_used(
    browser: Browser, url: str, demo_city: Runtime, language: str, dark: bool
) -> None:
    number, person = carried(demo_city, "fa", "انجمن فارسی‌زبانان")
    carrying.writes(demo_city, person, "رودخانه")
    gap = carrying.network(demo_city, "my", LONG)
    carrying.key_person(demo_city, gap, state="to_confirm")
    page = signed_in(browser, url, language, dark)
    parts = ["", "/new", f"/{gap}", f"/{gap}/change", f"/{gap}/invite", f"/people/{person}"]
    paths = [*(f"/networks{part}" for part in parts), f"/notices/{number}/relay", "/"]
    problems = []
    for path in paths:
        page.goto(f"{url}{path}")
        page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
        problems += audited(page, path)
    page.goto(f"{url}/networks/{gap}/invite")
    page.fill("#name", LONG[:60])
    page.fill("#phone", "076-220-2111")
    page.click("main button.main")
    page.locator(".qr-code").wait_for()
    page.wait_for_load_state()
    problems += audited(page, "invited")
    page.context.close()
    assert problems == []
