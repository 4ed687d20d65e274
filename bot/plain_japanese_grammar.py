"""Sentences that are hard by their grammar: long, passive, doubly negated, polite, crowded."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.plain_japanese_text import Sentence, Spot, Word, words_of
from bot.plain_japanese_vocabulary import vocabulary

LONGEST = 45
"""Kana of a sentence, kanji counted as they are read. The national guidelines for plain Japanese
only say "short". Measured: of this project's plain texts one sentence in a hundred is longer (in
alerts none, the longest has 34), of two prefectures' official pages a quarter to a third."""

FACTS = 3
"""From how many things said in one sentence it is crowded."""

_PREDICATES = ("動詞", "形容詞", "助動詞")
_NEGATIONS = ("ない", "無い", "ず")
_PASSIVES = ("れる", "られる")
_PEOPLE = ("方", "皆", "客", "様")
_RARELY_CAN = words_of(
    "求める 定める 設ける 認める 考える 決める 伝える 進める 加える 含める 閉める"
)
"""Verbs whose られる hardly ever means *can*."""
_POLITELY_PASSIVE = words_of("為る 来る 行く 住む 使う 帰る 持つ 休む")
_DONE_TO_PEOPLE = words_of(
    "指示 指定 指名 認定 診断 判定 紹介 招待 救助 保護 登録 選出 案内 通知 要請 制限"
)
"""Whoever is 指示された did not do it."""
_BETWEEN_TWO = words_of(
    "こと 事 物 訳 筈 は も が だ で と に を 言う いう 限る 有る 居る 得る 行く ます られる せる"
)
"""What may stand between two negations that cancel each other: ない わけ では ない."""
_MUST, _MUST_ENDS = words_of("ば て は と 成る 行く ます"), frozenset(("成る", "行く"))
"""払わ なけれ ば なり ませ ん."""
_AFTER_THE_END = frozenset(("た", "です", "か", "よ", "ね", "」", "）", ")", "、"))
_GREETINGS = ("有り難い", "有り難う", "御早う", "めでたい", "どう")
_LINKS = ("が", "けれど", "けれども", "けど", "し", "ので", "のに", "ながら", "つつ", "から")


def grammar(sentence: Sentence) -> Iterator[Spot]:
    """Everything hard in the grammar of a sentence."""
    words = sentence.words
    kana = sum(len(word.reading) for word in words)
    if kana > LONGEST and not _is_list(words):
        yield Spot(0, len(words), "long_sentence", "split")
    if _facts(words) >= FACTS:
        yield Spot(0, len(words), "several_facts", "one_fact_each")
    yield from _passives(words)
    yield from _double_negations(words)
    yield from _polite(words)


def _is_list(words: Sequence[Word]) -> bool:
    """薬、水、毛布、お金: four things or more and nothing said about them at the end."""
    commas = sum(word.surface in ("、", "・") for word in words)
    said = [word for word in words if word.reading]
    return commas >= 3 and bool(said) and said[-1].kind not in _PREDICATES


def _facts(words: Sequence[Word]) -> int:
    """How many things a sentence says. Up to three actions in a row (…て、…て、…) count as one."""
    actions = other = 0
    for word, following in pairwise(words):
        if following.surface not in ("、", "，"):
            continue
        if word.kind == "助詞" and word.detail == "接続助詞":
            actions += word.lemma in ("て", "で")
            other += word.lemma in _LINKS
        elif word.lemma == "為" or (word.kind in _PREDICATES and word.form.startswith("連用形")):
            other += 1
    return 1 + other + max(0, actions - 2)


def _passives(words: Sequence[Word]) -> Iterator[Spot]:
    for place, word in enumerate(words):
        if place == 0 or word.kind != "助動詞" or word.lemma not in _PASSIVES:
            continue
        first = _verb_before(words, place)
        if _honours(words, first, place):
            yield Spot(first, place + 1, "keigo", "plain_form")
        elif not _can(words, place):
            yield Spot(first, place + 1, "passive", "say_who")


def _verb_before(words: Sequence[Word], place: int) -> int:
    """Where the verb of an auxiliary begins: 発令 さ れる, 言わ れる, やめ させ られる."""
    first = place - 1
    while first > 0 and words[first].kind == "助動詞":
        first -= 1
    noun = words[first - 1] if first else None
    if words[first].lemma == "為る" and noun and noun.kind == "名詞":
        first -= 1
    return first


def _honours(words: Sequence[Word], first: int, place: int) -> bool:
    """来庁される方, 連絡をされる: somebody is honoured; nothing is done to anybody."""
    verb, noun = words[place - 1].lemma, words[first].lemma
    if words[place - 1].surface == "おか":  # 皆様におかれましては
        return True
    if verb not in _POLITELY_PASSIVE or noun in _DONE_TO_PEOPLE:
        return False
    clause = [word.lemma for word in words[:first]]
    since = max((at for at, lemma in enumerate(clause) if lemma == "、"), default=-1) + 1
    after = [word.lemma for word in words[place + 1 : place + 3] if word.lemma != "た"]
    does = verb == "為る" and "を" in clause[since:]
    return does or bool(after and after[0] in _PEOPLE)


def _can(words: Sequence[Word], place: int) -> bool:
    """食べられる, 来られる: the same form as the passive, nearly always *can*."""
    verb, word = words[place - 1], words[place]
    if word.lemma != "られる" or verb.kind == "助動詞":
        return False
    by_whom = any(
        particle.lemma == "に" and by.lemma in ("よる", "因る")
        for particle, by in pairwise(words[:place])
    )
    return not by_whom and verb.lemma not in _RARELY_CAN


def _double_negations(words: Sequence[Word]) -> Iterator[Spot]:
    negations = [place for place, word in enumerate(words) if word.lemma in _NEGATIONS]
    for place, later in pairwise(negations):
        between = [word.lemma for word in words[place + 1 : later]]
        advice = _advice(between, ends=_ends_with(words, later))
        if advice:
            first = _verb_before(words, place) if words[place].kind == "助動詞" else place
            yield Spot(max(first, 0), later + 1, "double_negation", advice)
    for place, word in enumerate(words):
        if word.lemma == "以外" and negations and place < negations[-1]:
            by_it = words[place + 1].lemma in ("は", "に")
            if by_it and _ends_with(words, negations[-1]):
                yield Spot(place, negations[-1] + 1, "double_negation", "only_if")


def _advice(between: Sequence[str], *, ends: bool) -> str:
    """What to do about two negations with these lemmas between them; "" where they are two facts.

    `ends`: the second one ends the sentence.
    """
    if _MUST.issuperset(between) and not _MUST_ENDS.isdisjoint(between):
        return "must"
    if between and _BETWEEN_TWO.issuperset(between):
        return "say_positively"
    if between and between[0] in ("と", "ば", "限り") and ends:
        return "only_if"
    return ""


def _ends_with(words: Sequence[Word], place: int) -> bool:
    """Whether a negation is the end of the sentence; 入らないでください is a request of its own."""
    return all(word.lemma in _AFTER_THE_END for word in words[place + 1 :])


def _polite(words: Sequence[Word]) -> Iterator[Spot]:
    polite = vocabulary().polite
    for place, word in enumerate(words):
        before = words[place - 1] if place else None
        asks = word.lemma in ("下さる", "為さる") and word.form.startswith("命令形")
        if asks and [after.lemma for after in words[place + 1 : place + 2]] != ["ます"]:
            continue
        if before and before.lemma in _GREETINGS:
            continue
        if word.lemma == "越す" and not (before and before.lemma == "御"):
            continue
        easier = polite.get(word.lemma) or polite.get(word.base)
        if easier:
            yield Spot(place, place + 1, "keigo", "replace", easier)
        elif _becomes(words, place):
            yield Spot(place, place + 4, "keigo", "plain_form")


def _becomes(words: Sequence[Word], place: int) -> bool:
    """お 読み に なる: the polite way of 読む."""
    found = [word.lemma for word in words[place : place + 4]]
    return len(found) == 4 and found[0] == "御" and found[2:] == ["に", "成る"]
