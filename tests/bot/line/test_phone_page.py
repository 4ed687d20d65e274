"""What a resident or an operator does on the phone page, and what comes of it; no bot runs."""

import re

from playwright.sync_api import expect

from tests.bot.line import phones
from tests.bot.line.line_messages import FILL_IN, PICKER, box, bubble, flex, postback, text
from tests.bot.line.phones import (
    OpenPage,
    Platform,
    add_menu,
    flex_button,
    phone,
    png,
    replies,
)

platform, browser, open_page = phones.platform, phones.browser, phones.open_page


def test_a_new_resident_gets_a_phone_and_becomes_a_friend(
    platform: Platform, open_page: OpenPage
) -> None:
    page = open_page()
    page.get_by_role("button", name="Add a resident").click()
    page.get_by_role("button", name="Add and open the phone").click()
    expect(page.get_by_text("Enter a name.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Nguyễn Thị Lan")
    page.get_by_label("Language of LINE").select_option("vi")
    page.get_by_role("button", name="Add and open the phone").click()

    screen = page.get_by_role("region", name="Nguyễn Thị Lan's phone")
    expect(screen.get_by_text("Not a friend yet.")).to_be_visible()
    screen.get_by_role("button", name="Add as friend").click()
    expect(screen.get_by_role("textbox", name="Message")).to_be_visible()

    user = page.url.split("#")[1]
    assert [act["type"] for act in platform.acts(user)] == ["follow"]
    assert platform.control("GET", f"users/{user}")["language"] == "vi"


def test_text_goes_both_ways_and_stays_typed_over_a_reload(
    platform: Platform, open_page: OpenPage
) -> None:
    user = platform.resident(language="ja")
    page = open_page(user)
    field = phone(page, user).get_by_role("textbox", name="Message")
    field.fill("避難所は\nどこですか")
    page.reload()
    expect(field).to_have_value("避難所は\nどこですか")
    # Enter that ends a conversion must not send.
    field.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    field.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    assert platform.acts(user) == []
    field.press("Enter")
    expect(phone(page, user).locator(".ours .bubble")).to_have_text("避難所はどこですか")
    expect(field).to_have_value("")
    assert [act["message"]["text"] for act in platform.acts(user)] == ["避難所は\nどこですか"]

    platform.push(user, text("港小学校です。電話 03-1234-5678", sender={"name": "staff 鈴木"}))
    said = phone(page, user).locator(".theirs .bubble.text")
    expect(said).to_have_text("港小学校です。電話 03-1234-5678")
    expect(phone(page, user).get_by_text("staff 鈴木")).to_be_visible()
    said.get_by_role("link", name="03-1234-5678").click()
    expect(page.get_by_role("dialog", name="This would call 0312345678")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_quick_replies_belong_to_the_last_message_and_go_when_tapped(
    platform: Platform, open_page: OpenPage
) -> None:
    user = platform.resident()
    page = open_page(user)
    platform.push(
        user, text("1", quickReply=replies("Old")), text("2", quickReply=replies("Yes", "No"))
    )
    group = phone(page, user).get_by_role("group", name="Suggested replies")
    expect(group.get_by_role("button")).to_have_text(["Yes", "No"])
    group.get_by_role("button", name="No").click()
    expect(phone(page, user).locator(".ours .bubble")).to_have_text("No")
    expect(group).to_be_hidden()
    assert platform.acts(user)[0]["message"]["text"] == "No"


def test_flex_buttons_do_what_they_say(platform: Platform, open_page: OpenPage) -> None:
    user = platform.resident()
    page = open_page(user)
    page.context.route("https://city.invalid/*", lambda route: route.fulfill(body="page"))
    screen = phone(page, user)
    platform.push(
        user,
        flex(
            bubble(
                box(text("EVACUATE NOW", wrap=True, action=postback("t", data="tapped"))),
                footer=box(
                    flex_button(postback("I have read it", data="ack", displayText="I have read")),
                    flex_button({"type": "uri", "label": "Call 119", "uri": "tel:119"}),
                    flex_button({"type": "uri", "label": "Map", "uri": "https://city.invalid/map"}),
                    flex_button({**PICKER, "label": "When", "data": "d"}),
                    flex_button(FILL_IN),
                ),
            )
        ),
    )
    screen.get_by_role("button", name="I have read it").click()
    expect(screen.locator(".ours .bubble")).to_have_text("I have read")
    screen.get_by_role("button", name="EVACUATE NOW").press("Enter")
    screen.get_by_role("button", name="Call 119").click()
    expect(screen.get_by_role("dialog", name="This would call 119")).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_popup() as opened:
        screen.get_by_role("button", name="Map").click()
    assert opened.value.url == "https://city.invalid/map"
    screen.get_by_role("button", name="When").click()
    screen.get_by_label("Choose a date").locator("input").fill("2026-09-12")
    screen.get_by_role("button", name="Choose", exact=True).click()
    screen.get_by_role("button", name="Write").click()
    expect(screen.locator(".ours .bubble")).to_have_count(2)
    expect(screen.get_by_role("textbox", name="Message")).to_have_value("My name is ")
    assert [act["postback"] for act in platform.acts(user)] == [
        {"data": "ack"},
        {"data": "tapped"},
        {"data": "d", "params": {"date": "2026-09-12"}},
        {"data": "seen=1"},
    ]


def test_the_rich_menu_has_real_buttons_and_a_bar_that_toggles_it(
    platform: Platform, open_page: OpenPage
) -> None:
    user = platform.resident()
    page = open_page(user)
    screen = phone(page, user)
    shelter = postback("Shelters", data="menu=shelter", displayText="Shelters")
    add_menu(platform, user, [shelter, {"type": "uri", "label": "Emergency", "uri": "tel:119"}])
    expect(screen.get_by_role("button", name="Emergency")).to_be_visible()
    screen.get_by_role("button", name="Shelters").click()
    expect(screen.locator(".ours .bubble")).to_have_text("Shelters")
    screen.get_by_role("button", name="Menu", exact=True).click()
    expect(screen.get_by_role("button", name="Emergency")).to_be_hidden()
    expect(screen.get_by_role("textbox", name="Message")).to_be_visible()
    screen.get_by_role("button", name="Open the menu").click()
    expect(screen.get_by_role("button", name="Emergency")).to_be_visible()
    assert platform.acts(user)[0]["postback"] == {"data": "menu=shelter"}


def test_who_blocks_the_account_sees_nothing_of_what_is_sent(
    platform: Platform, open_page: OpenPage
) -> None:
    user = platform.resident()
    page = open_page(user)
    screen = phone(page, user)
    screen.get_by_role("button", name="Block", exact=True).click()
    expect(screen.get_by_text("You blocked this account.")).to_be_visible()
    expect(screen.get_by_role("textbox", name="Message")).to_have_count(0)
    platform.push(user, text("not seen"))
    screen.get_by_role("button", name="Unblock").last.click()
    expect(screen.get_by_role("textbox", name="Message")).to_be_visible()
    platform.push(user, text("seen"))
    expect(screen.locator(".theirs .bubble.text")).to_have_text(["seen"])


def test_two_phones_are_live_and_an_unsent_message_disappears(
    platform: Platform, open_page: OpenPage
) -> None:
    one, two = platform.resident(), platform.resident()
    page, other = open_page(one, two), open_page(two)
    platform.bot("message/multicast", {"to": [one, two], "messages": [text("to both")]})
    for screen in (phone(page, one), phone(page, two), phone(other, two)):
        expect(screen.locator(".theirs .bubble.text")).to_have_text("to both")
    phone(page, two).get_by_role("textbox", name="Message").fill("my address is …")
    phone(page, two).get_by_role("button", name="Send").click()
    expect(phone(other, two).get_by_text("my address is …")).to_be_visible()
    phone(page, two).get_by_role("button", name="Do something with this message").click()
    phone(page, two).get_by_role("button", name="Unsend").click()
    for screen in (phone(page, two), phone(other, two)):
        expect(screen.get_by_text("You unsent a message")).to_be_visible()
        expect(screen.get_by_text("my address is …")).to_have_count(0)


def test_pictures_stickers_and_places_are_sent(platform: Platform, open_page: OpenPage) -> None:
    user = platform.resident()
    page = open_page(user)
    screen = phone(page, user)
    screen.get_by_role("button", name="Photo, file, location").click()
    with page.expect_file_chooser() as chooser:
        screen.get_by_role("button", name="Photo", exact=True).click()
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": png(40, 30)})
    picture = screen.locator(".ours img")
    expect(picture).to_have_js_property("naturalWidth", 40)
    screen.get_by_role("button", name="Stickers").click()
    screen.get_by_role("button", name="Sticker: Help").click()
    expect(screen.get_by_role("img", name="Sticker: Help")).to_be_visible()
    screen.get_by_role("button", name="Photo, file, location").click()
    screen.get_by_role("button", name="Location", exact=True).click()
    screen.get_by_label("Latitude").fill("95")
    screen.get_by_label("Longitude").fill("139.7")
    screen.get_by_role("button", name="Send this place").click()
    expect(screen.get_by_text("Latitude is a number")).to_be_visible()
    screen.get_by_label("Latitude").fill("35.6")
    screen.get_by_role("button", name="Send this place").click()
    expect(screen.get_by_text("35.60000, 139.70000")).to_be_visible()
    kinds = [act["message"]["type"] for act in platform.acts(user)]
    assert kinds == ["image", "sticker", "location"]


def test_a_narrow_screen_shows_one_phone_and_counts_news_on_the_others(
    platform: Platform, open_page: OpenPage
) -> None:
    one, two = platform.resident("Lan"), platform.resident("Maria")
    page = open_page(one, two, width=390)
    expect(phone(page, one)).to_be_visible()
    expect(phone(page, two)).to_be_hidden()
    platform.push(two, text("a"), text("b"))
    tab = page.locator(f"[data-tab='{two}']")
    expect(tab).to_contain_text("2 new")
    tab.click()
    expect(phone(page, two).locator(".theirs .bubble.text")).to_have_text(["a", "b"])
    expect(tab).not_to_contain_text("new")


def test_news_does_not_move_a_chat_that_is_being_read(
    platform: Platform, open_page: OpenPage
) -> None:
    user = platform.resident()
    platform.push(user, *[text("line\n" * 20)] * 5)
    page = open_page(user)
    chat = phone(page, user).get_by_role("log")
    expect(chat).to_have_js_property("scrollLeft", 0)
    chat.evaluate("node => { node.scrollTop = 10; }")
    page.wait_for_timeout(100)
    platform.push(user, text("news"))
    jump = phone(page, user).get_by_role("button", name="1 new messages")
    expect(jump).to_be_visible()
    assert chat.evaluate("node => node.scrollTop") == 10
    jump.click()
    expect(jump).to_be_hidden()
    assert chat.evaluate("node => node.scrollHeight - node.scrollTop - node.clientHeight") < 5


def test_the_control_page_changes_the_platform(platform: Platform, open_page: OpenPage) -> None:
    page = open_page(path="/_simulator/control")
    page.get_by_label("milliseconds").fill("zero")
    latency = page.get_by_role("region", name="Delay of LINE's answers")
    latency.get_by_role("button", name="Save").click()
    expect(latency.get_by_text("Enter a number from 0 to 60000.")).to_be_visible()
    page.get_by_label("milliseconds").fill("1")
    latency.get_by_role("button", name="Save").click()
    expect(latency.get_by_text("Saved")).to_be_visible()
    page.get_by_label("Which call").select_option("multicast")
    page.get_by_label("What happens").select_option("429-rate")
    page.get_by_role("button", name="Add a failure").click()
    expect(page.get_by_text("multicast: 429 refused, too fast (the next 3)")).to_be_visible()
    behaviour = platform.control("GET", "behaviour")
    assert behaviour["latency_ms"] == 1
    assert [plan["kind"] for plan in behaviour["failures"]] == ["429-rate"]
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("No call is made to fail at present.")).to_be_visible()
    platform.control("POST", "behaviour", {"latency_ms": 0})

    page.get_by_role("button", name="Forward 1 day").click()
    phones = open_page(platform.resident())
    expect(phones.locator(".clock")).to_contain_text("Simulator's time")
    page.get_by_role("button", name="Back to the real time").click()
    expect(page.get_by_text("The same as the real time")).to_be_visible()


def test_links_to_names_that_cannot_exist_go_to_the_bot(
    platform: Platform, open_page: OpenPage
) -> None:
    user = platform.resident()
    platform.push(
        user, text("https://minato.example/n/0912-3 https://line.me/R/oaMessage/%40c/?Hi%20city")
    )
    platform.control("POST", "webhook", {"url": "http://127.0.0.1:9/webhook"})
    page = open_page(user)
    shown = phone(page, user).get_by_role("link", name="https://minato.example/n/0912-3")
    expect(shown).to_have_attribute("href", "http://127.0.0.1:9/n/0912-3")
    phone(page, user).get_by_role("link", name=re.compile("oaMessage")).click()
    expect(phone(page, user).get_by_role("textbox", name="Message")).to_have_value("Hi city")


def test_the_loading_animation_ends_with_the_answer(
    platform: Platform, open_page: OpenPage
) -> None:
    user = platform.resident()
    page = open_page(user)
    dots = phone(page, user).get_by_role("status", name="An answer is being prepared")
    platform.bot("chat/loading/start", {"chatId": user, "loadingSeconds": 20})
    expect(dots).to_be_visible()
    platform.push(user, text("answer"))
    expect(dots).to_be_hidden()
