"""From a message to a topic: recognised, unsure, small talk, or none of the city's business."""

import csv
from functools import cache
from pathlib import Path
from time import process_time

import pytest

from bot import languages
from bot.evaluation import Figures, Question, evaluate_topics
from bot.knowledge import (
    FIRST,
    MODEL,
    Handling,
    Knowledge,
    KnowledgeError,
    Outcome,
    data,
    training,
)
from bot.knowledge.lexicon import Lexicon
from bot.knowledge.romaji import romaji
from bot.knowledge.spelling import prepare
from bot.linear import Linear

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "templates" / "faq"
QUESTIONS = ROOT / "tests" / "data" / "questions"
TAGS = [known.tag for known in languages.complete("alerts") if "-x-" not in known.tag]
HALVES = ("seen", "unseen")

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
    found: dict[str, list[str]] = {}
    for label, message in data.messages(FOLDER / tag / "examples.txt"):
        found.setdefault(label, []).append(message)
    return found


@cache
def questions(tag: str, half: str) -> list[Question]:
    with (QUESTIONS / f"{tag}.tsv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Question(row["topic"], row["text"], tag) for row in rows if row["half"] == half]


def test_topics_are_whole(knowledge: Knowledge) -> None:
    for topic in knowledge.topics.values():
        assert topic.community in ("ask", "never")
        assert set(topic.call) <= NATIONAL_NUMBERS | CITY_PHONES
        assert set(topic.links) <= CITY_LINKS
        assert set(topic.sites) <= HAZARDS
        if topic.handling in FIRST:
            assert topic.call, f"{topic.id} must say whom to call"
            assert topic.community == "never"


def test_the_models_are_of_these_words_and_examples() -> None:
    """Else: python -m bot.knowledge.training"""
    assert Linear.load(FOLDER / MODEL).digest == training.digest(training.sources(FOLDER))


@pytest.mark.parametrize("tag", TAGS)
def test_every_topic_has_examples_and_every_concept_words(knowledge: Knowledge, tag: str) -> None:
    few = {topic: len(examples(tag).get(topic, ())) for topic in knowledge.topics}
    assert {topic: number for topic, number in few.items() if number < 6} == {}
    assert examples(tag).keys() - knowledge.topics.keys() == {"out-of-scope"}
    concepts = {concept for concept, _ in data.words(FOLDER / "en" / "words.txt")}
    assert {concept for concept, _ in data.words(FOLDER / tag / "words.txt")} == concepts


@pytest.mark.parametrize("tag", TAGS)
def test_its_own_urgent_examples_reach_their_handling(knowledge: Knowledge, tag: str) -> None:
    """Whatever is added later: no example of danger may end as something harmless."""
    said = [
        message
        for topic, messages in examples(tag).items()
        if topic in knowledge.topics and knowledge.topics[topic].handling in FIRST
        for message in messages
    ]
    missed = []
    for message in said:
        found = knowledge.find(message, tag)
        handling = {knowledge.topics[topic].handling for topic in found.topics[:1]}
        if not (handling & {*FIRST} or found.concern):
            missed.append(message)
    assert len(missed) <= len(said) // 20, missed


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
        ("घरमा आगो लाग्यो", "emergency.ambulance-fire"),
        ("သူ ကျွန်မကို ရိုက်တယ်", "rights.domestic-violence"),
        ("ไฟไหม้ช่วยด้วย", "emergency.ambulance-fire"),
        ("119", "emergency.ambulance-fire"),
        ("１１０", "emergency.police"),
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
        "Did a lion escape from the zoo?",
        "The water will be cut off tomorrow?",
        "Is the tap water poisoned?",
        "さようなら",
        "thank you, goodbye",
        "",
        "https://example.jp/fire",
    ],
)
def test_first_look_leaves_ordinary_messages_alone(knowledge: Knowledge, text: str) -> None:
    assert knowledge.first_look(text) is None


@pytest.mark.parametrize(
    ("text", "tag", "outcome", "detail"),
    [
        ("ありがとうございました！助かりました", "ja", Outcome.SMALL_TALK, "thanks"),
        ("thank you so much 🙏", "en", Outcome.SMALL_TALK, "thanks"),
        ("xin chao", "vi", Outcome.SMALL_TALK, "greeting"),
        ("再见", "zh-Hans", Outcome.SMALL_TALK, "bye"),
        ("नमस्ते", "ne", Outcome.SMALL_TALK, "greeting"),
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


def test_a_danger_far_into_a_long_message_is_seen(knowledge: Knowledge) -> None:
    long = "I have a question about my resident tax and the letter I received. " * 60
    found = knowledge.first_look(long + " My husband hits me every day.")
    assert found == "rights.domestic-violence"


@pytest.mark.parametrize("before", range(0, 160, 20))
def test_a_danger_within_a_long_sentence_reaches_somebody_wherever_it_stands(
    knowledge: Knowledge, before: int
) -> None:
    tax = "i have a question about my resident tax and the letter that i received yesterday "
    long = (tax * 4)[: 200 + before].rsplit(" ", 1)[0]
    said = f"{long} my husband hits me every day {tax}"
    assert knowledge.first_look(said) or knowledge.find(said, "en").concern


def test_chinese_is_read_in_either_shape(knowledge: Knowledge) -> None:
    for text in ("垃圾星期几收", "垃圾星期幾收"):
        for tag in ("zh-Hans", "zh-Hant"):
            assert knowledge.find(text, tag).topics[:1] == ("garbage.days",)


def test_a_long_word_typed_without_its_accents_is_the_same_word() -> None:
    words = Lexicon([("flood", "inundación"), ("more", "más")], latin=True)
    assert words.hits(prepare("la inundacion")) == [(3, "flood")]
    assert words.hits(prepare("más, mas")) == [(0, "more")]


def test_what_staff_corrected_is_known_from_then_on(knowledge: Knowledge) -> None:
    taught = Knowledge.load(FOLDER)
    odd = "the blue booklet with the smiling owl"
    assert taught.find(odd, "en").topics[:1] != ("money.pension",)
    taught.learn([("money.pension", "en", odd), ("no such topic", "en", "x y z")])
    assert taught.find(f"please, {odd}", "en").topics[:1] == ("money.pension",)
    assert taught.find("when is garbage day", "en").topics[:1] == ("garbage.days",)
    taught.learn([("garbage.days", "en", "my husband hits me every day")])
    assert taught.first_look("my husband hits me every day") == "rights.domestic-violence"


# A little below what was reached (docs/understanding.md has the figures, by language).
FLOORS = {"top1": 0.6, "top3": 0.7, "urgent_recall": 0.65, "protect_recall": 0.55}
CEILINGS = {"wrong_answered": 0.14, "out_of_scope_answered": 0.25}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("tag", TAGS)
def test_figures(knowledge: Knowledge, tag: str, half: str) -> None:
    figures = evaluate_topics(knowledge, questions(tag, half)).row()
    for name, floor in FLOORS.items():
        assert (figures[name] or 0) >= floor, name
    for name, ceiling in CEILINGS.items():
        assert (figures[name] or 0) <= ceiling, name


def test_figures_of_nothing(knowledge: Knowledge) -> None:
    row = evaluate_topics(knowledge, []).row()
    assert row.pop("n") == 0
    assert (row.pop("megabytes") or 0) > 10
    assert set(row.values()) == {None}


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
    assert isinstance(figures, Figures)


@pytest.mark.parametrize("tag", ["en", "ja", "my"])
def test_one_message_takes_at_most_three_milliseconds(knowledge: Knowledge, tag: str) -> None:
    times = [
        min(_milliseconds(knowledge, question.text, tag) for _ in range(3))
        for question in questions(tag, "seen")
    ]
    assert sorted(times)[int(len(times) * 0.95)] <= 3


def test_the_longest_messages(knowledge: Knowledge) -> None:
    """A message of 5,000 characters, LINE's limit, made of nothing but danger words."""
    for text in ("死にたい" * 1250, "help me my house is shaking " * 180, "động đất " * 560):
        assert min(_milliseconds(knowledge, text[:5000], "ja") for _ in range(3)) <= 80


def _milliseconds(knowledge: Knowledge, text: str, tag: str) -> float:
    begun = process_time()
    knowledge.find(text, tag)
    return (process_time() - begun) * 1000


def test_ready_within_two_seconds() -> None:
    begun = process_time()
    knowledge = Knowledge.load(FOLDER)
    knowledge.find("ごみの日はいつですか", "ja")
    assert process_time() - begun <= 2


def test_a_misspelt_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("fire fire, flames\n")
    with pytest.raises(KnowledgeError, match=r"words\.txt:1: write: concept: word, word"):
        data.words(tmp_path / "words.txt")
    (tmp_path / "examples.txt").write_text("# nothing\nit burns\n")
    with pytest.raises(
        KnowledgeError, match=r"examples\.txt:2: the first line must be a \[label\]"
    ):
        data.messages(tmp_path / "examples.txt")
    (tmp_path / "forms.txt").write_text("pls please\n")
    with pytest.raises(KnowledgeError, match=r"forms\.txt:1: write: short = full"):
        data.short_forms(tmp_path / "forms.txt")


def test_a_topic_is_data_only(tmp_path: Path) -> None:
    _write_small(tmp_path, "urgent.fire")
    small = Knowledge.load(tmp_path)
    assert small.topics["urgent.fire"].handling == Handling.URGENT
    assert small.first_look("there are flames, a fire") == "urgent.fire"
    assert small.first_look("tell me a joke please") is None


def test_an_example_of_an_unknown_topic_is_refused(tmp_path: Path) -> None:
    _write_small(tmp_path, "no.topic")
    with pytest.raises(KnowledgeError, match=r"no\.topic"):
        Knowledge.load(tmp_path)


def _write_small(folder: Path, label: str) -> None:
    (folder / "en").mkdir()
    (folder / "topics.toml").write_text(
        '["urgent.fire"]\ncategory = "emergency"\nhandling = "urgent"\ncommunity = "never"\n'
        'call = ["119"]\nlinks = []\nsites = []\n'
    )
    (folder / "en" / "words.txt").write_text("fire: fire, flame*\n")
    burning = ("a fire", "flames in the room", "there is a fire", "flames, flames")
    jokes = ("tell me a joke", "a joke please", "say something funny", "please tell a joke")
    thanks = ("thank you", "thanks a lot", "many thanks", "thank you, thanks")
    labels = {label: burning, "out-of-scope": jokes, "small-talk.thanks": thanks}
    sections = (f"[{name}]\n" + "\n".join(said) for name, said in labels.items())
    (folder / "en" / "examples.txt").write_text("\n".join(sections))
    training.trained(
        training.topic_examples(folder), regularisation=5.0, least=0.05, made_from=""
    ).save(folder / MODEL)


@pytest.mark.parametrize("tag", TAGS)
def test_every_word_survives_preparation(tag: str) -> None:
    """A word written with a full stop or the like would shrink, and match what it should not."""
    shrunk = []
    for concept, word in data.words(FOLDER / tag / "words.txt"):
        plain = prepare(word.strip("=*")).plain
        if not plain or (len(plain) == 1 and len(word.strip("=*")) > 1):
            shrunk.append((concept, word))
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
