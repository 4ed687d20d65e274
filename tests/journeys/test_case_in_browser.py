"""Cases in a real browser: answered by keyboard, alive without moving, nothing typed lost."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from bot.models import Case, Delivery, Message, StaffSession
from bot.runtime import Runtime
from tests.handlers.officer import ADMIN, OPERATOR, PASSWORD, open_case, said, staff_of
from tests.journeys.test_console_in_browser import audited, sign_in

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no browser here: apt-get install chromium"),
    # What a browser shows does not depend on the database; the tests over HTTP run on both.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

LONG = {
    "vi": "Tôi nhận được giấy báo thuế nhưng vừa nghỉ việc. Tôi có thể xin trả góp không? " * 4,
    "my": "မင်္ဂလာပါ။ ကျွန်မကလေးက အဖျားကြီးနေပါတယ်။ ညဘက်မှာ ဘယ်ဆေးရုံကို သွားရမလဲ။ " * 3,
    "ar": "مرحبا، أحتاج إلى المساعدة في تسجيل طفلي في المدرسة. رقم هاتفي 090-1234-5678 " * 3,
    "en": "Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenauszahlungsstelle" * 2,
}

expect.set_options(timeout=20_000)  # a busy machine


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def messages(page: Page) -> int:
    return page.locator("[data-message]").count()


def test_a_case_is_found_taken_and_answered_by_keyboard(
    page: Page, url: str, demo_city: Runtime
) -> None:
    first, second = (open_case(demo_city, number, language="ja") for number in (1, 2))
    said(demo_city, second, "窓口は何時からですか", language="ja")
    sign_in(page, url)
    page.goto(f"{url}/cases")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{second}*")
    page.keyboard.press("a")
    expect(page.locator(".said").first).to_contain_text("You have taken this case")
    page.keyboard.press("n")
    page.keyboard.type("窓口に確認")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said-by.note")).to_contain_text("窓口に確認")
    page.keyboard.press("r")
    page.keyboard.type("8時30分からです。")
    page.keyboard.press("Enter")
    page.keyboard.type("お待ちしています。")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".said-by.staff .words")).to_have_text(
        re.compile("8時30分からです。\nお待ちしています。")
    )
    expect(page.locator("h1")).to_contain_text("Answered")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    assert first < second


def test_single_keys_can_be_switched_off_and_stay_off(
    page: Page, url: str, demo_city: Runtime
) -> None:
    open_case(demo_city)
    sign_in(page, url)
    page.goto(f"{url}/cases")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("Use single keys").uncheck()
    page.get_by_role("button", name="Back").click()
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement === document.body")
    page.get_by_role("button", name="Keys and sound").click()
    expect(page.get_by_label("A short sound when a resident writes")).not_to_be_checked()


def test_what_is_new_waits_and_nothing_moves_while_somebody_writes(
    page: Page, url: str, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city, 1, language="ja")
    said(demo_city, case_id, "もしもし", language="ja")
    sign_in(page, url)
    page.goto(f"{url}/cases/{case_id}")
    page.locator("#japanese").fill("少々")
    place = page.locator("#japanese").bounding_box()
    said(demo_city, case_id, "まだですか", language="ja")
    open_case(demo_city, 2)
    button = page.get_by_role("button", name="Show new messages (1)")
    expect(button).to_be_visible(timeout=10_000)
    expect(page).to_have_title(re.compile(r"^\(2\) "))
    assert messages(page) == 1
    assert page.locator("#japanese").bounding_box() == place
    expect(page.locator("#japanese")).to_be_focused()
    button.click()
    assert messages(page) == 2
    assert page.locator("[data-key]").count() == 2
    expect(page.locator("#japanese")).to_have_value("少々")


def test_colleagues_see_who_is_writing_and_what_line_said(
    browser: Browser, page: Page, url: str, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city, language="ja")
    sign_in(page, url)
    page.goto(f"{url}/cases/{case_id}")
    other = browser.new_context(locale="en").new_page()
    sign_in(other, url, ADMIN)
    other.goto(f"{url}/cases/{case_id}")
    page.locator("#japanese").type("はい")
    expect(other.locator(".writing")).to_contain_text("佐藤 真由 is writing", timeout=10_000)
    page.get_by_role("button", name="Send reply").first.click()
    expect(page.locator(".said-by.staff")).to_contain_text("Waiting to be sent")
    with demo_city.database.write() as session:
        session.query(Delivery).one().state = "accepted"
    expect(page.locator(".said-by.staff")).to_contain_text("LINE accepted it", timeout=10_000)
    other.locator("#japanese").fill("私も")
    other.get_by_role("button", name="Send reply").first.click()
    expect(other.locator("[role=alert]").first).to_contain_text("has answered meanwhile")
    expect(other.locator("#japanese")).to_have_value("私も")
    other.get_by_role("button", name="Send mine as well").click()
    expect(other.locator(".said-by.staff")).to_have_count(2)
    other.context.close()


def test_what_was_typed_survives_leaving_and_a_lost_session(
    page: Page, url: str, demo_city: Runtime
) -> None:
    case_id, other = (open_case(demo_city, number, language="ja") for number in (1, 2))
    sign_in(page, url)
    page.goto(f"{url}/cases/{case_id}")
    page.locator("#japanese").fill("長い返事")
    page.goto(f"{url}/cases/{other}")
    expect(page.locator("#japanese")).to_have_value("")
    page.goto(f"{url}/cases/{case_id}")
    expect(page.locator("#japanese")).to_have_value("長い返事")
    with demo_city.database.write() as session:
        session.execute(delete(StaffSession))
    expect(page.locator("[data-signed-out]")).to_contain_text("signed out", timeout=10_000)
    page.get_by_role("button", name="Send reply").first.click()
    expect(page.locator("main")).to_contain_text("What you typed is kept")
    page.fill("#email", OPERATOR)
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator(".said-by.staff .words")).to_have_text("長い返事")
    page.reload()
    expect(page.locator("#japanese")).to_have_value("")


def test_a_protected_cases_words_are_not_kept_in_the_browser(
    page: Page, url: str, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city, language="ja", protected=True, reason="protected")
    sign_in(page, url, ADMIN)
    page.goto(f"{url}/cases/{case_id}")
    page.locator("#japanese").fill("大丈夫ですか")
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_a_case_that_becomes_protected_leaves_the_screen(
    page: Page, url: str, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city)
    said(demo_city, case_id, "Giúp tôi")
    sign_in(page, url)
    page.goto(f"{url}/cases/{case_id}")
    with demo_city.database.write() as session:
        session.get_one(Case, case_id).protected = True
    expect(page.locator("h1")).to_have_text("This page is not for your account", timeout=10_000)


def test_cases_work_without_javascript(browser: Browser, url: str, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    said(demo_city, case_id, "Xin chào")
    context = browser.new_context(java_script_enabled=False, locale="ja")
    page = context.new_page()
    sign_in(page, url)
    page.get_by_role("link", name="相談", exact=True).click()
    page.get_by_role("link", name="Xin chào").click()
    page.get_by_role("button", name="担当する").click()
    page.get_by_text("電話してください", exact=True).click()
    page.locator(".for-stock").get_by_role("button", name="返信を送る").click()
    expect(page.locator(".said-by.staff")).to_contain_text("送信待ち")
    page.locator("#memo").fill("折り返しあり")
    page.get_by_role("button", name="メモを残す").click()
    page.get_by_role("button", name="知らせずに終了").click()
    expect(page.locator("h1")).to_contain_text("終了")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_case_page_can_be_used_by_everybody(
    browser: Browser, url: str, demo_city: Runtime, language: str, scheme: str
) -> None:
    admin = staff_of(demo_city, ADMIN).id
    many = open_case(demo_city, 1, state="assigned", assignee_id=admin, urgent=True)
    for number, (tag, text) in enumerate(LONG.items()):
        case_id = open_case(demo_city, 2 + number, language=tag if tag in ("vi", "en") else "vi")
        said(demo_city, case_id, text, language=tag)
    protected = open_case(demo_city, 9, protected=True, reason="protected")
    closed = open_case(demo_city, 10, state="closed")
    with demo_city.database.write() as session:
        case = session.get_one(Case, many)
        for number in range(300):
            tag, text = list(LONG.items())[number % 4]
            author = ("resident", "staff", "bot", "staff")[number % 4]
            session.add(
                Message(
                    resident_id=case.resident_id,
                    case_id=many,
                    at=demo_city.clock.now(),
                    author=author,
                    staff_id=admin if author == "staff" else None,
                    kind="note" if number % 8 == 1 else "text",
                    language=tag,
                    text=text,
                    japanese="税金の支払いを分けたい。" if number % 3 else None,
                )
            )
    context = browser.new_context(
        locale=language,
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # only to enlarge the text from outside
    )
    page = context.new_page()
    sign_in(page, url, ADMIN)
    problems = []
    paths = ["cases", "cases?show=closed&words=nothing", f"cases/{many}", f"cases/{protected}"]
    for path in [*paths, f"cases/{closed}", f"cases/{many}?panel=facts"]:
        page.goto(f"{url}/{path}")
        problems += audited(page, path)
    context.close()
    assert problems == []
