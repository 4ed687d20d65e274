"""A notice's relay: who carries it where, the texts that wait, and what staff decide about them."""

import csv
import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.models import Acknowledgement, KeyPerson, Recipient, Relay, Rendition, Resident, TextClaim
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import key_persons, relaying
from tests import factories, notices
from tests.handlers import carrying
from tests.handlers.officer import APPROVER, OPERATOR, Officer

TEXT = "नदी में बाढ़ आ सकती है। अभी जाएँ। 21:40"


@pytest.fixture
def operator(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


@pytest.fixture
def approver(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(APPROVER)


def words(page: TestResponse | str) -> str:
    html = page if isinstance(page, str) else page.get_data(as_text=True)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def path(number: str) -> str:
    return f"/console/notices/{number}/relay"


def press(officer: Officer, where: str, **fields: object) -> str:
    return words(officer.send(where, follow=True, **fields))


def seen(officer: Officer, number: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', officer.text(path(number)))
    assert found
    return found.group(1)


def residents(runtime: Runtime, *languages: list[str]) -> None:
    with runtime.database.write() as session:
        for tags in languages:
            factories.resident(session, languages=tags)


def carried(runtime: Runtime, count: int = 1, **changes: object) -> tuple[str, list[int]]:
    """A notice in force and the key persons of one network without a text in its language; the
    first has taken it on.
    """
    network = carrying.network(runtime, name="हिन्दी मंच")
    people = [carrying.key_person(runtime, network) for _ in range(count)]
    number = carrying.notice(runtime, **changes)
    carrying.does(runtime, people[0], relaying.accept)
    return number, people


def texts(runtime: Runtime) -> dict[str, str]:
    """State of each Hindi rendition by its origin."""
    with runtime.database.read() as session:
        rows = session.scalars(select(Rendition).where(Rendition.language == "hi"))
        return {row.origin: row.state for row in rows}


def test_every_network_stands_under_its_language_with_the_worst_on_top(
    operator: Officer, demo_city: Runtime
) -> None:
    residents(demo_city, ["hi"], ["hi", "en"], ["vi"], ["en"], ["ja"])
    gap = carrying.network(demo_city, language="ne", name="gap")
    reported = carrying.network(demo_city, language="vi", name="reported")
    asked = carrying.network(demo_city, language="hi", name="asked")
    people = [carrying.key_person(demo_city, id) for id in (reported, asked)]
    number = carrying.notice(demo_city)
    carrying.does(demo_city, people[0], relaying.accept)
    carrying.does(demo_city, people[0], relaying.report, 30)
    html = operator.text(path(number))
    page = words(html)
    assert re.findall(r'data-key="network-(\d+)"', html) == [str(gap), str(asked), str(reported)]
    assert "1 of 3 networks taken on, 1 reported as passed on, 30 people or more" in page
    assert "Nobody is left to ask for 1 network." in page
    assert "✕ Nobody is left to ask, since" in page
    assert "Reported: 30 people or more" in page
    assert "Japanese 1" in page  # languages without a network, with their people
    hindi = page[page.index("Hindi") :]
    assert "fallback: no checked text" in hindi and "nobody is writing one" in hindi


def test_people_are_counted_once_by_the_language_they_read_first(
    operator: Officer, demo_city: Runtime
) -> None:
    residents(demo_city, ["hi"], ["hi"], ["hi", "en"], ["en"])
    number, _people = carried(demo_city)
    carrying.accepted(demo_city, number)
    with demo_city.database.write() as session:
        id = session.scalars(select(Broadcast.id)).one()
        reader = session.scalars(
            select(Recipient.resident_id).where(Recipient.languages == '["hi", "en"]')
        ).one()
        given = {"broadcast_id": id, "resident_id": reader, "at": demo_city.clock.now()}
        session.add(Acknowledgement(kind="read", **given))
    page = words(operator.text(path(number)))
    assert '3 recipients accepted by LINE 3 tapped "I have read it" 1' in page


def test_the_chain_has_a_time_for_each_link_that_is_closed(
    operator: Officer, demo_city: Runtime
) -> None:
    number, [person, _] = carried(demo_city, count=2)
    page = words(operator.text(path(number)))
    chain = page[page.index("Asked", page.index("हिन्दी मंच")) :]
    assert re.match(
        r"Asked \d\d:\d\d Opened it — Took it on \d\d:\d\d The text — Release — "
        r"Accepted by LINE — Reported —",
        chain,
    )
    with demo_city.database.write() as session:
        row = session.get_one(Relay, carrying.relay(demo_city, person).id)
        relaying.opened(row, demo_city.clock.now())
    carrying.writes(demo_city, person, TEXT)
    press(operator, f"{path(number)}/texts/1/release", seen=seen(operator, number))
    carrying.does(demo_city, person, relaying.report, None)
    page = words(operator.text(path(number)))
    chain = page[page.index("Asked", page.index("हिन्दी मंच", page.index("By language"))) :]
    assert re.match(
        r"Asked \d\d:\d\d Opened it \d\d:\d\d Took it on \d\d:\d\d The text \d\d:\d\d 人\d+ "
        r"Release \d\d:\d\d 佐藤 真由 Accepted by LINE — Reported \d\d:\d\d number not known",
        chain,
    )


def test_ask_next_does_not_wait_and_says_who_was_first(
    operator: Officer, approver: Officer, demo_city: Runtime
) -> None:
    number, [first, second, third] = carried(demo_city, count=3)
    row = carrying.relay(demo_city, first)
    name = factories.stored(demo_city, KeyPerson, second).name
    assert f"Ask next: {name}" in words(operator.text(path(number)))
    said = press(operator, f"{path(number)}/{row.id}/next")
    assert "The next key person of हिन्दी मंच is being asked" in said
    late = press(approver, f"{path(number)}/{row.id}/next")
    assert "Nothing changed: 佐藤 真由 was first (staff asked the next person" in late
    relaying.run(demo_city)
    assert carrying.relay(demo_city, second).state == "requested"
    assert carrying.relay(demo_city, third).id is None
    for wrong in (4_000_000, "9" * 30, "x"):
        assert operator.send(f"{path(number)}/{wrong}/next").status_code in (404, 405)
    other = carrying.notice(demo_city)
    assert operator.send(f"{path(other)}/{row.id}/next").status_code == 404


def test_a_text_is_released_by_an_operator_once_to_whom_it_is_for(
    operator: Officer, approver: Officer, demo_city: Runtime
) -> None:
    residents(demo_city, ["hi"], ["hi", "en"], ["en", "hi"])
    number, [person] = carried(demo_city)
    claim = carrying.writes(demo_city, person, TEXT)
    html = operator.text(path(number))
    assert 'lang="hi" dir="ltr"' in html and 'lang="ja-x-easy"' in html
    page = words(html)
    assert "1 text waits for its release" in page and "Release to 2 people" in page
    assert TEXT in page and "警戒" in page
    mark = seen(operator, number)
    said = press(operator, f"{path(number)}/texts/{claim}/release", seen=mark)
    assert "Released in Hindi. It goes to: 2." in said
    assert "released by 佐藤 真由" in said and "written by a key person, released" in said
    late = press(approver, f"{path(number)}/texts/{claim}/release", seen=mark)
    assert "Nothing changed: 佐藤 真由 was first (released" in late
    assert texts(demo_city) == {"fallback": "stale", "person": "ready"}
    with demo_city.database.read() as session:
        assert session.get_one(TextClaim, claim).state == "released"


def test_whoever_releases_has_read_the_newest_words(operator: Officer, demo_city: Runtime) -> None:
    number, [person] = carried(demo_city)
    claim = carrying.writes(demo_city, person, TEXT)
    old = seen(operator, number)
    press(operator, f"{path(number)}/texts/{claim}/return", reason="時間を 書いて ください")
    assert carrying.writes(demo_city, person, f"{TEXT} 22:00") == claim
    said = press(operator, f"{path(number)}/texts/{claim}/release", seen=old)
    assert "The writer changed the text after you opened it" in said
    assert texts(demo_city) == {"fallback": "ready"}
    new = seen(operator, number)
    assert "Released" in press(operator, f"{path(number)}/texts/{claim}/release", seen=new)


def test_returning_and_stopping_need_a_reason(operator: Officer, demo_city: Runtime) -> None:
    number, [person] = carried(demo_city)
    claim = carrying.writes(demo_city, person, TEXT)
    for blank in ({}, {"reason": " "}):
        said = press(operator, f"{path(number)}/texts/{claim}/return", **blank)
        assert "Write a reason" in said
    said = press(operator, f"{path(number)}/texts/{claim}/return", reason="x" * 400)
    assert "with your reason" in said and "is writing, until" in said
    assert carrying.state_of(demo_city, TextClaim, claim) == "held"
    said = press(operator, f"{path(number)}/texts/{claim}/return", reason="again")
    assert "was first (is writing" in said


def test_the_writing_can_be_ended_so_that_another_writes(
    operator: Officer, approver: Officer, demo_city: Runtime
) -> None:
    number, [person] = carried(demo_city)
    claim = carrying.writes(demo_city, person, TEXT, submit=False)
    assert "End the writing" in operator.text(path(number))
    said = press(operator, f"{path(number)}/texts/{claim}/end")
    assert "somebody else may write the text now" in said
    late = press(approver, f"{path(number)}/texts/{claim}/end")
    assert "佐藤 真由 was first (given up" in late
    assert carrying.writes(demo_city, person, TEXT) != claim


def test_a_released_text_is_stopped_with_a_reason_and_the_old_one_is_back(
    operator: Officer, approver: Officer, demo_city: Runtime
) -> None:
    residents(demo_city, ["hi"])
    number, [person] = carried(demo_city)
    claim = carrying.writes(demo_city, person, TEXT)
    where = f"{path(number)}/texts/{claim}/withdraw"
    assert "was first" in press(operator, where, reason="not released yet")
    press(operator, f"{path(number)}/texts/{claim}/release", seen=seen(operator, number))
    assert "Write a reason" in press(operator, where, reason="")
    said = press(operator, where, reason="wrong time")
    assert "gets the text that was there before" in said
    assert "stopped by 佐藤 真由" in said
    assert texts(demo_city) == {"fallback": "ready", "person": "withdrawn"}
    assert "佐藤 真由 was first (stopped" in press(approver, where, reason="again")
    done = said[said.index("What staff did") :]
    assert re.search(r"佐藤 真由 Text in Hindi by 人\d+: stopped wrong time", done)
    assert done.index("stopped wrong time") < done.index("released")


def test_what_came_too_late_changes_nothing(operator: Officer, demo_city: Runtime) -> None:
    number, [person] = carried(demo_city)
    claim = carrying.writes(demo_city, person, TEXT)
    mark = seen(operator, number)
    with demo_city.database.write() as session:
        row = session.get_one(KeyPerson, person)
        key_persons.suspend(session, demo_city, row, carrying.STAFF, "danger")
    said = press(operator, f"{path(number)}/texts/{claim}/release", seen=mark)
    assert "Nothing changed" in said and "given up" in said
    operator.send(f"/console/notices/{number}/stop", reason="wrong")
    for act in ("release", "return", "end", "withdraw"):
        said = press(operator, f"{path(number)}/texts/{claim}/{act}", seen=mark, reason="x")
        assert "Nothing changed" in said or "is over" in said, act
    assert texts(demo_city) == {"fallback": "ready"}
    assert "Relay, ended" in words(operator.text(path(number)))


def test_wrong_numbers_and_ids_are_not_found(operator: Officer, demo_city: Runtime) -> None:
    number, [person] = carried(demo_city)
    claim = carrying.writes(demo_city, person, TEXT)
    other = carrying.notice(demo_city)
    with demo_city.database.write() as session:
        draft = notices.draft(session, demo_city.clock.now()).number
    for wrong in ("0000-0", draft, "x"):
        for part in ("", "/news", ".csv"):
            assert operator.get(f"{path(wrong)}{part}").status_code == 404, wrong
    for act in ("release", "return", "end", "withdraw"):
        for where in (f"{path(other)}/texts/{claim}", f"{path(number)}/texts/4000000"):
            assert operator.send(f"{where}/{act}", reason="x").status_code == 404, act


def test_the_news_cost_nothing_while_nothing_changes(operator: Officer, demo_city: Runtime) -> None:
    number, [person] = carried(demo_city)
    first = operator.get(f"{path(number)}/news")
    assert f'data-etag="{first.headers["ETag"].strip(chr(34))}"' in first.text
    same = operator.get(f"{path(number)}/news", **{"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.text) == (304, "")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", same.headers["As-Of"])
    carrying.writes(demo_city, person, TEXT)
    news = operator.get(f"{path(number)}/news", **{"If-None-Match": first.headers["ETag"]})
    assert news.status_code == 200 and "<html" not in news.text
    assert 'data-waiting="1"' in news.text


def test_the_table_has_a_line_for_everybody_asked_and_every_gap(
    operator: Officer, demo_city: Runtime
) -> None:
    carrying.network(demo_city, language="ne", name="@gap")
    number, [first, _second] = carried(demo_city, count=2)
    carrying.does(demo_city, first, relaying.report, 30)
    answer = operator.get(f"{path(number)}.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"relay-{number}.csv" in answer.headers["Content-Disposition"]
    raw = answer.get_data()
    assert raw.startswith(b"\xef\xbb\xbf")
    head, gap, line = csv.reader(raw.decode("utf-8-sig").splitlines())
    assert head[:5] == ["Number", "Language", "Network", "Key person", "State"]
    assert gap[2:] == ["'@gap", "", "Nobody is left to ask", "", "", "", "", ""]
    assert line[:3] == [number, "Hindi", "हिन्दी मंच"]
    assert line[4] == "reports that it was passed on" and line[9] == "30"
    for time in (line[5], line[7], line[8]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", time)
    operator.headers["Accept-Language"] = "ja"
    assert "キーパーソン" in operator.get(f"{path(number)}.csv").get_data(as_text=True)


def test_a_drill_says_so_everywhere(operator: Officer, demo_city: Runtime) -> None:
    number, [person] = carried(demo_city, template_id="drill", drill=True, blanks={})
    carrying.writes(demo_city, person, TEXT)
    html = operator.text(path(number))
    assert 'class="drill"' in html and "drill-button" in html
    name = operator.get(f"{path(number)}.csv").headers["Content-Disposition"]
    assert "DRILL" in name


def test_the_sending_page_counts_nobody_twice(operator: Officer, demo_city: Runtime) -> None:
    residents(demo_city, ["hi"], ["hi"], ["hi", "en"], ["en"])
    number, [person] = carried(demo_city)
    carrying.accepted(demo_city, number)
    claim = carrying.writes(demo_city, person, TEXT)
    press(operator, f"{path(number)}/texts/{claim}/release", seen=seen(operator, number))
    live = f"/console/notices/{number}"
    everybody = len(factories_all(demo_city))
    page = words(operator.text(live))
    assert f"LINE accepted it for {everybody} of {everybody} people; nobody waits" in page
    carrying.accepted(demo_city, number)
    page = words(operator.text(live))
    assert f"LINE accepted it for {everybody} of {everybody} people; nobody waits" in page
    assert "replaced by a better text" in page and "counts once above" in page
    hindi = [row for row in rows(operator.text(live)) if "हिन्दी" in row]
    assert [re.findall(r"\b\d+\b", row)[:2] for row in hindi] == [["3", "3"], ["2", "2"]]
    residents(demo_city, ["hi"])
    where = f"{path(number)}/texts/{claim}/withdraw"
    press(operator, where, reason="wrong")
    page = words(operator.text(live))
    assert f"LINE accepted it for {everybody} of {everybody} people; nobody waits" in page
    assert "sending was stopped" in page


def factories_all(runtime: Runtime) -> list[int]:
    """Everybody who is a recipient: the residents and the key persons themselves."""
    with runtime.database.read() as session:
        return list(session.scalars(select(Resident.id)))


def rows(html: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)]


def test_an_update_leaves_the_texts_of_the_old_notice_in_use_last(
    operator: Officer, demo_city: Runtime
) -> None:
    residents(demo_city, ["hi"])
    number, [person] = carried(demo_city)
    carrying.accepted(demo_city, number)
    with demo_city.database.read() as session:
        id = session.scalars(select(Broadcast.id)).one()
    newer = carrying.notice(demo_city, kind="update", references_id=id)
    for where in (f"/console/notices/{number}", path(number)):
        page = words(operator.text(where))
        assert "This is no longer the newest." in page and f"Go to {newer}" in page
        assert "replaced by a better text" not in page and "no text" not in page
    assert carrying.relay(demo_city, person).state == "requested"  # of the newer one


def test_a_text_after_a_stopped_one_is_shown_as_the_correction_it_is(
    operator: Officer, demo_city: Runtime
) -> None:
    residents(demo_city, ["hi"])
    number, [person] = carried(demo_city)
    wrong = carrying.writes(demo_city, person, TEXT)
    press(operator, f"{path(number)}/texts/{wrong}/release", seen=seen(operator, number))
    carrying.accepted(demo_city, number)
    press(operator, f"{path(number)}/texts/{wrong}/withdraw", reason="wrong time")
    right = carrying.writes(demo_city, person, f"{TEXT} 22:00")
    shown = re.search(r'lang="hi" dir="ltr">(.*?)</p>', operator.text(path(number)), re.DOTALL)
    assert shown
    said = press(operator, f"{path(number)}/texts/{right}/release", seen=seen(operator, number))
    assert "Released in Hindi. It goes to: 1." in said
    with demo_city.database.read() as session:
        rendition = session.get_one(TextClaim, right).rendition_id
        assert session.get_one(Rendition, rendition).words["messages"] == [shown.group(1)]
