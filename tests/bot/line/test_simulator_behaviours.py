"""The simulator does what LINE does, row by row."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.bot.line import (
    line_menu_behaviours,
    line_message_limits,
    line_webhook_behaviours,
)
from tests.bot.line.line_behaviours import BEHAVIOURS, LineBehaviour
from tests.bot.line.simulator_process import Bot, Simulator, bot, simulator


class SimulatedAccount:
    """The simulator as the account on which the table is tried."""

    secret = "secret of the test"

    def __init__(self, process: Simulator, webhook: Bot) -> None:
        self.process, self.webhook = process, webhook
        self.api = process.api
        self.real = False  # as a real account: nobody moves its clock or tells it how to fail

    def person(self, **fields: Any) -> str:
        body = {"name": "Mai", "friend": True, **fields}
        identifier: str = self.process.control("POST", "users", body)["id"]
        return identifier

    def act(self, user: str, type: str, **fields: Any) -> dict[str, Any]:
        wish = {"user": user, "type": type, "wait": True, **fields}
        event_id = self.process.control("POST", "event", wish)["events"][0]
        return self.webhook.wait_for(event_id)[0]

    def shown(self, chat: str) -> list[dict[str, Any]]:
        kind = "users" if chat[0] == "U" else "groups"
        items = self.process.control("GET", f"{kind}/{chat}/messages")["items"]
        return [item["message"] for item in items if item["from"] == "bot"]

    def state(self, user: str) -> dict[str, Any]:
        found: dict[str, Any] = self.process.control("GET", f"users/{user}")
        return found

    def advance(self, seconds: float) -> None:
        assert not self.real, "the row must say that it needs the clock"
        self.process.control("POST", "clock", {"advance_seconds": seconds})

    def behave(self, **settings: Any) -> None:
        assert not self.real, "the row must say what it needs"
        self.process.control("POST", "behaviour", settings)

    def arrivals(self, event_id: str, times: int) -> list[dict[str, Any]]:
        return self.webhook.wait_for(event_id, times)

    def fail_webhook(self, status: int) -> None:
        self.webhook.answer = lambda body: status

    def raw_bodies(self) -> list[tuple[str, bytes]]:
        return self.webhook.received


@pytest.fixture(scope="module")
def shared_account() -> Iterator[SimulatedAccount]:
    with bot() as webhook:
        options = ("--webhook", webhook.url, "--secret", SimulatedAccount.secret)
        with simulator(*options) as process:
            yield SimulatedAccount(process, webhook)


@pytest.fixture
def account(shared_account: SimulatedAccount) -> SimulatedAccount:
    shared_account.process.control("POST", "reset")
    shared_account.fail_webhook(200)
    return shared_account


@pytest.mark.parametrize("row", BEHAVIOURS, ids=lambda row: row.id)
def test_the_simulator_behaves_as_line_does(row: LineBehaviour, account: SimulatedAccount) -> None:
    account.real = row.needs == ""
    row.check(account)


def test_every_row_states_its_fact_once() -> None:
    more = (line_menu_behaviours, line_message_limits, line_webhook_behaviours)
    assert all(module.fact for module in more), "they add their rows when imported"
    assert len({row.id for row in BEHAVIOURS}) == len(BEHAVIOURS)
    assert len({row.fact for row in BEHAVIOURS}) == len(BEHAVIOURS)
    assert {row.needs for row in BEHAVIOURS} == {"", "clock", "failures", "limits", "platform"}
