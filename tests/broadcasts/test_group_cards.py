"""Cards in LINE groups: one for each notice, none for one that is over, and what they cost."""

import pytest
from sqlalchemy import select

from bot import networks
from bot.models import Delivery, GroupCard, NetworkGroup
from bot.models.broadcasts import Broadcast
from bot.runtime import Runtime
from broadcasts import group_cards
from tests.broadcasts.town import Town

GROUP = "C" + "1" * 32


@pytest.fixture
def group(town: Town) -> NetworkGroup:
    """The Vietnamese network's group, with one person in it."""
    runtime = town.runtime
    member = town.simulator.post("users", name="Lan", friend=True)["id"]
    town.simulator.post("event", user=member, type="join", group=GROUP, deliver="hold")
    with runtime.database.write() as session:
        now = runtime.clock.now()
        network = networks.create(session, "Hội", "vi", "language", now)
        made = group_cards.switch_on(session, network)
        assert group_cards.connect(session, runtime, made.code or "", GROUP, now) is network
    return made


def cards(town: Town) -> list[tuple[str, str | None]]:
    """The state and LINE's address of each card's delivery."""
    with town.runtime.database.read() as session:
        found = select(Delivery.state, Delivery.recipient).join(
            GroupCard, GroupCard.delivery_id == Delivery.id
        )
        return [(state, to) for state, to in session.execute(found.order_by(Delivery.id))]


def run(runtime: Runtime) -> None:
    while group_cards.is_due(runtime):
        group_cards.run(runtime)


def test_a_notice_is_one_card_however_often_one_looks(town: Town, group: NetworkGroup) -> None:
    id = town.begin()
    assert group_cards.is_due(town.runtime)
    for _ in range(3):
        group_cards.run(town.runtime)
    assert cards(town) == [("queued", GROUP)]
    town.answers()
    assert cards(town) == [("accepted", None)]
    items = town.simulator.get(f"groups/{GROUP}/messages")["items"]
    sent = [item for item in items if item["from"] == "bot"]
    assert len(sent) == 1 and sent[0]["retry_key"]
    assert town.number(id) in str(sent[0]["message"])


def test_nothing_goes_out_of_what_is_over(town: Town, group: NetworkGroup) -> None:
    id = town.begin()
    run(town.runtime)
    town.stop(id)
    run(town.runtime)
    assert [state for state, _ in cards(town)] == ["cancelled"]
    town.answers()
    assert [state for state, _ in cards(town)] == ["cancelled"]


def test_an_update_and_a_cancellation_are_cards_of_their_own(
    town: Town, group: NetworkGroup
) -> None:
    first = town.begin()
    run(town.runtime)
    update = town.begin(kind="update", references_id=first)
    run(town.runtime)
    town.begin(kind="cancel", references_id=update)
    run(town.runtime)
    with town.runtime.database.read() as session:
        kinds = session.scalars(
            select(Broadcast.kind)
            .join(GroupCard, GroupCard.broadcast_id == Broadcast.id)
            .order_by(Broadcast.id)
        ).all()
    assert kinds == ["alert", "update", "cancel"]


def test_what_a_notice_costs_is_known_once_line_has_counted(
    town: Town, group: NetworkGroup
) -> None:
    def cost() -> group_cards.Cost:
        with town.runtime.database.read() as session:
            return group_cards.cost(session)

    assert cost() == group_cards.Cost(groups=1, messages=0, uncounted=1)
    run(town.runtime)
    assert cost() == group_cards.Cost(groups=1, messages=1, uncounted=0)


def test_a_group_belongs_to_one_network(town: Town, group: NetworkGroup) -> None:
    runtime = town.runtime
    with runtime.database.write() as session:
        now = runtime.clock.now()
        other = networks.create(session, "Khác", "vi", "shop", now)
        made = group_cards.switch_on(session, other)
        group_cards.connect(session, runtime, made.code or "", GROUP, now)
    with runtime.database.read() as session:
        rows = session.scalars(select(NetworkGroup).order_by(NetworkGroup.network_id)).all()
        assert [row.line_id for row in rows] == [None, GROUP]
        assert rows[0].code
