"""Signing in and out, losing a session, and the frame around every page."""

import re
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from flask import Flask

from bot import staff_accounts
from bot.models import City, Staff
from bot.runtime import Runtime
from handlers.app import create_app
from tests.handlers.officer import ADMIN, OPERATOR, OURS, PASSWORD, Officer, open_case, staff_of


@pytest.fixture
def officer(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app)


def test_the_page_meant_comes_after_signing_in(officer: Officer) -> None:
    asked = officer.get("/console/password?x=1")
    assert asked.location == "/console/sign-in?next=/console/password?x%3D1"
    assert 'value="/console/password?x=1"' in officer.text(asked.location)
    entered = officer.try_password(OPERATOR, PASSWORD, next="/console/password?x=1")
    assert (entered.status_code, entered.location) == (302, "/console/password?x=1")
    assert officer.get("/console/").status_code == 200


def test_an_address_from_a_japanese_keyboard_works(officer: Officer) -> None:
    wide = " ＳＡＴＯ＠minato．example "  # full-width letters
    assert officer.try_password(wide, PASSWORD).status_code == 302


def test_only_own_pages_are_returned_to(officer: Officer) -> None:
    for target in (
        "https://elsewhere.example/",
        "//elsewhere.example/console/",
        "/console/\\elsewhere.example",
        "/console/../webhook",
        "/about",
        "javascript:alert(1)",
        "/console/\r\nSet-Cookie: x=1",
    ):
        entered = officer.try_password(OPERATOR, PASSWORD, next=target)
        assert entered.location == "/console/", target


def test_nobody_learns_which_accounts_exist(officer: Officer, demo_city: Runtime) -> None:
    with demo_city.database.write() as session:
        lan = staff_accounts.find(session, "lan@minato.example")
        assert lan
        staff_accounts.set_active(session, lan, False, by="test", now=demo_city.clock.now())
    pages = []
    for email in (OPERATOR, "nobody@minato.example", "lan@minato.example"):
        replies = [officer.try_password(email, "a wrong password") for _ in range(5)]
        replies.append(officer.try_password(email, PASSWORD))
        assert [reply.status_code for reply in replies] == [401] * 5 + [429]
        pages.append([without_particulars(reply.text, email) for reply in replies])
    assert pages[0] == pages[1] == pages[2]
    assert "It works again from" in pages[0][-1]


def without_particulars(page: str, email: str) -> str:
    page = re.sub(r'name="csrf_token" value="[^"]+"', "", page).replace(email, "")
    return re.sub(r"\d\d:\d\d:\d\d", "", page)


def test_the_lock_ends_by_itself_and_a_right_password_begins_anew(
    officer: Officer, demo_city: Runtime
) -> None:
    for _ in range(4):
        officer.try_password(OPERATOR, "a wrong password")
    assert officer.try_password(OPERATOR, PASSWORD).status_code == 302
    stranger = Officer(officer.app)
    for _ in range(5):
        assert stranger.try_password(OPERATOR, "a wrong password").status_code == 401
    assert stranger.try_password(OPERATOR, PASSWORD).status_code == 429
    demo_city.clock.move(15 * 60 + 1)
    assert stranger.try_password(OPERATOR, PASSWORD).status_code == 302


def test_guesses_from_elsewhere_do_not_lock_out_the_officer_on_duty(officer: Officer) -> None:
    assert officer.try_password(OPERATOR, PASSWORD).status_code == 302
    officer.send("/console/sign-out")
    stranger = Officer(officer.app)
    for _ in range(6):
        stranger.try_password(OPERATOR, "a guess")
    assert stranger.try_password(OPERATOR, PASSWORD).status_code == 429
    for _ in range(4):
        assert officer.try_password(OPERATOR, "a slip").status_code == 401
    assert officer.try_password(OPERATOR, PASSWORD).status_code == 302
    # The browser is known for this account only.
    for _ in range(5):
        officer.try_password(ADMIN, "a guess")
    officer.send("/console/sign-out")
    assert officer.try_password(ADMIN, PASSWORD).status_code == 429


def test_a_session_ends_after_twelve_hours_and_after_two_unused(
    officer: Officer, demo_city: Runtime
) -> None:
    officer.signed_in(OPERATOR)
    for _ in range(6):
        demo_city.clock.move(1.9 * 3600)
        assert officer.get("/console/news").status_code == 200
    demo_city.clock.move(0.7 * 3600)
    assert officer.get("/console/").status_code == 302
    officer.signed_in(OPERATOR)
    demo_city.clock.move(2.1 * 3600)
    assert officer.get("/console/").status_code == 302


def test_a_copied_cookie_is_worth_nothing_after_signing_out(officer: Officer) -> None:
    officer.signed_in(OPERATOR)
    cookie = officer.client.get_cookie("session")
    assert cookie
    assert officer.send("/console/sign-out").location == "/console/sign-in"
    thief = Officer(officer.app)
    thief.client.set_cookie("session", cookie.value)
    assert thief.get("/console/").status_code == 302


def test_a_new_password_ends_the_other_sessions(officer: Officer) -> None:
    elsewhere = Officer(officer.app).signed_in(OPERATOR)
    officer.signed_in(OPERATOR)
    wrong = officer.send("/console/password", password_now="no", password="a new long password")
    assert wrong.status_code == 422
    done = officer.send("/console/password", password_now=PASSWORD, password="a new long password")
    assert done.status_code == 302
    assert officer.get("/console/").status_code == 200
    assert elsewhere.get("/console/").status_code == 302
    assert elsewhere.try_password(OPERATOR, PASSWORD).status_code == 401
    assert elsewhere.try_password(OPERATOR, "a new long password").status_code == 302


def test_a_session_made_before_signing_in_is_not_carried_into_it(officer: Officer) -> None:
    before = officer.token()
    officer.try_password(OPERATOR, PASSWORD)
    stale = officer.client.post("/console/sign-out", data={"csrf_token": before})
    assert stale.status_code == 400


def test_weaker_hashes_are_replaced_at_the_next_sign_in(
    officer: Officer, demo_city: Runtime
) -> None:
    with demo_city.database.write() as session:
        staff = staff_accounts.find(session, OPERATOR)
        assert staff
        old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        staff.password_hash = old
    assert officer.try_password(OPERATOR, PASSWORD).status_code == 302
    assert staff_of(demo_city, OPERATOR).password_hash != old
    assert Officer(officer.app).try_password(OPERATOR, PASSWORD).status_code == 302


def test_what_was_typed_survives_a_lost_session(officer: Officer, demo_city: Runtime) -> None:
    officer.signed_in(ADMIN)
    typed = {
        "csrf_token": officer.token(),
        "name": 'Mori "Ren" <\n森>',
        "email": "mori@minato.example",
        "role": "operator",
        "languages": ["ja", "en"],
    }
    with demo_city.database.write() as session:
        admin = staff_accounts.find(session, ADMIN)
        assert admin
        staff_accounts.set_password(
            session, admin, PASSWORD, by="test", now=demo_city.clock.now()
        )  # which ends the session
    lost = officer.client.post("/console/accounts/new", data=typed, headers=officer.headers | OURS)
    assert lost.status_code == 401
    assert "What you typed is kept" in lost.text
    slip = officer.try_password(ADMIN, "wrong", **hidden_fields(lost.text))
    back = officer.try_password(ADMIN, PASSWORD, **hidden_fields(slip.text))
    assert "Not sent yet" in back.text
    assert staff_accounts_count(demo_city) == 5
    again = hidden_fields(back.text)
    assert again["name"] == 'Mori "Ren" <\r\n森>'
    sent = officer.send("/console/accounts/new", **again)
    assert sent.status_code == 200
    assert staff_of(demo_city, "mori@minato.example").languages == ["ja", "en"]


def hidden_fields(page: str) -> dict[str, object]:
    """What the page's own form carries, as a browser reads it."""
    form = page[page.index("<main") :]
    fields: dict[str, object] = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    )
    lists: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', form, re.S
    ):
        for code, character in (("&#34;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            value = value.replace(code, character)
        lists.setdefault(name, []).append(re.sub(r"\r?\n", "\r\n", value))
    return fields | {name: all[0] if len(all) == 1 else all for name, all in lists.items()}


def staff_accounts_count(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        return session.query(Staff).count()


def test_nothing_from_another_site_is_carried(officer: Officer) -> None:
    foreign = officer.client.post(
        "/console/accounts/new",
        data={"email": "evil@elsewhere.example"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert foreign.status_code == 400
    assert "evil" not in foreign.text
    carried = officer.try_password(
        OPERATOR, PASSWORD, resume="https://elsewhere.example/", **{"typed:x": "y"}
    )
    assert carried.location == "/console/"


def test_a_form_without_its_token_does_nothing_but_is_not_lost(
    officer: Officer, demo_city: Runtime
) -> None:
    case_id = open_case(demo_city)
    officer.signed_in(OPERATOR)
    path = f"/console/cases/{case_id}/take"
    foreign = officer.client.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 400
    own = officer.client.post(path, headers=officer.headers | OURS)
    assert own.status_code == 200
    assert f'action="{path}"' in own.text
    assert "Yours" not in officer.text("/console/")


def test_the_language_follows_the_browser_until_somebody_chooses(
    app: Flask, demo_city: Runtime
) -> None:
    assert '<html lang="ja">' in Officer(app, "vi").text("/console/sign-in")
    assert '<html lang="ja">' in Officer(app, "").text("/console/sign-in")
    officer = Officer(app, "en-GB,en;q=0.9")
    assert '<html lang="en">' in officer.text("/console/sign-in")
    chosen = officer.send("/console/language", language="ja", next="/console/password")
    assert chosen.location == "/console/password"
    assert '<html lang="ja">' in officer.text("/console/sign-in")


def test_the_strip_says_which_world_this_is(
    app: Flask, runtime: Runtime, demo_city: Runtime
) -> None:
    assert "Simulator: Minato City" in Officer(app).text("/console/sign-in")
    real = replace(runtime.settings, line_api_base_url="https://api.line.me")
    connected = create_app(replace(runtime, settings=real))
    assert "REAL LINE: Minato City" in Officer(connected).text("/console/sign-in")
    assert "本番LINE：みなと市" in Officer(connected, "ja").text("/console/sign-in")
    with runtime.database.write() as session:
        session.delete(session.get_one(City, 1))
    assert "the city is not loaded yet" in Officer(connected).text("/console/sign-in")


def test_pages_need_nothing_from_elsewhere_and_nothing_inline(
    officer: Officer, demo_city: Runtime
) -> None:
    open_case(demo_city, urgent=True)
    officer.signed_in(ADMIN)
    paths = ["", "accounts", "accounts/new", "accounts/1", "password", "nowhere", "link/x"]
    for path in paths:
        response = officer.get(f"/console/{path}")
        page = response.text
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        assert not re.search(r"<style|<script(?![^>]* src=)|\son\w+=|\sstyle=", page), path
        assert not re.search(r'(src|href|action)="(https?:)?//', page), path
