"""The board, a drill's report and a key person's page in a real browser: usable at every width."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

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


@pytest.fixture
def url(app: Flask, demo_city: Runtime) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/console"
    server.shutdown()
    thread.join()


@pytest.fixture(params=["ja", "en"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # The audit adds a style of its own.
        yield browser.new_context(locale=request.param, bypass_csp=True).new_page()
        browser.close()


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
