"""What the surroundings decide is checked at the start, and secrets stay secret."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, is_loopback
from docs.settings import PAGE, page
from tests.conftest import test_environment

GOOD = test_environment("", "", Path("data"))
REAL = GOOD | {
    "LINE_API_BASE_URL": "https://api.line.me",
    "LINE_DATA_API_BASE_URL": "https://api-data.line.me",
    "PUBLIC_BASE_URL": "https://line.city.example.jp",
}


def test_a_good_environment_is_taken() -> None:
    settings = Settings.from_environment(REAL | {"RETENTION_DAYS": "90", "LOG_LEVEL": "DEBUG"})
    assert (settings.retention_days, settings.log_level, settings.simulated) == (90, "DEBUG", False)
    rotating = Settings.from_environment(REAL | {"LINE_CHANNEL_SECRET": "old, new"})
    assert rotating.line_channel_secret == ("old", "new")


BAD = {
    "SECRET_KEY": ("", "short"),
    "ENCRYPTION_KEYS": ("", "not a key", "é"),
    "LINE_CHANNEL_SECRET": ("", ",", "one,two,three"),
    "LINE_CHANNEL_ACCESS_TOKEN": ("",),
    "LINE_API_BASE_URL": ("http://api.line.me", "api.line.me", "https://[::1", "https://"),
    "PUBLIC_BASE_URL": ("", "http://city.example.jp", "https://x.jp?y", "https://x.jp:port"),
    "RETENTION_DAYS": ("0", "-1", "many", "1.5"),
    "CASE_RETENTION_DAYS": ("0",),
    "SMTP_PORT": ("mail",),
    "LOG_LEVEL": ("LOUD", "debug"),
    "DATABASE_URL": ("mysql://x", "postgresql://x"),
    "REDIS_URL": ("localhost:6379",),
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in BAD.items() for v in vs])
def test_a_missing_or_malformed_one_stops_the_start_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(REAL | {name: value})
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{name}: ")
    assert value not in line.removeprefix(name) or len(value) < 3, "a secret could be mistyped"


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({})
    lines = str(caught.value).splitlines()
    assert len(lines) >= 5
    assert all(": missing or malformed. " in line for line in lines)


def test_secrets_are_in_no_repr() -> None:
    settings = Settings.from_environment(REAL)
    for item in fields(settings):
        if item.metadata["secret"] and getattr(settings, item.name):
            assert str(getattr(settings, item.name)) not in repr(settings)
    assert REAL["SECRET_KEY"] not in repr(settings)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("http://127.8.9.1", True),
        ("https://api.line.me", False),
        ("http://127.0.0.1@api.line.me", False),
        ("http://localhost.example.jp", False),
        ("http://0.0.0.0", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_and_nothing_that_looks_like_it(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


def test_one_real_address_is_enough_to_be_real() -> None:
    settings = Settings.from_environment(GOOD)
    assert settings.simulated
    for name in ("line_api_base_url", "line_data_api_base_url"):
        assert not replace(settings, **{name: "https://api.line.me"}).simulated


def test_every_setting_is_documented_as_it_is() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
