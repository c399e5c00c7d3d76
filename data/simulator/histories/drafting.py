"""What is the next change of a history, and how often is it of which kind?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from data.simulator.draws import weighted
from data.simulator.histories import adding, shifting, undoing
from data.simulator.histories.truth import Ending
from data.simulator.histories.workshop import Work, Workshop

Draft = Callable[[Workshop], Work | None]
ADDS_CODE: Final = 34.0  # weight of the changes that add functions
DRAFTS: Final[tuple[tuple[Draft, float], ...]] = (
    (shifting.lines_above, 11), (shifting.lines_between, 5), (shifting.renamed, 4),
    (shifting.renamed_with_edits, 4), (shifting.moved_function, 5), (shifting.moved_line, 3),
    (shifting.indented, 4), (shifting.reformatted, 5), (shifting.ignored_formatter, 1.5),
    (shifting.edited, 5), (adding.copy, 4), (adding.generated, 2), (adding.update, 4),
    (adding.abandoned, 2), (adding.mended_in_time, 3), (undoing.fix, 6), (undoing.brought_back, 3),
    (undoing.reverted, 2), (undoing.backport, 3),
)  # fmt: skip


def next_work(shop: Workshop, weak_share: float) -> Work:
    """A change as chance has it; where its kind is not possible yet, a feature."""
    features = ((adding.weak_feature, ADDS_CODE * weak_share), (adding.feature, ADDS_CODE * (1 - weak_share)))
    draft: Draft = weighted(shop.rng, (*features, *DRAFTS))
    return draft(shop) or adding.feature(shop)


def last_work(shop: Workshop, ending: Ending) -> Work:
    """One change to every file with a weakness."""
    return replace(_ENDINGS[ending](shop), what=ending, way="direct")


def _weak_paths(shop: Workshop) -> list[str]:
    return sorted({one.path for one in shop.weak})


def _together(shop: Workshop, of_one: Callable[[Workshop, str], Work]) -> Work:
    works = [of_one(shop, path) for path in _weak_paths(shop)]
    edits = tuple(edit for work in works for edit in work.edits)
    return replace(works[0], steps=(replace(works[0].steps[0], edits=edits),))


def _formatted(shop: Workshop) -> Work:
    return shifting.formatter(shop, _weak_paths(shop))


_ENDINGS: Final[Mapping[Ending, Callable[[Workshop], Work]]] = {
    "lines above": partial(_together, of_one=shifting.lines_above_in),
    "renames": partial(_together, of_one=shifting.renamed_file),
    "formatter": _formatted,
}
