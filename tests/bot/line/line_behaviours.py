"""What LINE does, row by row: the fact in our words, and a check of it over HTTP.

The simulator must meet every row. A trial on a real account can tick the same table: rows that
`need` nothing but people can be tried there, with an Account whose `act` asks a tester to do it.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import requests


class Account(Protocol):
    """An official account with testers who do what they are asked to."""

    secret: str

    def api(
        self, method: str, path: str, body: Any = None, token: str = ..., **more: Any
    ) -> requests.Response: ...

    def person(self, **fields: Any) -> str:
        """A new friend; the user id."""

    def act(self, user: str, type: str, **fields: Any) -> dict[str, Any]:
        """The person does something; the event as the webhook got it (the first arrival)."""

    def shown(self, chat: str) -> list[dict[str, Any]]:
        """The bot's messages that this person sees, oldest first."""

    def state(self, user: str) -> dict[str, Any]:
        """What the phone shows besides messages; see the simulator's control API."""

    def advance(self, seconds: float) -> None: ...

    def behave(self, **settings: Any) -> None: ...

    def arrivals(self, event_id: str, times: int) -> list[dict[str, Any]]:
        """Wait until the webhook got the event so often; all its arrivals."""

    def fail_webhook(self, status: int) -> None:
        """What our webhook answers from now on."""

    def raw_bodies(self) -> list[tuple[str, bytes]]:
        """Everything the webhook got: signature and bytes."""


@dataclass(frozen=True)
class LineBehaviour:
    id: str
    fact: str
    check: Callable[[Account], None]
    needs: str = ""  # "clock", "failures", "limits", "platform": what only a simulator can give


BEHAVIOURS: list[LineBehaviour] = []


def fact(
    sentence: str, needs: str = ""
) -> Callable[[Callable[[Account], None]], Callable[[Account], None]]:
    def add(check: Callable[[Account], None]) -> Callable[[Account], None]:
        name = check.__name__.replace("_", "-")
        BEHAVIOURS.append(LineBehaviour(name, sentence, check, needs))
        return check

    return add


MESSAGE = "/v2/bot/message"


def text(words: str = "hello") -> dict[str, Any]:
    return {"type": "text", "text": words}


def push(account: Account, to: str, *messages: dict[str, Any], **more: Any) -> requests.Response:
    body = {"to": to, "messages": list(messages) or [text()]}
    return account.api("POST", f"{MESSAGE}/push", body, **more)


def reply(account: Account, token: str, **more: Any) -> requests.Response:
    body = {"replyToken": token, "messages": [text()]}
    return account.api("POST", f"{MESSAGE}/reply", body, **more)


def multicast(account: Account, to: list[str], **more: Any) -> requests.Response:
    body = {"to": to, "messages": [text()]}
    return account.api("POST", f"{MESSAGE}/multicast", body, **more)


def retry(key: str | None = None) -> dict[str, dict[str, str]]:
    return {"headers": {"X-Line-Retry-Key": key or str(uuid.uuid4())}}


def stranger() -> str:
    return "U" + uuid.uuid4().hex


def is_error(answer: requests.Response, status: int, message: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert isinstance(answer.json()["message"], str)
    if message is not None:
        assert answer.json()["message"] == message


INVALID_TOKEN = "Invalid reply token"
RATE_LIMIT = "The API rate limit has been exceeded. Try again later."
MONTHLY_LIMIT = "You have reached your monthly limit."

# replies


@fact("A reply token works once; using it again is refused as an invalid reply token.")
def reply_token_works_once(account: Account) -> None:
    user = account.person()
    event = account.act(user, "text", text="?")
    assert reply(account, event["replyToken"]).status_code == 200
    is_error(reply(account, event["replyToken"]), 400, INVALID_TOKEN)
    assert len(account.shown(user)) == 1


@fact("A reply token that was never given out is refused.")
def reply_token_must_be_known(account: Account) -> None:
    is_error(reply(account, uuid.uuid4().hex), 400, INVALID_TOKEN)


@fact("A reply token works within a minute of receipt and not after it.", "clock")
def reply_token_lasts_a_minute(account: Account) -> None:
    user = account.person()
    early, late = (account.act(user, "text", text="?")["replyToken"] for _ in range(2))
    account.advance(55)
    assert reply(account, early).status_code == 200
    account.advance(10)
    is_error(reply(account, late), 400, INVALID_TOKEN)


@fact(
    "A redelivery keeps the event's id and reply token, is marked, and renews the minute.", "clock"
)
def redelivery_renews_the_minute(account: Account) -> None:
    account.behave(redelivery=True, redelivery_delays=[0.3])
    account.fail_webhook(500)
    event = account.act(account.person(), "text", text="?")
    account.advance(120)
    account.fail_webhook(200)
    first, second = account.arrivals(event["webhookEventId"], 2)
    assert first["replyToken"] == second["replyToken"]
    assert first["timestamp"] == second["timestamp"]
    assert not first["deliveryContext"]["isRedelivery"]
    assert second["deliveryContext"]["isRedelivery"]
    time.sleep(0.1)
    assert reply(account, second["replyToken"]).status_code == 200


@fact("A redelivery 20 minutes after the event does not renew the reply token.", "clock")
def old_redelivery_renews_nothing(account: Account) -> None:
    account.behave(redelivery=True, redelivery_delays=[0.3])
    account.fail_webhook(500)
    event = account.act(account.person(), "text", text="?")
    account.advance(21 * 60)
    account.fail_webhook(200)
    account.arrivals(event["webhookEventId"], 2)
    is_error(reply(account, event["replyToken"]), 400, INVALID_TOKEN)


@fact("A redelivery does not bring back a reply token that was used.", "failures")
def used_token_stays_used(account: Account) -> None:
    account.behave(redelivery=True, redelivery_delays=[0.3])
    account.fail_webhook(500)
    event = account.act(account.person(), "text", text="?")
    assert reply(account, event["replyToken"]).status_code == 200
    account.arrivals(event["webhookEventId"], 2)
    is_error(reply(account, event["replyToken"]), 400, INVALID_TOKEN)


@fact("A reply with a retry key is refused and leaves the token unused.")
def reply_takes_no_retry_key(account: Account) -> None:
    event = account.act(account.person(), "text", text="?")
    is_error(reply(account, event["replyToken"], **retry()), 400)
    assert reply(account, event["replyToken"]).status_code == 200


@fact("An answer to a reply or push names the messages sent.")
def sent_messages_are_named(account: Account) -> None:
    answer = push(account, account.person(), text("one"), text("two"))
    ids = [sent["id"] for sent in answer.json()["sentMessages"]]
    assert len(ids) == len(set(ids)) == 2


# push and multicast


@fact("A multicast reaches every named person and is answered with an empty object.")
def multicast_reaches_everybody_named(account: Account) -> None:
    people = [account.person() for _ in range(3)]
    answer = multicast(account, people)
    assert (answer.status_code, answer.json()) == (200, {})
    assert [len(account.shown(user)) for user in people] == [1, 1, 1]


@fact("A multicast takes 1 to 500 recipients.")
def multicast_takes_up_to_500(account: Account) -> None:
    assert multicast(account, [stranger() for _ in range(500)]).status_code == 200
    is_error(multicast(account, [stranger() for _ in range(501)]), 400)
    is_error(multicast(account, []), 400)


@fact("A malformed recipient is named by its index, and nobody gets the message.")
def malformed_recipient_is_named(account: Account) -> None:
    user = account.person()
    for bad in ("nonsense", user.upper(), user[:-1], user + "\n", "C" + user[1:]):
        answer = multicast(account, [user, bad])
        named = "The property, to[1], in the request body is invalid (line: -, column: -)"
        is_error(answer, 400, named)
    assert account.shown(user) == []


@fact("A push to a malformed id is refused by the name of the property.")
def malformed_push_is_named(account: Account) -> None:
    expected = "The property, to, in the request body is invalid (line: -, column: -)"
    is_error(push(account, "nobody"), 400, expected)


@fact("One call takes 1 to 5 messages.")
def one_to_five_messages(account: Account) -> None:
    user = account.person()
    assert push(account, user, *[text()] * 5).status_code == 200
    is_error(push(account, user, *[text()] * 6), 400)
    is_error(account.api("POST", f"{MESSAGE}/push", {"to": user, "messages": []}), 400)


@fact("A message to somebody who blocked the account is accepted and shown to nobody.")
def blocked_person_gives_200(account: Account) -> None:
    user = account.person()
    account.act(user, "unfollow")
    assert push(account, user).status_code == 200
    assert multicast(account, [user]).status_code == 200
    assert account.shown(user) == []


@fact("A message to a well-formed id that nobody has is accepted.")
def unknown_person_gives_200(account: Account) -> None:
    assert push(account, stranger()).status_code == 200


@fact("A group's id can be pushed to but not multicast to.")
def groups_are_pushed_to(account: Account) -> None:
    event = account.act(account.person(), "join", group=None)
    group = event["source"]["groupId"]
    assert push(account, group).status_code == 200
    assert len(account.shown(group)) == 1
    is_error(multicast(account, [group]), 400)


@fact("A mention is possible in groups only.")
def mentions_need_a_group(account: Account) -> None:
    user = account.person()
    mention = {"type": "mention", "mentionee": {"type": "user", "userId": user}}
    message = {"type": "textV2", "text": "hi {who}", "substitution": {"who": mention}}
    group = account.act(user, "join", group=None)["source"]["groupId"]
    assert push(account, group, message).status_code == 200
    is_error(push(account, user, message), 400)


# retry keys


@fact("A repeat with the retry key of an accepted request is answered 409 with that request's id.")
def repeat_gives_409(account: Account) -> None:
    user, key = account.person(), retry()
    first = push(account, user, **key)
    again = push(account, user, **key)
    is_error(again, 409, "The retry key is already accepted")
    assert again.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert again.headers["x-line-request-id"] != first.headers["x-line-request-id"]
    assert again.json()["sentMessages"] == first.json()["sentMessages"]
    assert len(account.shown(user)) == 1


@fact("A multicast's repeat gives 409 too; the key's letters may change their case.")
def repeated_multicast_gives_409(account: Account) -> None:
    user, key = account.person(), str(uuid.uuid4())
    assert multicast(account, [user], **retry(key)).status_code == 200
    is_error(multicast(account, [user], **retry(key.upper())), 409)
    assert len(account.shown(user)) == 1


@fact("24 hours after the first request the same retry key sends again.", "clock")
def old_retry_key_sends_again(account: Account) -> None:
    user, key = account.person(), retry()
    push(account, user, **key)
    account.advance(24 * 3600 - 60)
    is_error(push(account, user, **key), 409)
    account.advance(120)
    assert push(account, user, **key).status_code == 200
    assert len(account.shown(user)) == 2


@fact("The 24 hours of a retry key run from its first request, accepted or not.", "clock")
def retry_window_starts_with_the_first_request(account: Account) -> None:
    user, key = account.person(), retry()
    account.behave(failures=[{"endpoint": "push", "kind": "429-rate", "times": 1}])
    push(account, user, **key)
    is_error(push(account, user, {"type": "text"}, **key), 400)
    account.advance(23 * 3600)
    assert push(account, user, **key).status_code == 200
    account.advance(2 * 3600)
    assert push(account, user, **key).status_code == 200


@fact("A retry key that is no UUID is refused.")
def malformed_retry_key(account: Account) -> None:
    is_error(push(account, account.person(), **retry("tomorrow")), 400)


@fact("A refused request does not use up its retry key.")
def refused_request_keeps_its_key(account: Account) -> None:
    user, key = account.person(), retry()
    is_error(push(account, user, {"type": "text", "text": ""}, **key), 400)
    assert push(account, user, **key).status_code == 200


@fact("A request whose answer got lost may have been accepted; its repeat says so.", "failures")
def lost_answer_may_be_accepted(account: Account) -> None:
    for kind, status in (("drop-after", None), ("500-after", 500), ("garbage", 200)):
        user, key = account.person(), retry()
        account.behave(failures=[{"endpoint": "sending", "kind": kind, "times": 1}])
        if status is None:
            try:
                push(account, user, **key)
                raise AssertionError("there was an answer")
            except requests.ConnectionError:
                pass
        else:
            assert push(account, user, **key).status_code == status
        is_error(push(account, user, **key), 409)
        assert len(account.shown(user)) == 1


@fact("A request that broke before it was accepted was not sent; its repeat sends it.", "failures")
def broken_request_is_not_sent(account: Account) -> None:
    user, key = account.person(), retry()
    account.behave(failures=[{"endpoint": "push", "kind": "drop-before", "times": 1}])
    try:
        push(account, user, **key)
        raise AssertionError("there was an answer")
    except requests.ConnectionError:
        pass
    assert account.shown(user) == []
    assert push(account, user, **key).status_code == 200


# limits


@fact("Beyond the calls per second the answer is 429 and says that the rate is exceeded.", "limits")
def too_fast_gives_429(account: Account) -> None:
    user, key = account.person(), retry()
    account.behave(buckets={"push": {"rate": 1, "burst": 1}})
    assert push(account, user).status_code == 200
    is_error(push(account, user, **key), 429, RATE_LIMIT)
    account.advance(1)
    assert push(account, user, **key).status_code == 200
    assert len(account.shown(user)) == 2


@fact("Beyond the month's messages the answer is 429 and says so; replies still pass.", "limits")
def monthly_limit_gives_429(account: Account) -> None:
    user = account.person()
    before = account.api("GET", f"{MESSAGE}/quota/consumption").json()["totalUsage"]
    account.behave(quota=before + 2)
    is_error(multicast(account, [user, stranger(), stranger()]), 429, MONTHLY_LIMIT)
    assert account.shown(user) == []
    assert multicast(account, [user, stranger()]).status_code == 200
    is_error(push(account, user), 429, MONTHLY_LIMIT)
    event = account.act(user, "text", text="?")
    assert reply(account, event["replyToken"]).status_code == 200
    account.advance(32 * 24 * 3600)
    assert push(account, user).status_code == 200


@fact("Quota is none without a value, or limited with one.", "limits")
def quota_is_none_or_limited(account: Account) -> None:
    assert account.api("GET", f"{MESSAGE}/quota").json() == {"type": "none"}
    account.behave(quota=200)
    assert account.api("GET", f"{MESSAGE}/quota").json() == {"type": "limited", "value": 200}


@fact("Usage counts one message for each recipient of a call, however many bubbles; replies none.")
def usage_counts_recipients(account: Account) -> None:
    def usage() -> int:
        count: int = account.api("GET", f"{MESSAGE}/quota/consumption").json()["totalUsage"]
        return count

    people = [account.person() for _ in range(3)]
    before = usage()
    multicast(account, people)
    push(account, people[0], *[text()] * 5)
    reply(account, account.act(people[0], "text", text="?")["replyToken"])
    assert usage() - before == 4


@fact("A body of more than 2 MB is refused with 413.")
def large_body_gives_413(account: Account) -> None:
    body = {"to": account.person(), "messages": [text()], "padding": "x" * (2 * 1024 * 1024)}
    is_error(account.api("POST", f"{MESSAGE}/push", body), 413)


@fact("A wrong access token gives 401 everywhere.")
def wrong_token_gives_401(account: Account) -> None:
    is_error(push(account, account.person(), token="wrong"), 401)
    is_error(account.api("GET", "/v2/bot/info", token="wrong"), 401)


@fact("Every answer carries a request id of its own, errors too.")
def every_answer_has_a_request_id(account: Account) -> None:
    answers = [push(account, to) for to in (account.person(), "wrong", stranger())]
    ids = {answer.headers["x-line-request-id"] for answer in answers}
    assert len(ids) == 3


@fact("A body that is no JSON is refused.")
def body_must_be_json(account: Account) -> None:
    for data in (b"", b"{", b"[]", b'"text"', b'{"to":NaN}', b"[" * 100_000):
        is_error(account.api("POST", f"{MESSAGE}/push", data=data), 400)


@fact("What is wrong with a message is told by property.")
def errors_name_the_property(account: Account) -> None:
    answer = push(account, account.person(), text(), {"type": "text", "text": ""})
    is_error(answer, 400, "The request body has 1 error(s)")
    assert answer.json()["details"] == [
        {"message": "May not be empty", "property": "messages[1].text"}
    ]


@fact("What is wrong inside a Flex message is told by its place in the container.")
def flex_errors_name_the_place(account: Account) -> None:
    hero = {"type": "image", "url": "http://minato.example/a.png"}
    bubble = {"type": "bubble", "hero": hero}
    flex = {"type": "flex", "altText": "a", "contents": bubble}
    answer = push(account, account.person(), flex)
    is_error(answer, 400, "A message (messages[0]) in the request body is invalid")
    assert answer.json()["details"] == [{"message": "invalid uri scheme", "property": "/hero/url"}]


@fact("The validate endpoints check messages and send nothing.")
def validate_sends_nothing(account: Account) -> None:
    for kind in ("reply", "push", "multicast"):
        path = f"{MESSAGE}/validate/{kind}"
        assert account.api("POST", path, {"messages": [text()]}).status_code == 200
        is_error(account.api("POST", path, {"messages": [{"type": "text"}]}), 400)
