"""Small talk: thanks, greetings and the like, which deserve a human reaction and no answer."""

from collections.abc import Iterable

from bot.knowledge.spelling import is_inside_word

FILLER = "filler"
LONGEST_SMALL_TALK = 80


class SmallTalk:
    """Messages that consist of pleasantries and nothing else."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """``phrases`` with their kinds; those of kind "filler" may stand beside any other."""
        self._kinds: dict[str, str] = {}
        for said, kind in phrases:
            self._kinds.setdefault(said, kind)
        self._longest = max(map(len, self._kinds), default=0)

    def kind(self, plain: str) -> str | None:
        """Which small talk the whole text is, or None."""
        if len(plain) > LONGEST_SMALL_TALK:
            return None
        edges = [at for at in range(len(plain) + 1) if not is_inside_word(plain, at)]
        # What kind the text up to each edge is, where phrases and spaces fill it without a gap.
        kinds: dict[int, str] = {0: FILLER}
        for end in edges[1:]:
            for begin in edges:
                if begin not in kinds or not 0 < end - begin <= self._longest:
                    continue
                said = self._kinds.get(part := plain[begin:end], FILLER if part.isspace() else None)
                if said and kinds.get(end, FILLER) == FILLER:
                    kinds[end] = said if kinds[begin] == FILLER else kinds[begin]
        kind = kinds.get(len(plain), FILLER)
        return None if kind == FILLER else kind
