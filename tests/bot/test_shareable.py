"""What may be shown to a key person: nothing that they could use against whoever asks."""

import tomllib

import pytest

from bot.knowledge import Knowledge, data
from bot.languages import complete
from bot.runtime import ROOT

FAQ = ROOT / "templates" / "faq"
QUESTIONS = ROOT / "tests" / "data" / "questions"
TAGS = [known.tag for known in complete("alerts") if "-x-" not in known.tag]

LIFE = {
    "en": (
        "My husband left, how do I file for divorce?",
        "I am pregnant, where is the handbook?",
        "Can I work part time with a student visa?",
        "My boss took my passport",
        "I was dismissed yesterday",
        "How do I bring my family to Japan?",
        "I think I have an infection, high fever since Monday",
        "I cannot pay the tax, a demand notice came",
        "I hurt my hand at work and they say it is my fault",
        "I am a technical intern and want to change company",
        "They do not rent to foreigners, this is discrimination",
        "I sent money to somebody and it was a scam",
    ),
    "ja": (
        "離婚届はどこに出しますか",
        "妊娠したので母子手帳がほしい",
        "家族を日本に呼びたいです",
        "永住の条件を教えて",
        "仕事中に手をけがしました",
        "実習先を変わりたい",
        "お金がなくて生活できません",
        "外国人だからと断られました。差別です",
        "振り込め詐欺にあったかも",
        "弁護士に相談したい",
    ),
    "ja-x-easy": (
        "りこん したい です",
        "にんしん しました",
        "ビザ どう しますか",
        "しごとで けが しました",
        "おかね ない です。こまって います",
        "かいしゃ くびに なりました",
    ),
    "vi": (
        "Em muốn ly hôn thì làm thế nào?",
        "Em có thai được 3 tháng",
        "Làm sao bảo lãnh gia đình sang Nhật?",
        "Em bị tai nạn lao động",
        "Em là thực tập sinh muốn đổi công ty",
        "Em hết tiền rồi không biết làm sao",
        "Em bị lừa đảo chuyển tiền",
        "xin vĩnh trú cần gì",
    ),
    "zh-Hans": (
        "我想离婚怎么办",
        "怀孕了去哪里拿手册",
        "怎么申请永住",
        "上班时受伤了算工伤吗",
        "我是技能实习生想换公司",
        "没钱交税收到催款单",
        "我被骗了转了钱",
        "想把家人接来日本需要什么签证",
    ),
}
"""About the subjects that never go to the community and have no topic of their own here."""

UNREADABLE = (
    ("मेरे पति मुझे मारते हैं", "en"),
    ("मेरे पति मुझे मारते हैं", "hi"),
    ("mi marido me pega todos los días", "en"),
    ("Mi marido me pega", "es"),
    ("ko ga byouki desu", "ja"),
    ("lao gong da wo", "zh-Hans"),
    ("我老公打我", "zh-Hant"),
    ("qwxz blorf grunk", "en"),
    ("", "en"),
    ("？？？", "ja"),
)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge.load(FAQ)


def examples(tag: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for label, message in data.messages(FAQ / tag / "examples.txt"):
        found.setdefault(label, []).append(message)
    return found


def held_out(tag: str) -> list[tuple[str, str]]:
    """Topic and text of questions by somebody who had not seen the examples."""
    lines = (QUESTIONS / f"{tag}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [(topic, text) for topic, text, *_ in (line.split("\t") for line in lines)]


@pytest.mark.parametrize("tag", TAGS)
def test_no_example_of_a_private_topic_is_shared(knowledge: Knowledge, tag: str) -> None:
    never = {id for id, topic in knowledge.topics.items() if topic.community == "never"}
    mine = {topic: messages for topic, messages in examples(tag).items() if topic in never}
    assert mine.keys() >= {"rights.domestic-violence", "status.renewal", "work.unpaid-dismissal"}
    said = [message for messages in mine.values() for message in messages]
    shared = [message for message in said if knowledge.may_be_shared(message, tag)]
    assert len(shared) <= len(said) / 100, shared


@pytest.mark.parametrize("tag", TAGS)
def test_no_question_nobody_had_seen_about_a_private_topic_is_shared(
    knowledge: Knowledge, tag: str
) -> None:
    asked = [
        text
        for topic, text in held_out(tag)
        if topic in knowledge.topics and knowledge.topics[topic].community == "never"
    ]
    assert len(asked) > 100
    shared = [text for text in asked if knowledge.may_be_shared(text, tag)]
    assert len(shared) <= len(asked) / 40, shared


@pytest.mark.parametrize("tag", LIFE)
def test_nothing_private_without_a_topic_is_shared(knowledge: Knowledge, tag: str) -> None:
    assert [text for text in LIFE[tag] if knowledge.may_be_shared(text, tag)] == []


@pytest.mark.parametrize(("text", "tag"), UNREADABLE)
def test_what_cannot_be_read_here_stays_with_staff(
    knowledge: Knowledge, text: str, tag: str
) -> None:
    assert not knowledge.may_be_shared(text, tag)


@pytest.mark.parametrize("tag", TAGS)
def test_ordinary_questions_may_be_shared(knowledge: Knowledge, tag: str) -> None:
    """Otherwise nobody would ever be asked: at least one of five, nobody having seen them."""
    asked = [
        text
        for topic, text in held_out(tag)
        if topic in knowledge.topics and knowledge.topics[topic].community == "ask"
    ]
    shared = [text for text in asked if knowledge.may_be_shared(text, tag)]
    assert len(shared) / len(asked) > 0.2


def test_a_private_word_among_ordinary_ones_is_enough(knowledge: Knowledge) -> None:
    assert knowledge.may_be_shared("When is the garbage collected in our street?", "en")
    hidden = "When is the garbage collected in our street? My husband must not know."
    assert not knowledge.may_be_shared(hidden, "en")


def test_the_topics_are_marked_as_decided() -> None:
    decided = ROOT.parent / "shared" / "topics.tsv"
    if not decided.exists():
        pytest.skip("the list of decided topics is not here")
    rows = [line.split("\t") for line in decided.read_text(encoding="utf-8").splitlines()[1:]]
    wanted = {row[0]: row[5] for row in rows}
    with (FAQ / "topics.toml").open("rb") as file:
        marked = {id: topic["community"] for id, topic in tomllib.load(file).items()}
    assert {id: wanted[id] for id in marked if id in wanted} == {
        id: how for id, how in marked.items() if id in wanted
    }
