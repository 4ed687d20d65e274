"""ネットワーク: moving in, the poster, how many have come, the LINE group."""

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask

from bot import networks
from bot.models import Network, NetworkGroup
from bot.runtime import Runtime
from handlers.app import create_app
from tests.handlers.officer import APPROVER, OPERATOR, Officer


@pytest.fixture
def network_id(demo_city: Runtime) -> int:
    with demo_city.database.write() as session:
        now = demo_city.clock.now()
        return networks.create(session, "Hội Việt", "vi", "language", now).id


def path(network_id: int, rest: str = "") -> str:
    return f"/console/networks/{network_id}{rest}"


def test_how_many_of_the_present_group_have_come(
    app: Flask, demo_city: Runtime, network_id: int
) -> None:
    approver = Officer(app).signed_in(APPROVER)
    approver.send(path(network_id, "/expected"), expected="60")
    assert "0 of 60 have come" in approver.text(path(network_id))
    assert "0 of 60 have come" in approver.text("/console/networks")
    assert "people in their present group: 60" in approver.text(path(network_id))
    for wrong in ("-3", "many", "0", "1000000"):
        page = approver.send(path(network_id, "/expected"), follow=True, expected=wrong).text
        assert "such as 60, or nothing" in page
    approver.send(path(network_id, "/expected"), expected="")
    assert "have come" not in approver.text(path(network_id))


def test_words_for_the_present_group_have_the_link_with_the_code(
    app: Flask, demo_city: Runtime, network_id: int
) -> None:
    assert "Set LINE_BASIC_ID" in Officer(app).signed_in(OPERATOR).text(path(network_id))
    settings = replace(demo_city.settings, line_basic_id="@minato")
    with_id = create_app(replace(demo_city, settings=settings))
    page = Officer(with_id).signed_in(OPERATOR).text(path(network_id))
    with demo_city.database.read() as session:
        code = session.get_one(Network, network_id).code
    for tag in ("vi", "ja"):
        words = re.search(rf'<textarea id="moving-{tag}".*?>(.*?)</textarea>', page, re.DOTALL)
        assert words and f"oaMessage/%40minato/?{code}" in unescape(words[1])


def test_a_poster_is_in_the_networks_language_and_plain_japanese(
    app: Flask, demo_city: Runtime, network_id: int
) -> None:
    operator = Officer(app).signed_in(OPERATOR)
    page = operator.text(path(network_id, "/poster"))
    assert '<div lang="vi"' in page and '<div lang="ja-x-easy"' in page
    assert page.count("Hội Việt") >= 2 and "<svg" in page
    with demo_city.database.write() as session:
        session.get_one(Network, network_id).code = None
    assert operator.get(path(network_id, "/poster")).status_code == 404


def test_a_group_is_off_until_somebody_switches_it_on(
    app: Flask, demo_city: Runtime, network_id: int
) -> None:
    approver = Officer(app).signed_in(APPROVER)
    assert "Off. Switched on" in approver.text(path(network_id))
    page = approver.send(path(network_id, "/group/on"), follow=True).text
    assert "no group connected" in page
    with demo_city.database.read() as session:
        code = session.get_one(NetworkGroup, network_id).code
    assert code and code.startswith("G-") and code in page
    assert "was first" in approver.send(path(network_id, "/group/on"), follow=True).text
    page = approver.send(path(network_id, "/group/off"), follow=True).text
    assert "LINE group switched off" in page and "Off. Switched on" in page


def test_operators_look_and_approvers_decide(
    app: Flask, demo_city: Runtime, network_id: int
) -> None:
    operator = Officer(app).signed_in(OPERATOR)
    for act in ("/expected", "/group/on", "/group/off"):
        assert operator.send(path(network_id, act)).status_code == 403
        assert act not in operator.text(path(network_id))
