"""Key persons in the console: invited, called, asked in an order, suspended, thanked."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from bot import networks
from bot.models import KeyPerson, Post, Relay
from bot.runtime import Runtime
from broadcasts import relaying
from tests import factories
from tests.handlers import carrying
from tests.handlers.officer import APPROVER, OPERATOR, Officer
from tests.handlers.test_console_networks import LIST, codes_on, press, words


@pytest.fixture
def approver(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(APPROVER)


@pytest.fixture
def operator(app: Flask, demo_city: Runtime) -> Officer:
    return Officer(app).signed_in(OPERATOR)


def order(runtime: Runtime, network_id: int) -> list[int]:
    with runtime.database.read() as session:
        mine = select(Post.key_person_id).where(Post.network_id == network_id)
        return list(session.scalars(mine.order_by(Post.position)))


def only(runtime: Runtime) -> KeyPerson:
    with runtime.database.read() as session:
        return session.scalars(select(KeyPerson)).one()


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
    person = only(demo_city)
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
