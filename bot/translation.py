"""Other people's words by machine: asked with a deadline, checked, and never for protected cases.

deep-translator knows the services; it has no time-outs, puts texts and keys into addresses, quotes
both in its errors, and an instance shared by threads returns another thread's text. So it gets
other `requests` here, a new instance for every call, and its errors go no further.
"""

import hashlib
import hmac
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from json import loads
from threading import Lock
from typing import Any
from unicodedata import normalize

import requests
from babel import Locale
from deep_translator import deepl, google, libre, microsoft
from deep_translator.base import BaseTranslator
from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from urllib3.exceptions import HTTPError

from bot.clock import Clock
from bot.database import Database
from bot.languages import ascii_digits
from bot.models import Translation
from bot.sealing import Sealer
from bot.settings import Settings

log = logging.getLogger(__name__)

CONNECT_SECONDS, SILENCE_SECONDS, DEADLINE_SECONDS = 2.0, 5.0, 8.0
LARGEST_ANSWER = 200_000
FAILURES, PAUSE = 3, timedelta(seconds=30)
"""After so many failures in a row nobody waits for the service until the pause is over."""

JAPANESE = ("ja", "ja-x-easy")

_CODES: Mapping[str, Mapping[str, str]] = {
    "deepl": {"zh-Hans": "ZH-HANS", "zh-Hant": "ZH-HANT", "en": "EN-US", "pt": "PT-BR"},
    "microsoft": {"zh-Hans": "zh-Hans", "zh-Hant": "zh-Hant"},
    "libre": {"zh-Hans": "zh", "zh-Hant": "zt"},
    "google": {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW"},
}
"""The services' names of languages where they are not the tag's first part."""


class Purpose(StrEnum):
    """Whose words are translated; the settings have a switch for the first two, and one for
    notices.
    """

    ANSWER = "answer"  # staff's, to one resident
    RESIDENT = "resident"
    NOTICE = "notice"  # the city's, as a draft for a key person or, where allowed, for residents


class Problem(StrEnum):
    """Why there is no translation."""

    OFF = "off"  # not configured, or not for this purpose
    AWAY = "away"  # no answer in time, too many requests, or broken: later perhaps
    KEY = "key"  # refused, or used up for the month: somebody must look after it
    REFUSED = "refused"  # this text or language it does not take
    FACTS = "facts"  # a number of the text is missing in the translation


class TranslationError(Exception):
    """There is no translation that may be used. `missing` are the numbers lost; never logged."""

    def __init__(self, problem: Problem, missing: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.missing = missing


class Translator:
    """The one service of this installation, or none; safe to share between threads."""

    def __init__(
        self, settings: Settings, database: Database, sealer: Sealer, clock: Clock
    ) -> None:
        self._settings = settings
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._pause_until: datetime | None = None

    @property
    def is_on(self) -> bool:
        """Whether residents' and staff's words may be given to the service there is."""
        return bool(self._settings.translator) and self._settings.translate_residents

    @property
    def is_on_for_notices(self) -> bool:
        """Whether notices may be given to the service there is."""
        return bool(self._settings.translator) and self._settings.translate_notices

    def translate(self, text: str, source: str, target: str, purpose: Purpose) -> str:
        """`text` in the language `target`, both as tags. Takes up to `DEADLINE_SECONDS`.

        Words of a protected case must never come here. Raises `TranslationError`.
        """
        if not (self.is_on_for_notices if purpose is Purpose.NOTICE else self.is_on):
            raise TranslationError(Problem.OFF)
        key = self._key(text, source, target)
        kept = None if purpose is Purpose.RESIDENT else self._kept(key)
        if kept is not None:
            return kept
        translated = self._asked(text, source, target)
        missing = lost_numbers(text, translated, target)
        if missing:
            log.warning("a translation into %s lost %s numbers", target, len(missing))
            raise TranslationError(Problem.FACTS, missing)
        if purpose is not Purpose.RESIDENT:
            self._keep(key, translated)
        return translated

    def forget(self, text: str, source: str, target: str) -> None:
        """Ask the service anew next time: its answer was not fit for use."""
        with self._database.write() as session:
            session.execute(
                delete(Translation).where(Translation.key == self._key(text, source, target))
            )

    def _asked(self, text: str, source: str, target: str) -> str:
        now = self._clock.now()
        with self._lock:
            if self._pause_until is not None and now < self._pause_until:
                raise TranslationError(Problem.AWAY)
        try:
            translated = _ask(self._settings, text, source, target)
        except TranslationError as error:
            log.warning("no translation into %s: %s", target, error.problem)
            if error.problem is not Problem.REFUSED:
                self._count_failure(now)
            raise
        with self._lock:
            self._failures, self._pause_until = 0, None
        return translated

    def _count_failure(self, now: datetime) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._pause_until = now + PAUSE

    def _key(self, text: str, source: str, target: str) -> str:
        words = "\0".join((self._settings.translator, source, target, text))
        secret = self._settings.secret_key.encode()
        return hmac.new(secret, words.encode(), hashlib.sha256).hexdigest()

    def _kept(self, key: str) -> str | None:
        with self._database.read() as session:
            row = session.get(Translation, key)
        return self._sealer.open(row.sealed) if row else None

    def _keep(self, key: str, translated: str) -> None:
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        values = {
            "key": key,
            "sealed": self._sealer.seal(translated),
            "made_at": self._clock.now(),
        }
        with self._database.write() as session:
            session.execute(insert(Translation).values(values).on_conflict_do_nothing())


def lost_numbers(source: str, translated: str, target: str) -> tuple[str, ...]:
    """The numbers of `source` that `translated` lacks: counts, times, dates, telephone numbers.

    A month may have become its name. Numbers written as words are not looked at.
    """
    there = set(_numbers(translated))
    months = _months(target)
    words = normalize("NFKC", translated).casefold()
    lost = []
    for number, is_month in _with_months(source):
        named = is_month and any(name in words for name in months.get(int(number), ()))
        if number not in there and not named and number not in lost:
            lost.append(number)
    return tuple(lost)


_SEPARATED = re.compile(r"(?<=\d)[,.](?=\d{3}(?!\d))")
_TEN_THOUSANDS = re.compile(r"(\d+)[万萬](\d{0,4})")
_RUN = re.compile(r"(\d+)(月(?!額|給|謝|曜))?")


def _with_months(text: str) -> list[tuple[str, bool]]:
    """Every run of digits in ASCII, without leading zeros of times and dates, and whether 月."""
    plain = _SEPARATED.sub("", ascii_digits(normalize("NFKC", text)))
    plain = _TEN_THOUSANDS.sub(lambda m: str(int(m[1]) * 10_000 + int(m[2] or 0)), plain)
    return [(_without_zero(m[1]), bool(m[2]) and int(m[1]) <= 12) for m in _RUN.finditer(plain)]


def _numbers(text: str) -> list[str]:
    return [number for number, _ in _with_months(text)]


def _without_zero(digits: str) -> str:
    """09:05 and 9:05 are the same time; 0570 and 570 are not the same telephone number."""
    return digits[1:] if len(digits) == 2 and digits[0] == "0" else digits


def _months(tag: str) -> Mapping[int, tuple[str, ...]]:
    """What a translation may call each month instead of by its number."""
    names = Locale.parse(tag.split("-x-")[0], sep="-").months["format"]
    return {
        month: tuple(
            name
            for width in ("wide", "abbreviated")
            if len(name := names[width][month].rstrip(".").casefold()) > 2
        )
        for month in range(1, 13)
    }


def _ask(settings: Settings, text: str, source: str, target: str) -> str:
    """One call of the service. Raises `TranslationError` and nothing else."""
    codes = _CODES[settings.translator]
    first = codes.get(source, source.split("-")[0])
    # DeepL tells variants apart only in the language it writes.
    first = first.split("-")[0] if settings.translator == "deepl" else first
    try:
        service = _SERVICES[settings.translator](settings)
        service.source = first
        service.target = codes.get(target, target.split("-")[0])
        translated = service.translate(text)
    except TranslationError:
        raise
    except Exception as error:  # whatever the library makes of an answer; it may quote the text
        log.warning("unusable answer of the translator: %s", type(error).__name__)
        raise TranslationError(Problem.AWAY) from None
    if not isinstance(translated, str) or not translated.strip():
        raise TranslationError(Problem.AWAY)
    return translated.strip()


class _Microsoft(microsoft.MicrosoftTranslator):  # type: ignore[misc]
    def _get_supported_languages(self) -> dict[str, str]:
        """Without another request before every translation: our codes are the service's own."""
        return {"english": "en"}


def _deepl(settings: Settings) -> BaseTranslator:
    key = settings.translator_api_key
    made = deepl.DeeplTranslator(api_key=key, use_free_api=key.endswith(":fx"))
    return _elsewhere(made, settings, "/v2/")


def _microsoft(settings: Settings) -> BaseTranslator:
    region = settings.translator_region or None
    made = _Microsoft(source="auto", api_key=settings.translator_api_key, region=region)
    return _elsewhere(made, settings, "/translate?api-version=3.0")


def _libre(settings: Settings) -> BaseTranslator:
    # It insists on a key; a server of one's own mostly has none and ignores it.
    return _elsewhere(
        libre.LibreTranslator(api_key=settings.translator_api_key or "none"), settings, "/"
    )


def _elsewhere(made: BaseTranslator, settings: Settings, path: str) -> BaseTranslator:
    if settings.translator_url:
        made._base_url = settings.translator_url.rstrip("/") + path
    return made


_SERVICES: Mapping[str, Callable[[Settings], BaseTranslator]] = {
    "deepl": _deepl,
    "microsoft": _microsoft,
    "libre": _libre,
    "google": lambda settings: google.GoogleTranslator(),
}


@dataclass(frozen=True)
class _Answer:
    """As much of a response as deep-translator looks at."""

    status_code: int
    text: str

    def json(self) -> Any:
        return loads(self.text)

    def close(self) -> None:
        """Read to its end already."""


class _Requests:
    """What deep-translator calls instead of `requests`: with a deadline, and without texts or keys
    in addresses, where any proxy would log them.
    """

    exceptions = requests.exceptions

    def get(self, url: str, params: Mapping[str, str], proxies: object = None) -> _Answer:
        if "auth_key" not in params:
            return _answered("GET", url, params=params)
        # DeepL takes neither GET nor a key among the fields any more (its notice of March 2025).
        fields = {name: value for name, value in params.items() if name != "auth_key"}
        headers = {"Authorization": f"DeepL-Auth-Key {params['auth_key']}"}
        return _answered("POST", url, data=fields, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        json: object = None,
        proxies: object = None,
    ) -> _Answer:
        if json is None:
            return _answered("POST", url, data=params)
        return _answered("POST", url, params=params, headers=headers, json=json)


for _module in (deepl, google, libre, microsoft):
    _module.requests = _Requests()


def _answered(method: str, url: str, **what: Any) -> _Answer:
    end = time.monotonic() + DEADLINE_SECONDS
    waits = (CONNECT_SECONDS, SILENCE_SECONDS)
    try:
        with requests.request(
            method, url, timeout=waits, stream=True, allow_redirects=False, **what
        ) as response:
            body = b""
            while piece := response.raw.read1(65_536, decode_content=True):
                body += piece
                if time.monotonic() > end or len(body) > LARGEST_ANSWER:
                    raise TranslationError(Problem.AWAY)
            status = response.status_code
    except (requests.RequestException, HTTPError, OSError) as error:
        log.warning("the translator does not answer: %s", type(error).__name__)
        raise TranslationError(Problem.AWAY) from None
    if status in (401, 403, 456):  # 456 is DeepL's "used up"
        raise TranslationError(Problem.KEY)
    if status == 429 or not 200 <= status < 500:
        raise TranslationError(Problem.AWAY)
    if status >= 300:
        raise TranslationError(Problem.REFUSED)
    return _Answer(status, body.decode("utf-8", errors="replace"))
