"""Who is told the answer to a rumour: whoever asked, was told before, or passes it on; once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import people
from bot.models import (
    KeyPerson,
    Message,
    Resident,
    Rumour,
    RumourAnswer,
    RumourQuestion,
    RumourTelling,
)
from bot.runtime import ROOT
from bot.words import Words
from broadcasts import rumour_matching, rumour_telling, rumours
from broadcasts.rumour_answers import current, locked
from broadcasts.rumours import NotPossible
from tests import notices
from tests.broadcasts.carriers import Carriers
from tests.broadcasts.town import Town
from tests.world import words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
CLAIM = {"japanese": "ダムが壊れた", "plain": "ダムが こわれました。", "english": "The dam broke."}


def say(id: str, **values: object) -> str:
    return WORDS.text("en", id, **values)


@dataclass
class Desk:
    """The desk as residents and staff use it, each act in its own transaction."""

    town: Town
    carriers: Carriers

    def asks(self, words: str = "Did the dam break?", *, who: int = 0, tag: str = "en") -> int:
        """Somebody asks; the question's id. `who` is a resident, else a new one."""
        runtime, who = self.town.runtime, who or self.town.person(languages=[tag])
        with runtime.database.write() as session:
            message = Message(
                resident_id=who, at=runtime.clock.now(), author="resident", kind="text",
                language=tag, text=words,
            )  # fmt: skip
            session.add(message)
            session.flush()
            return rumours.ask(session, runtime, message, tag).id

    def asker(self, question_id: int) -> int:
        return self.question(question_id).resident_id

    def question(self, id: int) -> RumourQuestion:
        with self.town.runtime.database.read() as session:
            return session.get_one(RumourQuestion, id)

    def rumour(self, *question_ids: int, keywords: tuple[str, ...] = ()) -> int:
        """Put questions together; the rumour's id."""
        runtime = self.town.runtime
        with runtime.database.write() as session:
            by = notices.staff(session, "operator")
            row = Rumour(
                state="open", claim="ダム", keywords=list(keywords),
                author_id=by.id, created_at=runtime.clock.now(),
            )  # fmt: skip
            session.add(row)
            session.flush()
            id = row.id
        self.group(id, *question_ids)
        return id

    def group(self, rumour_id: int, *question_ids: int) -> int:
        runtime = self.town.runtime
        with runtime.database.write() as session:
            row = locked(session, rumour_id)
            assert row is not None
            rows = [session.get_one(RumourQuestion, id) for id in question_ids]
            return rumours.group(session, runtime, row, rows, "staff:1")

    def propose(self, rumour_id: int, verdict: str = "false", **changes: Any) -> int:
        runtime = self.town.runtime
        now = runtime.clock.now()
        given = {
            **CLAIM, "verdict": verdict, "source": "気象庁", "checked_at": now,
            "expires_at": now + timedelta(hours=24), "network_ids": [],
        }  # fmt: skip
        with runtime.database.write() as session:
            row = locked(session, rumour_id)
            assert row is not None
            by = notices.staff(session, "operator")
            return rumours.propose(session, runtime, row, RumourAnswer(**given | changes), by).id

    def confirm(self, answer_id: int, role: str = "approver") -> int:
        runtime = self.town.runtime
        with runtime.database.write() as session:
            rumour_id = session.get_one(RumourAnswer, answer_id).rumour_id
            row = locked(session, rumour_id)
            assert row is not None
            answer = session.get_one(RumourAnswer, answer_id, populate_existing=True)
            return rumours.confirm(session, runtime, row, answer, notices.staff(session, role))

    def answer(self, rumour_id: int, verdict: str = "false", **changes: Any) -> int:
        """Written by one, confirmed by another; the answer's id."""
        id = self.propose(rumour_id, verdict, **changes)
        self.confirm(id)
        return id

    def end(self, rumour_id: int) -> None:
        runtime = self.town.runtime
        with runtime.database.write() as session:
            row = locked(session, rumour_id)
            assert row is not None
            rumours.end(session, row, "staff:1", "over", runtime.clock.now())

    def tell(self) -> None:
        """What the lanes do when they are woken."""
        rumour_telling.run(self.town.runtime)
        self.town.answers()

    def read(self, resident_id: int) -> list[str]:
        """What somebody got, one string a message."""
        return [words_of([item["message"]]) for item in self.town.chat(resident_id)]

    def states(self, rumour_id: int) -> tuple[str, list[str]]:
        with self.town.runtime.database.read() as session:
            mine = select(RumourAnswer.state).where(RumourAnswer.rumour_id == rumour_id)
            answers = list(session.scalars(mine.order_by(RumourAnswer.id)))
            return session.get_one(Rumour, rumour_id).state, answers


@pytest.fixture
def desk(town: Town) -> Desk:
    return Desk(town, Carriers(town))


def test_nothing_goes_out_before_a_second_person_confirmed(desk: Desk) -> None:
    question = desk.asks()
    rumour = desk.rumour(question)
    answer = desk.propose(rumour)
    desk.tell()
    assert desk.read(desk.asker(question)) == []
    with pytest.raises(NotPossible, match="author"):
        desk.confirm(answer, "operator")
    assert desk.confirm(answer) == 1
    with pytest.raises(NotPossible, match="state"):
        desk.confirm(answer)
    desk.tell()
    (told,) = desk.read(desk.asker(question))
    assert told.startswith(say("rumour.false"))
    assert say("rumour.about", claim="The dam broke.") in told
    assert "気象庁" in told and f"/r/{rumour}" in told
    assert desk.states(rumour) == ("answered", ["in_force"])


def test_everybody_is_told_once_however_often_they_asked_and_the_lane_runs(desk: Desk) -> None:
    first = desk.asks()
    who = desk.asker(first)
    rumour = desk.rumour(first, desk.asks("Is the dam broken?", who=who))
    desk.answer(rumour)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: rumour_telling.run(desk.town.runtime), range(4)))
    desk.tell()
    assert len(desk.read(who)) == 1


def test_many_are_told_in_several_transactions(desk: Desk) -> None:
    askers = desk.town.people(rumour_telling.AT_ONCE + 5)
    rumour = desk.rumour(*[desk.asks(who=who) for who in askers])
    desk.answer(rumour)
    desk.tell()
    assert {len(desk.read(who)) for who in askers[:3] + askers[-3:]} == {1}
    assert not rumour_telling.is_due(desk.town.runtime)


def test_other_languages_get_their_verdict_and_both_claims(desk: Desk) -> None:
    question = desk.asks("Vỡ đập?", tag="vi")
    desk.answer(desk.rumour(question))
    desk.tell()
    (told,) = desk.read(desk.asker(question))
    assert told.startswith(WORDS.text("vi", "rumour.false"))
    assert CLAIM["plain"] in told and CLAIM["english"] in told and CLAIM["japanese"] not in told


def test_a_new_verdict_goes_to_the_same_people_as_an_update(desk: Desk) -> None:
    question = desk.asks()
    rumour = desk.rumour(question)
    desk.answer(rumour, "unknown")
    desk.tell()
    late = desk.asks("Did the levee break?")
    desk.group(rumour, late)
    desk.answer(rumour, "true")
    desk.tell()
    mark = say("alert.update_mark")
    first, second = desk.read(desk.asker(question))
    assert first.startswith(say("rumour.unknown"))
    assert second.startswith(f"{mark} {say('rumour.true')}")
    assert [text.startswith(mark) for text in desk.read(desk.asker(late))] == [False]
    assert desk.states(rumour) == ("answered", ["replaced", "in_force"])


def test_a_replaced_answer_that_was_not_sent_yet_stays_unsent(desk: Desk) -> None:
    question = desk.asks()
    rumour = desk.rumour(question)
    desk.answer(rumour, "unknown")
    rumour_telling.run(desk.town.runtime)  # queued, not sent
    desk.answer(rumour, "true")
    desk.tell()
    (told,) = desk.read(desk.asker(question))
    assert told.startswith(say("rumour.true"))  # no update: they never got the first


def test_whoever_asks_the_same_later_is_answered_at_once(desk: Desk) -> None:
    rumour = desk.rumour(desk.asks("Did the dam break?"), keywords=("dam broke", "ダム 決壊"))
    assert desk.question(desk.asks("did the DAM break")).state == "waiting"  # no answer yet
    answer = desk.answer(rumour)
    for words in (
        "did the DAM break!!",
        "ダムが壊れた？",
        "I heard our dam just BROKE",
        "ダムの決壊",
    ):
        question = desk.question(desk.asks(words))
        assert (question.rumour_id, question.state) == (rumour, "grouped"), words
    for words in ("Is the dam full?", "the damage broke me", "水道の水は飲めますか"):
        assert desk.question(desk.asks(words)).state == "waiting", words
    desk.tell()
    with desk.town.runtime.database.read() as session:
        told = session.get(RumourTelling, (answer, question.resident_id))
        assert told is not None and told.delivery_id is None  # they read it in the chat


def test_two_rumours_with_the_same_keywords_are_left_to_staff(desk: Desk) -> None:
    for _ in range(2):
        desk.answer(desk.rumour(desk.asks(f"x{_}"), keywords=("dam water",)), japanese=f"x{_}")
    assert desk.question(desk.asks("Is the dam water poisoned?")).state == "waiting"


def test_it_was_something_else(desk: Desk) -> None:
    rumour = desk.rumour(desk.asks())
    desk.answer(rumour)
    late = desk.asks()
    who = desk.asker(late)
    with desk.town.runtime.database.write() as session:
        question = session.get_one(RumourQuestion, late)
        now = desk.town.runtime.clock.now()
        assert rumours.not_this(session, question, now)
        assert not rumours.not_this(session, question, now)
    desk.answer(rumour, "true")
    desk.tell()
    assert desk.question(late).state == "waiting" and desk.read(who) == []


def test_an_answer_ends_by_its_time_and_is_told_to_nobody_any_more(desk: Desk) -> None:
    rumour = desk.rumour(desk.asks())
    desk.answer(rumour)
    desk.tell()
    desk.town.move_clock(24 * 3600 + 1)
    assert desk.question(desk.asks()).state == "waiting"
    late = desk.asks("What of the dam?")
    desk.tell()
    assert desk.states(rumour) == ("ended", ["ended"])
    desk.group(rumour, late)
    desk.tell()
    assert desk.states(rumour)[0] == "open" and desk.read(desk.asker(late)) == []
    with pytest.raises(NotPossible, match="asked"):
        desk.end(rumour)
    desk.answer(rumour, "true")
    assert desk.states(rumour) == ("answered", ["ended", "in_force"])


def test_an_answer_that_waited_too_long_cannot_be_confirmed(desk: Desk) -> None:
    answer = desk.propose(desk.rumour(desk.asks()))
    desk.town.move_clock(24 * 3600 + 1)
    with pytest.raises(NotPossible, match="expired"):
        desk.confirm(answer)


def test_ending_stops_what_is_not_told_yet(desk: Desk) -> None:
    question = desk.asks()
    rumour = desk.rumour(question)
    with pytest.raises(NotPossible, match="asked"):
        desk.end(rumour)
    desk.propose(rumour)
    with pytest.raises(NotPossible, match="waits"):
        desk.end(rumour)
    with desk.town.runtime.database.read() as session:
        waits = session.scalars(select(RumourAnswer)).one()
    desk.confirm(waits.id)
    rumour_telling.run(desk.town.runtime)
    desk.end(rumour)
    desk.tell()
    assert desk.read(desk.asker(question)) == []
    assert desk.states(rumour) == ("open", ["ended"])  # somebody still waits for an answer
    desk.answer(rumour, "true")
    desk.tell()
    (told,) = desk.read(desk.asker(question))
    assert told.startswith(say("rumour.true"))
    desk.end(rumour)
    assert desk.states(rumour) == ("ended", ["ended", "ended"])


def test_key_persons_get_the_words_in_their_networks_language(desk: Desk) -> None:
    network = desk.carriers.network("vi", key_persons=1)
    other = desk.carriers.network("hi", key_persons=1)
    rumour = desk.rumour(desk.asks())
    desk.answer(rumour, network_ids=[network])
    desk.tell()
    (person, away) = desk.carriers.persons.values()
    told = "\n".join(desk.read(person))
    with desk.town.runtime.database.read() as session:
        name = session.scalars(select(KeyPerson)).first()
        assert name is not None
        networks = name.posts[0].network.name
    assert say("kp.rumour", network=networks) in told
    assert WORDS.text("vi", "rumour.false") in told
    assert not any("/r/" in text for text in desk.read(away)), other


def test_key_persons_who_rest_are_told_later_and_updates_reach_them_too(desk: Desk) -> None:
    network = desk.carriers.network("vi", key_persons=1)
    ((person, resident),) = desk.carriers.persons.items()
    with desk.town.runtime.database.write() as session:
        row, now = session.get_one(KeyPerson, person), desk.town.runtime.clock.now()
        row.paused_until = now + timedelta(hours=2)
    rumour = desk.rumour(desk.asks())
    desk.answer(rumour, network_ids=[network])
    desk.tell()
    assert not any("/r/" in text for text in desk.read(resident))
    desk.town.move_clock(2 * 3600 + 1)
    desk.tell()
    assert sum("/r/" in text for text in desk.read(resident)) == 1
    desk.answer(rumour, "true")  # the network is not ticked again
    desk.tell()
    assert sum("/r/" in text for text in desk.read(resident)) == 2


def test_whoever_blocked_deleted_or_took_it_back_is_not_told(desk: Desk) -> None:
    blocked, deleted, unsent, there = (desk.asks(f"Is it true {n}?") for n in range(4))
    rumour = desk.rumour(blocked, deleted, unsent, there)
    runtime = desk.town.runtime
    askers = [desk.asker(id) for id in (blocked, deleted, unsent, there)]
    desk.town.change(askers[0], following=False)
    with runtime.database.write() as session:
        people.forget(session, session.get_one(Resident, askers[1]), at=runtime.clock.now())
        session.get_one(Message, desk.question(unsent).message_id).unsent = True
    desk.answer(rumour)
    desk.tell()
    assert [len(desk.read(who)) for who in askers] == [0, 0, 0, 1]
    with runtime.database.read() as session:
        assert session.get(RumourQuestion, deleted) is None


def test_folding_keeps_what_tells_words_apart() -> None:
    assert rumour_matching.fold("  Did THE dam break?!") == rumour_matching.fold(
        "did the dam break"
    )
    assert rumour_matching.fold("ﾀﾞﾑが、壊れた。") == rumour_matching.fold("ダムが壊れた")
    assert rumour_matching.fold("दिन") != rumour_matching.fold("दान")
    assert rumour_matching.fold("!?😀") == ""


def test_a_question_that_is_no_rumour_becomes_a_case(desk: Desk) -> None:
    id = desk.asks("Where do I go?")
    runtime = desk.town.runtime
    with runtime.database.write() as session:
        question = session.get_one(RumourQuestion, id)
        case = rumours.pass_on(session, runtime, question, "staff:1")
        assert case is not None and case.state == "open"
        assert question.message.case_id == case.id
        assert rumours.pass_on(session, runtime, question, "staff:1") is None


def test_the_answer_of_now_is_the_newest_confirmed(desk: Desk) -> None:
    rumour = desk.rumour(desk.asks())
    answer = desk.answer(rumour)
    desk.propose(rumour, "true")
    with desk.town.runtime.database.read() as session:
        newest = current(session, rumour)
        assert newest is not None and newest.id == answer
