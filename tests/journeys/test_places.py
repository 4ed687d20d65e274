"""Where to go: the nearest places that are designated for the danger."""

from bot.runtime import ROOT
from bot.words import Words
from tests.world import Json, Phone, World, actions_of, labels_of, words_of

WORDS = Words.load(ROOT / "bot" / "locale", "bot")
KAWABATA = {"latitude": 35.0980, "longitude": 139.4120}


def cards(messages: list[Json]) -> list[Json]:
    return [message for message in messages if message["type"] == "flex"]


def asked_for(phone: Phone, hazard: str) -> list[Json]:
    phone.ask("menu")
    phone.tap("Where to evacuate")
    phone.tap(hazard)
    return [item["message"] for item in phone.received()[-1:]]


def test_three_places_for_a_flood_from_ones_location(world: World) -> None:
    phone = world.joined("English", "Skip")
    question = asked_for(phone, "Flood")
    assert any(action["type"] == "location" for action in actions_of(question))
    phone.act("location", **KAWABATA)
    messages = phone.answer(5)
    assert len(cards(messages)) == 3
    assert "Flood" in words_of(messages[:1])
    distances = [int(words_of([c]).split(" m in")[0].split()[-1]) for c in cards(messages)]
    assert distances == sorted(distances)
    assert all("google.com/maps" in str(card) for card in cards(messages))
    assert "Go only if the way is safe" in words_of(messages)


def test_safety_remarks_are_shown(world: World) -> None:
    phone = world.joined("English", "Skip")
    asked_for(phone, "Flood")
    phone.act("location", **KAWABATA)
    assert "Important (in Japanese): " in words_of(phone.answer(5))


def test_a_place_not_designated_for_the_danger_is_not_shown(world: World) -> None:
    phone = world.joined("English", "Skip")
    asked_for(phone, "Flood")
    phone.act("location", latitude=35.0989, longitude=139.4018)
    flood = words_of(phone.answer(5))
    asked_for(phone, "Earthquake")
    phone.act("location", latitude=35.0989, longitude=139.4018)
    earthquake = words_of(phone.answer(5))
    assert "本町中央公園" not in flood
    assert "本町中央公園" in earthquake


def test_a_location_first_asks_for_the_danger_and_remembers_the_place(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.act("location", **KAWABATA)
    assert "What is the danger?" in words_of(phone.answer())
    phone.tap("Tsunami", count=5)
    assert len(cards([item["message"] for item in phone.received()[-5:]])) == 3


def test_a_towns_name_in_any_language_will_do(world: World) -> None:
    phone = world.joined("English", "Skip")
    for name in (
        "Kawabata-cho",
        "かわばたちょう",
        "みどりがおかです",
        "川端町に います",
        "kawabata cho",
    ):
        asked_for(phone, "Earthquake")
        phone.write(name)
        assert len(cards(phone.answer(5))) == 3, name


def test_an_unknown_name_offers_the_towns(world: World) -> None:
    phone = world.joined("English", "Skip")
    asked_for(phone, "Large fire")
    phone.write("Atlantis")
    messages = phone.answer()
    assert "Kawabata-cho" in labels_of(messages)
    assert "m in a straight line" in phone.tap("Kawabata-cho", messages, count=5)


def test_far_away_from_the_city(world: World) -> None:
    phone = world.joined("English", "Skip")
    asked_for(phone, "Earthquake")
    phone.act("location", latitude=43.06, longitude=141.35)
    assert "outside this city" in words_of(phone.answer())


def test_the_map_link_points_to_the_site(world: World) -> None:
    phone = world.joined("English", "Skip")
    asked_for(phone, "Flood")
    phone.act("location", **KAWABATA)
    links = [a["uri"] for a in actions_of(phone.answer(5)) if "google" in a.get("uri", "")]
    assert all("query=35." in link and "%2C139." in link for link in links)


def test_danger_leads_straight_to_the_places_for_it(world: World) -> None:
    phone = world.joined("English", "Skip")
    phone.ask("the tsunami is coming", count=2)
    assert "Where are you?" in phone.tap(WORDS.text("en", "menu.places.button"))
    phone.act("location", **KAWABATA)
    assert "Tsunami" in words_of(phone.answer(5)[:1])
