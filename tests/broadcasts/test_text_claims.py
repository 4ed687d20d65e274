"""A person's text: one writer, released by staff, once to everybody who had nothing good enough."""

from functools import partial

import pytest
from sqlalchemy import select

from bot.models import StockText
from bot.models.broadcasts import Broadcast, Policy, Recipient, Rendition
from broadcasts import audience, reading, relay_reading, waves
from tests.broadcasts.carriers import Carriers
from tests.broadcasts.test_relaying import CARRY, asked, carriers, say
from tests.broadcasts.test_sending import at_once
from tests.factories import NOON

__all__ = ["carriers"]

TEXT = "सब लोग ऊपर जाएँ {}"


def texts_of(carriers: Carriers, resident: int) -> list[str]:
    """The texts of notices somebody got, in order."""
    chat = (item["message"].get("text", "") for item in carriers.town.chat(resident))
    return [text for text in chat if "/n/" in text]


def writing(carriers: Carriers, **changes: object) -> tuple[int, int]:
    """A notice in force, and the relay of the first who took it."""
    id = asked(carriers, **changes)
    relay = carriers.relays(id)[0].id
    assert carriers.will(relay)
    return id, relay


def test_released_it_goes_once_to_whose_first_language_it_is(carriers: Carriers) -> None:
    town = carriers.town
    reads_it, second, english = (
        town.person(languages=tags) for tags in (["hi"], ["vi", "hi"], ["en"])
    )
    carriers.network("hi", key_persons=1)
    id, relay = writing(carriers)
    town.settle()
    assert carriers.write(relay, TEXT) == "submitted"
    assert len(texts_of(carriers, reads_it)) == 2  # the fallback: plain Japanese and English
    assert carriers.release(id) == "released"
    town.settle()
    *_, mine = texts_of(carriers, reads_it)
    assert mine.startswith(TEXT)
    note = town.runtime.words.text("hi", "alert.person_note", network="X", number="N", link="L")
    assert note.split("X")[0] in mine and town.number(id) in mine
    assert [len(texts_of(carriers, other)) for other in (second, english)] == [1, 1]
    late = town.person(languages=["hi"])
    town.lane()
    assert [text.startswith(TEXT) for text in texts_of(carriers, late)] == [True]
    town.settle()
    assert len(texts_of(carriers, reads_it)) == 3
    writer = carriers.persons[carriers.relays(id)[0].key_person_id]
    assert say("kp.released", language="हिन्दी") in carriers.told(min(carriers.persons))
    assert texts_of(carriers, writer)


def test_a_queued_fallback_is_cancelled(carriers: Carriers) -> None:
    town = carriers.town
    carriers.network("hi", key_persons=1)
    person = town.person(languages=["hi"])
    id = town.begin()
    town.plan(id)
    carriers.ask()
    relay = carriers.relays(id)[0].id
    assert carriers.will(relay) and carriers.write(relay, TEXT) == "submitted"
    assert carriers.release(id) == "released"
    assert town.deliveries("cancelled") == 1
    town.settle()
    assert [text.startswith(TEXT) for text in texts_of(carriers, person)] == [True]


def test_refused_for_a_moment_the_fallback_is_not_sent_after_the_text(carriers: Carriers) -> None:
    """A delivery in a worker's hands at the release comes back queued: then it is too late."""
    town = carriers.town
    carriers.network("hi", key_persons=1)
    person = town.person(languages=["hi"])
    id = town.begin()
    town.plan(id)
    carriers.ask()
    relay = carriers.relays(id)[0].id
    assert carriers.will(relay) and carriers.write(relay, TEXT) == "submitted"
    with town.runtime.database.write() as session:
        taken = waves.claim(session, town.runtime.clock.now(), 10)
    assert carriers.release(id) == "released"
    town.fail("429-rate", "429-rate")
    for claimed in taken:
        waves.send(town.runtime, claimed)
    town.settle()
    assert [text.startswith(TEXT) for text in texts_of(carriers, person)] == [True]


def test_one_writes_and_the_other_is_told(carriers: Carriers) -> None:
    one, two = carriers.network("hi", key_persons=1), carriers.network("hi", key_persons=1)
    id = asked(carriers)
    first, second = (row.id for row in carriers.relays(id))
    assert carriers.will(first) and carriers.will(second) and one != two
    results = at_once(partial(carriers.write, first), partial(carriers.write, second))
    assert sorted(map(str, results)) == ["submitted", "taken"]
    assert carriers.release(id) == "released"
    assert carriers.write(second) == "taken"
    writer, other = carriers.relays(id)
    if results.index("taken") == 0:
        writer, other = other, writer
    told = carriers.told(other.key_person_id)
    assert say("kp.text_ready", language="हिन्दी") in told and say("kp.checked.button") in told
    assert not carriers.checked(writer.id)  # their own
    assert carriers.checked(other.id)
    assert carriers.town.renditions(id)["hi"].review == "reviewed"


def test_where_there_is_a_checked_text_nobody_needs_to_write(carriers: Carriers) -> None:
    carriers.network("vi", key_persons=1)
    _, relay = writing(carriers)
    assert carriers.write(relay) == "reviewed"


def test_not_written_in_time_another_may_begin(carriers: Carriers) -> None:
    carriers.network("hi", key_persons=1)
    carriers.network("hi", key_persons=1)
    id = asked(carriers)
    first, second = (row.id for row in carriers.relays(id))
    assert carriers.will(first) and carriers.will(second)
    carriers.hold(first)
    assert carriers.write(second) == "taken"
    carriers.town.move_clock(CARRY)
    carriers.ask()
    assert carriers.claims(id) == {"lapsed": 1}
    assert carriers.write(second) == "submitted"


@pytest.mark.parametrize("when", ["submitted", "queued", "sent"])
def test_suspended_everything_of_theirs_stops(carriers: Carriers, when: str) -> None:
    town = carriers.town
    carriers.network("hi", key_persons=2)
    person = town.person(languages=["hi"])
    id, relay = writing(carriers)
    town.settle()
    assert carriers.write(relay, TEXT) == "submitted"
    if when != "submitted":
        assert carriers.release(id) == "released"
        (town.plan if when == "queued" else lambda _: town.settle())(id)
    writer, other = carriers.persons
    assert carriers.suspend(writer)
    town.settle()
    carriers.ask()
    got = [text.startswith(TEXT) for text in texts_of(carriers, person)]
    assert got == [False, False] + [True] * (when == "sent")
    assert carriers.states(id)[0] == (writer, "cancelled")
    assert carriers.states(id)[1] == (other, "requested")
    assert carriers.release(id) == "none"
    assert say("kp.suspended") in carriers.told(writer)
    late = town.person(languages=["hi"])
    town.settle()
    assert [text.startswith(TEXT) for text in texts_of(carriers, late)] == [False, False]


def test_a_drill_is_marked_in_a_persons_text_too(carriers: Carriers) -> None:
    town = carriers.town
    person = town.person(languages=["hi"])
    carriers.network("hi", key_persons=1)
    id, relay = writing(carriers, drill=True)
    town.settle()
    carriers.write(relay, TEXT)
    carriers.release(id)
    town.settle()
    *_, mine = texts_of(carriers, person)
    say_it = town.runtime.words.text
    assert mine.startswith(say_it("hi", "alert.drill_first"))
    assert mine.endswith(say_it("hi", "alert.drill_last"))


def test_what_was_replaced_is_kept_for_the_record(carriers: Carriers) -> None:
    carriers.network("hi", key_persons=1)
    id, relay = writing(carriers)
    carriers.write(relay, TEXT)
    carriers.release(id)
    stale, ready = (carriers.town.renditions(id, state)["hi"] for state in ("stale", "ready"))
    assert stale.origin == "fallback"
    assert ready.origin == "person" and ready.review == ""


def test_an_update_begins_with_the_earlier_text_and_what_changed(carriers: Carriers) -> None:
    carriers.network("hi", key_persons=1)
    id, relay = writing(carriers)
    carriers.write(relay, TEXT)
    carriers.release(id)
    carriers.town.settle()
    blanks = {"river": "桜川", "sites": ["E9999900001201"]}
    update = carriers.town.send(kind="update", references_id=id, blanks=blanks)
    carriers.ask()
    said = carriers.told(min(carriers.persons))
    number = carriers.town.number(id)
    assert say("kp.text_earlier", language="हिन्दी", number=number) in said
    assert "桜川" in said.partition(say("kp.changed", changes="")[:12])[2]
    assert carriers.town.renditions(id) == {}
    assert set(carriers.town.renditions(id, "stale")) == set(carriers.town.renditions(update))
    again = carriers.relays(update)[0]
    assert again.draft == TEXT
    with carriers.town.runtime.database.read() as session:
        page = reading.shown(
            session,
            carriers.town.runtime,
            session.get_one(Broadcast, id),
            carriers.town.runtime.clock.now(),
        )
    mine = [text for text in page.texts if text.language == "hi"]
    assert [text.parts[0][1] for text in mine] == [[TEXT]]


def test_a_wrong_text_is_stopped_and_corrected_for_exactly_those_who_got_it(
    carriers: Carriers,
) -> None:
    town = carriers.town
    got, english = town.person(languages=["hi"]), town.person(languages=["en"])
    carriers.network("hi", key_persons=2)
    id, relay = writing(carriers)
    carriers.write(relay, TEXT)
    carriers.release(id)
    town.settle()
    assert carriers.withdraw(id)
    town.settle()
    later = town.person(languages=["hi"])
    town.settle()
    assert [text.startswith(TEXT) for text in texts_of(carriers, later)] == [False, False]
    assert carriers.write(relay, "सही पाठ") == "submitted"
    assert carriers.release(id) == "released"
    town.settle()
    mark = town.runtime.words.text("hi", "alert.update_mark")
    for person in (got, later):
        assert texts_of(carriers, person)[-1].startswith(f"{mark}\nसही पाठ")
    assert len(texts_of(carriers, english)) == 1
    assert not carriers.withdraw(id + 100)


GOOD = (
    "[ALERTA NIVEL 4] Kawabata-cho: EVACÚE AHORA\nSi vive o está allí, salga de los lugares "
    "peligrosos.\nVaya a la escuela primaria Honcho (本町小学校), piso alto.\nNo se acerque al río."
    " El río Minato (みなと川) puede desbordarse.\nOrden del alcalde 1 sep 12:00"
)


@pytest.mark.parametrize(
    ("text", "allowed", "goes"),
    [(GOOD, True, True), (GOOD, False, False), (GOOD.replace("4]", "3]"), True, False)],
)
def test_without_staff_only_where_the_policy_says_so_and_no_fact_is_lost(
    carriers: Carriers, text: str, allowed: bool, goes: bool
) -> None:
    town = carriers.town
    with town.runtime.database.write() as session:
        session.add(Policy(severity="Severe", automatic_allowed=allowed))
        for stock in session.scalars(select(StockText).where(StockText.language == "es")):
            stock.review = "drafted"
    carriers.network("es", key_persons=1)
    id, relay = writing(carriers, area_ids=["kawabata"], decided_at=NOON)
    assert carriers.write(relay, text) == "submitted"
    assert carriers.release_if_clean(id) is goes
    assert carriers.claims(id) == {"released" if goes else "submitted": 1}


def test_whom_a_text_would_go_to_is_counted_as_it_is_sent(carriers: Carriers) -> None:
    """The short way to count, where nobody can have had a text, counts the same people."""
    town = carriers.town
    reads_it, _gone, _second = (
        town.person(languages=tags, following=following)
        for tags, following in ((["hi"], True), (["hi", "en"], False), (["en", "hi"], True))
    )
    carriers.network("hi", key_persons=1)
    id, relay = writing(carriers)

    def counted() -> list[int]:
        with town.runtime.database.read() as session:
            broadcast = session.get_one(Broadcast, id)
            who = audience.lacking(Rendition(broadcast_id=id, language="hi"))
            return [
                len(session.scalars(select(Recipient.resident_id).where(*who)).all()),
                relay_reading.would_get(session, broadcast, "hi"),
                relay_reading.would_get_lately(session, town.runtime, broadcast, "hi"),
            ]

    town.settle()
    assert counted() == [1, 1, 1]
    town.person(languages=["hi"])
    town.lane()
    assert counted() == [2, 2, 2]  # a count that takes no time is made every time
    assert carriers.write(relay, TEXT) == "submitted" and carriers.release(id) == "released"
    town.settle()
    assert counted() == [0, 0, 0]
    assert carriers.withdraw(id)
    assert counted() == [2, 2, 2]
    town.change(reads_it, following=False)
    assert counted() == [1, 1, 1]
