"""What LINE tells of people, what it sends, and what people send: more rows of the table."""

import base64
import hashlib
import hmac
import json
import time

from tests.bot.line.line_behaviours import MESSAGE, Account, fact, is_error, push, stranger

# people


@fact("A profile has the name and, where known, the language; never the one who blocked us.")
def profile_of_friends(account: Account) -> None:
    user = account.person(name="Lan", language="vi")
    profile = account.api("GET", f"/v2/bot/profile/{user}").json()
    assert (profile["userId"], profile["displayName"]) == (user, "Lan")
    assert profile["language"] == "vi"
    account.act(user, "unfollow")
    is_error(account.api("GET", f"/v2/bot/profile/{user}"), 404)
    is_error(account.api("GET", f"/v2/bot/profile/{stranger()}"), 404)


@fact("The loading animation is accepted with 202, for 5 to 60 seconds, and a message ends it.")
def loading_animation(account: Account) -> None:
    user = account.person()
    start = "/v2/bot/chat/loading/start"
    assert account.api("POST", start, {"chatId": user, "loadingSeconds": 10}).status_code == 202
    assert account.state(user)["loading_until"] is not None
    push(account, user)
    assert account.state(user)["loading_until"] is None
    is_error(account.api("POST", start, {"chatId": user, "loadingSeconds": 7}), 400)
    is_error(account.api("POST", start, {"chatId": "wrong"}), 400)


@fact("Messages can be marked as read: a whole chat, or up to a message by its token.")
def mark_as_read(account: Account) -> None:
    user = account.person()
    token = account.act(user, "text", text="one")["message"]["markAsReadToken"]
    account.act(user, "text", text="two")
    path = "/v2/bot/chat/markAsRead"
    assert account.api("POST", path, {"markAsReadToken": token}).status_code == 200
    first = account.state(user)["read_until"]
    body = {"chat": {"userId": user}}
    assert account.api("POST", f"{MESSAGE}/markAsRead", body).status_code == 200
    assert account.state(user)["read_until"] > first > 0
    is_error(account.api("POST", path, {"markAsReadToken": "wrong"}), 400)


@fact("The ids of all friends can be listed in pages.")
def followers_in_pages(account: Account) -> None:
    people = {account.person() for _ in range(3)}
    found: list[str] = []
    start: dict[str, str] = {}
    while True:
        page = account.api("GET", "/v2/bot/followers/ids", params={"limit": "2", **start}).json()
        found += page["userIds"]
        if "next" not in page:
            break
        start = {"start": page["next"]}
    assert people <= set(found) and len(found) == len(set(found))


# webhooks


@fact("A webhook is signed with the channel secret over its exact bytes and names the bot.")
def webhook_is_signed(account: Account) -> None:
    account.act(account.person(), "text", text="ありがとう 🙏")
    signature, raw = account.raw_bodies()[-1]
    digest = hmac.new(account.secret.encode(), raw, hashlib.sha256).digest()
    assert base64.b64encode(digest).decode() == signature
    destination = json.loads(raw)["destination"]
    assert destination == account.api("GET", "/v2/bot/info").json()["userId"]


@fact("The verification sends no events and reports what the webhook answered.")
def verification_sends_no_events(account: Account) -> None:
    answer = account.api("POST", "/v2/bot/channel/webhook/test", {}).json()
    assert (answer["success"], answer["statusCode"]) == (True, 200)
    assert json.loads(account.raw_bodies()[-1][1])["events"] == []
    account.fail_webhook(503)
    answer = account.api("POST", "/v2/bot/channel/webhook/test", {}).json()
    assert (answer["success"], answer["statusCode"]) == (False, 503)


@fact("Adding the account is a follow event with a reply token; a return after a block is marked.")
def follow_and_return(account: Account) -> None:
    user = account.person(friend=False)
    event = account.act(user, "follow")
    assert event["replyToken"] and not event["follow"]["isUnblocked"]
    assert "replyToken" not in account.act(user, "unfollow")
    assert account.act(user, "follow")["follow"]["isUnblocked"]


@fact("A tap on a postback button brings its data, and the date it picked.")
def postback_brings_data(account: Account) -> None:
    user = account.person()
    event = account.act(user, "postback", data="a=1", params={"date": "2026-09-12"})
    assert event["postback"] == {"data": "a=1", "params": {"date": "2026-09-12"}}
    assert event["replyToken"]


@fact("A channel in standby gets events without reply token.", "platform")
def standby_has_no_token(account: Account) -> None:
    event = account.act(account.person(), "text", text="?", mode="standby")
    assert event["mode"] == "standby" and "replyToken" not in event


@fact("One body can hold events of several people.", "platform")
def one_body_many_people(account: Account) -> None:
    one, two = account.person(), account.person()
    spec = {"user": two, "type": "text", "text": "b"}
    account.act(one, "text", text="a", batch_with=[spec])
    events = json.loads(account.raw_bodies()[-1][1])["events"]
    assert [event["source"]["userId"] for event in events] == [one, two]


@fact("The same event can come twice without any failure, not marked as redelivered.", "platform")
def duplicates_come(account: Account) -> None:
    event = account.act(account.person(), "text", text="?", duplicate=True)
    both = account.arrivals(event["webhookEventId"], 2)
    assert [each["deliveryContext"]["isRedelivery"] for each in both] == [False, False]


@fact("Event types that nobody knows yet come without notice.", "platform")
def unknown_events_come(account: Account) -> None:
    raw = {"type": "messageEdited", "message": {"id": "1", "type": "text", "text": "edited"}}
    event = account.act(account.person(), "raw", event=raw)
    assert event["type"] == "messageEdited" and event["source"]["type"] == "user"


@fact("An unanswered webhook is repeated only where redelivery is switched on.", "failures")
def redelivery_is_optional(account: Account) -> None:
    account.behave(redelivery=False, redelivery_delays=[0.05])
    account.fail_webhook(500)
    event = account.act(account.person(), "text", text="?")
    time.sleep(0.3)
    assert len(account.arrivals(event["webhookEventId"], 1)) == 1


@fact("In groups the userId may be missing.", "platform")
def group_members_may_be_unknown(account: Account) -> None:
    user = account.person()
    group = account.act(user, "join", group=None)["source"]["groupId"]
    source = account.act(user, "text", text="?", group=group, anonymous=True)["source"]
    assert source == {"type": "group", "groupId": group}
    source = account.act(user, "text", text="?", group=group)["source"]
    assert source == {"type": "group", "groupId": group, "userId": user}


@fact("A group has a name, members and can be left; a push to it counts for every member.")
def groups(account: Account) -> None:
    user, other = account.person(name="Lan"), account.person()
    group = account.act(user, "join", group=None, name="Nhóm")["source"]["groupId"]
    account.act(other, "memberJoined", group=group)
    path = f"/v2/bot/group/{group}"
    assert account.api("GET", f"{path}/summary").json()["groupName"] == "Nhóm"
    assert account.api("GET", f"{path}/members/count").json() == {"count": 2}
    assert account.api("GET", f"{path}/member/{user}").json()["displayName"] == "Lan"
    before = account.api("GET", f"{MESSAGE}/quota/consumption").json()["totalUsage"]
    push(account, group)
    after = account.api("GET", f"{MESSAGE}/quota/consumption").json()["totalUsage"]
    assert after - before == 2
    assert account.api("POST", f"{path}/leave").status_code == 200
    is_error(account.api("GET", f"{path}/summary"), 404)
    is_error(push(account, group), 400)


# media


@fact("What people send is fetched by message id; after unsending it is gone with 410.")
def content_until_unsent(account: Account) -> None:
    user = account.person()
    data = base64.b64encode(b"%PDF-1.7 letter").decode()
    message = account.act(user, "file", content=data, file_name="letter.pdf")["message"]
    assert (message["fileName"], message["fileSize"]) == ("letter.pdf", 15)
    path = f"{MESSAGE}/{message['id']}/content"
    assert account.api("GET", path).content == b"%PDF-1.7 letter"
    event = account.act(user, "unsend", message_id=message["id"])
    assert event["unsend"] == {"messageId": message["id"]} and "replyToken" not in event
    is_error(account.api("GET", path), 410)


@fact("Video and audio answer 202 until they are prepared.", "clock")
def content_is_prepared_first(account: Account) -> None:
    account.behave(transcoding_seconds=30)
    data = base64.b64encode(b"voice").decode()
    message = account.act(account.person(), "audio", content=data, duration=900)["message"]
    path = f"{MESSAGE}/{message['id']}/content"
    assert account.api("GET", path).status_code == 202
    assert account.api("GET", f"{path}/transcoding").json() == {"status": "processing"}
    account.advance(31)
    assert account.api("GET", f"{path}/transcoding").json() == {"status": "succeeded"}
    assert account.api("GET", path).content == b"voice"


@fact("Media is deleted after a while.", "clock")
def content_is_deleted_later(account: Account) -> None:
    account.behave(content_days=7)
    message = account.act(account.person(), "image")["message"]
    path = f"{MESSAGE}/{message['id']}/content"
    assert account.api("GET", path).headers["Content-Type"] == "image/png"
    assert account.api("GET", f"{path}/preview").status_code == 200
    account.advance(8 * 24 * 3600)
    is_error(account.api("GET", path), 404)
