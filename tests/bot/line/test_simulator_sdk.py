"""LINE's own client library is content with the simulator."""

import base64
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from linebot.v3.messaging import (
    ApiClient,
    ApiException,
    Configuration,
    MessagingApi,
    MessagingApiBlob,
    MulticastRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    RichMenuBulkLinkRequest,
    RichMenuRequest,
    ShowLoadingAnimationRequest,
    TextMessage,
)
from linebot.v3.messaging.models import Message
from linebot.v3.webhook import WebhookParser

from tests.bot.line.line_menu_behaviours import menu, png
from tests.bot.line.line_messages import MESSAGES
from tests.bot.line.simulator_process import Bot, Simulator, bot, simulator

TIMEOUT = (3, 10)


@pytest.fixture(scope="module")
def webhook() -> Iterator[Bot]:
    with bot() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def line(webhook: Bot) -> Iterator[Simulator]:
    with simulator("--webhook", webhook.url) as process:
        yield process


@pytest.fixture(scope="module")
def client(line: Simulator) -> Iterator[ApiClient]:
    with ApiClient(Configuration(host=line.url, access_token="simulator")) as found:
        yield found


def friend(line: Simulator) -> str:
    person = {"name": "Lan", "language": "vi", "friend": True}
    identifier: str = line.control("POST", "users", person)["id"]
    return identifier


def act(line: Simulator, webhook: Bot, user: str, **wish: Any) -> Any:
    """The event as the SDK understands it."""
    line.control("POST", "event", {"user": user, "wait": True, **wish})
    signature, raw = webhook.received[-1]
    (event,) = WebhookParser("simulator").parse(raw.decode(), signature)
    return event


def test_reply_push_multicast(line: Simulator, client: ApiClient, webhook: Bot) -> None:
    api, user = MessagingApi(client), friend(line)
    event = act(line, webhook, user, type="text", text="hello")
    messages = [TextMessage(text="hi")]
    answer = api.reply_message(
        ReplyMessageRequest(replyToken=event.reply_token, messages=messages),
        _request_timeout=TIMEOUT,
    )
    assert answer.sent_messages[0].quote_token
    key = str(uuid.uuid4())
    push = PushMessageRequest(to=user, messages=messages)
    api.push_message(push, x_line_retry_key=key, _request_timeout=TIMEOUT)
    with pytest.raises(ApiException) as refused:
        api.push_message(push, x_line_retry_key=key, _request_timeout=TIMEOUT)
    assert refused.value.status == 409
    assert refused.value.headers["x-line-accepted-request-id"]
    multicast = MulticastRequest(to=[user], messages=messages)
    api.multicast(multicast, x_line_retry_key=str(uuid.uuid4()), _request_timeout=TIMEOUT)
    items = line.control("GET", f"users/{user}/messages")["items"]
    assert [item.get("kind") for item in items] == [None, "reply", "push", "multicast"]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda it: it["type"])
def test_every_message_type(message: dict[str, Any], line: Simulator, client: ApiClient) -> None:
    request = PushMessageRequest(to=friend(line), messages=[Message.from_dict(message)])
    MessagingApi(client).push_message(request, _request_timeout=TIMEOUT)


def test_people(line: Simulator, client: ApiClient, webhook: Bot) -> None:
    api, user = MessagingApi(client), friend(line)
    profile = api.get_profile(user, _request_timeout=TIMEOUT)
    assert (profile.display_name, profile.language) == ("Lan", "vi")
    request = ShowLoadingAnimationRequest(chatId=user, loadingSeconds=5)
    api.show_loading_animation(request, _request_timeout=TIMEOUT)
    assert api.get_message_quota(_request_timeout=TIMEOUT).type == "none"
    assert api.get_message_quota_consumption(_request_timeout=TIMEOUT).total_usage >= 0
    assert api.get_bot_info(_request_timeout=TIMEOUT).user_id[0] == "U"
    assert user in api.get_followers(limit=1000, _request_timeout=TIMEOUT).user_ids


def test_content(line: Simulator, client: ApiClient, webhook: Bot) -> None:
    data = base64.b64encode(b"bytes").decode()
    event = act(line, webhook, friend(line), type="video", content=data)
    blob = MessagingApiBlob(client)
    assert blob.get_message_content(event.message.id, _request_timeout=TIMEOUT) == b"bytes"
    assert (
        blob.get_message_content_transcoding_by_message_id(event.message.id).status == "succeeded"
    )
    assert blob.get_message_content_preview(event.message.id, _request_timeout=TIMEOUT)


def test_rich_menus(line: Simulator, client: ApiClient) -> None:
    api, blob, user = MessagingApi(client), MessagingApiBlob(client), friend(line)
    request = RichMenuRequest.from_dict(menu(2))
    api.validate_rich_menu_object(request, _request_timeout=TIMEOUT)
    identifier = api.create_rich_menu(request, _request_timeout=TIMEOUT).rich_menu_id
    picture = png(800, 540)
    headers = {"Content-Type": "image/png"}
    blob.set_rich_menu_image(identifier, body=picture, _headers=headers, _request_timeout=TIMEOUT)
    assert bytes(blob.get_rich_menu_image(identifier, _request_timeout=TIMEOUT)) == picture
    api.set_default_rich_menu(identifier, _request_timeout=TIMEOUT)
    assert api.get_default_rich_menu_id(_request_timeout=TIMEOUT).rich_menu_id == identifier
    api.link_rich_menu_id_to_user(user, identifier, _request_timeout=TIMEOUT)
    assert api.get_rich_menu_id_of_user(user, _request_timeout=TIMEOUT).rich_menu_id == identifier
    bulk = RichMenuBulkLinkRequest(richMenuId=identifier, userIds=[user])
    api.link_rich_menu_id_to_users(bulk, _request_timeout=TIMEOUT)
    found = api.get_rich_menu_list(_request_timeout=TIMEOUT).richmenus
    assert [it.rich_menu_id for it in found] == [identifier]
    assert len(api.get_rich_menu(identifier, _request_timeout=TIMEOUT).areas) == 2
    api.delete_rich_menu(identifier, _request_timeout=TIMEOUT)
