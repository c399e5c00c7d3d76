"""Which reports are one weakness, over time, renames, rebases and scanners?

Every report of a scan gets the key of the finding that it is about; attribution works on these keys. The
steps go from the certain to the likely, and no step joins what one look reports twice:

1. One rule at one origin of a line, where history tells it, else one key (`nodes`).
2. Backports and rewritten branches, heads that were squashed or rebased, edits of flagged statements
   (`nodes`, `heads`, `edits`).
3. Wrapped statements; renames that nothing else explains, where no history tells (`renames`).
4. What a declared revert brought back (`returning`).
5. What several scanners say of one line (`scanners`).

The order of the rows and of the scans' arrival does not matter. Limits, on purpose: without history a
statement that was edited is a new finding; the numbers of a code host's alerts are kept, so what two of them
share is known only where the origin of their lines is.
"""

from __future__ import annotations

import polars as pl

from ingest.tracking.edits import edited_pairs
from ingest.tracking.heads import landed_pairs
from ingest.tracking.history import History
from ingest.tracking.joining import Groups, groups_of, join_all, with_groups
from ingest.tracking.locating import located
from ingest.tracking.naming import with_roots
from ingest.tracking.nodes import adopted, with_nodes
from ingest.tracking.renames import renamed_pairs
from ingest.tracking.returning import returned_pairs
from ingest.tracking.scanners import followed_pairs, join_scanners


def tracked(
    placed: pl.DataFrame, heads: pl.DataFrame, scan_results: pl.DataFrame, history: History
) -> pl.DataFrame:
    """Reports that are present, with where their line comes from and `root_key`, the key of their finding.

    Parameters
    ----------
    placed, heads
        Scans, and those of heads with `base_place`, as attribution orders them.
    scan_results
        Rows of `scan_results`.
    history
        What is known beside the scans; it may be nothing.
    """
    lines = with_nodes(located(placed, scan_results, history))
    groups = groups_of(lines)
    is_traced = lines["introduced_commit"].is_not_null().any()
    if is_traced:
        _join_traced(groups, lines, history)
    join_all(groups, renamed_pairs(with_groups(lines, groups), heads))
    if is_traced:
        join_all(groups, returned_pairs(with_groups(lines, groups)))
    if lines["tool"].n_unique() > 1:
        join_scanners(groups, with_groups(lines, groups))
    return with_roots(with_groups(lines, groups))


def _join_traced(groups: Groups, lines: pl.DataFrame, history: History) -> None:
    """Join what the origins of lines tell."""
    for edges in (
        adopted(lines),
        landed_pairs(lines),
        edited_pairs(lines, history.line_origins),
        followed_pairs(lines),
    ):
        join_all(groups, edges)


def with_identities(scan_results: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """Results whose `finding_key` is that of the finding that they are about; the rest keep their own."""
    roots = reports.select("scan_id", "finding_key", "root_key")
    named = scan_results.join(roots, on=["scan_id", "finding_key"], how="left", maintain_order="left")
    return named.with_columns(finding_key=pl.coalesce("root_key", "finding_key")).drop("root_key")
