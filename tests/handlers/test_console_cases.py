"""相談: the list, a case's page, what is done with a case, and who may see what."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from bot import cases, chores
from bot.models import Case, Message, Resident, Transition
from bot.runtime import Runtime
from tests import factories
from tests.handlers.officer import (
    ADMIN,
    APPROVER,
    OPERATOR,
    SEES_PROTECTED,
    Officer,
    deliveries,
    open_case,
    reply,
    said,
    staff_of,
)

LAN = "lan@minato.example"


@pytest.fixture
def sato(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


def rows(page: str) -> list[int]:
    return [int(key) for key in re.findall(r'data-key="(\d+)"', page)]


# The list


def test_urgent_and_protected_first_then_who_waits_longest(app: Flask, demo_city: Runtime) -> None:
    now = demo_city.clock.now()

    def waiting(number: int, minutes: int, **what: object) -> int:
        since = now - timedelta(minutes=minutes)
        return open_case(demo_city, number, opened_at=since, waiting_since=since, **what)

    long, short = waiting(1, 300), waiting(2, 5)
    urgent, protected = waiting(3, 1, urgent=True), waiting(4, 2, protected=True)
    # Opened long ago, answered, and asked again just now.
    again = open_case(demo_city, 5, opened_at=now - timedelta(days=3), waiting_since=now)
    page = Officer(app).signed_in(ADMIN).text("/console/cases")
    assert rows(page) == [urgent, protected, long, short, again]


def test_a_row_says_in_japanese_what_it_is_about(sato: Officer, demo_city: Runtime) -> None:
    translated, guessed, plain = (open_case(demo_city, number) for number in (1, 2, 3))
    said(demo_city, translated, "Tôi mất việc", japanese="仕事をなくしました")
    said(demo_city, guessed, "Ngày nào đổ rác?", topic_id="garbage.days")
    said(demo_city, plain, "Xin chào <b>")
    sato.headers["Accept-Language"] = "ja"
    page = sato.text("/console/cases")
    assert 'lang="ja" dir="ltr">仕事をなくしました' in page
    assert "たぶん：ごみの収集日" in page
    assert 'lang="vi" dir="ltr">Xin chào' in page
    assert "<b>Xin" not in page


def test_filters(sato: Officer, demo_city: Runtime) -> None:
    me, other = staff_of(demo_city, OPERATOR).id, staff_of(demo_city, ADMIN).id
    nobodys = open_case(demo_city, 1)
    mine = open_case(demo_city, 2, state="assigned", assignee_id=me)
    theirs = open_case(demo_city, 3, state="assigned", assignee_id=other, language="en")
    answered = open_case(demo_city, 4, state="answered", assignee_id=me)
    closed = open_case(demo_city, 5, state="closed")

    def shown(query: str) -> set[int]:
        return set(rows(sato.text(f"/console/cases?{query}")))

    assert shown("") == {nobodys, mine, theirs}
    assert shown("show=mine") == {mine, answered}
    assert shown("show=unassigned") == {nobodys}
    assert shown("show=answered") == {answered}
    assert shown("show=closed") == {closed}
    assert shown("language=en") == {theirs}
    assert shown("show=nonsense&language=xx") == {nobodys, mine, theirs}


def test_search_finds_words_and_numbers_but_nothing_protected(
    app: Flask, demo_city: Runtime
) -> None:
    plain, closed, secret = (
        open_case(demo_city, 1),
        open_case(demo_city, 2, state="closed"),
        open_case(demo_city, 3, protected=True),
    )
    said(demo_city, plain, "Thuế 100%", japanese="税金のこと")
    said(demo_city, closed, "thuế năm ngoái")
    said(demo_city, secret, "thuế bí mật")
    for email in (OPERATOR, SEES_PROTECTED):
        officer = Officer(app).signed_in(email)
        assert set(rows(officer.text("/console/cases?words=thuế"))) <= {plain, closed}
        assert rows(officer.text("/console/cases?words=税金")) == [plain]
        assert rows(officer.text("/console/cases?words=100%25")) == [plain]
        assert rows(officer.text("/console/cases?words=%25")) == [plain]
        assert rows(officer.text("/console/cases?words=bí mật")) == []
        assert rows(officer.text(f"/console/cases?words=%23{closed}")) == [closed]
    assert rows(Officer(app).signed_in(OPERATOR).text(f"/console/cases?words={secret}")) == []


def test_five_hundred_rows_and_news_that_cost_nothing(sato: Officer, demo_city: Runtime) -> None:
    for number in range(503):
        open_case(demo_city, number)
    page = sato.text("/console/cases")
    assert len(rows(page)) == 500
    assert "3 more are not shown." in page
    first = sato.get("/console/cases/news")
    same = sato.get("/console/cases/news", **{"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.text) == (304, "")


# Who may see what


def test_a_protected_case_is_invisible_to_others_at_every_address(
    app: Flask, sato: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city, protected=True, reason="protected", topic_id="rights.stalking")
    message_id = said(demo_city, case_id, "Anh ta theo dõi tôi")
    lists = ("", "/news", "?show=unassigned", "?words=theo", f"?words={case_id}", "?language=vi")
    for path in lists:
        page = sato.text(f"/console/cases{path}")
        assert rows(page) == [], path
        assert "theo dõi" not in page, path
        assert "stalking" not in page, path
    assert "1 waiting" in sato.text("/console/cases")
    for path in ("", "/news", "?panel=facts", "?whole=1"):
        assert sato.get(f"/console/cases/{case_id}{path}").status_code == 403
    acts = ["take", "give-back", "hand-over", "note", "close", "reopen", "urgent", "protect"]
    for act in [*acts, "reply", "writing", f"translate/{message_id}"]:
        assert sato.send(f"/console/cases/{case_id}/{act}").status_code == 403, act
    assert factories.stored(demo_city, Case, case_id).state == "open"

    chen = Officer(app).signed_in(SEES_PROTECTED)
    assert "Anh ta theo dõi tôi" in chen.text(f"/console/cases/{case_id}")
    assert "theo dõi" not in chen.text("/console/cases")


def test_other_cases_of_a_person_leave_out_what_one_may_not_open(
    app: Flask, sato: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city, 1)
    with demo_city.database.write() as session:
        resident = session.get_one(Case, case_id).resident_id
        now = demo_city.clock.now()
        hidden = Case(resident_id=resident, reason="protected", protected=True, opened_at=now)
        earlier = Case(resident_id=resident, reason="asked", state="closed", opened_at=now)
        session.add_all([hidden, earlier])
        session.flush()
        hidden_id, earlier_id = hidden.id, earlier.id
    page = sato.text(f"/console/cases/{case_id}")
    assert f"#{earlier_id} " in page
    assert f"/console/cases/{hidden_id}" not in page
    assert f"#{hidden_id} " in Officer(app).signed_in(ADMIN).text(f"/console/cases/{case_id}")


def test_anybody_protects_a_case_and_then_only_named_staff_see_it(
    app: Flask, sato: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city)
    sato.send(f"/console/cases/{case_id}/take")
    said(demo_city, case_id, "Chồng tôi đánh tôi", japanese="夫にたたかれています")
    sato.send(f"/console/cases/{case_id}/note", memo="女性相談につなぐ")
    done = sato.send(f"/console/cases/{case_id}/protect")
    assert done.location == "/console/cases"
    assert sato.get(f"/console/cases/{case_id}").status_code == 403
    with demo_city.database.read() as session:
        case = session.get_one(Case, case_id)
        assert (case.protected, case.state, case.assignee_id) == (True, "open", None)
        for message in session.query(Message).filter_by(case_id=case_id):
            assert message.text is None
            assert message.japanese is None
    page = Officer(app).signed_in(SEES_PROTECTED).text(f"/console/cases/{case_id}")
    for words in ("Chồng tôi đánh tôi", "夫にたたかれています", "女性相談につなぐ"):
        assert words in page
    assert "marked it protected" in page


# Handing on, ending, and what is kept of it


def test_a_case_goes_from_hand_to_hand_and_everything_is_recorded(
    app: Flask, sato: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city)
    path = f"/console/cases/{case_id}"
    lan = staff_of(demo_city, LAN)
    sato.send(f"{path}/take")
    sato.send(f"{path}/hand-over", to=lan.id)
    assert factories.stored(demo_city, Case, case_id).assignee_id == lan.id
    sato.send(f"{path}/hand-over", to=4_000_000)
    sato.send(f"{path}/urgent", urgent="yes")
    sato.send(f"{path}/give-back")
    assert "somebody else was faster" in sato.send(f"{path}/give-back", follow=True).text
    sato.send(f"{path}/close", tell="no")
    sato.send(f"{path}/reopen")
    page = sato.text(path)
    words = re.sub(r"<[^>]+>", " ", page)
    order = ["opened it again", "closed it", "gave it back", "marked it urgent"]
    places = [words.index(said) for said in [*order, f"handed over to {lan.name}", "took it"]]
    assert places == sorted(places)
    assert factories.stored(demo_city, Case, case_id).state == "assigned"


def test_a_protected_case_is_only_handed_to_who_may_open_it(app: Flask, demo_city: Runtime) -> None:
    case_id = open_case(demo_city, protected=True, reason="protected")
    chen = Officer(app).signed_in(SEES_PROTECTED)
    page = chen.text(f"/console/cases/{case_id}")
    choices = page[page.index('<select id="to"') :].split("</select>")[0]
    assert "佐藤" not in choices
    assert "高橋" in choices
    to = staff_of(demo_city, OPERATOR).id
    refused = chen.send(f"/console/cases/{case_id}/hand-over", follow=True, to=to)
    assert "may not open this case" in refused.text


def test_closing_tells_the_resident_only_if_wanted(sato: Officer, demo_city: Runtime) -> None:
    silent, told = open_case(demo_city, 1), open_case(demo_city, 2)
    sato.send(f"/console/cases/{silent}/close", tell="no")
    assert deliveries(demo_city) == []
    sato.send(f"/console/cases/{told}/close", tell="yes")
    (delivery,) = deliveries(demo_city)
    assert demo_city.words.text("vi", "case.closed") in (delivery.body or "")


def test_answered_cases_close_by_themselves_without_a_word(
    sato: Officer, demo_city: Runtime
) -> None:
    case_id, waiting = open_case(demo_city, 1), open_case(demo_city, 2)
    reply(sato, case_id, "stock", key="call-us")
    chores.run(demo_city)
    for _ in range(7):
        demo_city.clock.move(23 * 3600)
        chores.run(demo_city)
        assert factories.stored(demo_city, Case, case_id).state == "answered"
    demo_city.clock.move(3 * 24 * 3600)
    chores.run(demo_city)
    assert factories.stored(demo_city, Case, case_id).state == "closed"
    assert factories.stored(demo_city, Case, waiting).state == "open"
    assert len(deliveries(demo_city)) == 1
    sato.signed_in(OPERATOR)
    assert "closed: nobody wrote again" in sato.text(f"/console/cases/{case_id}")


def test_notes_stay_with_staff(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    sato.send(f"/console/cases/{case_id}/note", memo="")
    sato.send(f"/console/cases/{case_id}/note", memo="電話で確認した <b>")
    page = sato.get(f"/console/cases/{case_id}").text
    assert "電話で確認した &lt;b&gt;" in page
    assert "Internal note by 佐藤 真由" in page
    assert deliveries(demo_city) == []
    with demo_city.database.read() as session:
        assert session.get_one(Case, case_id).state == "open"


def test_what_has_no_words_is_named(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    for kind in ("image", "video", "audio", "file", "sticker", "location"):
        said(demo_city, case_id, "", kind=kind)
    said(demo_city, case_id, "", unsent=True)
    page = sato.text(f"/console/cases/{case_id}")
    for words in ("A picture", "A video", "A voice", "A file", "A sticker", "took this message"):
        assert words in page


def test_a_long_conversation_begins_with_its_end(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    for number in range(170):
        said(demo_city, case_id, f"câu số {number}.")
    page = sato.text(f"/console/cases/{case_id}")
    assert "câu số 169." in page
    assert "câu số 19." not in page
    assert "Show 20 earlier messages" in page
    assert "câu số 0." in sato.text(f"/console/cases/{case_id}?whole=1")


def test_news_of_a_case_carry_what_is_new(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    path = f"/console/cases/{case_id}/news"
    first = sato.get(path)
    assert sato.get(path, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    said(demo_city, case_id, "Còn một câu")
    news = sato.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert news.status_code == 200
    assert "Còn một câu" in news.text
    assert "<html" not in news.text


def test_words_whose_key_is_gone_are_said_to_be_gone(app: Flask, demo_city: Runtime) -> None:
    case_id = open_case(demo_city, protected=True)
    message_id = said(demo_city, case_id, "Giúp tôi")
    with demo_city.database.write() as session:
        session.get_one(Message, message_id).sealed = b"another key's"
    page = Officer(app).signed_in(SEES_PROTECTED).text(f"/console/cases/{case_id}")
    assert "The keys to these words are gone." in page


def test_the_record_of_a_case_names_nobody_from_outside(sato: Officer, demo_city: Runtime) -> None:
    case_id = open_case(demo_city)
    reply(sato, case_id, "stock", key="call-us")
    with demo_city.database.write() as session:
        case = session.get_one(Case, case_id)
        cases.resident_wrote(session, case, at=demo_city.clock.now())
        assert case.state == "assigned"
        moves = session.query(Transition).filter_by(subject="cases", subject_id=case_id).all()
        assert {move.by for move in moves} == {f"staff:{case.assignee_id}", "resident"}
        assert session.get_one(Resident, case.resident_id).line_user_id
    assert Officer(sato.app).signed_in(APPROVER).get(f"/console/cases/{case_id}").status_code == 200
