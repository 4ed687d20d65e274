"""Kana as people type them in Latin letters."""

import re

KANA_WORD = re.compile(r"[\u3041-\u3096\u30a1-\u30fc]{2,}")


def romaji(kana: str) -> set[str]:
    """Kana as typed in Latin letters: with every long vowel written out, and with none."""
    text = "".join(chr(ord(sign) - 0x60) if "ァ" <= sign <= "ヶ" else sign for sign in kana)
    letters = ""
    for sign in text:
        if sign in "ぁぃぅぇぉ" and letters.endswith("fu"):
            letters = letters[:-1] + _ROMAJI[sign]
        elif sign in "ゃゅょぁぃぅぇぉ" and letters.endswith("i"):
            soft = letters.endswith(("shi", "chi", "ji"))
            small = _ROMAJI[sign]
            letters = letters[:-1] + (small[1:] if soft and small[0] == "y" else small)
        else:
            letters += _ROMAJI.get(sign, "")
    letters = re.sub(r"Q(?=ch)", "t", letters)
    letters = re.sub(r"Q([a-z])", r"\1\1", letters).replace("Q", "")
    written_out = re.sub(r"([aiueo])-", r"\1\1", letters)
    short = re.sub(r"([aiueo])-", r"\1", letters)
    return {written_out, re.sub(r"o[uo]|uu", lambda long: long[0][0], short)}


_KANA = (
    "あいうえお かきくけこ がぎぐげご さしすせそ ざじずぜぞ たちつてと だぢづでど なにぬねの "
    "はひふへほ ばびぶべぼ ぱぴぷぺぽ まみむめも やゆよ らりるれろ わをん っー ゃゅょ ぁぃぅぇぉ"
)
_LETTERS = """
    a i u e o ka ki ku ke ko ga gi gu ge go sa shi su se so za ji zu ze zo
    ta chi tsu te to da ji zu de do na ni nu ne no ha hi fu he ho ba bi bu be bo
    pa pi pu pe po ma mi mu me mo ya yu yo ra ri ru re ro wa wo n Q - ya yu yo a i u e o
"""
_ROMAJI = dict(zip(_KANA.replace(" ", ""), _LETTERS.split(), strict=True))
