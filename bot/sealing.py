"""Encrypting the texts of protected cases; the keys come from the settings."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealError(Exception):
    """A sealed text cannot be opened with the keys there are."""


class Sealer:
    """Fernet (AES-128-CBC with HMAC-SHA256): the first key encrypts, all decrypt."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Raises `SealError` when no key fits."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise SealError("no key in ENCRYPTION_KEYS opens this text") from error
