"""From a message to a topic: recognised, unsure, small talk, or none of the city's business."""

import csv
import tomllib
from functools import cache
from pathlib import Path
from time import process_time

import pytest

from bot import languages
from bot.evaluation import Figures, Question, evaluate_topics
from bot.knowledge import FIRST, Handling, Knowledge, KnowledgeError, Outcome
from bot.knowledge.lexicon import prepare, romaji

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "templates" / "faq"
QUESTIONS = ROOT / "tests" / "data" / "questions"
TAGS = [known.tag for known in languages.complete("topics")]

NATIONAL_NUMBERS = {
    *("119", "110", "118", "171", "189", "#8008", "#7119"),
    *("0120-279-338", "0570-013904", "0570-078377", "0570-011000"),
}
CITY_PHONES = {"counter", "garbage", "night_clinic", "water"}
CITY_LINKS = {
    *("garbage", "hazard_map", "procedures", "tax", "health", "children", "schools"),
    "japanese_classes",
}
HAZARDS = {"earthquake", "tsunami", "flood", "landslide", "fire"}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.load(FOLDER)


@cache
def examples(tag: str) -> dict[str, list[str]]:
    with (FOLDER / tag / "examples.toml").open("rb") as file:
        topics: dict[str, list[str]] = tomllib.load(file)["topics"]
    return topics


@cache
def questions(tag: str) -> list[Question]:
    with (QUESTIONS / f"{tag}.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [Question(row[0], row[1], tag) for row in rows]


def test_topics_are_whole(knowledge: Knowledge) -> None:
    for topic in knowledge.topics.values():
        assert topic.community in ("ask", "never")
        assert set(topic.call) <= NATIONAL_NUMBERS | CITY_PHONES
        assert set(topic.links) <= CITY_LINKS
        assert set(topic.sites) <= HAZARDS
        if topic.handling in FIRST:
            assert topic.call, f"{topic.id} must say whom to call"
            assert topic.community == "never"


@pytest.mark.parametrize("tag", TAGS)
def test_every_topic_has_examples(knowledge: Knowledge, tag: str) -> None:
    assert {topic: len(said) for topic, said in examples(tag).items() if len(said) < 15} == {}
    assert examples(tag).keys() == knowledge.topics.keys()


@pytest.mark.parametrize("tag", TAGS)
def test_its_own_urgent_examples_reach_their_handling(knowledge: Knowledge, tag: str) -> None:
    """Whatever is added later: no example of danger may end as something harmless."""
    missed = []
    for topic, messages in examples(tag).items():
        handling = knowledge.topics[topic].handling
        for message in messages if handling in FIRST else ():
            found = knowledge.first_look(message)
            if not found or knowledge.topics[found].handling not in FIRST:
                missed.append(message)
    assert len(missed) <= 2, missed


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("smoke downstairs", "emergency.ambulance-fire"),
        ("my father fell and does not wake up", "emergency.ambulance-fire"),
        ("もしもし、火事です", "emergency.ambulance-fire"),
        ("cuu voi nha em chay roi", "emergency.ambulance-fire"),
        ("the wall cracked and it is shaking", "emergency.earthquake"),
        ("jishin kowai", "emergency.earthquake"),
        ("water is coming into the house", "emergency.flood-landslide"),
        ("海水突然退得很远", "emergency.tsunami"),
        ("有陌生人在撬我家的门", "emergency.police"),
        ("chong em danh em", "rights.domestic-violence"),
        ("となりの 子どもが まいにち ないています", "rights.child-abuse"),
        ("いま はしの うえに います", "rights.suicide"),
        ("sống để làm gì nữa", "rights.suicide"),
        ("老板拿走了我的护照不还", "rights.exploitation"),
    ],
)
def test_first_look_in_any_language(knowledge: Knowledge, text: str, topic: str) -> None:
    assert knowledge.first_look(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "earthquake drill tomorrow?",
        "燃えるゴミの日はいつ",
        "防災訓練に参加したい",
        "地震に備えて何を準備すればいい",
        "there was a small earthquake last week in the news, what should i prepare",
        "cháy được không, hộp sữa này là rác gì",
        "muốn tư vấn tâm lý",
        "du hoc sinh co bat buoc mua bao hiem khong",
        "我想要女朋友",
        "do i need to go to city hall",
        "i lost my residence card",
        "さようなら",
        "thank you, goodbye",
        "",
        "https://example.jp/fire",
    ],
)
def test_first_look_leaves_ordinary_messages_alone(knowledge: Knowledge, text: str) -> None:
    assert knowledge.first_look(text) is None


@pytest.mark.parametrize("tag", TAGS)
def test_find_and_first_look_agree(knowledge: Knowledge, tag: str) -> None:
    disagreements = 0
    for question in questions(tag):
        finding = knowledge.find(question.text, tag)
        first = (
            finding.topics[0]
            if finding.outcome == Outcome.TOPIC
            and knowledge.topics[finding.topics[0]].handling in FIRST
            else None
        )
        disagreements += knowledge.first_look(question.text) != first
    assert disagreements == 0


@pytest.mark.parametrize(
    ("text", "tag", "outcome", "detail"),
    [
        ("ありがとうございました！助かりました", "ja", Outcome.SMALL_TALK, "thanks"),
        ("thank you so much 🙏", "en", Outcome.SMALL_TALK, "thanks"),
        ("xin chao", "vi", Outcome.SMALL_TALK, "greeting"),
        ("再见", "zh-Hans", Outcome.SMALL_TALK, "bye"),
        ("😀", "en", Outcome.SMALL_TALK, "reaction"),
        ("メニュー", "ja", Outcome.COMMAND, "menu"),
        ("hide", "vi", Outcome.COMMAND, "hide"),
        ("かくす", "ja-x-easy", Outcome.COMMAND, "hide"),
        ("what's the weather tomorrow", "en", Outcome.OUT_OF_SCOPE, None),
        ("...", "en", Outcome.NOTHING, None),
        ("12345", "en", Outcome.NOTHING, None),
        ("", "en", Outcome.NOTHING, None),
    ],
)
def test_what_is_not_a_topic(
    knowledge: Knowledge, text: str, tag: str, outcome: Outcome, detail: str | None
) -> None:
    finding = knowledge.find(text, tag)
    assert (finding.outcome, finding.detail, finding.topics) == (outcome, detail, ())


def test_thanks_with_a_question_is_a_question(knowledge: Knowledge) -> None:
    finding = knowledge.find("Thank you! And when is garbage day?", "en")
    assert finding.topics[:1] == ("garbage.days",)


def test_unsure_means_candidates_best_first(knowledge: Knowledge) -> None:
    finding = knowledge.find("my tax and my insurance, both came today", "en")
    assert finding.outcome == Outcome.CANDIDATES
    assert 1 < len(finding.topics) <= 3
    assert "money.resident-tax" in finding.topics


def test_a_danger_far_into_a_long_message_is_seen(knowledge: Knowledge) -> None:
    long = "I have a question about my resident tax and the letter I received. " * 60
    assert knowledge.first_look(long + " My husband hits me every day.") == (
        "rights.domestic-violence"
    )


def test_concepts_far_apart_do_not_belong_together(knowledge: Knowledge) -> None:
    padding = "I would like to know the opening hours of the garbage counter. " * 20
    assert knowledge.first_look(f"My child starts school. {padding} Broken plates.") is None


# A little below what was reached, on questions by somebody who had not seen words and examples.
# Tuning looked at the odd lines only; the even ones show what strangers' messages will do.
FLOORS = {
    "odd": {"top1": 0.93, "top3": 0.94, "urgent_recall": 0.9, "protect_recall": 0.93},
    "even": {"top1": 0.83, "top3": 0.86, "urgent_recall": 0.83, "protect_recall": 0.83},
}
CEILINGS = {
    "odd": {"wrong_answered": 0.04, "out_of_scope_answered": 0.15},
    "even": {"wrong_answered": 0.1, "out_of_scope_answered": 0.3},
}


@pytest.mark.parametrize("half", ["odd", "even"])
@pytest.mark.parametrize("tag", TAGS)
def test_figures(knowledge: Knowledge, tag: str, half: str) -> None:
    figures = evaluate_topics(knowledge, questions(tag)[half == "even" :: 2]).row()
    for name, floor in FLOORS[half].items():
        assert (figures[name] or 0) >= floor, name
    for name, ceiling in CEILINGS[half].items():
        assert (figures[name] or 0) <= ceiling, name


def test_figures_of_nothing(knowledge: Knowledge) -> None:
    assert evaluate_topics(knowledge, []) == Figures(0, *[None] * 10)


def test_figures_count_what_they_say(knowledge: Knowledge) -> None:
    figures = evaluate_topics(
        knowledge,
        [
            Question("garbage.days", "when is garbage day", "en"),
            Question("garbage.days", "I want to talk to a person", "en"),
            Question("rights.suicide", "I want to die"),
            Question("out-of-scope", "what's the weather tomorrow", "en"),
            Question("small-talk", "thank you", "en"),
        ],
    )
    assert (figures.n, figures.small_talk, figures.out_of_scope_answered) == (5, 1.0, 0.0)
    assert (figures.protect_recall, figures.urgent_recall) == (1.0, None)
    assert figures.top1 == figures.top3 == pytest.approx(2 / 3)
    assert figures.wrong_answered == pytest.approx(1 / 3)


@pytest.mark.parametrize("tag", TAGS)
def test_one_message_takes_at_most_three_milliseconds(knowledge: Knowledge, tag: str) -> None:
    times = [
        min(_milliseconds(knowledge, question.text, tag) for _ in range(3))
        for question in questions(tag)
    ]
    assert sorted(times)[int(len(times) * 0.95)] <= 3


def test_the_longest_messages(knowledge: Knowledge) -> None:
    """A message of 5,000 characters, LINE's limit, made of nothing but danger words."""
    for text in ("死にたい" * 1250, "help me my house is shaking " * 180, "động đất " * 560):
        assert min(_milliseconds(knowledge, text[:5000], "ja") for _ in range(5)) <= 12


def _milliseconds(knowledge: Knowledge, text: str, tag: str) -> float:
    begun = process_time()
    knowledge.find(text, tag)
    return (process_time() - begun) * 1000


def test_ready_within_two_seconds() -> None:
    begun = process_time()
    Knowledge.load(FOLDER)
    assert process_time() - begun <= 2


def test_a_misspelt_concept_is_refused(tmp_path: Path) -> None:
    _write_small(tmp_path, sign="fire -dril")
    with pytest.raises(KnowledgeError, match="dril"):
        Knowledge.load(tmp_path)


def test_an_example_of_an_unknown_topic_is_refused(tmp_path: Path) -> None:
    _write_small(tmp_path, sign="fire -drill", example="no.topic")
    with pytest.raises(KnowledgeError, match=r"no\.topic"):
        Knowledge.load(tmp_path)


def test_a_topic_is_data_only(tmp_path: Path) -> None:
    _write_small(tmp_path, sign="fire -drill")
    small = Knowledge.load(tmp_path)
    assert small.topics["urgent.fire"].handling == Handling.URGENT
    assert small.first_look("Fire!") == "urgent.fire"
    assert small.first_look("fire drill") is None


def _write_small(folder: Path, sign: str, example: str = "urgent.fire") -> None:
    (folder / "en").mkdir()
    (folder / "topics.toml").write_text(
        '["urgent.fire"]\ncategory = "emergency"\nhandling = "urgent"\ncommunity = "never"\n'
        'call = ["119"]\nlinks = []\nsites = []\n'
    )
    (folder / "signs.toml").write_text(f'[signs]\n"urgent.fire" = ["{sign}"]\n')
    (folder / "en" / "words.toml").write_text('fire = ["fire"]\ndrill = ["drill"]\n')
    (folder / "en" / "examples.toml").write_text(f'[topics]\n"{example}" = ["it burns"]\n')


def test_every_word_survives_preparation() -> None:
    """A word written with a full stop or the like would shrink, and match what it should not."""
    shrunk = []
    for tag in TAGS:
        path = FOLDER / tag / "words.toml"
        if not path.exists():
            continue
        with path.open("rb") as file:
            for concept, words in tomllib.load(file).items():
                for word in words:
                    plain = prepare(word.strip("=*")).plain
                    if "\n" in plain or (len(plain) == 1 and len(word.strip("=*")) > 1):
                        shrunk.append((tag, concept, word))
    assert shrunk == []


@pytest.mark.parametrize(
    ("kana", "typed"),
    [
        ("きゅうきゅうしゃ", {"kyuukyuusha", "kyukyusha"}),
        ("がっこう", {"gakkou", "gakko"}),
        ("マイナンバーカード", {"mainanbaakaado", "mainanbakado"}),
        ("ほけんしょう", {"hokenshou", "hokensho"}),
        ("ファミリー", {"famirii", "famiri"}),
    ],
)
def test_romaji(kana: str, typed: set[str]) -> None:
    assert romaji(kana) == typed
