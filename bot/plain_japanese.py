"""What makes a Japanese text hard for somebody who has just begun to learn the language.

A help for the writer: it points, says why and where it can a plainer word, and stops nothing. It
knows the words of a sentence, not what they mean; a person decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.plain_japanese_evacuation import evacuations
from bot.plain_japanese_grammar import grammar
from bot.plain_japanese_text import Sentence, Spot, sentences
from bot.plain_japanese_vocabulary import city_words, hard_words


@dataclass(frozen=True)
class Finding:
    """Something in a text that its readers may not understand.

    `start` and `end` are places in the text as it was written, `words` what stands there without
    readings. `kind` and `advice` are codes:

    kind                  advice
    long_sentence         split
    several_facts         one_fact_each
    passive               say_who
    double_negation       say_positively, only_if, must
    hard_word, loanword   replace (with `easier`), explain
    keigo                 replace (with `easier`), plain_form
    evacuate_incomplete   who, from_where, to_where
    """

    kind: str
    start: int
    end: int
    words: str
    advice: str
    easier: str = ""


def check(text: str, known: Iterable[str] = (), beside: str = "") -> list[Finding]:
    """Everything found in a text, in its order.

    `known` are words and names the city teaches or that everybody there knows. `beside` is
    what the reader gets together with the text (a title, other lines): it is not checked, but who,
    from where and to where may stand in it.
    """
    written, of_the_city = sentences(text), city_words(tuple(known))
    found = [
        _finding(sentence, spot)
        for sentence in written
        for spot in (*grammar(sentence), *hard_words(sentence, of_the_city))
    ]
    gaps = evacuations(written, sentences(beside))
    found += [_finding(sentence, spot) for sentence, spot in gaps]
    return sorted(found, key=lambda finding: (finding.start, finding.end))


def _finding(sentence: Sentence, spot: Spot) -> Finding:
    words = sentence.words[spot.first : spot.after]
    return Finding(
        kind=spot.kind,
        start=words[0].start,
        end=words[-1].end,
        words="".join(word.surface for word in words),
        advice=spot.advice,
        easier=spot.easier,
    )
