"""ネットワーク: communities, their codes, and the people who speak for them."""

import csv
import re
from dataclasses import replace
from html import escape, unescape

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot import networks
from bot.models import CityChange, KeyPerson, Network, Post, Relay, RelayGap, Resident
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


def order(runtime: Runtime, network_id: int) -> list[int]:
    with runtime.database.read() as session:
        mine = select(Post.key_person_id).where(Post.network_id == network_id)
        return list(session.scalars(mine.order_by(Post.position)))


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


def test_an_invitation_is_shown_once_and_sent_twice_is_one_person(
    approver: Officer, demo_city: Runtime
) -> None:
    id = carrying.network(demo_city)
    form = {"name": "ラージ", "phone": "076-220-2111"}
    first = approver.send(f"{LIST}/{id}/invite", **form)
    assert first.status_code == 200 and "24 hours, once only" in words(first)
    second = approver.send(f"{LIST}/{id}/invite", **form)
    [old], [new] = codes_on(first.text), codes_on(second.text)
    assert old != new
    person = only(demo_city, KeyPerson)
    assert person.state == "invited"
    for path in (f"{LIST}/{id}", f"{LIST}/people/{person.id}", LIST):
        page = approver.text(path)
        assert old not in page and new not in page
    with demo_city.database.write() as session:
        resident = factories.resident(session)
        now = demo_city.clock.now()
        assert networks.enter(session, resident, old, now).entry == "unknown"
        assert networks.enter(session, resident, new, now).entry == "invited"
    page = words(approver.text(f"{LIST}/people/{person.id}"))
    assert "used the invitation" in page and "鈴木 健一 invited again" in page


def test_an_invitation_needs_a_name_and_a_number(approver: Officer, demo_city: Runtime) -> None:
    id = carrying.network(demo_city)
    right = {"name": "ラージ", "phone": "０７６－２２０－２１１１"}
    for wrong in ({"name": ""}, {"name": "x" * 61}, {"phone": "12345"}, {"phone": "call me"}):
        assert approver.send(f"{LIST}/{id}/invite", **right | wrong).status_code == 422, wrong
    with demo_city.database.read() as session:
        assert session.scalars(select(KeyPerson)).all() == []
    assert approver.send(f"{LIST}/{id}/invite", **right).status_code == 200


def test_an_invitation_that_ran_out_is_made_anew_for_the_same_person(
    app: Flask, demo_city: Runtime
) -> None:
    id = carrying.network(demo_city)
    person = carrying.key_person(demo_city, id, state="invited")
    demo_city.clock.move(24 * 3600 + 1)
    approver = Officer(app).signed_in(APPROVER)
    assert "Invitation ran out" in words(approver.text(f"{LIST}/{id}"))
    assert "The code ran out" in words(approver.text(f"{LIST}/people/{person}"))
    [code] = codes_on(approver.send(f"{LIST}/people/{person}/invite").text)
    with demo_city.database.write() as session:
        resident = factories.resident(session)
        entered = networks.enter(session, resident, code, demo_city.clock.now())
        assert entered.entry == "invited" and entered.person
        assert entered.person.id == person
    late = press(approver, f"{LIST}/people/{person}/invite")
    assert "was first (used the invitation" in late


def test_the_way_of_a_key_person(approver: Officer, operator: Officer, demo_city: Runtime) -> None:
    id = carrying.network(demo_city)
    person = carrying.key_person(demo_city, id, name="ラージ", state="to_confirm")
    path = f"{LIST}/people/{person}"
    assert "Call to confirm ラージ" in words(operator.text("/console/"))
    assert carrying.PHONE in operator.text(path)
    assert "An approver or an administrator confirms" in words(operator.text(path))
    assert "A practice notice is on its way" in press(approver, f"{path}/confirm")
    assert "鈴木 健一 was first (called: it is" in press(approver, f"{path}/confirm")
    assert "Call to confirm ラージ" not in words(operator.text("/console/"))
    assert "In training" in words(operator.text(path))


def test_suspending_says_what_it_takes_back_and_takes_it_back(
    operator: Officer, approver: Officer, demo_city: Runtime
) -> None:
    id = carrying.network(demo_city, members=3)
    person = carrying.key_person(demo_city, id, name="ラージ")
    carrying.key_person(demo_city, id)
    number = carrying.notice(demo_city)
    carrying.does(demo_city, person, relaying.accept)
    claim = carrying.writes(demo_city, person, "नदी")
    path = f"{LIST}/people/{person}"
    page = words(operator.text(path))
    assert (
        f"{number} : carrying it into" in page and f"{number} : writing the text in Hindi" in page
    )
    approver.send(
        f"/console/notices/{number}/relay/texts/{claim}/release", seen=seen_on(approver, number)
    )
    assert "the released text in Hindi: 3 people it has not gone to yet" in words(
        operator.text(path)
    )
    refused = operator.send(f"{path}/suspend", reason=" ")
    assert refused.status_code == 422 and "Write a reason" in words(refused)
    assert "is suspended" in press(operator, f"{path}/suspend", reason="lost the phone")
    page = words(operator.text(path))
    assert "佐藤 真由 suspended lost the phone" in page
    assert carrying.relay(demo_city, person).state == "cancelled"
    assert "was first (suspended" in press(operator, f"{path}/suspend", reason="again")
    assert operator.send(f"{path}/reinstate").status_code == 403
    assert "is asked again from now on" in press(approver, f"{path}/reinstate")


def seen_on(officer: Officer, number: str) -> str:
    found = re.search(
        r'name="seen" value="(\w+)"', officer.text(f"/console/notices/{number}/relay")
    )
    assert found
    return found.group(1)


def test_the_role_ends_for_good_and_the_name_is_gone(approver: Officer, demo_city: Runtime) -> None:
    id = carrying.network(demo_city)
    person = carrying.key_person(demo_city, id, name="ラージ")
    number = carrying.notice(demo_city)
    carrying.does(demo_city, person, relaying.accept)
    press(approver, f"{LIST}/people/{person}/leave", reason="moved away")
    for path in (
        LIST,
        f"{LIST}/{id}",
        f"{LIST}/people/{person}",
        f"/console/notices/{number}/relay",
    ):
        page = approver.text(path)
        assert "ラージ" not in page and carrying.PHONE not in page, path
    page = words(approver.text(f"{LIST}/people/{person}"))
    assert "a former key person: Ended" in page and "moved away" in page
    assert "was first (the role ended" in press(
        approver, f"{LIST}/people/{person}/leave", reason="again"
    )


def test_the_order_is_changed_by_buttons_and_recorded(
    approver: Officer, demo_city: Runtime
) -> None:
    id = carrying.network(demo_city)
    first, second, third = (carrying.key_person(demo_city, id, name=name) for name in "一二三")
    path = f"{LIST}/{id}/people"
    assert "order: 一, 三, 二" in press(approver, f"{path}/{third}/up")
    press(approver, f"{path}/{first}/down")
    assert order(demo_city, id) == [third, first, second]
    press(approver, f"{path}/{third}/up")
    press(approver, f"{path}/{second}/down")
    assert order(demo_city, id) == [third, first, second]
    assert approver.send(f"{path}/4000000/up").status_code == 404


def test_a_key_person_is_added_to_and_removed_from_networks(
    approver: Officer, demo_city: Runtime
) -> None:
    one, two = carrying.network(demo_city), carrying.network(demo_city)
    person = carrying.key_person(demo_city, one, name="ラージ")
    other = carrying.key_person(demo_city, two, name="シタ")
    assert "ラージ is asked after all others" in press(
        approver, f"{LIST}/{two}/people", person=person
    )
    assert "was first (ラージ was added" in press(approver, f"{LIST}/{two}/people", person=person)
    assert order(demo_city, two) == [other, person]
    carrying.notice(demo_city)
    assert carrying.relay(demo_city, other).state == "requested"
    press(approver, f"{LIST}/{two}/people/{other}/remove")
    assert carrying.relay(demo_city, other).state == "expired"
    relaying.run(demo_city)
    with demo_city.database.read() as session:
        asked = select(Relay.key_person_id).where(Relay.network_id == two).order_by(Relay.id)
        assert list(session.scalars(asked)) == [other, person]
    assert "was first (シタ was removed" in press(approver, f"{LIST}/{two}/people/{other}/remove")
    assert "Key persons without a network 1" in words(approver.text(LIST))
    for wrong in ("4000000", "x", "", "9" * 30):
        assert approver.send(f"{LIST}/{one}/people", person=wrong).status_code == 404


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
