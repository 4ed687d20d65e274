"""The registry of languages."""

import pytest

from bot import languages
from bot.languages import UnknownLanguage


def test_first_languages_in_menu_order() -> None:
    first = "ja ja-x-easy en zh-Hans zh-Hant ko vi"
    assert [known.tag for known in languages.registered()][:7] == first.split()


@pytest.mark.parametrize("known", languages.registered(), ids=lambda known: known.tag)
def test_every_language_is_whole(known: languages.Language) -> None:
    assert known.own_name and known.japanese_name and known.english_name
    assert len(known.script) == 4 and known.script.istitle()
    assert known.direction in ("ltr", "rtl")
    assert known.fallback and known.tag not in known.fallback
    assert all(languages.language(tag).tag == tag for tag in known.fallback)
    assert all(languages.from_profile(code) == known.tag for code in known.profile)


def test_complete_names_the_languages_of_a_set() -> None:
    assert {known.tag for known in languages.complete("topics")} >= {"ja", "en", "vi"}
    assert languages.complete("no such set") == ()


@pytest.mark.parametrize(
    ("written", "tag"),
    [("JA", "ja"), ("zh_hans", "zh-Hans"), ("zh-CN", "zh-Hans"), (" Ja-X-Easy ", "ja-x-easy")],
)
def test_normalise(written: str, tag: str) -> None:
    assert languages.normalise(written) == tag
    assert languages.language(written).tag == tag


def test_unknown_language_says_what_to_do() -> None:
    with pytest.raises(UnknownLanguage, match=r"'xx'.*bot/languages\.toml.*zh-Hans"):
        languages.language("xx")


@pytest.mark.parametrize(
    ("code", "tag"),
    [("en", "en"), ("zh-Hans", "zh-Hans"), ("vi", "vi"), ("xx", None), (None, None)],
)
def test_from_profile(code: str | None, tag: str | None) -> None:
    assert languages.from_profile(code) == tag
