"""The board, a drill's report and a key person's page in a real browser: usable at every width."""

import shutil
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from bot.models import KeyPerson, LanguageAim
from bot.runtime import Runtime
from tests.handlers.officer import ADMIN
from tests.handlers.test_console_readiness import carried, drill, network, relays
from tests.journeys.test_console_in_browser import audited, sign_in

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no browser here: apt-get install chromium"),
    # What a browser shows does not depend on the database; the tests over HTTP run on both.
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture(params=["ja", "en"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Page:
    # The audit adds a style of its own.
    return browser.new_context(locale=request.param, bypass_csp=True).new_page()


def prepared(runtime: Runtime) -> str:
    """Networks with gaps of every kind and a drill; its number."""
    network(runtime, "Hội người Việt Nam tại thành phố Minato", "vi", people=2)
    network(runtime, "နေထိုင်သူများအသင်း", "my", people=1)
    network(runtime, "Empty", "ne", people=0)
    with runtime.database.write() as session:
        session.add(LanguageAim(language="", target=450))
        session.add(LanguageAim(language="vi", adults=900, target=90))
        person = session.scalars(select(KeyPerson).order_by(KeyPerson.id)).all()[0]
        person.quiet_from, person.quiet_to = 22, 6
        person.stay_asked_at = runtime.clock.now() - timedelta(days=40)
    number = drill(runtime)
    carried(runtime, relays(runtime)[0])
    return number


def test_every_page_can_be_used_at_phone_and_desk_width(
    page: Page, url: str, demo_city: Runtime
) -> None:
    number = prepared(demo_city)
    sign_in(page, url, ADMIN)
    found = []
    for path in (
        "networks/readiness",
        "networks/readiness/aims",
        f"drills/{number}/report",
        "drills",
        "networks/people/1",
        "notices/compose?template=drill",
    ):
        page.goto(f"{url}/{path}")
        found += audited(page, path)
    assert found == []
