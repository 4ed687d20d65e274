"""A question in any of the languages: the answer, candidates, or a person."""

import pytest

from bot.languages import complete, language
from bot.runtime import ROOT
from bot.words import Words
from tests.world import World, actions_of, labels_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
OWN_NAMES = {known.tag: known.own_name for known in complete("conversation")}
QUESTIONS = {
    "ja": "燃えるごみは何曜日に出しますか",
    "ja-x-easy": "ごみの ひは いつですか",
    "en": "What day is garbage collection?",
    "zh-Hans": "垃圾几号收？哪天可以扔垃圾？",
    "vi": "Ngày nào thu gom rác vậy ạ?",
}


@pytest.mark.parametrize("tag", QUESTIONS)
def test_a_question_is_answered_in_the_askers_language(world: World, tag: str) -> None:
    phone = world.joined(OWN_NAMES[tag], WORDS.text(tag, "areas.skip.button"))
    answer = phone.ask(QUESTIONS[tag], count=2)
    assert WORDS.text(tag, "answer.helpful") in answer
    assert WORDS.text(tag, "answer.drafted") not in answer
    assert WORDS.text(tag, "answer.thanks") in phone.tap(WORDS.text(tag, "answer.yes.button"))


def test_no_is_not_the_end(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("What day is garbage collection?", count=2)
    assert "Sorry" in phone.tap("No")
    assert "city staff" in phone.tap("Talk to a person")


def test_the_answers_links_lead_to_the_citys_pages(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.write("What day is garbage collection?")
    uris = [action.get("uri") for action in actions_of(phone.answer(3))]
    assert "https://minato.example/garbage" in uris


def test_another_language_than_the_chosen_one_is_answered_with_an_offer(world: World) -> None:
    phone = world.joined("English", "Skip")
    answer = phone.ask("Ngày nào thu gom rác vậy ạ?", count=2)
    assert WORDS.text("vi", "answer.helpful") in answer
    switched = phone.tap(WORDS.text("vi", "language.switch.button", language="Tiếng Việt"), count=2)
    assert WORDS.text("vi", "language.changed", language="Tiếng Việt") in switched


def test_somebody_who_never_joined_is_answered_all_the_same(world: World) -> None:
    phone = world.resident(joins=False)
    answer = phone.ask("Ngày nào thu gom rác vậy ạ?", count=2)
    assert WORDS.text("vi", "answer.helpful") in answer


def test_words_without_meaning_lead_to_a_person(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.write("qwxz blorf grunk")
    messages = phone.answer()
    assert "Talk to a person" in labels_of(messages)


def test_what_is_not_the_citys_business_is_said_kindly(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.write("Who will win the football world cup?")
    assert "Talk to a person" in labels_of(phone.answer())


def test_an_unsure_question_offers_topics_to_tap(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.write("the school and the hospital papers")
    messages = phone.answer()
    labels = labels_of(messages)
    assert "Talk to a person" in labels
    topics = [a for a in actions_of(messages) if "do=topic" in a.get("data", "")]
    assert 1 <= len(topics) <= 3
    assert "Was this what you needed?" in phone.tap(topics[0]["label"], messages, count=2)


def test_beside_an_answer_stand_the_topics_it_could_be_instead(world: World) -> None:
    phone = world.joined("English", "Skip")
    assert "119" in phone.ask("the river is rising, where do I run", count=2)
    last = phone.received()[-1]["message"]
    choices = [item["action"] for item in last["quickReply"]["items"]]
    others = [action["label"] for action in choices if "do=topic" in action.get("data", "")]
    assert others == ["Tsunami: do this now"]
    assert "tsunami" in phone.tap(others[0], [last], count=2).lower()


def test_common_questions_can_be_tapped(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("menu")
    phone.tap("Common questions", count=2)
    popular, categories = ([i["message"]] for i in phone.received()[-2:])
    titles = [action for action in actions_of(popular) if action.get("data")]
    assert len(titles) == 8
    assert len([a for a in actions_of(categories) if "do=category" in a.get("data", "")]) == 16
    assert phone.tap(titles[0]["label"], popular, count=2)


def test_every_topic_is_reached_without_typing(world: World) -> None:
    phone = world.joined("नेपाली", WORDS.text("ne", "areas.skip.button"))
    phone.ask("menu")
    phone.tap(WORDS.text("ne", "menu.questions.button"), count=2)
    phone.tap(WORDS.text("ne", "topics.health.button"))
    assert WORDS.text("ne", "topic.health.vaccination") in labels_of(
        [phone.received()[-1]["message"]]
    )
    said = phone.tap(WORDS.text("ne", "topic.health.vaccination"), count=2)
    assert WORDS.text("ne", "fallback.intro") in said
    assert "vaccin" in said.lower() and "注射" in said


@pytest.mark.parametrize(
    ("tag", "text", "topic"),
    [
        ("ne", "फोहोर कहिले फाल्ने हो", "garbage.days"),
        ("my", "အမှိုက် ဘယ်နေ့ ပစ်ရမလဲ", "garbage.days"),
        ("th", "ทิ้งขยะวันไหน", "garbage.days"),
        ("zh-Hant", "我的簽證快到期了,怎麼延長", "status.renewal"),
        ("vi", "toi bi mat the luu tru", "status.lost-card"),
    ],
)
def test_topics_are_found_in_every_script(world: World, tag: str, text: str, topic: str) -> None:
    phone = world.joined(language(tag).own_name, WORDS.text(tag, "areas.skip.button"))
    phone.write(text)
    messages = phone.answer(2)
    assert any(f"topic={topic}" in a.get("data", "") for a in actions_of(messages)) or (
        WORDS.text(tag, f"topic.{topic}") in labels_of(messages)
    )


def test_braces_and_markup_in_a_question_change_nothing(world: World) -> None:
    phone = world.joined("English", "Skip")
    for text in (
        "{city} {0} {{}} %s",
        "<b>garbage day?</b>",
        "'; DROP TABLE residents; --",
        "‮evil",
    ):
        assert phone.ask(text)
