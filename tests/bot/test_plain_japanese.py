"""The plain-Japanese check: each kind found and not found, and what it says of real texts."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from bot import city
from bot.plain_japanese import Finding, check
from bot.plain_japanese_grammar import LONGEST
from bot.plain_japanese_text import sentences
from bot.plain_japanese_vocabulary import vocabulary
from bot.runtime import ROOT
from broadcasts.templates import LINES

DATA = ROOT.parent / "shared" / "data"
DEMO = city.read(ROOT / "bot" / "demo" / "city.toml")
KNOWN = city.known_japanese(DEMO.facts, [area["names"] for area in DEMO.areas])
LONG = (
    "雨が たくさん 降って 川の 水が とても 多く なりましたから "
    "今日は 川の 近くの 道を 歩かないで ください。"
)


def kinds(text: str, **more: Any) -> set[str]:
    return {finding.kind for finding in check(text, **more)}


def advice(text: str, kind: str) -> set[str]:
    return {finding.advice for finding in check(text) if finding.kind == kind}


def only(text: str, kind: str) -> Finding:
    (found,) = (finding for finding in check(text) if finding.kind == kind)
    return found


# Words


@pytest.mark.parametrize(
    ("text", "words", "easier"),
    [
        ("直ちに 来て ください。", "直ちに", "すぐに"),
        ("ただちに来てください。", "ただちに", "すぐに"),
        ("高台(たかだい)に 行きます。", "高台", "高い所"),
        ("あした 断水します。", "断水", "水が止まる"),
        ("避難した 人が います。", "避難", "逃げる"),
        ("雨により 休みます。", "により", "で・から・の"),
        ("大雨のおそれがあります。", "おそれがあり", "かもしれない"),
        ("浸水想定区域です。", "浸水想定区域", "浸水＝水が入る、区域＝所"),
        ("各学校に 電話します。", "各", "一つ一つの"),
    ],
)
def test_a_hard_word_is_found_with_a_plainer_one(text: str, words: str, easier: str) -> None:
    found = only(text, "hard_word")
    assert (found.words, found.easier, found.advice) == (words, easier, "replace")


@pytest.mark.parametrize(
    "text",
    [
        "水を 飲んで ください。友だちと 話しました。",
        "もっと 大きい 声で 言って ください。わかりませんでした。",
        "つかいかたを おしえて ください。いえに かえります。",  # by their sound
        "地震(じしん)と 津波(つなみ)の 後、避難所(ひなんじょ)に 行きました。",  # taught to all
        "避難指示(ひなんしじ)が 出ました。",  # an official name
        "鈴木さんは 東京に 3年 住んで います。LINEで 送ります。",
        "新田町から 中央公園まで 歩きます。",  # names of places
        "毎週 月曜日の 午前 9時30分から、2階で あります。",
        "高台（高い 所）に 行きます。",  # explained where it stands
        "断水＜水が 出ない こと＞が あります。",
    ],
)
def test_easy_names_numbers_and_what_is_explained_are_no_hard_words(text: str) -> None:
    assert kinds(text) & {"hard_word", "loanword"} == set()


def test_a_hard_word_without_a_plainer_one_is_to_be_explained() -> None:
    found = only("炭を 使います。", "hard_word")
    assert (found.words, found.advice, found.easier) == ("炭", "explain", "")
    assert only("熱中症(ねっちゅうしょう)に 気を つけます。", "hard_word").words == "熱中症"


def test_loanwords() -> None:
    assert only("ライフラインが 止まりました。", "loanword").easier == "電気・ガス・水道"
    assert only("トリアージを します。", "loanword").advice == "explain"
    assert "loanword" not in kinds("テレビと スマートフォンで ニュースを 見ます。")


def test_the_citys_own_words_and_names_are_left_alone() -> None:
    text = "職員(しょくいん)に 聞いて ください。鳳凰(ほうおう)会館です。証明書を 出します。"
    assert {found.words for found in check(text)} >= {"職員", "証明書"}
    assert check(text, ["職員", "証明書", "鳳凰(ほうおう)会館"]) == []
    assert check("炊き出しました。炊き出す。", ["炊き出す"]) == []


def test_a_city_that_lists_something_else_than_words_is_told(tmp_path: Path) -> None:
    text = (ROOT / "bot/demo/city.toml").read_text(encoding="utf-8")
    path = tmp_path / "city.toml"
    path.write_text(text.replace('words = [\n  "職員"', "words = [\n  1"), encoding="utf-8")
    with pytest.raises(
        city.CityFileError, match=r"\[plain_japanese\] words is not a list of texts"
    ):
        city.read(path)


# Sentences


def test_long_sentences() -> None:
    assert only(LONG, "long_sentence").advice == "split"
    assert "long_sentence" not in kinds(LONG.replace("なりましたから", "なりました。"))
    assert "long_sentence" not in kinds(LONG.replace("なりましたから", "なりました\n"))


def test_a_list_is_no_long_sentence() -> None:
    things = "、".join(["飲む 水", "食べ物", "薬", "電池", "お金", "着る 物", "眼鏡", "暖かい 服"])
    assert "long_sentence" not in kinds(f"持つ 物：{things}")
    assert "long_sentence" in kinds(f"{things}を 大きい かばんに 入れて、持って 来て ください。")


def test_readings_count_once_and_spaces_not_at_all() -> None:
    plain = "道(みち)を 歩(ある)いて 学校(がっこう)に 行(い)って ください。" * 2
    (sentence, _) = sentences(plain)
    assert sum(len(word.reading) for word in sentence.words) == len(
        "みちをあるいてがっこうにいってください"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("雨が強くなり、川の水が増えますが、車を使わず、歩いてください。", True),
        ("雨が ふって いますが、電車は 動いて います。", False),
        ("火を 消して、ドアを 開けて、靴を はいて ください。", False),
        ("窓を 閉めて、火を 消して、水を 止めて、かぎを かけて、外に 出て ください。", True),
    ],
)
def test_several_facts(text: str, found: bool) -> None:
    assert ("several_facts" in kinds(text)) is found


# Passive and polite


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("避難指示が発令されました。", "発令され"),
        ("荷物を 取られました。", "取られ"),
        ("決められた 場所に 出します。", "決められ"),
        ("会社を やめさせられました。", "やめさせられ"),
        ("市によって 閉められます。", "閉められ"),
        ("病気だと診断された方は、来ないでください。", "診断され"),
    ],
)
def test_passives(text: str, words: str) -> None:
    found = only(text, "passive")
    assert (found.words, found.advice) == (words, "say_who")


@pytest.mark.parametrize(
    "text",
    [
        "夜、寝られない とき、電話して ください。",
        "9時まで 食べられます。だれでも 来られます。",
        "ここで 水を もらえます。カードが 使えます。",
        "地面が 揺れて、壁が 崩れました。道が 壊れました。赤ちゃんが 生まれました。",
        "市役所に来られる方は、電話してください。",
        "連絡をされる方は、9時までにお願いします。",
    ],
)
def test_what_one_can_what_happens_and_what_honours_is_no_passive(text: str) -> None:
    assert "passive" not in kinds(text)


@pytest.mark.parametrize(
    ("text", "words", "easier"),
    [
        ("市からお送りいたします。", "いたし", "する"),
        ("来ない場合がございます。", "ござい", "ある・です"),
        ("電話を受けております。", "おり", "いる"),
        ("連絡をいただいた方", "いただい", "もらう・〜てください"),
        ("ご覧ください。", "ご覧", "見る"),
        ("来てくださいますようお願いします。", "ください", "〜てください"),
    ],
)
def test_polite_forms(text: str, words: str, easier: str) -> None:
    found = only(text, "keigo")
    assert (found.words, found.easier) == (words, easier)


def test_polite_forms_without_a_word_of_their_own() -> None:
    assert only("この紙をお読みになってください。", "keigo").advice == "plain_form"
    assert only("市役所に来られる方は、電話してください。", "keigo").advice == "plain_form"


@pytest.mark.parametrize(
    "text",
    [
        "お待ちください。ご利用ください。お知らせします。お願いします。",
        "おはようございます。ありがとうございます。ごめんなさい。どういたしまして。",
    ],
)
def test_requests_and_greetings_are_not_too_polite(text: str) -> None:
    assert "keigo" not in kinds(text)


# Negations


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("使えないわけではありません。", "say_positively"),
        ("行けない ことは ありません。", "say_positively"),
        ("使えなくはないです。", "say_positively"),
        ("行かざるを得ません。", "say_positively"),
        ("予約が なければ、入れません。", "only_if"),
        ("カードを 持って いないと 使えません。", "only_if"),
        ("市民以外は入れません。", "only_if"),
        ("払わなければ なりません。", "must"),
        ("払わないと いけません。", "must"),
    ],
)
def test_double_negations(text: str, said: str) -> None:
    assert advice(text, "double_negation") == {said}


@pytest.mark.parametrize(
    "text",
    [
        "来ないかもしれません。",
        "川に 行かないで ください。海を 見ないで ください。",
        "お金は いりません。予約も いりません。",
        "危ない 人は 少ないです。必ず 来て ください。",
        "わからない とき、電話しないで 待って ください。",
        "名前を 言わなくても いいです。お金が ないと 困ります。",
    ],
)
def test_one_negation_is_enough_for_nobody_to_complain(text: str) -> None:
    assert "double_negation" not in kinds(text)


# To flee


ALL_GAPS = {"who", "from_where", "to_where"}


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("今すぐ避難してください。", ALL_GAPS),
        ("すぐ 逃(に)げて ください。", ALL_GAPS),
        ("今すぐ避難", ALL_GAPS),
        ("ご避難ください。", ALL_GAPS),
        ("早めの避難をお願いします。", ALL_GAPS),
        ("逃げましょう。", ALL_GAPS),
        ("川の方へ逃げてください。", {"who", "from_where", "to_where"}),
        ("15時から避難してください。", ALL_GAPS),
        ("みんな 逃げて ください。", {"from_where", "to_where"}),
        ("川から 離れて ください。高い ところへ 逃げて ください。", {"who"}),
        ("川端町：今すぐ避難。行く ところ：港小学校", {"who"}),
        ("川の 近くの 人は 逃げて ください。", {"to_where"}),
        ("川の 近くの 人は 逃げて ください。川に 行かないで ください。", {"to_where"}),
        ("お年寄りは、市役所へ避難してください。", {"from_where"}),
        ("市民の皆様は、直ちに避難してください。", {"from_where", "to_where"}),
    ],
)
def test_an_order_to_flee_that_lacks_something(text: str, lacking: set[str]) -> None:
    assert advice(text, "evacuate_incomplete") == lacking


@pytest.mark.parametrize(
    "text",
    [
        "川の 近くの 人は、高い 所へ 逃げて ください。",
        "川端町に 住む 人は みんな 逃げて ください。行く ところ：{sites}",
        "{areas}：今 すぐ 逃げる\nみんな 逃げて ください。\n市役所に 行って ください。",
        "外が 危ない とき：建物の 上の 階へ 逃げて ください。",
        "高齢者等避難。避難所を 開きました。避難した 人。避難の 準備を して ください。",
        "逃げないで ください。もう 逃げなくて いいです。逃げる 所。",
        "「逃げて ください」の お知らせは 終わりました。",
        "避難訓練を します。津波避難ビルは 学校の 前です。",
    ],
)
def test_what_says_it_all_and_what_is_no_order_to_flee(text: str) -> None:
    assert "evacuate_incomplete" not in kinds(text)


def test_what_stands_beside_a_text_completes_it_and_is_not_checked() -> None:
    title, body = "川端町の住民は直ちに避難", "危ない所から市役所へ逃げてください。"
    assert "evacuate_incomplete" in kinds(body)
    assert kinds(body, beside=title) == set()
    assert "evacuate_incomplete" not in kinds(title, beside=body)


# Places, blanks, robustness


def test_a_finding_points_into_the_text_as_it_was_written() -> None:
    text = (
        "{areas}：道(みち)が だめです。\n断水(だんすい)の 時間：{until}。"
        "浸水(しんすい)想定(そうてい)です。"
    )
    first, second = check(text)
    assert text[first.start : first.end] == "断水"
    assert text[second.start : second.end] == "浸水(しんすい)想定"
    assert second.words == "浸水想定"


def test_blanks_and_links_stay_out() -> None:
    text = "{decided_at}に {sites}で 見て ください：https://minato.example/避難/直ちに?a=b"
    assert check(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n\n",
        "。。。",
        "Evacuate now!",
        "（）",
        "()",
        "あ" * 20_000,
        "避" * 9_000,
        "😀💧①②％",
        "{",
    ],
)
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    for found in check(text, KNOWN):
        assert 0 <= found.start < found.end <= len(text)


def test_several_threads_check_at_once() -> None:
    text = "直ちに高台へ避難してください。" * 50
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(check, [text] * 64))
    assert all(result == results[0] for result in results)


# The two lists


def test_the_lists_do_not_contradict_each_other() -> None:
    lists = vocabulary()
    assert [
        phrase for phrase in lists.instead.by_lemmas if "".join(phrase) in lists.spellings
    ] == []
    assert 1_200 <= len(lists.easy.by_lemmas) <= 1_900
    assert len(lists.instead.by_lemmas) >= 120


def test_what_is_proposed_is_plain_itself() -> None:
    data = tomllib.loads((ROOT / "bot/plain_japanese_words.toml").read_text(encoding="utf-8"))
    hard = {
        word: [found.words for found in check(easier) if found.kind in ("hard_word", "loanword")]
        for word, easier in data["easier"].items()
    }
    assert {word: found for word, found in hard.items() if found} == {}


# What it says of real texts


def alerts(tag: str) -> dict[str, str]:
    rows = tomllib.loads((ROOT / f"templates/alerts/{tag}.toml").read_text(encoding="utf-8"))
    del rows["about"]
    return {key: "\n".join(row[line] for line in LINES if line in row) for key, row in rows.items()}


def answers(tag: str) -> dict[str, str]:
    path = ROOT / f"templates/faq/{tag}/answers.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    del rows["about"]
    return {
        key: "\n".join(row[part].strip() for part in ("title", "text", "page") if part in row)
        for key, row in rows.items()
    }


def share(texts: Mapping[str, str]) -> float:
    """Of the sentences, how many have a finding."""
    told = total = 0
    for text in texts.values():
        starts = {finding.start for finding in check(text, KNOWN)}
        for sentence in sentences(text):
            total += 1
            told += any(sentence.start <= start < sentence.end for start in starts)
    return told / total


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield re.sub(r"<[^>]+>", "", value)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


def in_sentences(texts: Iterator[str]) -> dict[str, str]:
    return {text: text for text in texts if re.search("[ぁ-ん]", text)}


def test_our_plain_alerts_give_next_to_nothing() -> None:
    texts = alerts("ja-x-easy")
    assert share(texts) <= 0.05
    found = {finding.kind for text in texts.values() for finding in check(text, KNOWN)}
    assert found == {"hard_word"}, "an alert is long, passive, doubly negative or lacks a place"


def test_our_plain_answers_give_little_and_less_than_the_japanese_ones() -> None:
    assert share(answers("ja-x-easy")) <= 0.17  # names of papers and offices, with readings
    assert share(answers("ja")) >= 1.9 * share(answers("ja-x-easy"))
    assert share(alerts("ja")) >= 5 * share(alerts("ja-x-easy"))


def test_our_plain_texts_keep_to_the_length() -> None:
    lengths = sorted(
        sum(len(word.reading) for word in sentence.words)
        for text in {**alerts("ja-x-easy"), **answers("ja-x-easy")}.values()
        for sentence in sentences(text)
    )
    assert lengths[len(lengths) * 95 // 100] <= LONGEST


OFFICIAL = [
    "multilingual/covid19_tokyo_easyja/ja.json",
    "multilingual/covid19_ishikawa/ja.json",
]


@pytest.mark.parametrize("path", OFFICIAL)
def test_official_pages_give_much(path: str) -> None:
    if not (DATA / path).exists():
        pytest.skip("../shared/data is not here")
    texts = json.loads((DATA / path).read_text(encoding="utf-8"))
    assert share(in_sentences(strings(texts))) >= 0.85


def test_official_warnings_give_much() -> None:
    folder = DATA / "jma" / "samples"
    if not folder.exists():
        pytest.skip("../shared/data is not here")
    texts = (unescape(text).strip() for path in sorted(folder.glob("*.xml")) for text in said(path))
    assert share(in_sentences(texts)) >= 0.85


def said(path: Path) -> list[str]:
    return re.findall(r"<Text[^>]*>([^<]{15,})</Text>", path.read_text(encoding="utf-8"))
