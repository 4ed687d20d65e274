"""After the sending: what people tap, an update, a cancellation, a drill."""

from functools import partial

from bot.demo.tour.checks import check, wait_for
from bot.demo.tour.console import Value
from bot.demo.tour.phone import Phone, find_button, tapped, the_button, words_of
from bot.demo.tour.show import Told
from bot.demo.tour.steps_notice import Sent, decided, new_notice, send
from bot.demo.tour.town import CITY, COMMUNITIES, PEOPLE, SATO, Town

WHO_READ = 100
WHO_DID_NOT_UNDERSTAND = 5
IN_DANGER = "Water is in my house. I am on the second floor."
TAPS = (
    r"tapped \"I have read it\" (\d+) tapped \"I do not understand\" (\d+) "
    r"tapped \"I need help\" (\d+)"
)


def acknowledge(town: Town) -> Told:
    """People tap the card: read, not understood, help; the console counts what was tapped."""
    people = town.crowd[:WHO_READ]
    town.screen.waits("People tap the card")
    read = partial(tapped, do="ack", n=town.number, kind="read")
    town.all_do(people, read, 1, "People tap “I have read it”")
    unsure = town.crowd[WHO_READ : WHO_READ + WHO_DID_NOT_UNDERSTAND]
    explain = partial(tapped, do="ack", n=town.number, kind="not_understood")
    town.all_do(unsure, explain, 3, "People tap “I do not understand”")
    helped = next(phone for phone in town.crowd[-30:] if phone.language == "en")
    town.all_do([helped], partial(tapped, do="ack", n=town.number, kind="help"), 2, "Somebody taps")
    first = words_of(helped.new)
    check("119" in first, "119 first", first)
    helped.write(IN_DANGER)
    helped.answer()
    page = town.staff(SATO).open(f"/console/notices/{town.number}/news")
    taps = page.numbers(TAPS)
    check(taps == (len(people), len(unsure), 1), f"{len(people)}, {len(unsure)} and 1 taps", taps)
    now = town.staff(SATO).open("/console/")
    check(now.numbers(r"(\d+) Urgent") == (1,), "one urgent case under Now", now.heading)
    case = town.staff(SATO).open(now.form(r"/cases/\d+/take$").action.removesuffix("/take"))
    both = IN_DANGER in case.words and town.number in case.words
    check(both, f"the words and {town.number} in the case", case.complaint)
    town.figures["Taps"] = f"{taps[0]} read, {taps[1]} not understood, {taps[2]} needs help"
    return Told(
        f"{taps[0]} tap “read”, {taps[1]} “I do not understand”, {taps[2]} “I need help”",
        [("Resident", IN_DANGER), ("Console", case.heading)],
    )


def update(town: Town) -> Told:
    """The same template with another decision; it also goes to all who got the first."""
    old = town.number
    mark = town.say("en", "alert.update_mark")
    text, sent = _follow_up(town, "update", **decided(town, "R8-32"), scope="city")
    check(text.startswith(mark), f"{mark} first", text)
    town.asked = wait_for(
        partial(_asked_again, town),
        "a key person of each network to be asked again",
        lambda: "not yet",
    )
    town.figures[f"Update {town.number}"] = str(sent)
    return Told(
        f"Sato updates {old}, Suzuki approves; LINE accepted {PEOPLE}/{PEOPLE}",
        [("in English", text)],
    )


def _asked_again(town: Town) -> list[Phone] | None:
    """Who is asked to carry the notice that was sent last, once every network has somebody."""
    people = town.key_persons
    town.line.look(list(people.values()))
    asked = {name for name, phone in people.items() if find_button(phone.new, "relay", what="will")}
    complete = all(asked & set(community.people) for community in COMMUNITIES)
    return [people[name] for name in sorted(asked)] if complete else None


def _follow_up(town: Town, kind: str, **fields: Value) -> tuple[str, Sent]:
    """Make the correction from the notice's own page and send it.

    Returns its English text as it came, and when LINE accepted it.
    """
    page = town.staff(SATO).open(f"/console/notices/{town.number}")
    query = page.link(rf"compose\?{kind}={town.number}$").partition("?")[2]
    page = new_notice(town, query, **fields)
    town.staff(SATO).press(page, "/submit$")
    town.number = page.path.rpartition("/")[2]
    sent = send(town, town.number)
    english = next(phone for phone in town.crowd if phone.language == "en")
    came = english.hears("a text in English", lambda: english.sent_as("multicast") or None)
    return str(came[0]["text"]), sent


def cancel(town: Town) -> Told:
    """It says that the notice is over, not that it is safe; who was to carry it hears why."""
    old = town.number
    text, sent = _follow_up(town, "cancel")
    said = "does not mean that it is safe"
    check(said in text, f"“{said}”", text)
    kind = {
        phone: town.say(phone.language, "kp.closed_replaced", old=old, number=town.number)
        for phone in town.asked
    }
    town.line.everybody(
        town.asked,
        "a kind word for whoever was asked to carry it",
        lambda phone: kind[phone] in words_of(phone.new),
        lambda number, of: town.screen.waits("Key persons are told", number, of),
    )
    town.figures[f"Cancellation {town.number}"] = str(sent)
    return Told(
        f"Cancelled: accepted {PEOPLE}/{PEOPLE}; {len(town.asked)} key persons hear it is over",
        [(f"to {town.asked[0].name}", next(iter(kind.values())))],
    )


def drill(town: Town) -> Told:
    """The same way, marked first and last; *help* asks whether it is real; a word ends it."""
    page = new_notice(town, "template=drill", scope="city")
    check("drill" in page.heading, "a check that says it is a drill", page.heading)
    town.staff(SATO).press(page, "/submit$")
    town.number = page.path.rpartition("/")[2]
    sent = send(town, town.number)
    minh = town.minh
    minh.hears("the drill for Minh", lambda: minh.sent_as("multicast") or None)
    text = words_of(minh.sent_as("multicast")[:1])
    marks = (town.say("vi", "alert.drill_first"), town.say("vi", "alert.drill_last"))
    lines = text.splitlines()
    check((lines[0], lines[-1]) == marks, "DRILL in the first and the last line", text)
    minh.tap(the_button(minh.sent_as("multicast"), "ack", kind="help"))
    asked = words_of(minh.answer())
    expected = town.say("vi", "alert.help_drill_question")
    check(asked == expected, expected, asked)
    page = town.staff(SATO).open(f"/console/notices/{town.number}")
    town.staff(SATO).press(page, "/stop$", reason="The drill is over")
    town.figures[f"Drill {town.number}"] = str(sent)
    return Told(
        f"A drill for {PEOPLE}; “I need help” asks whether it is real; Sato stops it",
        [("in Vietnamese", lines[0]), (CITY, asked)],
    )
