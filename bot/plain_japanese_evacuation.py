"""*Flee!* without who, from where or to where: people's first question is "does that mean me?"

A text is judged as a whole: who must be said before the last such sentence ends, from where and to
where may follow. Nothing here knows whether what is said is true.
"""

from collections.abc import Iterator, Sequence

from bot.plain_japanese_text import NAME, Sentence, Spot, Word, words_of

_FLEE = ("逃げる", "避難", "退避", "待避")
_STARTS_TO = words_of("為る を 始める 開始 て 様 よう に 御 願う 下さる ます")
_ASKED = ("下さる", "願う")
_NEGATIONS = ("ない", "無い", "ず")
_WHO = words_of(
    "人 皆 皆さん 全員 住民 市民 区民 町民 村民 貴方 年寄り 御年寄り 高齢 子供 世帯 家族 方々"
)
_NOT_A_PLACE = words_of("外国人 方 今 今日 明日 時間 時 為 気 様 通り 前 後 ほか 他")
_LAST = ("こと", "】", "」")
_GO = words_of("逃げる 避難 行く 移動 来る 集まる 上がる 登る 上る 向かう 入る 離れる 出る")
_PLACE_ENDS = ("所", "場所", "先", "行き先", "避難所")


def evacuations(
    written: Sequence[Sentence], beside: Sequence[Sentence]
) -> list[tuple[Sentence, Spot]]:
    """What the first order to flee in a text lacks: who, from_where, to_where."""
    asked = [(sentence, spot) for sentence in written for spot in _orders(sentence)]
    if not asked:
        return []
    sentence, (first, after) = asked[0]
    last = written.index(asked[-1][0])
    before, everything = [*beside, *written[: last + 1]], [*beside, *written]
    said = {
        "who": any(map(_says_who, before)),
        "from_where": any(map(_says_from_where, everything)),
        "to_where": any(map(_says_to_where, everything)),
    }
    return [
        (sentence, Spot(first, after, "evacuate_incomplete", lacking))
        for lacking, found in said.items()
        if not found
    ]


def _orders(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Where somebody is told to flee: first word and the one after the last."""
    words = sentence.words
    for place, word in enumerate(words):
        if word.lemma not in _FLEE or _is_part_of_a_name(words, place):
            continue
        end = place + 1
        while end < len(words) and _goes_on(words[end]):
            end += 1
        if _is_order(words, place, end):
            yield place, end


def _is_part_of_a_name(words: Sequence[Word], place: int) -> bool:
    """高齢者等 避難: what it is called, not an order. 全員 避難 is one."""
    before = words[place - 1] if place else None
    return before is not None and (
        before.kind == "接尾辞"
        or (
            before.kind == "名詞"
            and before.detail == "普通名詞"
            and before.lemma not in (*_WHO, "今")
        )
    )


def _goes_on(word: Word) -> bool:
    return word.kind in ("助動詞", "接続助詞") or word.lemma in _STARTS_TO


def _is_order(words: Sequence[Word], place: int, end: int) -> bool:
    tail = words[place + 1 : end]
    if any(word.lemma in (*_NEGATIONS, "た") for word in tail):
        return False
    following = words[end].surface if end < len(words) else ""
    if any(word.lemma in _ASKED for word in tail):
        return following not in ("」", "と")
    forms = [word.form for word in words[place:end]]
    if any(form.startswith(("命令形", "意志推量形")) for form in forms):
        return True
    plain = not tail or tail[-1].lemma in ("為る", "始める", "開始")
    return plain and (not following or words[end:][-1].surface == following in _LAST)


def _says_who(sentence: Sentence) -> bool:
    return _says_when(sentence) or any(
        _is_who(sentence.words, place) for place in range(len(sentence.words))
    )


def _says_when(sentence: Sentence) -> bool:
    """外が 危ない とき： whoever is there knows that it means them."""
    return sentence.ending == "：" and sentence.words[-1].lemma in ("時", "場合")


def _is_who(words: Sequence[Word], place: int) -> bool:
    """方 is a person before は or も, a direction before へ or に."""
    word, following = words[place], words[place + 1 : place + 2]
    if word.lemma == "方":
        return not following or following[0].surface in ("は", "も", "が", "で", "、", "全員")
    return word.kind != "接尾辞" and word.lemma in _WHO


def _says_from_where(sentence: Sentence) -> bool:
    """川のそばから; or by who is told: 川のそばの人, ここに住む人; or a name before ：."""
    words = sentence.words
    if _says_when(sentence):
        return True
    if sentence.ending == "：" and any(
        word.surface == NAME or word.detail == "固有名詞" for word in words
    ):
        return True
    for place, word in enumerate(words[1:], start=1):
        before = words[place - 1]
        leaves = any(later.lemma in _GO for later in words[place + 1 :])
        if word.lemma == "から" and word.detail == "格助詞" and leaves and _is_place(before):
            return True
        if _is_who(words, place) and _stays(words, place):
            return True
    return False


def _stays(words: Sequence[Word], place: int) -> bool:
    """海の近く の 人, ここに 住む 人, 今 いる 人, ここに住んで いる 人."""
    before = words[place - 1]
    if before.lemma == "の" and place > 1:
        return _is_place(words[place - 2])
    lemmas = [word.lemma for word in words[max(0, place - 4) : place]]
    lives = "住む" in lemmas or before.lemma == "居る"
    return lives and before.kind in ("動詞", "助動詞")


def _says_to_where(sentence: Sentence) -> bool:
    """高い所へ逃げる, 市役所に行く, 高い階へ。; or the label 行く ところ："""
    words = sentence.words
    labels = [word.lemma for word in words]
    if sentence.ending == "：" and labels[-1] in _PLACE_ENDS and not _GO.isdisjoint(labels):
        return True
    return any(_leads(words, place) for place in range(1, len(words)))


def _leads(words: Sequence[Word], place: int) -> bool:
    """Whether a particle names where to go, and nobody is told not to go there."""
    particle, target = words[place], words[place - 1]
    if particle.surface not in ("へ", "に", "まで") or not _is_place(target):
        return False
    rest = words[place + 1 :]
    if particle.surface == "へ" and (not rest or rest[0].surface in ("、", "」", "】")):
        return True
    for later, word in enumerate(rest):
        if word.lemma in _GO:
            tail = [after.lemma for after in rest[later + 1 : later + 5]]
            return not any(lemma in _NEGATIONS for lemma in tail)
        if word.surface == "、":
            return False
    return False


def _is_place(word: Word) -> bool:
    if word.surface == NAME:
        return True
    noun = word.kind in ("名詞", "接尾辞", "代名詞")
    return noun and word.detail != "数詞" and word.lemma not in _WHO | _NOT_A_PLACE
