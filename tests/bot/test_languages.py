"""The registry of languages, and which of them a message is written in."""

import csv
from pathlib import Path
from time import process_time
from unicodedata import combining, normalize

import pytest

from bot import languages
from bot.languages import Guess, UnknownLanguage, detect

DEVELOPMENT_LINES = Path(__file__).parents[3] / "shared" / "data" / "langid" / "dev"
QUESTIONS = Path(__file__).parents[1] / "data" / "languages.tsv"

# How a person may mark what only they can choose.
DETECTED_AS = {"ja-x-easy": "ja"}


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


@pytest.mark.parametrize(
    ("text", "tag", "certain"),
    [
        ("ごみの日はいつですか", "ja", True),
        ("カード", "ja", True),
        ("病院", "ja", False),
        ("転出届", "ja", True),  # 転 and 届 are written so in Japan only
        ("gomi no hi wa itsu desu ka", "ja", False),
        ("垃圾怎么分类", "zh-Hans", True),
        ("我要去医院", "zh-Hans", False),
        ("在留カード怎么续签", "zh-Hans", True),
        ("laji zenme fenlei", "zh-Hans", False),
        ("Tôi muốn gia hạn thị thực", "vi", True),
        ("toi muon gia han visa", "vi", False),
        ("Tôi mất 在留カード", "vi", True),
        ("Where can I get 住民票?", "en", False),
        ("help", "en", False),
        ("see https://example.jp/ごみ please", "en", False),
    ],
)
def test_detect(text: str, tag: str, certain: bool) -> None:
    guess = detect(text)
    assert (guess.tag, guess.certain) == (tag, certain)
    assert 0 < guess.score <= 1


@pytest.mark.parametrize(
    "text", ["", " ", "😀🙏", "119", "!?…", "12:30", "https://example.jp/a?b=c", "a@example.jp"]
)
def test_nothing_to_tell_a_language_by(text: str) -> None:
    assert detect(text) == Guess(None, False, 0.0)


def test_a_language_nobody_registered_is_not_taken_for_certain() -> None:
    """Traditional characters are not Japanese because Chinese in them is not registered."""
    assert not detect("請問垃圾要怎麼分類呢").certain
    assert not detect("Onde posso jogar o lixo grande?").certain


def test_plain_japanese_is_never_guessed() -> None:
    assert detect("ごみの 日は いつ ですか。おしえて ください。").tag == "ja"


def test_one_message_costs_less_than_a_millisecond() -> None:
    texts = [
        "ごみの日はいつですか" * 500,
        "toi muon gia han visa " * 250,
        "垃圾怎么分类" * 800,
        "ok",
    ]
    for text in texts:
        best = min(_milliseconds(text) for _ in range(20))
        assert best < 1, f"{best:.2f} ms for {len(text)} characters"


def _milliseconds(text: str) -> float:
    begun = process_time()
    detect(text)
    return (process_time() - begun) * 1000


@pytest.mark.parametrize("half", [0, 1], ids=["tuned on", "blind"])
def test_questions_by_people_who_had_not_seen_the_word_lists(half: int) -> None:
    with QUESTIONS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:][half::2]
    guesses = [(DETECTED_AS.get(row[0], row[0]), detect(row[1])) for row in rows]
    right = sum(guess.tag == tag for tag, guess in guesses) / len(guesses)
    sure_but_wrong = sum(guess.certain and guess.tag != tag for tag, guess in guesses)
    assert right >= 0.92, f"{right:.3f}"
    assert sure_but_wrong == 0


@pytest.mark.parametrize(
    ("tag", "unmarked", "floor"),
    [
        ("ja", False, 0.98),
        ("en", False, 0.85),
        ("zh-Hans", False, 0.93),
        ("vi", False, 0.95),
        ("vi", True, 0.85),
    ],
)
def test_development_lines(tag: str, unmarked: bool, floor: float) -> None:
    file = DEVELOPMENT_LINES / f"{tag}.tsv"
    if not file.exists():
        pytest.skip("third-party development lines are not part of the project")
    lines = [line.split("\t")[0] for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    if unmarked:
        lines = [_without_marks(line) for line in lines]
    right = sum(detect(line).tag == tag for line in lines) / len(lines)
    assert right >= floor, f"{right:.3f}"


def _without_marks(text: str) -> str:
    apart = normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(character for character in apart if not combining(character))
