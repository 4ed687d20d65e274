"""いま: what waits, for whom it opens, and taking it."""

import re
import secrets
from datetime import timedelta

import pytest
from flask import Flask

from bot.models import (
    Broadcast,
    Case,
    Delivery,
    Relay,
    Rumour,
    RumourAnswer,
    Sound,
    Staff,
    WebhookEvent,
)
from bot.runtime import Runtime
from bot.states import transition
from broadcasts import relaying, rumours, sounds
from tests.handlers import carrying
from tests.handlers.officer import (
    ADMIN,
    APPROVER,
    OPERATOR,
    SEES_PROTECTED,
    Officer,
    open_case,
    staff_of,
)


@pytest.fixture
def officer(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


def row_order(page: str) -> list[int]:
    return [int(key) for key in re.findall(r'data-key="(\d+)"', page)]


def number(page: str, section: str) -> int:
    found = re.search(rf'href="#{section}"><b>(\d+)</b>', page)
    assert found
    return int(found.group(1))


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_an_empty_page_says_so_with_the_time(officer: Officer) -> None:
    assert re.search(r"Nothing needs you now \( \d\d:\d\d \)", words(officer.text("/console/")))
    officer.headers["Accept-Language"] = "ja"
    page = words(officer.text("/console/"))
    assert re.search(r"今、対応が必要なことはありません（ \d\d:\d\d ）", page)


def test_urgent_and_protected_stand_above_who_waits_longest(app: Flask, demo_city: Runtime) -> None:
    now = demo_city.clock.now()

    def waiting(index: int, minutes: int, **what: object) -> int:
        return open_case(demo_city, index, opened_at=now - timedelta(minutes=minutes), **what)

    newest = waiting(1, 5)
    oldest = waiting(2, 300)
    urgent = waiting(3, 1, urgent=True)
    protected = waiting(4, 2, protected=True, reason="protected")
    both = waiting(5, 3, protected=True, urgent=True, reason="protected")
    mine = waiting(6, 1, state="assigned", assignee_id=staff_of(demo_city, ADMIN).id)
    theirs = waiting(7, 9, state="assigned", assignee_id=staff_of(demo_city, OPERATOR).id)
    waiting(8, 9, state="closed")
    page = Officer(app).signed_in(ADMIN).text("/console/")
    assert row_order(page) == [both, urgent, protected, oldest, newest, mine, theirs]
    assert [number(page, part) for part in ("urgent", "protected", "waiting", "assigned")] == [
        2,
        1,
        2,
        2,
    ]
    assert "<title>(5) Now" in page
    assert "5 h 0 min" in page
    assert "With 佐藤 真由" in page


def test_a_row_names_reason_topic_language_and_time_but_never_a_message(
    officer: Officer, demo_city: Runtime
) -> None:
    opened = demo_city.clock.now() - timedelta(minutes=12)
    open_case(demo_city, topic_id="emergency.earthquake", reason="topic", opened_at=opened)
    page = words(officer.text("/console/"))
    assert "Needs an answer from staff: " in page
    assert "Vietnamese" in page
    assert "(12 min)" in page
    officer.headers["Accept-Language"] = "ja"
    page = words(officer.text("/console/"))
    assert "職員の回答が必要：地震：今すること" in page
    assert "ベトナム語" in page
    assert re.search(r"\d\d:\d\dから （12分）", page)


def test_who_may_not_open_protected_cases_sees_their_number_and_who_may(
    officer: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(
        demo_city, protected=True, urgent=True, reason="protected", topic_id="rights.child-abuse"
    )
    page = officer.text("/console/")
    assert row_order(page) == []
    assert number(page, "protected") == 1
    assert number(page, "urgent") == 0
    assert "These staff may: 陳 美玲, 高橋 直美" in page
    assert "Vietnamese" not in page
    assert "abuse" not in page
    assert officer.send(f"/console/cases/{case_id}/take").status_code == 403
    with demo_city.database.write() as session:
        session.query(Staff).update({Staff.sees_protected: False})
    assert "an administrator must name somebody" in officer.text("/console/")


def test_a_protected_case_is_taken_by_who_may(app: Flask, demo_city: Runtime) -> None:
    case_id = open_case(demo_city, protected=True, reason="protected")
    chen = Officer(app).signed_in(SEES_PROTECTED)
    assert row_order(chen.text("/console/")) == [case_id]
    assert "You have taken this case" in chen.send(
        f"/console/cases/{case_id}/take", follow=True
    ).get_data(as_text=True)
    # Whose it is now is nobody else's business.
    assert number(Officer(app).signed_in(OPERATOR).text("/console/"), "assigned") == 0


def test_the_faster_one_gets_it_and_the_other_is_told_who(app: Flask, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    first, second = Officer(app).signed_in(OPERATOR), Officer(app).signed_in(APPROVER)
    taken = first.send(f"/console/cases/{case_id}/take")
    assert taken.location == f"/console/cases/{case_id}"
    assert "Yours" in first.text("/console/")
    late = second.send(f"/console/cases/{case_id}/take", follow=True)
    assert "佐藤 真由 took this case first" in late.text
    twice = first.send(f"/console/cases/{case_id}/take", follow=True)
    assert "You yourself took this case first" in twice.text
    with demo_city.database.write() as session:
        case = session.get_one(Case, case_id)
        assert case.assignee_id == staff_of(demo_city, OPERATOR).id
        case.state = "closed"
    assert "closed already" in second.send(f"/console/cases/{case_id}/take", follow=True).text
    assert first.send("/console/cases/4000000/take").status_code == 404


def test_news_cost_nothing_while_nothing_changes(officer: Officer, demo_city: Runtime) -> None:
    first = officer.get("/console/news")
    etag = first.headers["ETag"]
    assert f'data-etag="{etag.strip(chr(34))}"' in first.text
    same = officer.get("/console/news", **{"If-None-Match": etag})
    assert (same.status_code, same.text) == (304, "")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", same.headers["As-Of"])
    case_id = open_case(demo_city)
    news = officer.get("/console/news", **{"If-None-Match": etag})
    assert news.status_code == 200
    assert row_order(news.text) == [case_id]
    assert "<html" not in news.text


def test_a_long_list_is_cut_but_counted(officer: Officer, demo_city: Runtime) -> None:
    for index in range(203):
        open_case(demo_city, index)
    page = officer.text("/console/")
    assert number(page, "waiting") == 203
    assert len(row_order(page)) == 200
    assert "3 more are not shown." in page


def test_what_failed_is_counted_and_said(officer: Officer, demo_city: Runtime) -> None:
    now = demo_city.clock.now()
    with demo_city.database.write() as session:
        for _ in range(2):
            session.add(
                Delivery(
                    urgent=False,
                    state="failed",
                    retry_key=secrets.token_hex(18),
                    created_at=now,
                    due_at=now,
                )
            )
        session.add(
            WebhookEvent(
                webhook_event_id="e1",
                chat="U1",
                occurred_at=now,
                received_at=now,
                urgent=False,
                state="failed",
                due_at=now,
            )
        )
    page = officer.text("/console/")
    assert number(page, "trouble") == 3
    assert "2 messages to residents could not be sent" in page
    assert "1 message from a resident could not be handled." in page
    assert "Nothing needs you now" not in page


def test_texts_of_key_persons_wait_and_the_first_lies_open(
    officer: Officer, demo_city: Runtime
) -> None:
    for language in ("hi", "fa"):
        person = carrying.key_person(demo_city, carrying.network(demo_city, language))
        if language == "hi":
            quiet = carrying.notice(demo_city, urgency="Future")
            carrying.does(demo_city, person, relaying.accept)
            carrying.writes(demo_city, person, "नदी")
    urgent = carrying.notice(demo_city)
    carrying.does(demo_city, person, relaying.accept)
    carrying.writes(demo_city, person, "رودخانه")
    page = officer.text("/console/")
    assert number(page, "texts") == 2
    assert "2 texts wait for their release" in words(page)
    assert "<title>(2) Now" in page
    assert page.count('name="seen"') == 1
    assert page.index("رودخانه") < page.index(f"/console/notices/{quiet}/relay")
    assert f"{urgent} " in words(page) and "Release to" in words(page)
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen
    [claim] = re.findall(r"/relay/texts/(\d+)/release", page)
    sent = officer.send(
        f"/console/notices/{urgent}/relay/texts/{claim}/release",
        **{"seen": seen.group(1), "from": "now"},
    )
    assert sent.location == "/console/"
    page = officer.text("/console/")
    assert "Released in Persian" in words(page) and number(page, "texts") == 1
    assert "नदी" in page


def test_networks_that_need_somebody_are_shown(officer: Officer, demo_city: Runtime) -> None:
    carrying.network(demo_city, "ne", name="gap")
    other = carrying.network(demo_city, "hi", name="other")
    carrying.key_person(demo_city, other, name="ラージ", state="to_confirm")
    assert number(officer.text("/console/"), "networks") == 1
    sent = carrying.notice(demo_city)
    page = officer.text("/console/")
    assert number(page, "networks") == 3
    assert "Nobody is left for 2 networks" in words(page)
    assert "✕ Nobody is left to ask gap Nepali" in words(page)
    assert f'href="/console/notices/{sent}/relay"' in page
    assert "! Call to confirm ラージ other since" in words(page)
    assert carrying.PHONE not in page
    etag = officer.get("/console/news").headers["ETag"]
    assert officer.get("/console/news", **{"If-None-Match": etag}).status_code == 304
    officer.send(f"/console/notices/{sent}/stop", reason="over")
    assert number(officer.text("/console/"), "networks") == 1


def test_a_recording_waits_until_somebody_listened(officer: Officer, demo_city: Runtime) -> None:
    person = carrying.key_person(demo_city, carrying.network(demo_city, "vi", name="nhóm"))
    sent = carrying.notice(demo_city)
    carrying.does(demo_city, person, relaying.accept)
    with demo_city.database.write() as session:
        relay = session.get_one(Relay, carrying.relay(demo_city, person).id)
        broadcast = session.get_one(Broadcast, relay.broadcast_id)
        text = sounds.readable(session, broadcast, relay, demo_city.clock.now())
        assert text is not None
        sound = sounds.recorded(session, demo_city, relay, text, "voice")
    assert number(officer.text("/console/"), "networks") == 0  # not fetched yet
    with demo_city.database.write() as session:
        row, now = session.get_one(Sound, sound.id), demo_city.clock.now()
        transition(session, row, "submitted", by="line", reason="fetched", at=now, content=b"x")
    page = officer.text("/console/")
    assert number(page, "networks") == 1 and "<title>(1) Now" in page
    assert f"! Recording waiting for its release {sent} Vietnamese" in words(page)
    assert f'href="/console/notices/{sent}/relay#sounds"' in page and "nhóm" in page
    officer.send(f"/console/notices/{sent}/sounds/{sound.id}/release")
    assert number(officer.text("/console/"), "networks") == 0


def test_an_answer_to_a_rumour_waits_for_who_may_confirm_it(
    officer: Officer, app: Flask, demo_city: Runtime
) -> None:
    now = demo_city.clock.now()
    with demo_city.database.write() as session:
        author = staff_of(demo_city, OPERATOR)
        rumour = Rumour(claim="ダムが壊れた", keywords=[], author_id=author.id, created_at=now)
        session.add(rumour)
        session.flush()
        answer = RumourAnswer(
            verdict="false", japanese="ダム", plain="ダム", source="気象庁", checked_at=now,
            expires_at=now + timedelta(hours=3), network_ids=[],
        )  # fmt: skip
        rumours.propose(session, demo_city, rumour, answer, author)
        where = f"/console/rumours/{rumour.id}"
    page = officer.text("/console/")
    assert number(page, "rumours") == 1 and "<title>Now" in page
    assert "! Waits for a second person ダムが壊れた" in words(page)
    assert "An approver who did not write it" in words(page) and "Read and decide" not in page
    approver = Officer(app).signed_in(APPROVER)
    page = approver.text("/console/")
    assert "1 answer to a rumour waits for you" in words(page) and "<title>(1) Now" in page
    assert f'href="{where}#proposed"' in page
    approver.send(f"{where}/answers/{answer.id}/confirm")
    page = approver.text("/console/")
    assert number(page, "rumours") == 0 and "Nothing needs you now" in page
