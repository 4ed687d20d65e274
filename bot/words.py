"""The bot's own words: gettext catalogues with one id per text, one file per language.

A text is looked up by its id, in the resident's language, then in what that language falls back
to, then in English. Ids, not English sentences, are the keys: no language is the original.
"""

from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po

from bot.languages import language, registered

_LAST_RESORT = "en"


class Words:
    """All texts of one domain (`bot` or `console`), by language tag and id."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        self._texts = texts

    @classmethod
    def load(cls, folder: Path, domain: str) -> "Words":
        """Read `FOLDER/TAG/LC_MESSAGES/DOMAIN.po` of every registered language."""
        texts = {}
        for known in registered():
            path = folder / known.tag / "LC_MESSAGES" / f"{domain}.po"
            if path.exists():
                with path.open("rb") as file:
                    catalogue = read_po(file)
                texts[known.tag] = {
                    str(message.id): str(message.string)
                    for message in catalogue
                    if message.id and message.string
                }
        return cls(texts)

    def text(self, tag: str, id: str, **values: object) -> str:
        """The text with its blanks filled; what stands in braces inside a value stays as it is.

        Raises `KeyError` for an id no catalogue has.
        """
        for candidate in (tag, *language(tag).fallback):
            found = self._texts.get(candidate, {}).get(id)
            if found:
                return found.format(**values)
        return self._texts[_LAST_RESORT][id].format(**values)
