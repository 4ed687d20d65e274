"""A question through a key person: offered, previewed, sent without a name, answered or passed."""

import re
import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from bot.models import Case, CommunityQuestion, Delivery, KeyPerson, Message
from bot.runtime import Runtime
from broadcasts import community, key_persons
from tests import notices
from tests.conftest import running_world
from tests.journeys.test_relay import english, key_person, network, say
from tests.world import Phone, World, actions_of, find_action, labels_of

ASK = say("through.button")
QUESTION = "Where do the neighbours put the bags after the festival?"


@pytest.fixture(scope="module", params=["sqlite"])
def city(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("community")
    yield from running_world(request, redis_url, folder, database=5, together=True)


@pytest.fixture
def runtime(city: World) -> Iterator[Runtime]:
    with notices.running(city) as made:
        yield made
    notices.stop_all(city)


@pytest.fixture
def people(city: World, runtime: Runtime) -> tuple[Phone, Phone]:
    """A member of a network, and the key person who speaks for it."""
    mark = secrets.token_hex(4)
    id, code = network(runtime, f"Kapwa {mark}", "en")
    speaker, member = key_person(city, runtime, id, f"Speaker {mark}"), english(city)
    member.ask(code)
    return member, speaker


def newest(runtime: Runtime) -> CommunityQuestion:
    with runtime.database.read() as session:
        found = select(CommunityQuestion).order_by(CommunityQuestion.id.desc())
        return session.scalars(found).all()[0]


def number_of(runtime: Runtime) -> int:
    """How many questions were ever asked."""
    with runtime.database.read() as session:
        return len(session.scalars(select(CommunityQuestion.id)).all())


def cases_of(runtime: Runtime, question: CommunityQuestion) -> list[Case]:
    with runtime.database.read() as session:
        mine = select(Case).where(Case.resident_id == question.resident_id)
        return list(session.scalars(mine))


def asked(member: Phone, words: str = QUESTION) -> None:
    """Write, choose the key person, read the preview, and send it."""
    member.ask(words)
    assert words in member.tap(ASK)
    member.tap(say("through.send.button"))


def test_question_preview_answer_and_back(people: tuple[Phone, Phone], runtime: Runtime) -> None:
    member, speaker = people
    member.write(QUESTION)
    assert ASK in labels_of(member.answer())
    shown = member.tap(ASK)
    assert QUESTION in shown and "not your name" in shown and "recognise" in shown
    sent = member.tap(say("through.send.button"))
    name = re.escape(newest_network(runtime))
    assert re.search(rf"key person of {name}", sent)
    asks = speaker.read(2)
    assert QUESTION in asks and "Somebody of" in asks
    assert say("kp.answer_now") in speaker.tap(say("kp.answer.button"))
    assert say("kp.answered") in speaker.ask("At the ward office, second floor.")
    answer = member.read()
    assert "not from the city" in answer and answer.endswith("second floor.")
    assert newest(runtime).state == "answered"
    assert cases_of(runtime, newest(runtime)) == []
    assert QUESTION in tapped_to_staff(member, runtime)


def newest_network(runtime: Runtime) -> str:
    with runtime.database.read() as session:
        question = session.get_one(CommunityQuestion, newest(runtime).id)
        return question.network.name


def tapped_to_staff(member: Phone, runtime: Runtime) -> str:
    """The answer was not enough; the words that staff get."""
    assert "city staff" in member.tap(say("person.button"))
    [case] = cases_of(runtime, newest(runtime))
    with runtime.database.read() as session:
        said = select(Message.text).where(Message.case_id == case.id, Message.author == "resident")
        return session.scalars(said).one() or ""


def test_the_key_person_gets_the_words_and_no_trace_of_who_asks(
    people: tuple[Phone, Phone], runtime: Runtime
) -> None:
    member, speaker = people
    asked(member)
    assert member.id not in str(speaker.answer(2))
    with runtime.database.read() as session:
        person = session.get_one(KeyPerson, newest(runtime).key_person_id)
        kept = select(Message).where(Message.resident_id == person.resident_id)
        assert not [row for row in session.scalars(kept) if QUESTION in (row.text or "")]
        bodies = session.scalars(select(Delivery.body)).all()
        assert not [body for body in bodies if body and QUESTION in body]


def test_declined_nobody_sees_it(people: tuple[Phone, Phone], runtime: Runtime) -> None:
    member, speaker = people
    before = len(speaker.received()), number_of(runtime)
    member.ask(QUESTION)
    member.tap(ASK)
    assert say("through.not_sent") in member.tap(say("through.no.button"))
    assert (len(speaker.received()), number_of(runtime)) == before


def test_passed_on_it_is_a_case(people: tuple[Phone, Phone], runtime: Runtime) -> None:
    member, speaker = people
    asked(member)
    speaker.answer(2)
    assert say("kp.passed") in speaker.tap(say("kp.pass.button"))
    assert say("through.to_staff") in member.read()
    assert newest(runtime).state == "passed"
    [case] = cases_of(runtime, newest(runtime))
    assert (case.state, case.protected) == ("open", False)
    assert say("kp.not_yours") in speaker.tap(say("kp.answer.button"))


def test_one_at_a_time_and_never_twice(people: tuple[Phone, Phone], runtime: Runtime) -> None:
    member, speaker = people
    member.ask(QUESTION)
    member.tap(ASK)
    buttons = [item["message"] for item in member.received()[-1:]]
    member.tap(say("through.send.button"), buttons)
    assert say("through.not_sent") in member.tap(say("through.send.button"), buttons)
    speaker.answer(2)
    member.write("And a big bag for the other festival?")
    assert ASK not in labels_of(member.answer())


def test_taken_back_it_need_not_be_answered(
    people: tuple[Phone, Phone], city: World, runtime: Runtime
) -> None:
    member, speaker = people
    member.ask(QUESTION)
    items = city.simulator.get(f"users/{member.id}/messages")["items"]
    mine = [item for item in items if item["from"] != "bot" and QUESTION in str(item)][-1]
    member.tap(ASK)
    member.tap(say("through.send.button"))
    speaker.answer(2)
    member.act("unsend", message_id=mine["message"]["id"])
    city.wait_until(lambda: newest(runtime).state == "withdrawn")
    assert say("kp.not_yours") in speaker.tap(say("kp.answer.button"))


def test_a_day_later_staff_have_it(
    people: tuple[Phone, Phone], city: World, runtime: Runtime
) -> None:
    member, speaker = people
    asked(member)
    speaker.answer(2)
    city.move_clock(24 * 3600 + 1)
    assert say("through.to_staff") in member.read()
    assert newest(runtime).state == "expired"
    assert len(cases_of(runtime, newest(runtime))) == 1


def test_a_suspended_key_persons_question_goes_to_the_next_then_to_staff(
    people: tuple[Phone, Phone], city: World, runtime: Runtime
) -> None:
    member, speaker = people
    asked(member)
    speaker.answer(2)
    other = key_person(city, runtime, newest(runtime).network_id, "Other")
    suspend(runtime, newest(runtime).key_person_id)
    assert QUESTION in other.read(2)
    speaker.read()
    assert say("kp.not_yours") in speaker.tap(say("kp.answer.button"))
    suspend(runtime, newest(runtime).key_person_id)
    assert say("through.to_staff") in member.read()
    assert newest(runtime).state == "passed"


def suspend(runtime: Runtime, id: int) -> None:
    with runtime.database.write() as session:
        person = session.get_one(KeyPerson, id)
        assert key_persons.suspend(session, runtime, person, "staff:1", "test")


def test_what_is_private_is_never_offered_and_old_buttons_do_not_send_it(
    people: tuple[Phone, Phone], runtime: Runtime
) -> None:
    member, speaker = people
    before = len(speaker.received()), number_of(runtime)
    member.ask(QUESTION)
    old = [item["message"] for item in member.received()[-1:]]
    member.write("My husband hits me every night")
    assert ASK not in labels_of(member.answer())
    assert say("through.not_sent") in member.tap(ASK, old)  # now they are in a protected case
    forged = find_action(old, ASK)["data"].replace("do=through", "do=through_send")
    member.act("postback", data=forged)
    assert say("through.not_sent") in member.read()
    assert (len(speaker.received()), number_of(runtime)) == before


def test_somebody_elses_words_cannot_be_sent(
    people: tuple[Phone, Phone], city: World, runtime: Runtime
) -> None:
    member, _ = people
    member.ask(QUESTION)
    data = find_action([item["message"] for item in member.received()[-1:]], ASK)["data"]
    stranger = english(city)
    stranger.act("postback", data=data.replace("do=through", "do=through_send"))
    assert say("through.not_sent") in stranger.read()


def test_who_is_in_no_network_or_speaks_for_it_is_not_offered_it(
    people: tuple[Phone, Phone], city: World, runtime: Runtime
) -> None:
    _, speaker = people
    for phone in (english(city), speaker):
        phone.write(QUESTION)
        assert ASK not in labels_of(phone.answer())


def test_not_helpful_and_not_understood_lead_to_it_too(
    people: tuple[Phone, Phone], runtime: Runtime
) -> None:
    member, speaker = people
    member.ask("What day is garbage collection?", count=2)
    member.tap(say("answer.no.button"))
    assert ASK in labels_of([item["message"] for item in member.received()[-1:]])
    number = notices.send(runtime)
    card = member.answer(2)
    member.tap(say("alert.not_understood.button"), card, count=2)
    preview = member.tap(ASK)
    assert say("alert.number", number=number) in preview
    member.tap(say("through.send.button"))
    messages = speaker.answer(1)
    while say("kp.pass.button") not in labels_of(messages):
        messages += speaker.answer(1)
    assert say("alert.not_understood.button") in str(messages)
    speaker.tap(say("kp.pass.button"), messages)
    assert say("through.to_staff") in member.read()
    [case] = cases_of(runtime, newest(runtime))
    assert case.broadcast_id == newest(runtime).broadcast_id


def test_a_key_persons_cry_for_help_is_no_answer(
    people: tuple[Phone, Phone], runtime: Runtime
) -> None:
    member, speaker = people
    asked(member)
    speaker.answer(2)
    speaker.tap(say("kp.answer.button"))
    before = len(member.received())
    speaker.ask("Help, there is a fire in my house!", count=2)
    assert "too long" in speaker.ask("a" * (community.LONGEST_ANSWER + 1))
    speaker.ask("menu")
    assert len(member.received()) == before
    assert say("kp.answered") in speaker.ask("Ask at the counter.")


def test_with_the_person_everything_of_it_goes(
    people: tuple[Phone, Phone], runtime: Runtime
) -> None:
    member, speaker = people
    asked(member)
    messages = speaker.answer(2)
    id = newest(runtime).id
    member.act("postback", data="do=delete_yes")
    member.answer(1)
    with runtime.database.read() as session:
        assert session.get(CommunityQuestion, id) is None
    assert say("kp.not_yours") in speaker.tap(say("kp.answer.button"), messages)
    assert actions_of(messages)
