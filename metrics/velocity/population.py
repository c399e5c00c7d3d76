"""Which pull requests does velocity look at, and which does it leave out, and why?

Everything opened in the pilot's repositories, whoever made it and whatever became of it. Left out is
what goes to another branch than the protected one or touches none of the pilot's paths; what is
unknown (branch, files) stays in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.keys import pull_key
from metrics.pilot import Pilot
from metrics.scope import FILE_LISTS, OUTSIDE_PATHS, usual_branches, with_path_facts
from metrics.tables import Tables

OTHER_BRANCH: Final = "to another branch"
OUT_OF_SCOPE: Final = (OTHER_BRANCH, OUTSIDE_PATHS)

COLUMNS: Final = (
    *KEY, "title", "url", "author_login", "driver", "authorship", "agent", "created_at", "ready_at",
    "closed_at", "merged_at", "updated_at", "last_push_at", "is_draft", "draft_seconds",
    "additions", "deletions", "head_sha", "base_branch", "default_branch", "cut_lists",
)  # fmt: skip


def population(cut: Tables, pilot: Pilot, names: Sequence[str]) -> pl.DataFrame:
    """One row per pull request of the repositories `names`, with `key`, `ended_at`, `lost_at`, `left_out`.

    `ended_at` is when it merged or closed (null = open), `lost_at` when an open one was found to be deleted
    or moved: nobody can watch it further; `left_out` the reason, null for what counts.
    """
    opened = cut.pull_requests.filter(pl.col("repository").is_in(names))
    ended_at = pl.coalesce("merged_at", "closed_at")
    lost_at = pl.when(ended_at.is_null()).then("gone_at")
    rows = opened.select(*COLUMNS, key=pull_key(names), ended_at=ended_at, lost_at=lost_at).collect()
    branches = usual_branches(opened.filter(pl.col("merged_at").is_not_null()))
    known = with_path_facts(rows, cut, pilot).join(branches, on="repository", how="left")
    return known.with_columns(left_out=_reason(pilot)).drop("touches", "usual_branch")


def _reason(pilot: Pilot) -> pl.Expr:
    own = pl.coalesce(pl.lit(pilot.protected_branch, pl.String), "default_branch", "usual_branch")
    is_elsewhere = (pl.col("base_branch") != own).fill_null(value=False)
    # A list that its collector cut cannot prove that a file is absent.
    is_cut = pl.any_horizontal(pl.col("cut_lists").list.contains(name) for name in FILE_LISTS)
    is_outside = pl.col("touches").not_().fill_null(value=False) & ~is_cut.fill_null(value=False)
    return (
        pl.when(is_elsewhere).then(pl.lit(OTHER_BRANCH))
        .when(is_outside).then(pl.lit(OUTSIDE_PATHS))
    )  # fmt: skip
