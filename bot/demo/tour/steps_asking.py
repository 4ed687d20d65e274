"""One resident: joins, asks, is in danger, talks to a person."""

from bot.demo.tour.checks import check
from bot.demo.tour.phone import buttons_of, words_of
from bot.demo.tour.show import Told
from bot.demo.tour.town import CITY, NGUYEN, Town
from bot.detection import detect
from bot.languages import language, registered

QUESTION = "Ngày nào thu gom rác?"
FIRE = "Cháy nhà, cứu với"
LOST = "Con tôi để quên cặp sách trên xe buýt số 7, tôi hỏi ở đâu?"
ANSWER = "Chị gọi công ty xe buýt 000-000-0120 nhé."
IN_JAPANESE = "バス会社に電話するよう案内した。"


def join(town: Town) -> Told:
    """Somebody adds the account and is greeted in the language of their phone."""
    town.minh = town.line.person("Minh", "vi")
    town.minh.act("follow")
    greeting = town.minh.answer(2)
    offered = [button for button in buttons_of(greeting) if button.values.get("do") == "language"]
    names = {known.own_name for known in registered()}
    shown = {button.label for button in offered}
    check(shown == names, f"{len(names)} languages to choose from", len(shown))
    text = words_of(greeting[:1])
    check(detect(text).tag == "vi", "a greeting in Vietnamese", text)
    waited = f"{town.minh.waited():.2f} s"
    return Told(f"Minh adds the account; greeted in Vietnamese after {waited}", [(CITY, text)])


def choose(town: Town) -> Told:
    """They choose a language by its own name, and where they live."""
    town.minh.tap(town.minh.button("language", tag="vi"))
    town.minh.tap(town.minh.button("area", id="kawabata"))
    chosen = words_of(town.minh.answer())
    town.minh.tap(town.minh.button("areas_done"))
    menu = buttons_of(town.minh.answer(2))
    check(len(menu) >= 6, "the menu with six buttons", len(menu))
    return Told(f"Minh chooses {language('vi').own_name} and a district", [(CITY, chosen)])


def ask(town: Town) -> Told:
    town.minh.write(QUESTION)
    answer = town.minh.answer()
    text = words_of(answer[:1])
    check("rác" in text.casefold(), "an answer about garbage", text)
    check(detect(text).tag == "vi", "an answer in Vietnamese", text)
    town.figures["Question answered"] = f"after {town.minh.waited():.2f} s"
    return Told(
        "Minh asks about the garbage and is answered in Vietnamese",
        [("Minh", QUESTION), (CITY, text)],
    )


def cry_for_help(town: Town) -> Told:
    """Danger overtakes everything: what to do, 119, a number to tap."""
    town.minh.write(FIRE)
    answer = town.minh.answer(2)
    check("119" in words_of(answer[:1]), "119 in the first message", words_of(answer[:1]))
    calls = [button.label for button in buttons_of(answer) if button.uri == "tel:119"]
    check(calls, "a button that calls 119", [button.label for button in buttons_of(answer)])
    waited = f"after {town.minh.waited():.2f} s"
    town.figures["In danger: 119"] = waited
    return Told(
        f"Minh writes that the house is on fire: 119 {waited}",
        [("Minh", FIRE), (CITY, words_of(answer[:1]))],
    )


def want_a_person(town: Town) -> Told:
    """What the bot does not know goes to staff; it says so, and when somebody is there."""
    town.minh.write(LOST)
    person = town.minh.button("person")
    town.minh.tap(person)
    said = words_of(town.minh.answer())
    now = town.staff(NGUYEN).open("/console/")
    path = now.form(r"/cases/\d+/take$").action.removesuffix("/take")
    page = town.staff(NGUYEN).open(path)
    check(LOST in page.words, "the question on the page of the case", page.complaint)
    town.pages["case"] = path
    return Told("The bot does not know this one: it goes to staff", [("Minh", LOST), (CITY, said)])


def answer(town: Town) -> Told:
    """Somebody who speaks the language takes the case and answers in the chat."""
    nguyen, path = town.staff(NGUYEN), town.pages["case"]
    town.line.mark([town.minh])
    nguyen.press(nguyen.open(path), f"{path}/take$")
    town.minh.answer()
    page = nguyen.open(path)
    town.line.mark([town.minh])
    pressed = town.line.now()
    nguyen.press(page, f"{path}/reply$", way="direct", words=ANSWER, note=IN_JAPANESE)
    came = town.minh.answer()
    waited = f"after {town.minh.waited(pressed):.2f} s"
    check(words_of(came) == ANSWER, "the answer on the phone, as written", words_of(came))
    town.figures["Staff's answer"] = f"on the phone {waited}"
    return Told(
        f"Nguyen takes the case and answers; on the phone {waited}",
        [(came[0].get("sender", {}).get("name", CITY), ANSWER)],
    )
