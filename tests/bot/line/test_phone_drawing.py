"""How the phone page draws what it is sent: all messages, sizes, languages, attacks."""

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.bot.line import phones
from tests.bot.line.line_messages import MESSAGES, box, bubble, flex, postback, text
from tests.bot.line.phones import OpenPage, Platform, flex_button, phone, replies

platform, browser, open_page = phones.platform, phones.browser, phones.open_page

WIDTHS = (320, 390, 1280)


def test_every_message_that_line_takes_is_drawn(platform: Platform, open_page: OpenPage) -> None:
    user = platform.resident()
    for message in MESSAGES:
        platform.push(user, message)
    page = open_page(user)
    drawn = phone(page, user).locator(".theirs .with-time > :first-child")
    expect(drawn).to_have_count(len(MESSAGES))
    for each in drawn.all():
        expect(each).to_be_visible()
        expect(each).not_to_contain_text("cannot be shown (")


def test_templates_are_drawn_with_their_choices(platform: Platform, open_page: OpenPage) -> None:
    user = platform.resident()
    page = open_page(user)
    say = {"type": "message", "label": "Yes", "text": "Yes, I do"}
    column = {"text": "Minato School", "actions": [postback("Choose", data="school")]}
    for template in (
        {"type": "confirm", "text": "Do you live here?", "actions": [say, {**say, "label": "No"}]},
        {"type": "buttons", "title": "Help", "text": "Choose", "actions": [say]},
        {"type": "carousel", "columns": [column, {**column, "text": "City Hall"}]},
        {
            "type": "image_carousel",
            "columns": [{"imageUrl": "https://minato.example/a.png", "action": say}],
        },
    ):
        platform.push(user, {"type": "template", "altText": template["type"], "template": template})
    screen = phone(page, user)
    expect(screen.get_by_role("group", name="carousel", exact=True)).to_contain_text("City Hall")
    expect(screen.get_by_role("group", name="image_carousel").get_by_role("button")).to_be_visible()
    screen.get_by_role("group", name="confirm").get_by_role("button", name="Yes").click()
    expect(screen.locator(".ours .bubble")).to_have_text("Yes, I do")


def test_markup_in_messages_stays_text(platform: Platform, open_page: OpenPage) -> None:
    attack = "<img src=x onerror=alert(1)>"
    user = platform.resident(name=attack[:20])
    page = open_page(user)
    platform.push(
        user,
        text(f"{attack} javascript:alert(1) data:text/html,x", sender={"name": attack[:20]}),
        flex(bubble(box(text(attack), flex_button(postback(attack[:20]))))),
        text("last", quickReply=replies(attack[:20])),
    )
    screen = phone(page, user)
    expect(screen.locator(".bubble.text").first).to_contain_text(attack)
    expect(screen.locator(".flex-words")).to_have_text(attack)
    expect(screen.locator("img[src='x'], a[href^=javascript], a[href^=data]")).to_have_count(0)
    # What the platform would refuse must not harm the page either.
    harmless = page.evaluate(
        """async (attack) => {
          const { drawMessage } = await import("/phone/messages.js");
          const { link } = await import("/phone/text.js");
          const context = { language: "en", words: (key) => key, act: () => {} };
          const evil = "javascript:alert(1)";
          const parts = [
            { type: "image", originalContentUrl: evil, previewImageUrl: evil },
            { type: attack, altText: attack },
            { type: "flex", altText: attack, contents: { type: "bubble", body: { type: "box",
              layout: "vertical", backgroundColor: "red;background:url(x)", width: "1px;top:0",
              contents: [{ type: "image", url: evil }, { type: "text", text: attack,
                color: "expression(alert(1))" }, { type: attack }, { type: "box" }] } } },
            { type: "imagemap", baseUrl: evil, actions: [{ type: "uri", linkUri: evil }] },
            { type: "template", template: {} }, {},
          ].map((message) => drawMessage(message, context));
          document.body.append(...parts);
          const bad = parts.flatMap((part) => [...part.querySelectorAll("*")]).filter((node) =>
            (node.src ?? node.href ?? "").startsWith("javascript") || node.style.top);
          parts.forEach((part) => part.remove());
          return bad.length === 0 && link(evil) === null && link("data:text/html,x") === null;
        }""",
        attack,
    )
    assert harmless is True


# The line, the reader's profile language, the language the line is in.
LINES = [
    ("今すぐ 逃げて ください", "zh-CN", "ja"),
    ("请立即避难", "zh-CN", "zh-Hans"),
    ("請立即避難", "zh-TW", "zh-Hant"),
    ("市役所", "en", "ja"),
    ("Đi ngay", "en", "vi"),
    ("Go now", "vi", "vi"),
    ("Go now", "ja", "en"),
    ("ยกเลิก", "en", "th"),
    ("Эвакуация", "mn", "mn"),
    ("तुरुन्त", "ja", "ne"),
    ("119", "ja", None),
]


def test_the_language_of_a_line(open_page: OpenPage) -> None:
    found = open_page().evaluate(
        """async (lines) => {
          const { languageOf } = await import("/phone/text.js");
          return lines.map(([line, reader]) => languageOf(line, reader) ?? null);
        }""",
        LINES,
    )
    assert found == [language for _, _, language in LINES]


def test_flex_sizes_and_shares_are_those_of_line(platform: Platform, open_page: OpenPage) -> None:
    user = platform.resident()
    page = open_page(user)
    raised = text("up", position="absolute", offsetTop="4px", offsetEnd="sm")
    row = [text("a", flex=1), text("b", flex=2), text("c", flex=0)]
    platform.push(
        user,
        flex(
            bubble(
                box(
                    text("large", size="xl", weight="bold"),
                    text("lower", margin="lg"),
                    box(
                        *row,
                        layout="horizontal",
                        spacing="md",
                        paddingAll="10px",
                        borderWidth="2px",
                    ),
                    box(raised, height="50px", cornerRadius="md", backgroundColor="#aa00aa"),
                ),
                size="mega",
            )
        ),
    )
    card = phone(page, user).locator(".flex-bubble")
    assert card.bounding_box()["width"] == 300  # type: ignore[index]
    measured = card.evaluate(
        """(card) => {
          const find = (words) => [...card.querySelectorAll(".flex-text")].find((node) =>
            node.textContent === words);
          const place = (words) => find(words).getBoundingClientRect();
          const band = find("up").parentElement;
          return { size: getComputedStyle(find("large").firstChild).fontSize,
            gap: place("lower").top - place("large").bottom,
            shares: place("b").width / place("a").width,
            spacing: place("b").left - place("a").right,
            inset: place("a").left - find("a").parentElement.getBoundingClientRect().left,
            raised: [place("up").top - band.getBoundingClientRect().top,
              band.getBoundingClientRect().right - place("up").right],
            colour: getComputedStyle(band).backgroundColor };
        }"""
    )
    assert measured["size"] == "22px"
    assert measured["gap"] == pytest.approx(12, abs=0.1)
    assert measured["shares"] == pytest.approx(2, abs=0.05)
    assert measured["spacing"] == pytest.approx(8, abs=0.1)
    assert measured["inset"] == pytest.approx(12, abs=0.1)
    assert measured["raised"] == pytest.approx([4, 4], abs=0.1)
    assert measured["colour"] == "rgb(170, 0, 170)"


LONGEST = {
    "ja": "助けが必要です。電話する",
    "ja-x-easy": "助(たす)けて ほしい です",
    "en": "I don't understand it",
    "zh-Hans": "我不明白，请给我帮助",
    "vi": "Tôi không hiểu, giúp",
    "my": "အကူအညီ လိုအပ်ပါသည်",
    "ru": "Мне не понятно ничего",
    "si": "මට උදව් අවශ්‍යයි දැන්",
}

# Everything that sticks out of the window, is cut, or is too small to tap.
FAULTS = """() => {
  const shown = (node) => node.checkVisibility() && !node.closest("[inert]");
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push("page scrolls sideways");
  for (const node of document.querySelectorAll("button, input, select, textarea, summary, .tab,"
      + " a.plain-button")) {
    if (!shown(node) || node.classList.contains("hidden-file")) continue;
    const label = node.closest("label");
    const { width, height } = (label ?? node).getBoundingClientRect();
    const name = node.getAttribute("aria-label") || node.textContent || node.type;
    if (Math.min(width, height) < 43.9) faults.push(`small: ${name} ${width}x${height}`);
    if (node.scrollWidth > node.clientWidth + 1 && node.matches("button")) {
      faults.push(`cut: ${name}`);
    }
  }
  for (const node of document.querySelectorAll(".flex-label, .flex-words, .line, h1, h2, p")) {
    if (shown(node) && node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 1) {
      faults.push(`cut: ${node.textContent}`);
    }
  }
  return faults;
}"""


def long_labels(platform: Platform, language: str) -> str:
    """A resident whose chat holds the longest labels of all languages."""
    user = platform.resident(f"{language} 名前 Longname"[:20], language)
    words = [text(label * 3, wrap=True, scaling=True) for label in LONGEST.values()]
    buttons = [
        flex_button(postback(label[:20]), height="sm", style="secondary", scaling=True)
        for label in LONGEST.values()
    ]
    card = flex(bubble(box(*words), footer=box(*buttons, spacing="sm")))
    chosen = replies(*(label[:20] for label in LONGEST.values()))
    last = text("\n".join(LONGEST.values()), quickReply=chosen)
    platform.push(user, card, text("https://minato.example/" + "long" * 60), last)
    return user


def faults(page: Page) -> list[str]:
    """What is wrong at any width, at normal and at double text size."""
    found = []
    for width, size in itertools.product(WIDTHS, ("100%", "200%")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        page.wait_for_timeout(50)
        found += [f"{width} px, {size}: {fault}" for fault in page.evaluate(FAULTS)]
    return found


@pytest.mark.parametrize(("locale", "scheme"), [("ja-JP", "light"), ("en-US", "dark")])
def test_nothing_is_cut_or_too_small(
    platform: Platform, open_page: OpenPage, locale: str, scheme: str
) -> None:
    users = [long_labels(platform, language) for language in ("ja", "my", "si")]
    page = open_page(*users, color_scheme=scheme, locale=locale)
    phone(page, users[0]).locator(".flex-bubble").wait_for()
    assert faults(page) == []
    page.goto(f"{platform.address}/_simulator/control")
    page.locator(".card").nth(7).wait_for()
    assert faults(page) == []


def test_the_page_asks_nobody_else_and_both_languages_are_complete(
    platform: Platform, open_page: OpenPage
) -> None:
    page = open_page(platform.resident())
    asked = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert [name for name in asked if not name.startswith(platform.address)] == []
    for module, name in (("words", "WORDS"), ("control-words", "CONTROL_WORDS")):
        table = page.evaluate(f"import('/phone/{module}.js').then((module) => module.{name})")
        assert table["ja"].keys() == table["en"].keys()
        blanks = {key: set(re.findall(r"{\w+}", words)) for key, words in table["ja"].items()}
        assert blanks == {key: set(re.findall(r"{\w+}", it)) for key, it in table["en"].items()}
