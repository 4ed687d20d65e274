"""What must be the same in every language: found in the Japanese, found again in any other text."""

import tomllib
from functools import cache
from pathlib import Path
from time import process_time

import pytest

from bot import city, languages
from bot.guarded import (
    Difference,
    Judged,
    Kind,
    NoWords,
    compare,
    evaluate_guarded,
    facts,
    read_judged,
)
from bot.guarded.lexicon import lexicon
from bot.runtime import ROOT

DATA = Path(__file__).parents[1] / "data" / "guarded"
SCRIPTS = ("latin", "han", "hangul", "devanagari", "thai", "burmese", "khmer", "cyrillic")
MORE_SCRIPTS = ("bengali", "sinhala", "lao")
NOWHERE: dict[str, dict[str, str]] = {}

RECALL, FALSE_ALARMS, MILLISECONDS = 0.97, 0.01, 12.0
LATER = {
    "later-seen": (285, 0.94, 0.01),
    "later-unseen": (285, 0.92, 0.02),
    "fresh": (1502, 0.96, 0.02),
    "blind": (294, 0.94, 0.1),
}
"""How many texts written later, with recall and false alarms a little worse than when measured."""


@cache
def minato() -> dict[str, dict[str, str]]:
    file = city.read(ROOT / "bot" / "demo" / "city.toml")
    rows = (*file.facts["places"], *file.areas)
    return {row["id"]: row["names"] for row in rows}


def found(japanese: str, text: str, tag: str) -> Difference:
    return compare(japanese, text, tag, minato())


def kinds(difference: Difference) -> set[Kind]:
    return {fact.kind for fact in (*difference.missing, *difference.added)}


def test_every_language_has_its_words() -> None:
    complete = languages.complete("alerts")
    assert [known.tag for known in complete if lexicon(known.tag) is None] == []
    with pytest.raises(NoWords):
        compare("避難", "hijra", "ar", NOWHERE)


def test_facts_are_the_same_however_they_are_written() -> None:
    told = facts("９月１２日（土）午後９時４０分、警戒レベル４。電話 000-000-0100", "ja", NOWHERE)
    assert {(fact.kind, fact.value) for fact in told} == {
        (Kind.DATE, "month 9"),
        (Kind.DATE, "day 12"),
        (Kind.DATE, "Saturday"),
        (Kind.TIME, "21:40"),
        (Kind.LEVEL, "4 level"),
        (Kind.PHONE, "0000000100"),
    }


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en", "9:40 pm"),
        ("en", "21:40"),
        ("vi", "9 giờ 40 tối"),
        ("vi", "21h40"),
        ("pt-BR", "21h40"),
        ("es", "a las 9:40 de la noche"),
        ("id", "pukul 21.40"),
        ("fil", "9:40 ng gabi"),
        ("zh-Hans", "晚上九点四十分"),
        ("zh-Hant", "晚上9點40分"),
        ("ko", "오후 9시 40분"),
        ("ne", "राति ९:४०"),
        ("th", "๒๑.๔๐ น."),
        ("th", "สามทุ่มสี่สิบนาที"),
        ("lo", "໒໑:໔໐"),
        ("my", "ည ၉ နာရီ ၄၀ မိနစ်"),
        ("km", "ម៉ោង ៩:៤០ យប់"),
        ("mn", "орой 9 цаг 40 минут"),
        ("bn", "রাত ৯টা ৪০ মিনিট"),
        ("ru", "9:40 вечера"),
        ("si", "රාත්‍රී 9.40"),
        ("uk", "21:40"),
        ("ja-x-easy", "午後(ごご) 9時(じ) 40分(ぷん)"),
    ],
)
def test_a_time_in_every_language(tag: str, text: str) -> None:
    assert found("午後9時40分", text, tag).is_clean
    changed = "午前9時40分"
    assert kinds(found(changed, text, tag)) == {Kind.TIME}


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en", "half past eight in the evening"),
        ("es", "las ocho y media de la noche"),
        ("id", "pukul setengah sembilan malam"),
        ("ne", "राति साढे आठ बजे"),
        ("bn", "রাত সাড়ে আটটা"),
        ("th", "สองทุ่มครึ่ง"),
        ("my", "ည ၈ နာရီခွဲ"),
        ("ru", "половина девятого вечера"),
        ("mn", "оройн 8 цаг хагас"),
        ("zh-Hans", "晚上8点半"),
    ],
)
def test_halves_of_an_hour(tag: str, text: str) -> None:
    assert found("20時30分", text, tag).is_clean
    assert not found("19時30分", text, tag).is_clean


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en", "three hundred and sixty-five blankets"),
        ("vi", "ba trăm sáu mươi lăm cái chăn"),
        ("es", "trescientas sesenta y cinco mantas"),
        ("id", "tiga ratus enam puluh lima selimut"),
        ("zh-Hans", "三百六十五条毛毯"),
        ("th", "ผ้าห่มสามร้อยหกสิบห้าผืน"),
        ("ne", "३६५ कम्बल"),
        ("bn", "৩৬৫টি কম্বল"),
        ("km", "ភួយ ៣៦៥"),
        ("ko", "담요 ３６５장"),
        ("en", "۳۶۵ blankets"),
    ],
)
def test_numbers_in_digits_and_words(tag: str, text: str) -> None:
    assert not compare("毛布365枚", text, tag, NOWHERE).missing
    assert compare("毛布356枚", text, tag, NOWHERE).missing


def test_thousands_are_grouped_in_many_ways() -> None:
    for tag, text in (
        ("en", "15,000 yen"),
        ("es", "15.000 yenes"),
        ("ru", "15 000 иен"),
        ("ko", "1만 5천 엔"),
        ("zh-Hant", "1萬5千圓"),
        ("ne", "१५ हजार येन"),
        ("vi", "15 nghìn yên"),
    ):
        assert found("1万5千円", text, tag).is_clean, tag
        assert kinds(found("1万6千円", text, tag)) == {Kind.NUMBER}, tag


def test_what_is_no_number_in_japanese() -> None:
    assert facts("一部の人、十分な水、万一のとき、千歳高校、第一", "ja", NOWHERE) == tuple(
        fact for fact in facts("千歳高校", "ja", NOWHERE)
    )


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en", "Oct. 5 (Mon)"),
        ("vi", "thứ Hai ngày 5/10"),
        ("pt-BR", "segunda-feira, 5 de outubro"),
        ("ko", "10월 5일(월)"),
        ("th", "วันจันทร์ที่ ๕ ต.ค."),
        ("km", "ថ្ងៃចន្ទ ទី៥ ខែតុលា"),
        ("my", "အောက်တိုဘာ ၅ ရက် (တနင်္လာနေ့)"),
        ("mn", "10-р сарын 5, Даваа гараг"),
        ("uk", "понеділок, 5 жовтня"),
        ("zh-Hant", "十月五日（週一）"),
    ],
)
def test_dates(tag: str, text: str) -> None:
    assert found("10月5日（月）", text, tag).is_clean
    for wrong in ("10月6日（月）", "11月5日（月）", "10月5日（火）"):
        assert Kind.DATE in kinds(found(wrong, text, tag)), wrong


def test_another_day_than_tomorrow() -> None:
    assert found("明日の朝6時", "tomorrow at 6 a.m.", "en").is_clean
    assert kinds(found("明日の朝6時", "today at 6 a.m.", "en")) == {Kind.DATE}


def test_levels_and_floors_do_not_stand_for_each_other() -> None:
    assert found("警戒レベル4。3階へ。", "Alert level 4. Go to the third floor.", "en").is_clean
    swapped = found("警戒レベル4。3階へ。", "Alert level 3. Go to the fourth floor.", "en")
    assert {Kind.LEVEL, Kind.NUMBER} <= kinds(swapped)


def test_telephone_numbers_and_links_are_neither_lost_nor_added() -> None:
    japanese = "電話（03）5555-0100 https://minato.example/a"
    same = "Tel. +81 3-5555-0100, minato.example/a."
    assert found(japanese, same, "en").is_clean
    assert kinds(found(japanese, "Tel. 03-5555-0101, minato.example/a", "en")) == {Kind.PHONE}
    assert kinds(found(japanese, same + " https://bit.ly/abc", "en")) == {Kind.LINK}
    assert kinds(found("助けが必要：119", "Help: 110", "en")) == {Kind.PHONE}


def test_invisible_characters_change_nothing() -> None:
    assert found("9月12日 21:40", "\u200f12\u200b September\u00a0２１:４０\u200e", "en").is_clean


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("en", "Kawabatachō"),
        ("vi", "khu Kawabata"),
        ("pt-BR", "bairro Kawabata-cho (川端町)"),
        ("zh-Hans", "川端町"),
        ("ko", "가와바타초"),
        ("th", "คาวาบาตะโจ"),
        ("my", "ကာဝါဘာတာချို"),
        ("km", "កាវ៉ាបាតាឆូ"),
        ("lo", "ຄາວາບາຕະໂຈ"),
        ("ne", "कावाबाताचो"),
        ("bn", "কাওয়াবাতা-চো"),
        ("si", "කවබත-චෝ"),
        ("ru", "Кавабата-тё"),
        ("mn", "Кавабата-чё"),
    ],
)
def test_a_place_is_heard_in_every_script_also_in_no_list(tag: str, text: str) -> None:
    for places in (minato(), NOWHERE):
        assert not compare("川端町", text, tag, places).missing
        assert compare("桜台町", text, tag, places).missing


def test_another_school_is_another_place() -> None:
    japanese = "浜松市の人は城北小学校へ。"
    right = "People in Hamamatsu: go to Johoku Elementary School."
    wrong = "People in Hamamatsu: go to Nanyo Elementary School."
    assert compare(japanese, right, "en", NOWHERE).is_clean
    assert kinds(compare(japanese, wrong, "en", NOWHERE)) == {Kind.PLACE}
    city_hall = "Minato Elementary School is open. Minato City"
    assert found("港小学校が開いています。みなと市", city_hall, "en").is_clean
    other = "Honcho Elementary School is open. Minato City"
    assert kinds(found("港小学校が開いています。みなと市", other, "en")) == {Kind.PLACE}


def test_people_are_not_told_to_go_to_the_river() -> None:
    japanese = "川の水があふれるおそれがあります。今すぐ避難してください。"
    right = "O rio pode transbordar. Evacue agora."
    wrong = "O rio pode transbordar. Evacue agora para o rio."
    assert found(japanese, right, "pt-BR").is_clean
    assert kinds(found(japanese, wrong, "pt-BR")) == {Kind.DIRECTION}


def test_a_difference_is_shown_as_the_texts_say_it() -> None:
    lost = found("津波です。川には近づかないでください。", "Tsunami. Go near the river.", "en")
    assert "川には近づかないでください" in {fact.shown for fact in lost.missing}


def test_a_text_of_another_length_is_no_translation() -> None:
    japanese = "避難所は港小学校です。" * 8
    assert not found(japanese, "Minato Elementary School", "en").length_ok


@pytest.mark.parametrize("script", [*SCRIPTS, *MORE_SCRIPTS, "directions"])
def test_damage_is_found_and_good_texts_pass(script: str) -> None:
    figures = evaluate_guarded(read_judged(DATA / f"{script}.tsv"), minato())
    assert figures.n >= (40 if script in SCRIPTS else 15)
    assert (figures.recall.share or 0) >= RECALL
    assert (figures.false_alarms.share or 0) <= FALSE_ALARMS


@pytest.mark.parametrize("half", LATER)
def test_texts_written_by_others_later(half: str) -> None:
    n, recall, false_alarms = LATER[half]
    figures = evaluate_guarded(read_judged(DATA / f"{half}.tsv"), minato())
    assert figures.n == n
    assert (figures.recall.share or 0) >= recall
    assert (figures.false_alarms.share or 0) <= false_alarms


def test_faithful_texts_in_many_words_pass() -> None:
    figures = evaluate_guarded(read_judged(DATA / "faithful.tsv"), minato())
    assert (figures.false_alarms.share or 0) <= FALSE_ALARMS


@pytest.mark.parametrize(
    ("japanese", "tag", "right", "wrong"),
    [
        (
            "低い土地から高い所へ移ってください。",
            "en",
            "Move from low places to high ground.",
            "Move from high ground to low places.",
        ),
        (
            "車は使わないで、歩いて逃げてください。",
            "ko",
            "차를 타지 말고 걸어서 대피하세요.",
            "걷지 말고 차로 대피하세요.",
        ),
        (
            "建物から出ないでください。",
            "ru",
            "Оставайтесь внутри здания.",
            "Покиньте здание.",
        ),
        (
            "地下に行かないでください。",
            "ne",
            "भूमिगत ठाउँमा नजानुहोस्।",
            "भूमिगत ठाउँमा जानुहोस्।",
        ),
        (
            "外に出ないでください。",
            "th",
            "อยู่แต่ในบ้าน",
            "ออกไปข้างนอกได้",
        ),
    ],
)
def test_directions_in_other_words(japanese: str, tag: str, right: str, wrong: str) -> None:
    assert found(japanese, right, tag).is_clean
    assert kinds(found(japanese, wrong, tag)) == {Kind.DIRECTION}


@pytest.mark.parametrize(
    ("tag", "right", "wrong"),
    [
        ("en", "from 9:00 until 17:00", "from 17:00 until 9:00"),
        ("es", "de 9:00 a 17:00", "desde las 17:00 hasta las 9:00"),
        ("ko", "오전 9시부터 오후 5시까지", "오후 5시부터 오전 9시까지"),
        ("bn", "সকাল ৯টা থেকে বিকেল ৫টা পর্যন্ত", "বিকেল ৫টা থেকে সকাল ৯টা পর্যন্ত"),
        ("zh-Hans", "从9点到17点", "从17点到9点"),
        ("th", "ตั้งแต่ 9.00 น. ถึง 17.00 น.", "ตั้งแต่ 17.00 น. ถึง 9.00 น."),
    ],
)
def test_first_and_last_are_not_exchanged(tag: str, right: str, wrong: str) -> None:
    assert found("9時から17時まで", right, tag).is_clean
    assert kinds(found("9時から17時まで", wrong, tag)) == {Kind.TIME}


def test_places_do_not_change_their_parts() -> None:
    japanese = "給水車は青葉町に10時、桜台町に14時に来ます。"
    right = "The water truck comes to Aoba-cho at 10:00 and to Sakuradai-cho at 14:00."
    wrong = "The water truck comes to Sakuradai-cho at 10:00 and to Aoba-cho at 14:00."
    assert compare(japanese, right, "en", NOWHERE).is_clean
    assert kinds(compare(japanese, wrong, "en", NOWHERE)) == {Kind.PLACE}


def test_every_language_has_words_for_the_same_concepts() -> None:
    guarded = ROOT / "bot" / "guarded"
    listed = {
        file.stem: tomllib.loads(file.read_text(encoding="utf-8")).keys() - {"none", "every"}
        for file in (guarded / "concepts").glob("*.toml")
    }
    assert listed.keys() == {file.stem for file in (guarded / "words").glob("*.toml")}
    assert {tag for tag, keys in listed.items() if keys != listed["ja"]} == set()
    tables = tomllib.loads((guarded / "kinds.toml").read_text(encoding="utf-8"))
    more = {tag: words.keys() for tag, words in tables["words"].items()}
    assert more.keys() == listed.keys()
    assert {tag for tag, keys in more.items() if keys != more["ja"]} == set()
    grouped = {key for keys in tables["groups"].values() for key in keys.split()}
    assert grouped == listed["ja"] | more["ja"]


@pytest.mark.parametrize(
    ("japanese", "tag", "right", "wrong"),
    [
        (
            "市民病院の北口から入ってください。",
            "en",
            "Enter the Citizens' Hospital by the north exit.",
            "Enter the Citizens' Hall by the north exit.",
        ),
        (
            "第二小学校に集まってください。",
            "ne",
            "दोस्रो प्राथमिक विद्यालयमा भेला हुनुहोस्।",
            "दोस्रो माध्यमिक विद्यालयमा भेला हुनुहोस्।",
        ),
        (
            "駅の南口で待ってください。",
            "th",
            "กรุณารอที่ทางออกทิศใต้ของสถานี",
            "กรุณารอที่ทางออกของสถานี",
        ),
        (
            "大雨警報が出ました。",
            "zh-Hant",
            "已發布大雨警報。",
            "已發布大雨注意報。",
        ),
        (
            "水は1世帯に6本配ります。",
            "ko",
            "물은 세대당 6병 나눠 드립니다.",
            "물은 1인당 6병 나눠 드립니다.",
        ),
    ],
)
def test_a_kind_is_not_another_kind(japanese: str, tag: str, right: str, wrong: str) -> None:
    assert compare(japanese, right, tag, NOWHERE).is_clean
    assert not compare(japanese, wrong, tag, NOWHERE).is_clean


@pytest.mark.parametrize(
    ("japanese", "tag", "right", "wrong"),
    [
        (
            "風呂は女性が16時から、男性が18時からです。",
            "bn",
            "গোসল: নারীদের ১৬টা থেকে, পুরুষদের ১৮টা থেকে।",
            "গোসল: পুরুষদের ১৬টা থেকে, নারীদের ১৮টা থেকে।",
        ),
        (
            "相談は、火曜日は1階、木曜日は4階です。",
            "id",
            "Konsultasi hari Selasa di lantai 1, hari Kamis di lantai 4.",
            "Konsultasi hari Selasa di lantai 4, hari Kamis di lantai 1.",
        ),
        (
            "橋の北側は通れません。南側を使ってください。",
            "pt-BR",
            "O lado norte da ponte está interditado. Use o lado sul.",
            "O lado sul da ponte está interditado. Use o lado norte.",
        ),
        (
            "東口ではなく西口から出ます。",
            "es",
            "Sale por la salida oeste, no por la este.",
            "Sale por la salida este, no por la oeste.",
        ),
        (
            "窓口は北支所から東支所に移りました。",
            "id",
            "Loket pindah dari Kantor Cabang Utara ke Kantor Cabang Timur.",
            "Loket pindah dari Kantor Cabang Timur ke Kantor Cabang Utara.",
        ),
    ],
)
def test_what_belongs_together_is_not_exchanged(
    japanese: str, tag: str, right: str, wrong: str
) -> None:
    assert compare(japanese, right, tag, NOWHERE).is_clean
    assert not compare(japanese, wrong, tag, NOWHERE).is_clean


@pytest.mark.parametrize(
    "row", read_judged(DATA / "rules.tsv"), ids=lambda row: f"{row.language}: {row.text}"
)
def test_every_rule_has_its_cases(row: Judged) -> None:
    assert compare(row.japanese, row.text, row.language, NOWHERE).is_clean is not row.damaged


def test_places_of_other_cities_need_no_list() -> None:
    judged = [row for script in SCRIPTS for row in read_judged(DATA / f"{script}.tsv")]
    figures = evaluate_guarded(judged, NOWHERE)
    assert (figures.recall.share or 0) >= RECALL
    assert (figures.false_alarms.share or 0) <= FALSE_ALARMS


def test_it_is_quick() -> None:
    japanese = "警戒レベル4。川端町の人は川から離れ、港小学校（2階以上）へ。9月12日21時40分\n" * 3
    text = (
        "Level 4. Kawabata-cho: leave the river, go to Minato Elementary School (2F). 12/9 21:40\n"
    )
    found(japanese, text * 5, "en")
    begun = process_time()
    for _ in range(20):
        found(japanese, text * 5, "en")
    assert (process_time() - begun) / 20 * 1000 < MILLISECONDS
