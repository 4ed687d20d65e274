"""Key persons carry the notice on: take it, decline, stay silent, write their own, report."""

from collections import Counter

from bot.demo.tour.checks import check, wait_for
from bot.demo.tour.console import Page
from bot.demo.tour.phone import Phone, the_button, words_of
from bot.demo.tour.show import Told
from bot.demo.tour.town import COMMUNITIES, SATO, Town

HINDI = (
    "नदी में बाढ़ आ सकती है। अभी मिनातो स्कूल की दूसरी मंज़िल पर जाएँ। "
    "नदी के पास न जाएँ। मदद चाहिए तो 119 पर फ़ोन करें।"
)
ANSWER_SECONDS = 3 * 60 + 5
"""Just longer than key persons have to answer an evacuation order."""
TOTALS = r"(\d+) of (\d+) networks? taken on, (\d+) reported as passed on, (\d+) people or more"


def pass_on(town: Town) -> Told:
    """There is a checked text: four taps carry it."""
    mai = town.key_persons["Mai"]
    mai.tap(mai.button("relay", what="will"))
    carried = mai.answer(3)
    text = next(phone for phone in town.crowd if phone.language == "vi").sent_as("multicast")[0]
    check(
        text["text"] in words_of(carried), "the checked Vietnamese text to copy", words_of(carried)
    )
    said = report(mai, 30)
    return Told("Mai takes it, passes the checked text on, reports 30 people", [("to Mai", said)])


def report(phone: Phone, people: int) -> str:
    """Two taps: passed on, to at least so many. Returns the thanks."""
    phone.tap(the_button(phone.chat, "relay", what="done"))
    phone.tap(phone.button("relay", what="reached", number=str(people)))
    return words_of(phone.answer())


def decline(town: Town) -> Told:
    """*I can't today* is no blame; the next one is asked at once."""
    ana, bruno = town.key_persons["Ana"], town.key_persons["Bruno"]
    town.line.mark([bruno])
    ana.tap(ana.button("relay", what="cannot"))
    said = words_of(ana.answer())
    will = bruno.button("relay", what="will")
    waited = f"{bruno.waited(ana.acted):.2f} s"
    bruno.tap(will)
    bruno.answer(3)
    report(bruno, 10)
    return Told(
        f"Ana can't today; Bruno is asked {waited} later and passes it on", [("to Ana", said)]
    )


def write(town: Town) -> Told:
    """No checked text in Hindi: the key person writes one, sees it as people would, confirms."""
    asha = town.key_persons["Asha"]
    asha.tap(asha.button("relay", what="will"))
    asha.tap(asha.button("relay", what="write"))
    asha.answer()
    asha.write(HINDI)
    shown = words_of(asha.answer(2))
    check(HINDI in shown, "the text shown back", shown)
    asha.tap(asha.button("relay", what="send"))
    said = words_of(asha.answer())
    return Told(
        "Asha finds no Hindi text, writes one and gives it to staff",
        [("Asha", HINDI), ("to Asha", said)],
    )


def release(town: Town) -> Told:
    """Staff read it beside the plain Japanese; released, it goes to its readers and nobody else."""
    sato, line = town.staff(SATO), town.line
    readers = [phone for phone in town.everybody if phone.language == "hi"]
    others = [phone for phone in town.everybody if phone.language != "hi"]
    line.mark(town.everybody)
    page = sato.open(f"/console/notices/{town.number}/relay")
    check(HINDI in page.words, "the Hindi text on the page", page.complaint)
    pressed = line.now()
    page = sato.press(page, "/release$")
    line.everybody(
        readers,
        "the Hindi text for its readers",
        lambda phone: len(phone.sent_as("multicast")) >= 2,
        lambda number, of: town.screen.waits("Readers of Hindi have it", number, of),
    )
    waited = max(phone.waited(pressed) for phone in readers)
    for phone in readers:
        text = words_of(phone.sent_as("multicast")[:1])
        check(text.startswith(HINDI), "Asha's text first on the phone", text)
    line.look(others)
    wrong = [phone.language for phone in others if phone.sent_as("multicast")]
    check(not wrong, "nothing for readers of other languages", wrong)
    town.figures["Asha's Hindi text"] = f"on {len(readers)} phones {waited:.2f} s after its release"
    return Told(
        f"Sato releases it; {len(readers)} readers of Hindi have it, nobody else",
        [("Console", " ".join(page.alerts))],
    )


def stay_silent(town: Town) -> Told:
    """Nobody answers for three minutes: the next one is asked; where nobody is left, staff see."""
    hari, sita = town.key_persons["Hari"], town.key_persons["Sita"]
    town.screen.waits("Three minutes pass")
    town.move_clock(ANSWER_SECONDS)
    sita.button("relay", what="will")
    hari.button("relay", what="will")
    said = wait_for(
        lambda: next((said for said in _relay_page(town).alerts if "Nobody is left" in said), None),
        "the console to say that nobody is left for Persian Circle",
        lambda: _relay_page(town).complaint,
    )
    return Told(
        "3 minutes pass without a word from Hari and Dariush: Sita is asked; for Persian "
        "Circle nobody is left, and staff see it",
        [("Console", said)],
    )


def come_late(town: Town) -> Told:
    """The late one may still take it while nobody has."""
    dariush, sita, hari = (town.key_persons[name] for name in ("Dariush", "Sita", "Hari"))
    sita.tap(sita.button("relay", what="will"))
    sita.answer(3)
    report(sita, 10)
    hari.tap(hari.button("relay", what="will"))
    taken = words_of(hari.answer())
    expected = town.say("ne", "kp.taken", network="Nepali Kitchen")
    check(taken == expected, f"Hari to be told: {expected}", taken)
    dariush.tap(the_button(dariush.chat, "relay", what="will"))
    dariush.answer(3)
    report(dariush, 10)
    page = _relay_page(town)
    check("Nobody is left" not in page.words, "no network without anybody", page.complaint)
    return Told(
        "Sita passes it on; Dariush is late and takes it all the same", [("to Hari", taken)]
    )


def count_reports(town: Town) -> Told:
    """What key persons report stands on one page; nobody says more than they reported."""
    report(town.key_persons["Asha"], 30)
    page = _relay_page(town)
    found = page.search(TOTALS)
    taken, networks, reported, people = map(int, found.groups())
    number = len(COMMUNITIES)
    got = f"{taken} of {networks} taken, {reported} reported"
    check((taken, networks, reported) == (number,) * 3, f"{number} of {number} reported", got)
    check(people == 90, "90 people or more", people)
    table = town.staff(SATO).table(f"/console/notices/{town.number}/relay.csv")
    states = Counter(row[4] for row in table)
    check(len(table) == len(town.key_persons), f"{len(town.key_persons)} asked", len(table))
    told = ", ".join(f"{times} “{state}”" for state, times in states.most_common())
    town.figures["Key persons"] = f"{len(table)} asked: {told}"
    town.figures["Networks reached"] = f"{reported} of {networks}, {people} people or more reported"
    return Told(
        f"{reported} of {networks} networks report: {people} people or more reached",
        [("Console", found[0])],
    )


def _relay_page(town: Town) -> Page:
    return town.staff(SATO).open(f"/console/notices/{town.number}/relay")
