"""Which alerts and analyses of the code host count, where scan files tell of the same tool?

A weakness that a SARIF file reports and that the host lists as an alert has two identities, and would
count twice. The file tells lines and rules as the tool does, so it wins: in a repository of which files
of a tool are known, that tool's alerts are listed and its analyses are no looks of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest.attribution.alert_stays import KIND

HOST_SOURCE: Final = "github"
_TOOL: Final = ("repository", "tool_name")


@dataclass(frozen=True)
class Reported:
    """What attribution rests on."""

    alerts: pl.DataFrame  # of the host
    analyses: pl.DataFrame  # of the host
    scans: pl.DataFrame  # of files and tables
    doubled_count: int  # alerts that are not counted, as files of their tool are known
    from_files: pl.DataFrame  # alerts of exported pages, which no analysis stands behind


def reported(alerts: pl.DataFrame, scans: pl.DataFrame) -> Reported:
    """Tell the host's alerts and analyses that count from those that files stand for."""
    is_hosts = pl.col("source") == HOST_SOURCE
    files, analyses = scans.filter(~is_hosts), scans.filter(is_hosts)
    told = files.filter(pl.col("status") != "withdrawn").select(_name(), "repository").drop_nulls().unique()
    own = alerts.with_columns(_name()).join(told, on=_TOOL, how="anti", maintain_order="left")
    looks = analyses.with_columns(_name()).join(told, on=_TOOL, how="anti", maintain_order="left")
    kinds = pl.col("kind") == KIND
    doubled_count = alerts.filter(kinds).height - own.filter(kinds).height
    is_page = is_hosts.ne_missing(True) & kinds
    pages, live = own.filter(is_page), own.filter(~is_page)
    parts = (live, looks, pages)
    alerts_of_host, analyses_of_host, told_pages = (each.drop("tool_name") for each in parts)
    return Reported(alerts_of_host, analyses_of_host, files, doubled_count, told_pages)


def _name() -> pl.Expr:
    return pl.col("tool").str.to_lowercase().alias("tool_name")
