"""お知らせ in the console: composing, checking, approving and watching, without LINE."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bot.models import Delivery, StaffSession, StockText
from bot.models.broadcasts import (
    Acknowledgement,
    Broadcast,
    Policy,
    Recipient,
    Rendition,
    Sending,
)
from bot.runtime import Runtime
from broadcasts.templates import Blank, templates
from tests import factories
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, OURS, PASSWORD, Officer

SCHOOL = "E9999900007201"
COMPOSE = "/console/notices/compose"


@pytest.fixture
def author(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


@pytest.fixture
def approver(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(APPROVER)


@pytest.fixture
def residents(demo_city: Runtime) -> None:
    """Three who read English, two Vietnamese."""
    with demo_city.database.write() as session:
        for tag in ("en", "en", "en", "vi", "vi"):
            factories.resident(session, languages=[tag])


def fields(**changes: Any) -> dict[str, Any]:
    """The composer's form for an evacuation order, complete."""
    return {
        "template_id": "rain-4",
        "form_key": "one form",
        "kind": "alert",
        "scope": "areas",
        "areas": ["kawabata"],
        "blank-sites": [SCHOOL],
        "issuer": "みなと市長",
        "decided_at": "2026-11-01T10:00",
        "decision_number": "避指12",
        "start": "now",
        "expires_at": "2099-01-01T00:00",
        "do": "check",
    } | changes


def draft(officer: Officer, **changes: Any) -> str:
    """The path of a new draft."""
    response = officer.send(COMPOSE, **fields(**changes))
    assert response.status_code == 302, words(response)
    return str(response.location)


def submitted(officer: Officer, **changes: Any) -> str:
    path = draft(officer, **changes)
    assert "Approval is asked for" in words(officer.send(f"{path}/submit", follow=True))
    return path


def approve(officer: Officer, path: str, **more: str) -> str:
    page = officer.text(path)
    version = re.search(r'name="version" value="(\d+)"', page)
    given = {"version": version.group(1) if version else "0"} | more
    return words(officer.send(f"{path}/approve", follow=True, **given))


def words(page: TestResponse | str) -> str:
    html = page if isinstance(page, str) else page.get_data(as_text=True)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def the_only(session: Session) -> Broadcast:
    return session.scalars(select(Broadcast)).one()


@pytest.mark.parametrize("id", list(templates()))
def test_every_template_can_be_composed_checked_and_submitted(
    author: Officer, residents: None, id: str
) -> None:
    assert author.get(f"{COMPOSE}?template={id}").status_code == 200
    blanks = {}
    for blank in templates()[id].blanks:
        blanks |= filled(blank)
    path = submitted(author, template_id=id, **{"blank-sites": []} | blanks)
    assert "5 people" in words(author.text(path))


def filled(blank: Blank) -> dict[str, Any]:
    name = f"blank-{blank.name}"
    values: dict[str, Any] = {
        "place": {name: "minato-river"},
        "places": {name: [SCHOOL]},
        "time": {name: "2026-11-20T21:40"},
        "text": {f"{name}-ja": "本文です"},
    }
    given: dict[str, Any] = values[blank.kind]
    return given


def test_what_is_missing_is_said_at_its_field_and_everything_typed_stays(author: Officer) -> None:
    response = author.send(
        COMPOSE,
        **fields(
            template_id="river-4",
            decision_number="",
            scope="",
            expires_at="tomorrow",
            **{"blank-river": "", "blank-sites-other": "みなと寺\n港の倉庫"},
        ),
    )
    page = unescape(response.text)
    assert response.status_code == 422
    for field in ("scope", "expires_at", "blank-river", "decision_number"):
        assert f'href="#{field}"' in page
        assert re.search(rf'id="{field}"', page)
    assert 'value="みなと市長"' in page and 'value="2026-11-01T10:00"' in page
    assert "みなと寺\n港の倉庫" in page
    assert re.search(rf'value="{SCHOOL}" checked', page)
    assert re.search(r'value="kawabata" checked', page)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"scope": "areas", "areas": []}, "scope", "Tick at least one area"),
        ({"scope": "city"}, "scope", "Choose one"),
        ({"expires_at": "2020-01-01T00:00"}, "expires_at", "This time is over"),
        ({"decided_at": "2090-01-01T00:00"}, "decided_at", "in the future"),
        ({"start": "later", "starts_at": ""}, "starts_at", "Enter a date and a time"),
        ({"start": "later", "starts_at": "2099-02-01T00:00"}, "starts_at", "after it has expired"),
        ({"issuer": " "}, "issuer", "Enter who decided"),
    ],
)
def test_what_cannot_be(author: Officer, changes: dict[str, Any], field: str, said: str) -> None:
    response = author.send(COMPOSE, **fields(**changes))
    assert response.status_code == 422
    assert re.search(rf'href="#{field}">[^<]*{said}', unescape(response.text))


def test_the_same_form_twice_is_one_draft(author: Officer, demo_city: Runtime) -> None:
    first = draft(author)
    again = draft(author, areas=["honcho"])  # back, changed, checked once more
    assert first == again
    with demo_city.database.read() as session:
        assert the_only(session).area_ids == ["honcho"]
    author.send(f"{first}/submit")
    page = words(author.send(COMPOSE, follow=True, **fields(areas=["yamate"])))
    assert "no longer a draft of yours" in page
    with demo_city.database.read() as session:
        assert the_only(session).area_ids == ["honcho"]


def test_an_unfinished_draft_is_kept_and_its_gaps_are_links(author: Officer) -> None:
    page = author.send(COMPOSE, follow=True, **fields(do="save", decision_number="", issuer=""))
    assert "Kept as a draft" in page.text
    assert "Ask for approval" not in words(page).replace("Ask for approval is", "")
    found = re.search(r'href="([^"]*/edit\?problems=1)#decision_number"', page.text)
    assert found
    form = author.text(found.group(1))
    assert "Enter the number of the decision" in form
    path = found.group(1).partition("/edit")[0]
    assert "enter who decided" in words(author.send(f"{path}/submit", follow=True))


def test_only_the_author_changes_a_draft(author: Officer, approver: Officer) -> None:
    path = draft(author)
    page = words(approver.text(path))
    assert "Only 佐藤 真由 can change this draft" in page
    assert "Ask for approval" not in page
    assert approver.get(f"{path}/edit").status_code == 302
    for act in ("submit", "discard"):
        assert "Nothing changed" in words(approver.send(f"{path}/{act}", follow=True))
    taken = approver.send(COMPOSE, follow=True, **fields(areas=["honcho"]))
    assert "no longer a draft of yours" in words(taken)
    assert "川端町" in words(Officer(author.app, "ja").signed_in(OPERATOR).text(path))


def test_a_draft_thrown_away_is_over(author: Officer) -> None:
    path = draft(author)
    assert "Thrown away" in words(author.send(f"{path}/discard", follow=True))
    assert "Stopped, never sent" in words(author.text(path))


def test_the_preview_follows_what_is_typed(author: Officer, residents: None) -> None:
    def preview(**changes: Any) -> str:
        return words(author.send(f"{COMPOSE[:-7]}preview", **fields(**changes)))

    assert "[ALERT LEVEL 4] Kawabata-cho: EVACUATE NOW" in preview()
    assert "5 people would get it now" in preview()
    assert "No area is chosen yet" in preview(scope="")
    assert "DRILL" in preview(drill="yes")
    assert "Mayor of Minato City" in preview()
    assert "港の倉庫" in preview(**{"blank-sites-other": "港の倉庫"})
    ordinary = preview(
        template_id="ordinary", **{"blank-title-ja": "行事", "blank-body-ja": "あ" * 500}
    )
    assert "at most 400 fit" in ordinary
    assert "5 people have no checked text in their language" in ordinary


def test_nothing_is_kept_by_looking(author: Officer, demo_city: Runtime) -> None:
    author.send(f"{COMPOSE[:-7]}preview", **fields())
    author.send(COMPOSE, **fields(do="preview"))
    with demo_city.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Broadcast)) == 0


def test_the_check_names_who_lacks_checked_text(
    author: Officer, residents: None, demo_city: Runtime
) -> None:
    with demo_city.database.write() as session:
        session.get_one(StockText, ("alert", "rain-4", "vi")).review = "drafted"
    page = words(author.text(draft(author)))
    assert "Check before it goes to 5 people" in page
    assert "2 people have no checked text in their language and get " in page
    assert "(Vietnamese 2)" in page
    assert "5 messages" in page
    with demo_city.database.write() as session:
        session.add(Policy(severity="Severe", drafted_allowed=True))
    assert "2 people get drafted text" in words(author.text(draft(author, form_key="another")))


def test_a_lost_session_keeps_the_whole_form(app: Flask, demo_city: Runtime) -> None:
    officer = Officer(app).signed_in(OPERATOR)
    officer.token()
    with demo_city.database.write() as session:
        session.query(StaffSession).delete()
    response = officer.client.post(
        COMPOSE, data=fields() | {"csrf_token": "gone"}, headers=officer.headers | OURS
    )
    assert "What you typed is kept" in response.text
    carried = re.findall(r'name="(typed:[^"]+)"[^>]*>\s*([^<]*)<', response.text)
    assert ("typed:areas", "kawabata") in carried
    typed = {name: unescape(value) for name, value in carried}
    entered = officer.try_password(OPERATOR, PASSWORD, resume=COMPOSE, **typed)
    assert "Send it now" in entered.text
    assert "避指12" in unescape(entered.text)


def test_an_approver_approves_once_what_they_saw(
    author: Officer, approver: Officer, residents: None, demo_city: Runtime
) -> None:
    path = submitted(author)
    assert "佐藤 真由 asks to send this to 5 people" in words(approver.text(path))
    old = re.search(r'name="version" value="(\d+)"', approver.text(path))
    assert old
    author.send(f"{path}/take-back")
    author.send(COMPOSE, **fields(areas=["honcho"]))
    author.send(f"{path}/submit")
    stale = approver.send(f"{path}/approve", follow=True, version=old.group(1))
    assert "The author changed it after you opened it" in words(stale)
    assert "Sending has begun" in approve(approver, path)
    second = approve(Officer(author.app).signed_in(ADMIN), path)
    assert "Nothing changed: 鈴木 健一 was first (approved; sending began" in second


@pytest.mark.parametrize("act", ["resume", "pause", "again", "stop"])
def test_no_other_button_lets_an_unapproved_notice_out(
    author: Officer, demo_city: Runtime, act: str
) -> None:
    path = submitted(author)
    assert "Nothing changed" in words(author.send(f"{path}/{act}", follow=True, reason="now"))
    with demo_city.database.read() as session:
        assert the_only(session).state == "pending_approval"


def test_alone_only_where_the_policy_allows_it_and_with_a_reason(
    approver: Officer, demo_city: Runtime
) -> None:
    path = submitted(approver)
    assert "Somebody else must approve it" in approve(approver, path)
    with demo_city.database.write() as session:
        session.add(Policy(severity="Severe", alone_allowed=True))
    assert "Why you approve it alone" in words(approver.text(path))
    assert "Somebody else must approve it" in approve(approver, path, alone=" ")
    page = approve(approver, path, alone="nobody answers the phone")
    assert "Sending has begun" in page
    assert "alone: nobody answers the phone" in page


def test_returning_and_rejecting_need_a_reason(author: Officer, approver: Officer) -> None:
    path = submitted(author)
    for act in ("return", "reject"):
        assert "Write a reason" in words(approver.send(f"{path}/{act}", follow=True, reason=" "))
    page = words(approver.send(f"{path}/return", follow=True, reason="wrong town"))
    assert "returned to the author wrong town" in page
    assert "returned to the author wrong town" in words(author.text(path))


def test_a_returned_notice_forgets_its_audience(
    author: Officer, approver: Officer, residents: None, demo_city: Runtime
) -> None:
    path = submitted(author)
    approver.send(f"{path}/return", reason="wrong")
    with demo_city.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Recipient)) == 0


def test_what_expired_while_it_waited_is_not_approved(
    author: Officer, approver: Officer, demo_city: Runtime
) -> None:
    path = submitted(author)
    with demo_city.database.write() as session:
        the_only(session).expires_at = demo_city.clock.now() - timedelta(minutes=1)
    assert "Return it, so that the author can choose" in words(approver.text(path))
    assert "Its time is over" in approve(approver, path)


def test_now_lies_open_for_the_approver(
    author: Officer, approver: Officer, residents: None
) -> None:
    submitted(author, form_key="drill", drill="yes")
    submitted(author, form_key="real")
    page = approver.text("/console/")
    assert "2 notices wait for your approval" in words(page)
    assert page.index("Approve and send to 5 people") < page.index("Open it<")
    assert page.count('name="version"') == 1
    assert "<title>(2) Now" in page
    theirs = author.text("/console/")
    assert 'name="version"' not in theirs and "<title>Now" in theirs
    assert 'href="/console/notices/compose?template=tsunami-major"' in theirs


def test_the_news_of_now_stay_the_same_while_nothing_changes(
    author: Officer, approver: Officer, residents: None
) -> None:
    submitted(author)
    first = approver.get("/console/news")
    again = approver.get("/console/news", **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def live(demo_city: Runtime, path: str, states: dict[str, str]) -> None:
    """As if the lane had run: a delivery by language in the state given."""
    with demo_city.database.write() as session:
        broadcast = the_only(session)
        rows = {row.language: row for row in session.scalars(select(Rendition))}
        for recipient in session.scalars(select(Recipient)):
            tag = recipient.languages.strip('[]"')
            delivery = factories.delivery(
                session,
                broadcast_id=broadcast.id,
                rendition_id=rows[tag].id,
                state=states[tag],
                problem="refused: The request body has 1 error(s)",
            )
            session.add(
                Sending(
                    broadcast_id=broadcast.id,
                    resident_id=recipient.resident_id,
                    rendition_id=rows[tag].id,
                    delivery_id=delivery.id,
                )
            )


def test_the_live_page_says_what_is_known_and_what_to_do(
    author: Officer, approver: Officer, residents: None, demo_city: Runtime
) -> None:
    path = submitted(author)
    approve(approver, path)
    assert "LINE accepted it for 0 of 5 people; 5 wait" in words(author.text(path))
    live(demo_city, path, {"en": "accepted", "vi": "failed"})
    page = words(author.text(path))
    assert "LINE accepted it for 3 of 5 people; nobody waits" in page
    assert "2 people : LINE refused the request" in page.replace("people:", "people :")
    assert "Send again to the 2 people it failed for" in page
    assert "is paused, or part of it failed" in words(author.text("/console/"))
    assert "2 requests wait again" in words(author.send(f"{path}/again", follow=True))
    with demo_city.database.read() as session:
        states = sorted(session.scalars(select(Delivery.state)))
        assert states == ["accepted"] * 3 + ["queued"] * 2


def test_the_news_say_when_the_buttons_are_old(
    author: Officer, approver: Officer, residents: None
) -> None:
    path = submitted(author)
    approve(approver, path)
    news = f"{path}/news?shown=broadcasting"
    first = author.get(news)
    assert author.get(news, **{"If-None-Match": first.headers["ETag"]}).status_code == 304
    approver.send(f"{path}/pause", reason="")
    page = words(author.get(news, **{"If-None-Match": first.headers["ETag"]}))
    assert "Paused since" in page and "The buttons above belong to the state before" in page
    assert "Nothing changed: 鈴木 健一 was first (paused" in words(
        author.send(f"{path}/pause", follow=True)
    )
    assert "Resume sending" in words(author.text(path))


def test_stopping_needs_a_reason_and_takes_nothing_back(
    author: Officer, approver: Officer, residents: None
) -> None:
    path = submitted(author)
    approve(approver, path)
    assert "Write a reason" in words(author.send(f"{path}/stop", follow=True, reason=""))
    page = words(author.send(f"{path}/stop", follow=True, reason="wrong river"))
    assert "cannot be taken back" in page
    assert "stopped; what had not been sent will not be sent wrong river" in page
    assert "5 people; nobody waits" in page


def test_taps_are_counted_by_language_and_area(
    author: Officer, approver: Officer, residents: None, demo_city: Runtime
) -> None:
    path = submitted(author)
    approve(approver, path)
    now = demo_city.clock.now()
    with demo_city.database.write() as session:
        broadcast = the_only(session)
        for index, recipient in enumerate(session.scalars(select(Recipient))):
            kind = "help" if index == 0 else "read"
            session.add(
                Acknowledgement(
                    broadcast_id=broadcast.id,
                    resident_id=recipient.resident_id,
                    kind=kind,
                    at=now,
                )
            )
    page = words(author.text(path))
    assert "English 2 0 1" in page and "Vietnamese 2 0 0" in page
    assert "area not known 4 0 1" in page


def test_a_correction_begins_from_the_newest_and_stays_a_drill(
    author: Officer, approver: Officer, demo_city: Runtime
) -> None:
    path = submitted(author, drill="yes")
    approve(approver, path)
    number = path.rpartition("/")[2]
    page = author.text(f"{COMPOSE}?update={number}")
    assert f'name="references" value="{number}"' in page and 'class="drill"' in page
    update = submitted(author, form_key="update", kind="update", references=number, drill="no")
    with demo_city.database.read() as session:
        newest = session.scalars(select(Broadcast).order_by(Broadcast.id.desc())).first()
        assert newest is not None and newest.drill
    rival = draft(author, form_key="rival", kind="update", references=number)
    approve(approver, update)
    assert "replaced meanwhile" in words(author.send(f"{rival}/submit", follow=True))
    assert "has replaced the notice this corrects" in words(author.text(rival))
    again = author.text(f"{COMPOSE}?cancel={number}")
    assert f'name="references" value="{update.rpartition("/")[2]}"' in again
    assert "was replaced by" in words(again)


def test_lists_show_every_state(author: Officer, approver: Officer) -> None:
    submitted(author, form_key="1")
    draft(author, form_key="2")
    approve(approver, submitted(author, form_key="3", drill="yes"))
    approve(approver, submitted(author, form_key="4", start="later", starts_at="2098-01-01T00:00"))
    page = words(author.text("/console/notices"))
    for part in ("Waiting for approval 1", "In force 1", "Scheduled 1", "Drafts 1", "Past 0"):
        assert part in page
    drills = author.text("/console/drills")
    assert "1 drill is running" in words(drills)
    assert drills.count("/console/notices/1") == 1 or drills.count("rain") == 0
    assert "Begin from it" in words(author.text("/console/notices/new"))
