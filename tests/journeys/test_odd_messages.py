"""Everything else people and LINE send: a sensible reaction each, never an error."""

import base64
import secrets

import pytest

from tests.world import Json, World, words_of


@pytest.mark.parametrize("kind", ["image", "video", "audio", "file"])
def test_what_nobody_can_read_here_is_said(world: World, kind: str) -> None:
    phone = world.joined("English", "Skip")
    phone.act(kind, content=base64.b64encode(b"12345").decode(), file_name="letter.pdf")
    assert "cannot be read here" in words_of(phone.answer())


def test_a_sticker_gets_a_human_reaction(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.act("sticker")
    assert "What can we do for you?" in words_of(phone.answer())


@pytest.mark.parametrize("text", ["ありがとう", "👍", "😭😭😭", "?", "123", " ", "。"])
def test_very_short_texts(world: World, text: str) -> None:
    assert world.joined("English", "Skip").ask(text)


@pytest.mark.parametrize("text", ["a" * 5001, "あ" * 5000, "😀" * 2501, "ごみ " * 1500])
def test_very_long_texts(world: World, text: str) -> None:
    phone = world.joined("English", "Skip")
    phone.act(
        "raw", event={"type": "message", "message": {"type": "text", "id": "1", "text": text}}
    )
    assert phone.answer()


def test_right_to_left_and_mixed_scripts(world: World) -> None:
    phone = world.joined("English", "Skip")
    for text in ("مرحبا، متى يجمعون القمامة؟", "שלום", "ゴミ garbage 垃圾 rác"):
        assert phone.ask(text)


def test_unknown_events_cost_nothing(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.act("raw", event={"type": "messageEdited", "message": {"type": "text", "id": "9"}})
    phone.act("raw", event={"type": "somethingNew", "whatever": {"deep": [1, None]}})
    assert phone.ask("thanks")


def test_groups_are_told_once_and_then_left_in_peace(world: World) -> None:
    phone = world.joined("English", "Skip")
    group = "C" + secrets.token_hex(16)
    phone.act("join", group=group)
    world.wait_until(lambda: len(said_in(world, group)) == 2)
    assert "one person at a time" in words_of(said_in(world, group))
    phone.act("text", text="hello everybody", group=group)
    assert phone.ask("thanks")
    assert len(said_in(world, group)) == 2


def said_in(world: World, group: str) -> list[Json]:
    items = world.simulator.get(f"groups/{group}/messages")["items"]
    return [item["message"] for item in items if item.get("from") == "bot"]


def test_a_message_taken_back_is_not_kept(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("menu")
    phone.tap("Talk to a person")
    sent = phone.act("text", text="a secret I regret")
    phone.answer()
    phone.act("unsend", message_id=sent["message_id"])
    world.wait_until(lambda: not world.database_has("a secret I regret"))


def test_a_resident_who_blocked_us_is_not_answered(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.act("unfollow")
    before = len(phone.received())
    phone.act("follow")
    assert phone.answer(2)
    assert len(phone.received()) == before + 2
