"""What is known of a repository beside its scans, so that a finding can be followed?"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import polars as pl

from ingest.contracts import COMMITS, FINDINGS, LANDED_COMMITS, LINE_ORIGINS, Table


def _nothing(table: Table) -> pl.DataFrame:
    return pl.DataFrame(schema=table.polars_schema)


def _none_followed() -> pl.DataFrame:
    return pl.DataFrame(schema={"repository": pl.String, "finding_key": pl.String, "place_commit": pl.String})


@dataclass(frozen=True)
class History:
    """Tables that history gives; all of them may be empty."""

    line_origins: pl.DataFrame = field(default_factory=partial(_nothing, LINE_ORIGINS))
    landed_commits: pl.DataFrame = field(default_factory=partial(_nothing, LANDED_COMMITS))
    commits: pl.DataFrame = field(default_factory=partial(_nothing, COMMITS))
    earlier: pl.DataFrame = field(default_factory=partial(_nothing, FINDINGS))  # as they were derived last
    # Keys that a code host follows itself, and the commit in which their path and line were seen.
    followed: pl.DataFrame = field(default_factory=_none_followed)
