"""How is a verdict said that several formats say alike?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ingest.sources.detections.base import Said

_WEIGHT = {"flag": 3, "error": 2, "skipped": 1, "pass": 0}


def flagged_or_passed(is_flagged: bool) -> str:  # noqa: FBT001 - a verdict is what it says
    """The verdict of a detector that only says yes or no."""
    return "flag" if is_flagged else "pass"


def leveled(said: Said, level: str | None, order: Sequence[str]) -> Said:
    """The same with a level of an ordinal score: its place from 0, riskiest last; no level, no score.

    >>> leveled(Said("flag"), "HIGH", ("LOW", "HIGH")).score
    1.0
    """
    if level is None:
        return said
    place = float(list(order).index(level))
    return replace(said, score=place, score_kind="ordinal", score_order=tuple(order))


def scored(said: Said, score: float | None, kind: str) -> Said:
    """The same with a score of this kind; without one it stays of no kind."""
    return said if score is None else replace(said, score=score, score_kind=kind)


def riskiest(said: Iterable[Said]) -> Said:
    """What stands for a detector's several findings about one item: flag before error, skipped and pass."""
    return max(said, key=lambda each: (_WEIGHT[each.verdict], -1.0 if each.score is None else each.score))


def numbered(said: Sequence[Said], name: str) -> Iterator[Said]:
    """Items of one answer told apart by their place; a single one needs none."""
    if len(said) == 1:
        yield said[0]
        return
    for place, each in enumerate(said):
        yield replace(each, item=f"{name} {place}")
