"""The words of notices: lives hang on them, so every one of these checks is itself checked.

A check takes all words and yields what is wrong with them; it must find nothing in the real ones
and something in each of the broken copies below. A new language is tested by being marked complete
for "alerts" in `bot/languages.toml`.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import category as kind_of_sign
from unicodedata import is_normalized

import pytest

from bot import languages
from bot.city import JAPAN
from bot.models.people import MUTABLE_CATEGORIES
from broadcasts import drafting
from broadcasts.templates import LINES
from tests import texts
from tests.texts import (
    BUTTON_GRAPHEMES,
    NATIONAL_NUMBERS,
    ROOT,
    blanks,
    graphemes,
    load,
    numbers,
    utf16_units,
)

TAGS = [language.tag for language in languages.complete("alerts")]
WARNINGS = ROOT.parent / "shared/data/multilingual/jma_dict_subset/jma_multilingual_subset.json"

ACTION_GRAPHEMES, NAME_UNITS, SITE_UNITS, REPLY_UNITS, SENDER_GRAPHEMES = 40, 75, 32, 500, 20
SHOWN_ON_BUTTONS = ("settings.category_on", "settings.category_off")
SYSTEM_BLANKS = {"areas", "city", "link", "decided_at"}
REPLY_BLANKS = {"city", "counter", "counter_phone", "counter_hours", "hall", "hall_address"}
REPLIES = {
    "received-please-wait", "come-to-counter", "bring-papers", "call-us", "which-area",
    "send-letter-words", "interpreter-available", "not-our-office", "answered-anything-else",
    "closed-now",
}  # fmt: skip
SEVERITIES = {"Extreme", "Severe", "Moderate", "Minor", "Unknown"}
URGENCIES = {"Immediate", "Expected", "Future", "Past", "Unknown"}
KINDS = {"place", "places", "time", "text", "phone", "number"}
MOST_BLANKS = 3
# The same word in every language beside its own: whoever helps a reader knows it.
DRILL_MARK = "【訓練"
# The longest any language needs: two digits everywhere.
SOME_TIME = datetime(2026, 11, 28, 21, 40, tzinfo=JAPAN)
LINK = "https://minato.example/n/".ljust(40, "0")


@dataclass(frozen=True)
class Told:
    """Everything a notice can say. By language: `alerts`, `replies` and the bot's own `words`."""

    templates: dict[str, dict[str, Any]]
    alerts: dict[str, dict[str, dict[str, str]]]
    replies: dict[str, dict[str, dict[str, str]]]
    words: dict[str, dict[str, str]]
    city: dict[str, Any]

    def lines(self, tag: str) -> Iterator[tuple[str, str, str]]:
        """Every text of the notices in one language: (template, name of the text, text)."""
        for id, parts in self.alerts[tag].items():
            for name, text in parts.items():
                if id != "about":
                    yield id, name, text

    def blanks_of(self, id: str) -> dict[str, dict[str, Any]]:
        """What staff fill in; nothing for the texts of a cancellation."""
        return {blank["name"]: blank for blank in self.templates.get(id, {}).get("blanks", [])}


def told() -> Told:
    folder = ROOT / "templates"
    return Told(
        templates=load(folder / "alerts" / "templates.toml"),
        alerts={tag: load(folder / "alerts" / f"{tag}.toml") for tag in TAGS},
        replies={tag: load(folder / "replies" / f"{tag}.toml") for tag in TAGS},
        words={tag: texts.words(tag) for tag in TAGS},
        city=texts.city(),
    )


Check = Callable[[Told], Iterator[str]]


def templates_can_be_used(it: Told) -> Iterator[str]:
    for id, row in it.templates.items():
        if row["severity"] not in SEVERITIES or row["urgency"] not in URGENCIES:
            yield f"{id}: severity and urgency are words of CAP"
        if row["category"] not in {"alert", *MUTABLE_CATEGORIES}:
            yield f"{id}: category"
        if row.get("level") not in {None, 3, 4, 5} or row.get("color_level") not in {None, 2, 3, 4}:
            yield f"{id}: level"
        if row.get("decision", False) != ("level" in row or id == "all-clear"):
            yield f"{id}: levels and the all clear are the mayor's decision, nothing else is"
        if row["hours"] <= 0 or not row["pictogram"]:
            yield f"{id}: hours and pictogram"
        if "hazard" in row and f"hazard.{row['hazard']}.button" not in it.words["ja"]:
            yield f"{id}: nobody can ask for places safe from {row['hazard']}"
        if len(row["blanks"]) > MOST_BLANKS:
            yield f"{id}: too many blanks to fill in a hurry"
        for blank in row["blanks"]:
            labels = blank["label_ja"] and blank["label_en"]
            if blank["kind"] not in KINDS or not labels or type(blank["required"]) is not bool:
                yield f"{id}: blank {blank['name']}"


def languages_are_complete(it: Told) -> Iterator[str]:
    for tag, alerts in it.alerts.items():
        about = alerts["about"]
        if about["language"] != tag or about["review"] != "drafted" or not about["origin"]:
            yield f"{tag}: about"
        if set(alerts) != {"about", "cancel", *it.templates}:
            yield f"{tag}: {sorted(set(alerts) ^ {'about', 'cancel', *it.templates})}"
        for id, parts in alerts.items():
            if id != "about" and parts.keys() != it.alerts["ja"].get(id, {}).keys():
                yield f"{tag} {id}: other lines than in ja"
            if id != "about" and not {"name", "action", "headline", "whom"} <= set(parts):
                yield f"{tag} {id}: lacks a line"
            if id != "about" and not set(parts) <= {"name", "action", *LINES}:
                yield f"{tag} {id}: a line nobody sends"


def texts_are_clean(it: Told) -> Iterator[str]:
    for tag in it.alerts:
        replies = [(id, name, text) for id, row in it.replies[tag].items() if id != "about"
                   for name, text in row.items()]  # fmt: skip
        for id, name, text in [*it.lines(tag), *replies]:
            where = f"{tag} {id}.{name}: {text}"
            if not text or text != text.strip() or (name != "text" and "\n" in text):
                yield f"{where}: empty, or more than a line"
            if texts.NEVER.search(text) or texts.MARKUP.search(texts.BLANK.sub("", text)):
                yield f"{where}: a forbidden word or sign"
            if not is_normalized("NFC", text) or any(kind_of_sign(each) == "So" for each in text):
                yield f"{where}: emoji, or marks apart"
            if tag == "ja-x-easy" and texts.unread_kanji(text):
                yield f"{where}: no reading for {texts.unread_kanji(text)}"


def blanks_are_right(it: Told) -> Iterator[str]:
    for tag in it.alerts:
        for id, name, text in it.lines(tag):
            known, used = it.blanks_of(id), blanks(text)
            where = f"{tag} {id}.{name}"
            if used - SYSTEM_BLANKS - set(known) - ({"name"} if id == "cancel" else set()):
                yield f"{where}: unknown blank"
            if used != blanks(it.alerts["ja"].get(id, {}).get(name, "")):
                yield f"{where}: other blanks than in ja"
            optional = {blank for blank in used if blank in known and not known[blank]["required"]}
            if optional and (len(used) > 1 or name in ("headline", "action", "name")):
                yield f"{where}: an empty blank would take the line with it"
            if name in ("name", "action") and used:
                yield f"{where}: stands alone, so it has no blanks"
        for id in it.templates:
            used = {blank for other, _, text in it.lines(tag) if other == id
                    for blank in blanks(text)}  # fmt: skip
            if set(it.blanks_of(id)) - used:
                yield f"{tag} {id}: a blank that no line uses"
            if "areas" not in used and id != "ordinary":
                yield f"{tag} {id}: does not say where"


def numbers_agree(it: Told) -> Iterator[str]:
    for tag in it.alerts:
        for id, name, text in it.lines(tag):
            if numbers(text, []) != numbers(it.alerts["ja"].get(id, {}).get(name, ""), []):
                yield f"{tag} {id}.{name}: other numbers than in ja"
            if {each for each in numbers(text, []) if len(each) > 2} - NATIONAL_NUMBERS:
                yield f"{tag} {id}.{name}: a telephone number of one city"
        for id, parts in it.replies[tag].items():
            same = it.replies["ja"].get(id, {}).get("text", "")
            if id != "about" and numbers(parts["text"], []) != numbers(same, []):
                yield f"{tag} reply {id}: other numbers than in ja"


def longest_values(it: Told, tag: str) -> Iterator[dict[str, str]]:
    """The blanks filled with the demo city's longest names, for each way of naming areas."""
    say, city_name = it.words[tag], it.city["city"]["name"][tag]

    def longest(rows: list[dict[str, Any]], count: int) -> str:
        names = sorted((row["names"][tag] for row in rows), key=utf16_units, reverse=True)
        return say["list.separator"].join(names[:count])

    places = it.city["places"]
    sites = longest([place for place in places if place["kind"] == "site"], 2)
    rivers = longest([place for place in places if place["kind"] == "river"], 1)
    values = {"city": city_name, "link": LINK, "decided_at": drafting.moment_in(tag, SOME_TIME)}
    values["name"] = max((parts["name"] for id, parts in it.alerts[tag].items() if id != "about"),
                         key=utf16_units)  # fmt: skip
    for id in it.templates:
        for blank in it.blanks_of(id).values():
            kinds = {"place": rivers, "places": sites, "time": values["decided_at"]}
            values[blank["name"]] = kinds.get(blank["kind"], "")
    for wide in ("alert.whole_city", "alert.more_areas"):
        yield {**values, "areas": say[wide].format(city=city_name)}
    yield {**values, "areas": longest(it.city["areas"], drafting.AREAS_NAMED)}


def longest_text(it: Told, tag: str, id: str) -> int:
    """UTF-16 units of a whole text at its longest, with its source."""
    parts = it.alerts[tag][id]
    said = [*(parts[name] for name in LINES if name in parts), it.words[tag]["alert.source"]]
    return max(
        utf16_units("\n".join(line.format(**values) for line in said))
        for values in longest_values(it, tag)
    )


def texts_fit(it: Told) -> Iterator[str]:
    for tag in it.alerts:
        for id, parts in it.alerts[tag].items():
            if id in ("about", "ordinary"):
                continue
            if longest_text(it, tag, id) > drafting.LONGEST_TEXT:
                yield f"{tag} {id}: {longest_text(it, tag, id)} units"
            if utf16_units(parts["name"]) > NAME_UNITS:
                yield f"{tag} {id}: the name has {utf16_units(parts['name'])} units"
            if graphemes(parts["action"]) > ACTION_GRAPHEMES:
                yield f"{tag} {id}: the action is more than a few words"
        for id, parts in it.replies[tag].items():
            if id != "about" and utf16_units(parts["text"]) > REPLY_UNITS:
                yield f"{tag} reply {id}"


def first_lines_say_what_to_do(it: Told) -> Iterator[str]:
    for tag in it.alerts:
        say = it.words[tag]
        for id, row in it.templates.items():
            parts = it.alerts[tag][id]
            if id != "ordinary" and parts["action"].casefold() not in parts["headline"].casefold():
                yield f"{tag} {id}: the card tells something else than the first line"
            if row.get("decision") and "decided_at" not in blanks(parts["decided"]):
                yield f"{tag} {id}: does not say when it was decided"
            if "level" not in row:
                continue
            level = say["alert.level"].format(level=row["level"])
            if level.casefold() not in parts["headline"].split("{")[0].casefold():
                yield f"{tag} {id}: the first line does not begin with {level}"
            order = say[f"alert.level_name.{row['level']}"].casefold()
            if order not in parts["name"].casefold():
                yield f"{tag} {id}: not called {order}"


def drills_are_unmistakable(it: Told) -> Iterator[str]:
    for tag in it.alerts:
        say, own = it.words[tag], it.alerts[tag]["about"]["drill"]
        for id in ("alert.drill_first", "alert.drill_last"):
            mark, _, rest = say[id].partition("】")
            if not mark.startswith(DRILL_MARK) or own not in mark or not rest.strip():
                yield f"{tag} {id}: {say[id]}"
        drill = it.alerts[tag]["drill"]
        if own not in drill["headline"] or say["alert.read.button"] not in drill["whom"]:
            yield f"{tag} drill: not marked, or another word than on the button"
        for id, name, text in it.lines(tag):
            if id != "drill" and own.casefold() in text.casefold():
                yield f"{tag} {id}.{name}: a real notice that calls itself a drill"


def replies_are_complete(it: Told) -> Iterator[str]:
    for tag, replies in it.replies.items():
        about = replies["about"]
        if about["language"] != tag or about["review"] != "drafted" or not about["origin"]:
            yield f"{tag}: about"
        if set(replies) != {"about", *REPLIES}:
            yield f"{tag}: {sorted(set(replies) ^ {'about', *REPLIES})}"
        for id, parts in replies.items():
            if id == "about":
                continue
            if set(parts) != {"name", "text"} or blanks(parts["name"]):
                yield f"{tag} {id}: a name and a text"
            used, same = blanks(parts["text"]), it.replies["ja"].get(id, {}).get("text", "")
            if used - REPLY_BLANKS or used != blanks(same):
                yield f"{tag} {id}: blanks"


def places_have_names(it: Told) -> Iterator[str]:
    places = it.city["places"]
    sites = {place["id"]: place["names"]["ja"] for place in places if place["kind"] == "site"}
    if sites != {row["共通ID"]: row["施設・場所名"] for row in texts.sites()}:
        yield "other sites than in the table of evacuation sites"
    if sum(place["kind"] == "river" for place in places) < 2:
        yield "rivers"
    named = [*places, *({"id": id, "names": names} for id, names in it.city["issuers"].items())]
    for place in named:
        if set(place["names"]) != set(TAGS) or not all(place["names"].values()):
            yield f"{place['id']}: a name in every language"
        if texts.unread_kanji(place["names"].get("ja-x-easy", "")):
            yield f"{place['id']}: no reading"
        short = place["id"] in it.city["issuers"] or all(
            utf16_units(name) <= SITE_UNITS for name in place["names"].values()
        )
        if not short:
            yield f"{place['id']}: too long for a notice"


def bot_can_say_it(it: Told) -> Iterator[str]:
    for tag, say in it.words.items():
        for each in MUTABLE_CATEGORIES:
            category = say.get(f"category.{each}", "")
            filled = [say[id].format(category=category) for id in SHOWN_ON_BUTTONS]
            if not category or max(map(graphemes, filled)) > BUTTON_GRAPHEMES:
                yield f"{tag}: category {each}"
        for person in it.city["staff"]:
            if graphemes(say["staff.sender"].format(name=person["name"])) > SENDER_GRAPHEMES:
                yield f"{tag}: staff.sender is cut off"
        if "119" not in say["alert.help_first"]:
            yield f"{tag}: help begins with 119"


CHECKS: list[Check] = [
    templates_can_be_used, languages_are_complete, texts_are_clean, blanks_are_right,
    numbers_agree, texts_fit, first_lines_say_what_to_do, drills_are_unmistakable,
    replies_are_complete, places_have_names, bot_can_say_it,
]  # fmt: skip


OTHERWISE_OFFICIAL = {("ko", "4"): "경계 레벨 4", ("ko", "5"): "경계 레벨 5"}
"""The agency calls levels 1 to 3 경계 and 4 to 5 경보: one scale needs one word."""


def _ascii(text: str) -> str:
    return "".join(str(int(each)) if each.isdecimal() else each for each in text)


def official_names(it: Told) -> Iterator[str]:
    """The names of warnings as the Meteorological Agency writes them, where it does."""
    official = json.loads(WARNINGS.read_text(encoding="utf-8"))
    called = {
        "tsunami-major": "大津波警報",
        "tsunami-warning": "津波警報",
        "tsunami-advisory": "津波注意報",
        "rain": "大雨",
        "landslide": "土砂災害",
    }
    for tag in it.alerts:
        theirs = {"zh-Hans": "zh", "zh-Hant": "zhHant", "fil": "tl", "pt-BR": "pt"}.get(tag, tag)
        for id in it.templates:
            japanese = called.get(id) or called.get(id.rpartition("-")[0])
            parts = it.alerts[tag][id]
            name, headline = (
                texts.READING.sub("", parts[part]).casefold() for part in ("name", "headline")
            )
            if japanese:
                own = japanese if tag.startswith("ja") else ""  # no official word, any will do
                wanted = official["words"][japanese].get(theirs, own).casefold().rstrip(".")
                if wanted not in name or (id.startswith("tsunami") and wanted not in headline):
                    yield f"{tag} {id}: not called {wanted}"
        levels = {level: official["levels"][level].get(theirs) for level in "345"}
        for level, wanted in levels.items():
            said = it.words[tag]["alert.level"].format(level=level)
            if wanted and said not in (_ascii(wanted), OTHERWISE_OFFICIAL.get((tag, level))):
                yield f"{tag}: level {level} is called {wanted}"
        elderly = official["words"]["高齢者等避難"].get(theirs)
        if elderly and it.words[tag]["alert.level_name.3"] != elderly:
            yield f"{tag}: level 3 is {elderly}"


def checks() -> list[Any]:
    absent = pytest.mark.skipif(
        not WARNINGS.exists(), reason="the official names of warnings are not here: ../shared/data"
    )
    return [*CHECKS, pytest.param(official_names, marks=absent)]


@pytest.mark.parametrize("check", checks())
def test_words_are_right(check: Check) -> None:
    assert list(check(told())) == []


def test_the_languages_of_the_first_stage_are_complete() -> None:
    assert set(TAGS) >= {"ja", "ja-x-easy", "en", "zh-Hans", "vi"}


def line(tag: str, id: str, name: str, text: str) -> Callable[[Told], None]:
    def change(it: Told) -> None:
        it.alerts[tag][id][name] = text

    return change


def template(id: str, **values: Any) -> Callable[[Told], None]:
    return lambda it: it.templates[id].update(values)


def blank(id: str, **values: Any) -> Callable[[Told], None]:
    return lambda it: it.templates[id]["blanks"][0].update(values)


def word(tag: str, id: str, text: str) -> Callable[[Told], None]:
    return lambda it: it.words[tag].update({id: text})


def reply(tag: str, id: str, text: str) -> Callable[[Told], None]:
    return lambda it: it.replies[tag][id].update({"text": text})


def place(index: int, tag: str, name: str) -> Callable[[Told], None]:
    return lambda it: it.city["places"][index]["names"].update({tag: name})


BROKEN: list[tuple[Check, Callable[[Told], None]]] = [
    (templates_can_be_used, template("typhoon", severity="Bad")),
    (templates_can_be_used, template("river-4", decision=False)),
    (templates_can_be_used, template("typhoon", decision=True)),
    (templates_can_be_used, template("rain-4", hazard="inland_flood")),
    (templates_can_be_used, template("rain-3", category="weather")),
    (templates_can_be_used, template("drill", hours=0)),
    (templates_can_be_used, blank("river-4", kind="river")),
    (templates_can_be_used, lambda it: it.templates["drill"]["blanks"].extend(
        it.templates["river-4"]["blanks"])),
    (languages_are_complete, lambda it: it.alerts["vi"].pop("power-cut")),
    (languages_are_complete, lambda it: it.alerts["zh-Hans"].pop("cancel")),
    (languages_are_complete, lambda it: it.alerts["en"]["rain-4"].pop("avoid")),
    (languages_are_complete, line("ja", "rain-4", "footer", "…")),
    (languages_are_complete, line("en", "about", "language", "vi")),
    (texts_are_clean, line("en", "all-clear", "whom", "This was delivered to everyone.")),
    (texts_are_clean, line("en", "typhoon", "avoid", "**Stay inside.**")),
    (texts_are_clean, line("vi", "typhoon", "name", "Ba\u0303o")),
    (texts_are_clean, line("zh-Hans", "typhoon", "name", "台风🌀")),
    (texts_are_clean, line("ja", "typhoon", "avoid", "")),
    (texts_are_clean, line("ja-x-easy", "rain-4", "whom", "今 すぐ 避難して ください。")),
    (texts_are_clean, reply("ja-x-easy", "call-us", "電話番号は これです。")),
    (blanks_are_right, line("vi", "river-4", "hazard", "Nước sông có thể tràn bờ.")),
    (blanks_are_right, line("en", "river-4", "hazard", "{rivr} may flood.")),
    (blanks_are_right, blank("rain-4", name="places")),
    (blanks_are_right, blank("river-4", name="areas")),
    (blanks_are_right, line("ja", "rain-4", "headline", "【警戒レベル4】{areas}：{sites}へ避難")),
    (numbers_agree, line("en", "boil-water", "whom", "Keep it boiling for 10 minutes.")),
    (numbers_agree, line("zh-Hans", "rain-4", "headline", "【警戒等级3】{areas}：马上避难")),
    (numbers_agree, reply("vi", "closed-now", "{counter_hours}. Gọi 911.")),
    (texts_fit, line("en", "rain-4", "whom", "Leave. " * 30)),
    (texts_fit, line("ja", "typhoon", "action", "早く準備する" * 7)),
    (texts_fit, line("vi", "typhoon", "name", "Bão " * 20)),
    (texts_fit, place(0, "vi", "sông Minato " * 12)),
    (first_lines_say_what_to_do, line("en", "rain-4", "action", "Stay at home")),
    (first_lines_say_what_to_do, line("en", "rain-4", "headline", "{areas}: EVACUATE NOW")),
    (first_lines_say_what_to_do, line("ja", "rain-4", "name", "大雨（避難勧告）")),
    (first_lines_say_what_to_do, line("ja", "rain-4", "decided", "市長の避難指示")),
    (drills_are_unmistakable, word("en", "alert.drill_first", "This is a drill.")),
    (drills_are_unmistakable, word("vi", "alert.drill_last", "【訓練】Không có gì xảy ra thật.")),
    (drills_are_unmistakable, word("en", "alert.read.button", "I read it")),
    (drills_are_unmistakable, line("zh-Hans", "drill", "headline", "{areas}：避难练习")),
    (drills_are_unmistakable, line("en", "rain-4", "avoid", "This is no drill.")),
    (replies_are_complete, lambda it: it.replies["en"].pop("closed-now")),
    (replies_are_complete, reply("en", "call-us", "Call {garbage_phone}.")),
    (replies_are_complete, reply("zh-Hans", "call-us", "请打电话。")),
    (places_have_names, lambda it: it.city["places"].pop()),
    (places_have_names, lambda it: it.city["places"].pop(0)),
    (places_have_names, place(1, "ja-x-easy", "桜川")),
    (places_have_names, place(5, "en", "The Elementary School of Honcho in Minato")),
    (places_have_names, lambda it: it.city["issuers"]["mayor"].pop("vi")),
    (bot_can_say_it, lambda it: it.words["vi"].pop("category.school")),
    (bot_can_say_it, word("en", "category.school", "School and children")),
    (bot_can_say_it, word("vi", "staff.sender", "{name} (tòa thị chính thành phố)")),
    (bot_can_say_it, word("ja", "alert.help_first", "ここに書いてください。")),
]  # fmt: skip


@pytest.mark.parametrize(("check", "change"), BROKEN)
def test_checks_find_what_is_broken(check: Check, change: Callable[[Told], Any]) -> None:
    broken = deepcopy(told())
    change(broken)
    assert list(check(broken))


@pytest.mark.skipif(not WARNINGS.exists(), reason="../shared/data is not here")
@pytest.mark.parametrize(
    "change",
    [
        line("en", "tsunami-major", "headline", "[BIG TSUNAMI WARNING] {areas}: GO UP NOW"),
        line("zh-Hans", "landslide-4", "name", "滑坡（避难指示）"),
        word("vi", "alert.level", "Mức cảnh báo {level}"),
        word("en", "alert.level_name.3", "Prepare to evacuate"),
    ],
)
def test_other_names_than_the_official_ones_are_found(change: Callable[[Told], Any]) -> None:
    broken = deepcopy(told())
    change(broken)
    assert list(official_names(broken))
