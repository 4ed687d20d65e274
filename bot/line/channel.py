"""Sending through LINE with line-bot-sdk.

The SDK has no default time-out, lets urllib3's exceptions through and may raise a validation error
after LINE accepted; every way a call can end becomes one of `Failure`.
"""

import json
import logging
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from linebot.v3.messaging import ApiClient, Configuration, MessagingApi, MessagingApiBlob
from linebot.v3.messaging.exceptions import ApiException
from linebot.v3.messaging.models import (
    Message,
    MulticastRequest,
    PushMessageRequest,
    ReplyMessageRequest,
    RichMenuBulkLinkRequest,
    RichMenuRequest,
)
from pydantic.v1 import PrivateAttr
from urllib3.exceptions import HTTPError

from bot.channel import Failure, Menu, Outgoing, SendError
from bot.limits import Limits
from bot.line import menus, messages
from bot.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT = (3.0, 10.0)
"""Seconds to connect and to wait for an answer."""
PROFILE_TIMEOUT = (1.0, 3.0)
"""A greeting waits for the profile; without it the language is only guessed less well."""

_REQUEST_ID = "x-line-request-id"
_ACCEPTED_REQUEST_ID = "x-line-accepted-request-id"


class LineChannel:
    """The `Channel` of one official account; safe to share between threads, not across a fork."""

    def __init__(self, settings: Settings, limits: Limits) -> None:
        self._client = _client(settings, settings.line_api_base_url)
        self._api = MessagingApi(self._client)
        self._media_client = _client(settings, settings.line_data_api_base_url)
        self._media = MessagingApiBlob(self._media_client)
        self._limits = limits

    def render(self, outgoing: Sequence[Outgoing]) -> str:
        return messages.render(outgoing)

    def reply(self, token: str, body: str) -> str:
        request = _request(ReplyMessageRequest, body, replyToken=token)
        self._limits.wait("reply")
        return _called("reply", self._api.reply_message_with_http_info, request)

    def push(self, recipient: str, body: str, retry_key: str) -> str:
        request = _request(PushMessageRequest, body, to=recipient)
        self._limits.wait("push")
        return _called(
            "push", self._api.push_message_with_http_info, request, x_line_retry_key=retry_key
        )

    def multicast(self, recipients: Sequence[str], body: str, retry_key: str) -> str:
        request = _request(MulticastRequest, body, to=list(recipients))
        self._limits.wait("multicast")
        return _called(
            "multicast", self._api.multicast_with_http_info, request, x_line_retry_key=retry_key
        )

    def profile_language(self, user_id: str) -> str | None:
        return self._of_profile(user_id, "language")

    def profile_name(self, user_id: str) -> str | None:
        return self._of_profile(user_id, "display_name")

    def _of_profile(self, user_id: str, what: str) -> str | None:
        """Not knowing a person's profile must never cost an answer: every failure is None."""
        try:
            profile = self._api.get_profile(user_id, _request_timeout=PROFILE_TIMEOUT)
        except (ApiException, HTTPError, ValueError) as error:
            log.warning("profile not available: %s", type(error).__name__)
            return None
        found = getattr(profile, what)
        return found if isinstance(found, str) else None

    def content(self, message_id: str, most: int) -> bytes | None:
        try:
            answer = self._media.get_message_content_with_http_info(
                message_id, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            later = error.status == 429 or error.status >= 500
            failure = Failure.UNCLEAR if later else Failure.REFUSED
            raise SendError(failure, f"LINE answered {error.status}") from error
        except (HTTPError, ValueError) as error:
            raise SendError(Failure.UNCLEAR, type(error).__name__) from error
        if answer.status_code == 202:
            return None
        if len(answer.data) > most:
            raise SendError(Failure.REFUSED, "larger than is kept here")
        return bytes(answer.data)

    def group_size(self, group_id: str) -> int | None:
        try:
            answer = self._api.get_group_member_count(group_id, _request_timeout=PROFILE_TIMEOUT)
        except (ApiException, HTTPError, ValueError) as error:
            log.warning("group's size not available: %s", type(error).__name__)
            return None
        return answer.count if isinstance(answer.count, int) else None

    def leave_group(self, group_id: str) -> bool:
        try:
            self._api.leave_group(group_id, _request_timeout=TIMEOUT)
        except (ApiException, HTTPError, ValueError) as error:
            log.warning("group not left: %s", type(error).__name__)
            return getattr(error, "status", None) in (400, 404)  # is in it no more
        return True

    def menus(self) -> dict[str, str]:
        found = _asked("menus", self._api.get_rich_menu_list_with_http_info).data
        return {menu.rich_menu_id: menu.name for menu in found.richmenus}

    def create_menu(self, menu: Menu) -> str:
        request = RichMenuRequest.from_dict(menus.rich_menu(menu))
        made = _asked("create menu", self._api.create_rich_menu_with_http_info, request)
        return str(made.data.rich_menu_id)

    def draw_menu(self, menu_id: str, png: bytes) -> None:
        kind = {"Content-Type": "image/png"}
        call = self._media.set_rich_menu_image_with_http_info
        _asked("draw menu", call, menu_id, png, _headers=kind)

    def set_default_menu(self, menu_id: str) -> None:
        _asked("default menu", self._api.set_default_rich_menu_with_http_info, menu_id)

    def link_menu(self, menu_id: str, recipients: Sequence[str]) -> None:
        """LINE does not say how it names a malformed id here: where it names none, halves tell."""
        request = RichMenuBulkLinkRequest(richMenuId=menu_id, userIds=list(recipients))
        self._limits.wait("menu")
        try:
            _asked("link menu", self._api.link_rich_menu_id_to_users_with_http_info, request)
        except SendError as error:
            if error.failure is not Failure.REFUSED or _status(error) != 400:
                raise
            if len(recipients) == 1:
                raise SendError(Failure.RECIPIENT, error.text, index=0) from error
            middle = len(recipients) // 2
            self.link_menu(menu_id, recipients[:middle])
            try:
                self.link_menu(menu_id, recipients[middle:])
            except SendError as later:
                later.index += middle if later.failure is Failure.RECIPIENT else 0
                raise

    def delete_menu(self, menu_id: str) -> None:
        try:
            _asked("delete menu", self._api.delete_rich_menu_with_http_info, menu_id)
        except SendError as error:
            if _status(error) != 404:
                raise

    def close(self) -> None:
        self._client.close()
        self._media_client.close()


def _client(settings: Settings, host: str) -> ApiClient:
    configuration = Configuration(host=host, access_token=settings.line_channel_access_token)
    configuration.connection_pool_maxsize = 64
    configuration.retries = False  # urllib3 would ask again by itself: we count every request
    return ApiClient(configuration)


class _Stored(Message):  # type: ignore[misc]
    """A message as it was rendered. The SDK would build it anew for every call out of a model for
    each of its parts: 3.5 ms of a processor for a notice to 500, 0.8 ms like this.
    """

    _part: dict[str, Any] = PrivateAttr()

    def to_dict(self) -> dict[str, Any]:
        return self._part


@lru_cache(maxsize=64)
def _stored(body: str) -> tuple[_Stored, ...]:
    """The messages of a body that the SDK finds right. Raises pydantic's `ValueError`."""
    found = []
    for part in json.loads(body):
        Message.from_dict(part)
        message = _Stored(type=part["type"])
        message._part = part
        found.append(message)
    return tuple(found)


def _request(kind: Callable[..., Any], body: str, **where: object) -> object:
    """The SDK's request for a stored body."""
    try:
        return kind(messages=list(_stored(body)), **where)
    except ValueError as error:  # nothing was asked, and nothing will be accepted
        raise SendError(Failure.REFUSED, "the SDK refuses the stored messages") from error


def _called(name: str, call: Callable[..., Any], request: object, **options: Any) -> str:
    """Send, and LINE's id of the request: of the first one where this repeats it."""
    try:
        response = _asked(name, call, request, **options)
    except SendError as error:
        headers = getattr(error.__cause__, "headers", None)
        if _status(error) == 409:
            return _header(headers, _ACCEPTED_REQUEST_ID) or _header(headers, _REQUEST_ID)
        raise
    return _header(response.headers, _REQUEST_ID)


def _asked(name: str, call: Callable[..., Any], *arguments: object, **options: Any) -> Any:
    """LINE's answer to one call. Raises `SendError` for every other end."""
    try:
        response = call(*arguments, _request_timeout=TIMEOUT, **options)
    except ApiException as error:
        raise _ended(name, error) from error
    except HTTPError as error:
        log.warning("%s: no answer: %s", name, type(error).__name__)
        raise SendError(Failure.UNCLEAR, type(error).__name__) from error
    except ValueError as error:  # pydantic's: LINE answered, but not what the SDK expected
        log.warning("%s: unreadable answer", name)
        raise SendError(Failure.UNCLEAR, "unreadable answer") from error
    request_id = _header(response.headers, _REQUEST_ID)
    log.info("%s: %s, request %s", name, response.status_code, request_id)
    return response


def _ended(name: str, error: ApiException) -> SendError:
    request_id = _header(error.headers, _REQUEST_ID)
    log.info("%s: %s, request %s", name, error.status, request_id)
    failure, index = _meaning(error.status, _text(error.body))
    return SendError(failure, f"LINE answered {error.status}", request_id=request_id, index=index)


def _status(error: SendError) -> int | None:
    """LINE's status, or None where there was no answer."""
    return getattr(error.__cause__, "status", None)


def _meaning(status: int, text: str) -> tuple[Failure, int]:
    if status == 429:
        return (Failure.QUOTA if "monthly limit" in text else Failure.RATE), -1
    if status >= 500 or status < 400:
        return Failure.UNCLEAR, -1
    if status == 400 and "Invalid reply token" in text:
        return Failure.TOKEN, -1
    named = re.search(r"(?:to|userIds(?=\[))(?:\[(\d+)\])?, in the request body is invalid", text)
    if status == 400 and named:
        return Failure.RECIPIENT, int(named.group(1) or 0)
    return Failure.REFUSED, -1


def _text(body: str | bytes | None) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""


def _header(headers: Any, name: str) -> str:
    return str((headers or {}).get(name, ""))
