"""Every way LINE can fail, on a reply and on a push: nothing lost, no push accepted twice."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import deliveries
from bot.channel import Card, Choice, Text
from bot.deliveries import KEY_LIFE, LEASE
from bot.models import Delivery, Transition
from bot.runtime import Runtime
from tests import factories
from tests.bot.line.simulator_process import bot
from tests.world import Phone, Simulator

WAIT = timedelta(minutes=2)
"""Longer than any wait between two tries."""

BODY = [Text("Garbage: {Monday} 🗑️", (Choice("Thanks", action="do=thanks"),))]


@dataclass
class Post:
    """Somebody who wrote to the account, and the way back to them."""

    runtime: Runtime
    simulator: Simulator
    phone: Phone
    token: str
    resident_id: int

    def queue(self, *, reply: bool, urgent: bool = False, words: str | None = None) -> int:
        with self.runtime.database.write() as session:
            row = deliveries.queue(
                session,
                self.runtime,
                self.phone.id,
                self.runtime.channel.render([Text(words)] if words else BODY),
                resident_id=self.resident_id,
                urgent=urgent,
                reply_token=self.token if reply else None,
                reply_until=self.runtime.clock.now() + deliveries.REPLY_TOKEN_LIFE,
            )
        return row.id

    def send(self) -> None:
        deliveries.send_waiting(self.runtime, self.resident_id, urgent=False)

    def later(self, by: timedelta = WAIT) -> None:
        """Time passes, here and at LINE."""
        self.runtime.clock.move(by.total_seconds())
        self.simulator.post("clock", advance_seconds=by.total_seconds())

    def fail(self, endpoint: str, kind: str, times: int = 1) -> None:
        plan = {"endpoint": endpoint, "kind": kind, "times": times, "seconds": 0.2}
        self.simulator.post("behaviour", failures=[plan])

    def row(self, id: int) -> Delivery:
        found: Delivery = factories.stored(self.runtime, Delivery, id)
        return found

    def requests(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        asked = self.simulator.get("requests")["requests"]
        kinds = (endpoint,) if endpoint else ("reply", "push")
        return [request for request in asked if request["endpoint"] in kinds]

    def received(self) -> list[str]:
        """How each message that the phone shows came: reply or push."""
        items = self.simulator.get(f"users/{self.phone.id}/messages")["items"]
        return [item["kind"] for item in items if item["from"] == "bot"]


@pytest.fixture
def post(on_line: Runtime, simulator: Simulator) -> Post:
    user = simulator.post("users", name="Lan", friend=True)["id"]
    phone = Phone(simulator, user)
    with bot() as stand_in:
        simulator.post("webhook", url=stand_in.url)
        (event,) = stand_in.wait_for(phone.act("text", text="hello")["events"][0])
    with on_line.database.write() as session:
        resident = factories.resident(session, line_user_id=user)
    return Post(on_line, simulator, phone, event["replyToken"], resident.id)


def test_a_reply_goes_first_and_its_words_are_kept_no_longer(post: Post) -> None:
    id = post.queue(reply=True)
    post.send()
    row = post.row(id)
    assert (row.state, row.recipient, row.body) == ("accepted", None, None)
    assert row.request_id == post.requests("reply")[0]["request_id"]
    assert post.received() == ["reply"]


def test_after_its_minute_the_token_is_not_even_tried(post: Post) -> None:
    id = post.queue(reply=True)
    post.later(timedelta(seconds=56))
    post.send()
    assert post.row(id).state == "accepted"
    assert (post.requests("reply"), post.received()) == ([], ["push"])


def test_a_used_token_leads_to_a_push_with_the_stored_key(post: Post) -> None:
    post.queue(reply=True)
    second = post.queue(reply=True)
    post.send()
    assert post.received() == ["reply", "push"]
    (push,) = post.requests("push")
    assert push["retry_key"] == post.row(second).retry_key


NOT_ACCEPTED = ("429-rate", "500", "drop-before", "timeout")
PERHAPS_ACCEPTED = ("500-after", "drop-after", "timeout-after", "garbage")


@pytest.mark.parametrize("kind", (*NOT_ACCEPTED, *PERHAPS_ACCEPTED))
def test_a_failed_push_is_repeated_with_its_key_and_accepted_once(post: Post, kind: str) -> None:
    post.fail("push", kind, times=2)
    id = post.queue(reply=False)
    post.send()
    assert post.row(id).state == ("queued" if kind == "429-rate" else "unclear")
    for _ in range(2):
        post.later()
        post.send()
    row = post.row(id)
    assert (row.state, row.body, row.problem) == ("accepted", None, None)
    keys = {push["retry_key"] for push in post.requests()} - {None}  # not read before it failed
    assert keys == {row.retry_key}
    assert post.received() == ["push"]


@pytest.mark.parametrize("kind", (*NOT_ACCEPTED, *PERHAPS_ACCEPTED))
def test_a_failed_reply_is_answered_all_the_same(post: Post, kind: str) -> None:
    """An unclear reply is followed by a push: twice in the worst case, never not at all."""
    post.fail("reply", kind)
    id = post.queue(reply=True)
    post.send()
    post.later()
    post.send()
    assert post.row(id).state == "accepted"
    assert post.received() == (["reply", "push"] if kind in PERHAPS_ACCEPTED else ["push"])


@pytest.mark.parametrize("kind", ["400", "401", "429-quota"])
@pytest.mark.parametrize("endpoint", ["reply", "push"])
def test_what_line_will_not_take_fails_visibly_and_keeps_its_words(
    post: Post, endpoint: str, kind: str
) -> None:
    post.fail(endpoint, kind, times=9)
    id = post.queue(reply=endpoint == "reply")
    next_one = post.queue(reply=False, words="next")
    post.send()
    row = post.row(id)
    assert row.state == "failed"
    assert kind[:3] in str(row.problem)
    assert row.body == post.runtime.channel.render(BODY)
    assert post.row(next_one).state in ("accepted", "failed"), "one failure holds nobody up"
    assert len(post.requests(endpoint)) == (1 if endpoint == "reply" else 2)


def test_a_slow_answer_is_waited_for(post: Post) -> None:
    post.fail("sending", "slow")
    id = post.queue(reply=False)
    post.send()
    assert post.row(id).state == "accepted"
    assert len(post.requests()) == 1


def test_a_rate_limit_after_an_unclear_push_leaves_it_unclear(post: Post) -> None:
    """The first one was perhaps accepted: nothing but its own key may ever be used again."""
    plans = [{"endpoint": "push", "kind": kind, "times": 1} for kind in ("500-after", "429-rate")]
    post.simulator.post("behaviour", failures=plans)
    id = post.queue(reply=False)
    post.send()
    post.later()
    post.send()
    assert post.row(id).state == "unclear"
    post.later(KEY_LIFE + WAIT)
    post.send()
    assert post.row(id).state == "failed"
    assert post.received() == ["push"]


def test_an_unclear_push_whose_key_is_too_old_is_left_to_staff(post: Post) -> None:
    post.fail("push", "500", times=1)
    id = post.queue(reply=False)
    post.send()
    post.later(KEY_LIFE + WAIT)
    post.send()
    row = post.row(id)
    assert (row.state, row.problem) == ("failed", "retry key too old to repeat safely")
    assert len(post.requests()) == 1


def test_a_push_that_was_never_accepted_gets_a_new_key_after_a_day(post: Post) -> None:
    post.fail("push", "429-rate", times=1)
    id = post.queue(reply=False)
    post.send()
    old = post.row(id).retry_key
    post.later(KEY_LIFE + WAIT)
    post.send()
    row = post.row(id)
    assert row.state == "accepted"
    assert row.retry_key != old
    assert post.received() == ["push"]


def test_the_wait_between_tries_ends_at_a_minute_however_many_there_were(post: Post) -> None:
    post.fail("push", "429-rate", times=1)
    id = post.queue(reply=False)
    with post.runtime.database.write() as session:
        session.execute(update(Delivery).values(attempts=5000))
    post.send()
    row = post.row(id)
    assert row.state == "queued"
    assert row.due_at <= post.runtime.clock.now() + timedelta(seconds=64)


def claim(runtime: Runtime, limit: int = 1, urgent: bool = False) -> list[deliveries.Claimed]:
    with runtime.database.write() as session:
        return deliveries.claim(session, runtime.clock.now(), urgent=urgent, limit=limit)


def test_a_lease_that_ran_out_is_unclear_and_repeated_with_the_same_key(post: Post) -> None:
    """The process died after LINE accepted: LINE says so when asked again, with 409."""
    id = post.queue(reply=False)
    (died,) = claim(post.runtime)
    post.runtime.channel.push(died.recipient, died.body, died.retry_key)
    assert claim(post.runtime) == []
    post.later(LEASE + timedelta(seconds=1))
    post.send()
    assert post.row(id).state == "accepted"
    assert [push["status"] for push in post.requests()] == [200, 409]
    assert post.received() == ["push"]
    with post.runtime.database.read() as session:
        told = session.scalars(select(Transition).order_by(Transition.id)).all()
    assert [move.to_state for move in told] == [
        "sending",
        "unclear",
        "sending",
        "accepted",
    ]


def test_a_lease_that_ran_out_does_not_try_the_reply_again(post: Post) -> None:
    id = post.queue(reply=True)
    claim(post.runtime)
    post.later(LEASE + timedelta(seconds=1))
    post.send()
    assert post.row(id).state == "accepted"
    assert post.received() == ["push"]


def test_an_outcome_that_comes_after_the_lease_changes_nothing(post: Post) -> None:
    """A process that slept through its lease reports a failure while another one is sending."""
    id = post.queue(reply=False)
    (slept,) = claim(post.runtime)
    post.later(LEASE + timedelta(seconds=1))
    (awake,) = claim(post.runtime)
    post.fail("push", "429-rate", times=1)
    deliveries.send(post.runtime, slept)
    assert post.row(id).state == "sending"
    deliveries.send(post.runtime, awake)
    deliveries.send(post.runtime, slept)
    assert post.row(id).state == "accepted"
    assert post.received() == ["push"]


def test_answers_to_one_person_keep_their_order_whatever_fails(post: Post) -> None:
    ids = [post.queue(reply=False, words=str(number)) for number in range(3)]
    post.fail("push", "500", times=1)
    post.send()
    assert [post.row(id).state for id in ids] == ["unclear", "queued", "queued"]
    post.later()
    post.send()
    assert [item["text"] for item in post.phone.answer(3)] == ["0", "1", "2"]


def test_an_urgent_answer_waits_for_none_of_them(post: Post) -> None:
    post.queue(reply=False)
    urgent = post.queue(reply=False, urgent=True)
    (taken,) = claim(post.runtime, urgent=True)
    assert taken.id == urgent


def test_of_workers_that_claim_at_once_each_row_has_one(on_line: Runtime) -> None:
    with on_line.database.write() as session:
        ids = {factories.delivery(session).id for _ in range(60)}
    together = Barrier(6)

    def take(_: int) -> list[int]:
        together.wait(10)
        mine: list[int] = []
        while batch := claim(on_line, limit=4):
            mine += [taken.id for taken in batch]
        return mine

    with ThreadPoolExecutor(6) as threads:
        taken = [id for mine in threads.map(take, range(6)) for id in mine]
    left = claim(on_line, limit=100)  # skipped while another worker held the lock
    assert len(taken) == len(set(taken))
    assert {*taken, *(row.id for row in left)} == ids


def test_a_body_nobody_can_send_fails_instead_of_blocking_what_follows(post: Post) -> None:
    broken = post.queue(reply=False)
    with post.runtime.database.write() as session:
        session.get_one(Delivery, broken).body = '[{"type": "text"}]'
    after = post.queue(reply=False)
    post.send()
    assert [post.row(broken).state, post.row(after).state] == ["failed", "accepted"]


def test_the_bytes_of_every_try_are_the_same(post: Post) -> None:
    """LINE compares nothing but the key; what was said must not change all the same."""
    card = Card("題", "summary", ("a", "b"), (Choice("Map", uri="https://example.jp/{x}"),))
    with post.runtime.database.write() as session:
        body = post.runtime.channel.render([card, *BODY])
        row = factories.delivery(session, recipient=post.phone.id, body=body)
    with post.runtime.database.read() as session:
        assert session.get_one(Delivery, row.id).body == body
    (first,) = claim(post.runtime)
    post.later(LEASE + timedelta(seconds=1))
    (second,) = claim(post.runtime)
    assert (first.body, first.retry_key) == (second.body, second.retry_key) == (body, row.retry_key)
