"""Where does each change stand on the sprint track? One place per change, in merge order, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import polars as pl

from metrics.gate.states import SprintCount

MOST_MARKS: Final = 6_000  # more than this no screen can tell apart
ROOMY_LINES: Final = 45  # a track of at most so many lines is drawn large
QUIET: Final = ("watched", "watching", "unscanned")  # no finding speaks of them


@dataclass(frozen=True)
class Density:
    """How close marks stand."""

    per_line: int
    size: float  # px, diameter of a quiet mark
    pitch: float  # px, from line to line
    label: float = 24.0  # px, height of a sprint's caption


ROOMY: Final = Density(per_line=40, size=7.0, pitch=13.0)
DENSE: Final = Density(per_line=60, size=4.5, pitch=8.0)


@dataclass(frozen=True)
class Track:
    """Placed marks and captions; y counts down in px from the top."""

    marks: pl.DataFrame  # the changes with x, y
    captions: dict[int, float]  # sprint -> y of its caption
    density: Density
    height: float
    changes_per_mark: int  # 1, unless there are more changes than a screen can show


def place(changes: pl.DataFrame, sprints: Sequence[SprintCount]) -> Track:
    """Place every change that belongs to a sprint; the newest sprint comes first.

    With more than 6,000 changes a mark without a finding stands for several (`changes_per_mark`);
    escapes and untriaged changes are always drawn one by one.
    """
    inside = changes.filter(pl.col("sprint").is_in([sprint.number for sprint in sprints]))
    each = max(ceil(inside.height / MOST_MARKS), 1)
    ordered = _thinned(inside.sort("sprint", "merged_at", "repository", "number"), each)
    sizes = dict(ordered.group_by("sprint").len().iter_rows())
    density = _density(sizes)
    captions, height = _captions(sprints, sizes, density)
    return Track(_placed(ordered, captions, density), captions, density, height, each)


def _thinned(ordered: pl.DataFrame, each: int) -> pl.DataFrame:
    is_quiet = pl.col("mark").is_in(QUIET)
    position = pl.int_range(pl.len()).over("sprint", is_quiet)
    return ordered.filter(~is_quiet | (position % each == 0))


def _density(sizes: dict[int, int]) -> Density:
    lines = sum(ceil(size / ROOMY.per_line) for size in sizes.values())
    return ROOMY if lines <= ROOMY_LINES else DENSE


def _captions(
    sprints: Sequence[SprintCount], sizes: dict[int, int], density: Density
) -> tuple[dict[int, float], float]:
    captions: dict[int, float] = {}
    top = 0.0
    for sprint in sorted(sprints, key=lambda sprint: -sprint.number):
        captions[sprint.number] = top + density.label / 2
        lines = max(ceil(sizes.get(sprint.number, 0) / density.per_line), 1)
        top += density.label + lines * density.pitch
    return captions, top


def _placed(ordered: pl.DataFrame, captions: dict[int, float], density: Density) -> pl.DataFrame:
    position = pl.int_range(pl.len()).over("sprint")
    line = position // density.per_line
    first = pl.col("sprint").replace_strict(captions, return_dtype=pl.Float64) + density.label / 2
    return ordered.with_columns(
        x=position % density.per_line,
        y=first + (line + 0.5) * density.pitch,
    )
