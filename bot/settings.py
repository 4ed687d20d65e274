"""What the surroundings decide: read once, checked at the start, then frozen.

The only module that reads the environment. Every field becomes the environment variable of the
same name in capitals; its help text is what `docs/settings.md` and the error lines show.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

TRANSLATORS = ("deepl", "microsoft", "libre", "google")
_SWITCH = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}


class SettingsError(Exception):
    """A setting is missing or malformed; `str()` is one line per problem, saying what to set."""


def _setting(help: str, *, default: Any = None, secret: bool = False) -> Any:
    return field(default=default, metadata={"help": help, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """All settings of one process. Secrets never appear in its `repr`."""

    secret_key: str = _setting(
        "Signs sessions and links: at least 32 random characters.", default="", secret=True
    )
    encryption_keys: tuple[str, ...] = _setting(
        "Fernet keys for the texts of protected cases, separated by commas; the first encrypts, "
        "all decrypt. Make one with `python -m handlers.commands keys new`.",
        default=(),
        secret=True,
    )
    public_base_url: str = _setting(
        "Where residents' phones reach this service, such as https://line.city.example.jp.",
        default="",
    )
    line_channel_secret: tuple[str, ...] = _setting(
        "The channel secret of the Messaging API channel; two, separated by a comma, while it is "
        "being rotated.",
        default=(),
        secret=True,
    )
    line_channel_access_token: str = _setting(
        "The long-lived channel access token.", default="", secret=True
    )
    line_basic_id: str = _setting(
        "The account's LINE id with its @, such as @minato-city: for links and QR codes that open "
        "the chat.",
        default="",
    )
    line_api_base_url: str = _setting(
        "The Messaging API; another address only for the simulator.",
        default="https://api.line.me",
    )
    line_data_api_base_url: str = _setting(
        "The Messaging API's host for media; another address only for the simulator.",
        default="https://api-data.line.me",
    )
    data_dir: Path = _setting("Folder for the embedded database and queue.", default=Path("data"))
    database_url: str = _setting(
        "SQLAlchemy address of the database; empty = SQLite in DATA_DIR. "
        "PostgreSQL: postgresql+psycopg://user:password@host/name.",
        default="",
        secret=True,
    )
    redis_url: str = _setting(
        "Redis or Valkey; empty = one embedded in DATA_DIR, started with the service.",
        default="",
        secret=True,
    )
    retention_days: int = _setting("Days after which residents' messages are erased.", default=180)
    case_retention_days: int = _setting(
        "Days after which a closed case is erased: the city's records period.", default=1095
    )
    case_close_days: int = _setting(
        "Days after which an answered case closes by itself when nobody writes again.", default=7
    )
    translator: str = _setting(
        "Machine translation by deepl, microsoft, libre or google; empty = none. google has no "
        "contract and never gets residents' words.",
        default="",
    )
    translator_api_key: str = _setting("The translator's key.", default="", secret=True)
    translator_url: str = _setting(
        "Address of the city's own LibreTranslate, such as https://translate.city.example.jp; for "
        "deepl and microsoft another address than their usual one.",
        default="",
    )
    translator_region: str = _setting(
        "The region of a Microsoft key, such as japaneast, where it has one.", default=""
    )
    translate_residents: bool = _setting(
        "Whether the translator gets what residents write and staff answer: yes or no. Never "
        "those of protected cases.",
        default=False,
    )
    translate_notices: bool = _setting(
        "Whether the translator may have notices: as drafts for key persons to write from and, "
        "where the policy allows it, as texts for residents; both are marked. yes or no.",
        default=False,
    )
    smtp_host: str = _setting(
        "Mail server for invitations and alarms; empty = no mail.", default=""
    )
    smtp_port: int = _setting("Its port; 465 speaks TLS at once, others STARTTLS.", default=587)
    smtp_user: str = _setting("Its user, where it asks for one.", default="")
    smtp_password: str = _setting("Its password.", default="", secret=True)
    mail_from: str = _setting("Sender address of mails.", default="")
    log_level: str = _setting("DEBUG, INFO, WARNING or ERROR.", default="INFO")

    def __repr__(self) -> str:
        shown = {
            item.name: "…" if item.metadata["secret"] else getattr(self, item.name)
            for item in fields(self)
        }
        return f"Settings({shown})"

    @property
    def simulated(self) -> bool:
        """Whether LINE is a local stand-in: only then may the clock be moved."""
        return is_loopback(self.line_api_base_url) and is_loopback(self.line_data_api_base_url)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check every setting.

        Raises `SettingsError` naming all problems at once.
        """
        source = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        problems: list[str] = []
        for item in fields(cls):
            text = source.get(item.name.upper(), "").strip()
            if not text:
                continue
            try:
                values[item.name] = _parsed(item.default, text)
            except (ValueError, KeyError):
                wanted = "yes or no" if isinstance(item.default, bool) else "a whole number"
                problems.append(f"{item.name.upper()}: not {wanted}. {item.metadata['help']}")
        settings = cls(**values)
        problems += settings._problems()
        if problems:
            raise SettingsError("\n".join(problems))
        return settings

    def _problems(self) -> list[str]:
        wrong = []
        if len(self.secret_key) < 32:
            wrong.append("secret_key")
        if not self.encryption_keys or not all(map(_is_fernet_key, self.encryption_keys)):
            wrong.append("encryption_keys")
        if not self.line_channel_secret or len(self.line_channel_secret) > 2:
            wrong.append("line_channel_secret")
        if not self.line_channel_access_token:
            wrong.append("line_channel_access_token")
        wrong += [
            name
            for name in ("line_api_base_url", "line_data_api_base_url", "public_base_url")
            if not _is_base_url(getattr(self, name), plain_allowed=self.simulated)
        ]
        wrong += [
            name
            for name in ("retention_days", "case_retention_days", "case_close_days")
            if getattr(self, name) < 1
        ]
        wrong += self._translator_problems()
        if self.line_basic_id and not self.line_basic_id.startswith("@"):
            wrong.append("line_basic_id")
        if self.smtp_host and not self.mail_from:
            wrong.append("mail_from")
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            wrong.append("log_level")
        if self.database_url and not self.database_url.startswith(
            ("sqlite:", "postgresql+psycopg:")
        ):
            wrong.append("database_url")
        if self.redis_url and not self.redis_url.startswith(("redis:", "rediss:", "unix:")):
            wrong.append("redis_url")
        help_of = {item.name: item.metadata["help"] for item in fields(self)}
        return [f"{name.upper()}: missing or malformed. {help_of[name]}" for name in wrong]

    def _translator_problems(self) -> list[str]:
        if self.translator not in ("", *TRANSLATORS):
            return ["translator"]
        wrong = []
        if self.translator in ("deepl", "microsoft") and not self.translator_api_key:
            wrong.append("translator_api_key")
        loopback = is_loopback(self.translator_url)
        if self.translator == "libre" or self.translator_url:
            usable = _is_base_url(self.translator_url, plain_allowed=loopback)
            wrong += [] if usable else ["translator_url"]
        if self.translate_residents and self.translator in ("", "google"):
            wrong.append("translate_residents")
        if self.translate_notices and not self.translator:
            wrong.append("translate_notices")
        return wrong


def _parsed(default: Any, text: str) -> Any:
    if isinstance(default, bool):
        return _SWITCH[text.lower()]
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if isinstance(default, int):
        return int(text)
    if isinstance(default, Path):
        return Path(text)
    return text


def is_loopback(url: str) -> bool:
    """Whether an address can only mean this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_base_url(url: str, *, plain_allowed: bool) -> bool:
    schemes = ("https", "http") if plain_allowed else ("https",)
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and not parts.query
        return usable and parts.scheme in schemes
    except ValueError:
        return False


def _is_fernet_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True
