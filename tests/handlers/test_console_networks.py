"""ネットワーク: communities, their codes, and the people who speak for them."""

import csv
import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.models import CityChange, Network, RelayGap, Resident
from bot.runtime import Runtime
from broadcasts import relaying
from handlers.app import create_app
from tests import factories
from tests.handlers import carrying
from tests.handlers.officer import ADMIN, APPROVER, OPERATOR, Officer

LIST = "/console/networks"
NAMES = ["{name} %(x)s %s", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "انجمن فارسی‌زبانان"]


@pytest.fixture
def approver(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(APPROVER)


@pytest.fixture
def operator(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


def words(page: TestResponse | str) -> str:
    html = page if isinstance(page, str) else page.get_data(as_text=True)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def press(officer: Officer, path: str, **fields: object) -> str:
    return words(officer.send(path, follow=True, **fields))


def codes_on(page: str) -> list[str]:
    return re.findall(r"code-big\">([NK]-[A-Z0-9]+)<", page)


def newest(runtime: Runtime) -> Network:
    with runtime.database.read() as session:
        return session.scalars(select(Network).order_by(Network.id.desc())).all()[0]


def test_the_worst_staffed_network_stands_on_top(operator: Officer, demo_city: Runtime) -> None:
    fine, training, only_one, nobody = (
        carrying.network(demo_city, name=name) for name in ("A fine", "B", "C one", "D nobody")
    )
    for id, states in (
        (fine, ("active", "active")),
        (training, ("active", "active", "training")),
        (only_one, ("active", "suspended")),
        (nobody, ("invited", "to_confirm")),
    ):
        for state in states:
            carrying.key_person(demo_city, id, state=state)
    page = operator.text(LIST)
    shown = re.findall(r"/console/networks/(\d+)\"", page)
    assert [int(id) for id in shown] == [nobody, only_one, training, fine]
    assert "2 networks lack key persons" in words(page)
    assert "somebody is in training" in words(page)
    with demo_city.database.write() as session:
        for resident in session.scalars(select(Resident)):
            resident.following = False
    assert "4 networks lack key persons" in words(operator.text(LIST))
    assert carrying.PHONE not in page


def test_sixty_networks_stand_on_one_page(operator: Officer, demo_city: Runtime) -> None:
    for _ in range(60):
        carrying.key_person(demo_city, carrying.network(demo_city, members=1))
    page = operator.text(LIST)
    assert page.count('class="network-head"') == 60
    assert words(page).count("1 member") == 60
    number = carrying.notice(demo_city)
    relay = operator.text(f"/console/notices/{number}/relay")
    assert relay.count('data-in="networks"') == 60
    assert "0 of 60 networks taken on" in words(relay)


def test_a_network_is_made_once_with_a_name_language_and_kind(
    approver: Officer, demo_city: Runtime
) -> None:
    form = {"name": "みなと高校", "language": "vi", "kind": "school"}
    page = press(approver, f"{LIST}/new", **form)
    assert "みなと高校: nobody can be asked" in page
    assert "鈴木 健一 network made: みなと高校" in page
    twice = approver.send(f"{LIST}/new", **form)
    assert twice.status_code == 422
    assert "There is a network with this name already" in words(twice)
    made = newest(demo_city)
    assert (made.name, made.language, made.kind) == ("みなと高校", "vi", "school")


def test_a_wrong_form_is_refused_and_keeps_what_was_typed(
    approver: Officer, demo_city: Runtime
) -> None:
    right = {"name": "みなと高校", "language": "vi", "kind": "school"}
    for field, wrong in (
        ("name", " "),
        ("name", "x" * 61),
        ("language", "xx"),
        ("language", ""),
        ("kind", "club"),
    ):
        refused = approver.send(f"{LIST}/new", **right | {field: wrong})
        assert refused.status_code == 422, (field, wrong)
        assert f'href="#{field}"' in refused.text
        assert field == "name" or 'value="みなと高校"' in refused.text
    with demo_city.database.read() as session:
        assert session.scalars(select(Network)).all() == []


def test_name_language_and_kind_can_be_changed_and_it_is_recorded(
    approver: Officer, demo_city: Runtime
) -> None:
    id = carrying.network(demo_city, language="hi", name="old")
    other = carrying.network(demo_city, name="taken")
    form = {"name": "new", "language": "vi", "kind": "shop"}
    page = press(approver, f"{LIST}/{id}/change", **form)
    for part in ("name: new", "language: Vietnamese", "kind: Shop", "Saved: new."):
        assert part in page
    assert "Nothing changed." in press(approver, f"{LIST}/{id}/change", **form)
    refused = approver.send(f"{LIST}/{id}/change", **form | {"name": "taken"})
    assert refused.status_code == 422 and other
    assert 'value="new"' in approver.text(f"{LIST}/{id}/change")


def test_the_language_stays_while_somebody_carries_a_notice(
    approver: Officer, demo_city: Runtime
) -> None:
    id = carrying.network(demo_city, language="hi", name="net")
    carrying.key_person(demo_city, id)
    carrying.notice(demo_city)
    form = {"name": "net", "language": "vi", "kind": "language"}
    refused = approver.send(f"{LIST}/{id}/change", **form)
    assert "Change its language when they have reported" in words(refused)
    assert factories.stored(demo_city, Network, id).language == "hi"


def test_names_are_words_and_nothing_else(approver: Officer, demo_city: Runtime) -> None:
    people = {}
    for name in NAMES:
        form = {"name": name, "language": "fa", "kind": "language"}
        page = approver.send(f"{LIST}/new", follow=True, **form).get_data(as_text=True)
        assert name in words(page) and "<script>alert" not in page
        people[name] = carrying.key_person(demo_city, newest(demo_city).id, name=name)
    number = carrying.notice(demo_city)
    relay = f"/console/notices/{number}/relay"
    for name, person in people.items():
        carrying.does(demo_city, person, relaying.accept)
        claim = carrying.writes(demo_city, person, f"{name} رودخانه")
        network = carrying.relay(demo_city, person).network_id
        for path in (LIST, f"{LIST}/{network}", f"{LIST}/people/{person}", "/console/", relay):
            html = approver.get(path).get_data(as_text=True)
            assert "<script>alert" not in html
            assert name in words(html).replace("\u2068", "").replace("\u2069", ""), path
        assert 'lang="fa" dir="rtl"' in html
        approver.send(f"{relay}/texts/{claim}/end")
    cells = approver.get(f"{relay}.csv").get_data(as_text=True).removeprefix("\ufeff")
    shown = {row[2] for row in list(csv.reader(cells.splitlines()))[1:]}
    assert shown == {f"'{name}" if name.startswith("=") else name for name in NAMES}


def test_a_code_is_shown_renewed_once_and_revoked(approver: Officer, demo_city: Runtime) -> None:
    id = carrying.network(demo_city)
    page = approver.text(f"{LIST}/{id}")
    [code] = codes_on(page)
    assert page.count('class="qr-code"') == 1 and "<svg" in page
    assert "LINE_BASIC_ID" in page
    said = press(approver, f"{LIST}/{id}/code", shown=code)
    assert "There is a new code" in said
    [second] = codes_on(approver.text(f"{LIST}/{id}"))
    assert second != code
    again = press(approver, f"{LIST}/{id}/code", shown=code)
    assert "Nothing changed: 鈴木 健一 was first (new code made" in again
    assert codes_on(approver.text(f"{LIST}/{id}")) == [second]
    assert "The code is revoked" in press(approver, f"{LIST}/{id}/code/revoke")
    assert "was first (code revoked" in press(approver, f"{LIST}/{id}/code/revoke")
    assert codes_on(approver.text(f"{LIST}/{id}")) == []
    assert "There is a new code" in press(approver, f"{LIST}/{id}/code", shown="")
    with demo_city.database.read() as session:
        recorded = " ".join(
            f"{row.what} {row.value}" for row in session.scalars(select(CityChange))
        )
    assert code not in recorded and second not in recorded


def test_the_drawing_opens_the_chat_where_the_accounts_id_is_known(
    demo_city: Runtime,
) -> None:
    known = replace(demo_city, settings=replace(demo_city.settings, line_basic_id="@minato"))
    page = Officer(create_app(known)).signed_in(APPROVER)
    id = carrying.network(demo_city)
    html = page.text(f"{LIST}/{id}")
    [code] = codes_on(html)
    assert f"https://line.me/R/oaMessage/%40minato/?{code}" in html


def test_out_of_use_nobody_is_asked_or_missing(approver: Officer, demo_city: Runtime) -> None:
    id = carrying.network(demo_city)
    carrying.notice(demo_city)
    assert "Nobody is left for 1 network" in words(approver.text("/console/"))
    assert "Out of use: nobody is asked" in press(approver, f"{LIST}/{id}/retire")
    assert "was first (put out of use" in press(approver, f"{LIST}/{id}/retire")
    assert "Nobody is left" not in words(approver.text("/console/"))
    with demo_city.database.read() as session:
        assert session.scalars(select(RelayGap)).all() == []
    assert "Out of use 1" in words(approver.text(LIST))
    assert "In use again" in press(approver, f"{LIST}/{id}/use")
    demo_city.clock.move(31)
    relaying.run(demo_city)
    assert "Nobody is left for 1 network" in words(approver.text("/console/"))


def test_a_wrong_id_is_not_found(app: Flask, demo_city: Runtime) -> None:
    admin = Officer(app).signed_in(ADMIN)
    for id in ("4000000", "0", "-1", "x", "9" * 30):
        for path in (f"{LIST}/{id}", f"{LIST}/people/{id}", f"{LIST}/{id}/invite"):
            assert admin.get(path).status_code == 404, path
        for act in ("confirm", "suspend", "reinstate", "leave", "invite"):
            sent = admin.send(f"{LIST}/people/{id}/{act}", reason="why")
            assert sent.status_code in (404, 405), (id, act)


def test_operators_look_and_brake_but_do_not_decide(operator: Officer, demo_city: Runtime) -> None:
    id = carrying.network(demo_city)
    person = carrying.key_person(demo_city, id)
    page = operator.text(f"{LIST}/{id}")
    assert "Invite a key person" not in page and "Make a new code" not in page
    for path in ("new", f"{id}/change", f"{id}/invite"):
        assert operator.get(f"{LIST}/{path}").status_code == 403
    acts = [f"{id}/code", f"{id}/code/revoke", f"{id}/retire", f"{id}/people"]
    acts += [f"people/{person}/{act}" for act in ("confirm", "leave", "invite", "reinstate")]
    for act in acts:
        assert operator.send(f"{LIST}/{act}", reason="x").status_code == 403, act
    assert "is suspended" in press(operator, f"{LIST}/people/{person}/suspend", reason="danger")
