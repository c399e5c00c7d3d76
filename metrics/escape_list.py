"""Which findings escaped, and how did each sprint of either side fare?

What pages and files list: rows and counts, no verdict. As many escapes as the flags of the changes say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from metrics.arms import ARMS, SIDES
from metrics.arrivals import KEY
from metrics.density.families import with_family
from metrics.escape_delays import delay_days
from metrics.escape_measures import escapes_of, escapes_per_kloc, found_within
from metrics.escapes import Marked
from metrics.estimate import Estimate, Number
from metrics.findings import SEVERITIES, unattributed
from metrics.gate.case import Case
from metrics.measures import Slice, escape_rate, escape_rate_high
from metrics.segments import in_sprints
from metrics.slices import Slicer

COLUMNS: Final = (
    "finding_id", "arm", *KEY, "title", "url", "agent", "author_login", "sprint", "merged_at",
    "first_seen_at", "delay_days", "severity", "rule", "cwe", "family", "status", "disposition",
    "decided_by", "decided_at", "reason", "late_dismissal", "tool", "tools", "reported_by", "path", "line",
    "introduced_commit", "introduced_path", "introduced_line", "seen_commit", "method", "confidence",
    "message",
)  # fmt: skip
HELD: Final = (
    "finding_id", "repository", "unexplained", "severity", "rule", "cwe", "family", "status",
    "first_seen_at", "tool", "tools", "reported_by", "path", "line", "introduced_commit", "introduced_path",
    "introduced_line", "seen_commit", "method", "confidence", "message",
)  # fmt: skip
SPRINT_COLUMNS: Final[dict[str, pl.DataType]] = {
    "sprint": pl.Int64(), "arm": pl.String(), "start": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"), "closed": pl.Boolean(), "mature": pl.Boolean(), "changes": pl.Int64(),
    "escaped_confirmed": pl.Int64(), "escaped_high": pl.Int64(), "escapes": pl.Int64(),
    "rate": pl.Float64(), "low": pl.Float64(), "high": pl.Float64(), "reason": pl.String(),
    "watched": pl.Int64(), "found_in_window": pl.Int64(), "kloc": pl.Float64(),
    "escapes_per_kloc": pl.Float64(), "reverted": pl.Int64(), "hotfixed": pl.Int64(), "drawn": pl.Int64(),
}  # fmt: skip
_PER_KLOC: Final = escapes_per_kloc("not_dismissed")
_IN_WINDOW: Final = found_within("not_dismissed")


def escapes(case: Case) -> pl.DataFrame:
    """Every escape of agents and of people since the pilot's start that nobody dismissed.

    Returns
    -------
    DataFrame
        COLUMNS; by severity, worst first, then by first report.
    """
    sides = (_escapes(case, arm, marked) for arm, marked in zip(SIDES, (case.agent, case.human), strict=True))
    return _worst_first(pl.concat(list(sides)))


def held_back(case: Case) -> pl.DataFrame:
    """Findings since the start that neither a change nor history explains, nor anybody dismissed; HELD."""
    return _worst_first(with_family(unattributed(case.agent.findings))).select(HELD)


def _escapes(case: Case, arm: str, marked: Marked) -> pl.DataFrame:
    found = marked.findings.filter(pl.col("is_escape") & (pl.col("merged_at") >= case.started_at))
    told = marked.changes.select(*KEY, "title", "url", "agent", "author_login")
    beside = with_family(found).join(told, on=KEY, how="left", maintain_order="left")
    return beside.with_columns(delay_days(beside), arm=pl.lit(arm)).select(COLUMNS)


def _worst_first(findings: pl.DataFrame) -> pl.DataFrame:
    rank = pl.col("severity").replace_strict(
        {name: place for place, name in enumerate(SEVERITIES)}, default=9
    )
    return findings.sort(rank, "first_seen_at", "finding_id")


def sprint_table(case: Case) -> pl.DataFrame:
    """Each sprint that has started, of agents and of people, in counts; what cannot be told is null.

    Returns
    -------
    DataFrame
        SPRINT_COLUMNS. changes: in scope; escaped_confirmed, escaped_high: of these, with a confirmed
        escape, or any that nobody dismissed; escapes: findings; rate with its interval, of confirmed ones,
        or the reason why there is none; watched, found_in_window: changes watched to the end of the
        follow-up, and those in which something was found in it; drawn: for an audit.
    """
    return pl.DataFrame(list(_rows(case)), schema=SPRINT_COLUMNS)


def _rows(case: Case) -> Iterator[dict[str, Any]]:
    slicer = Slicer(case)
    for place, segment in zip(case.places, in_sprints(case), strict=True):
        for arm in SIDES:
            known = {"sprint": place.number, "arm": arm, "closed": place.closed, "mature": place.mature}
            yield known | {"start": place.start, "end": place.end} | _row(slicer.slice(ARMS[arm], segment))
        slicer.forget(segment)


def _row(of: Slice) -> dict[str, Any]:
    rate, high, window, per_kloc = (
        work(of) for work in (escape_rate, escape_rate_high, _IN_WINDOW, _PER_KLOC)
    )
    return {
        "changes": of.changes.height,
        "escaped_confirmed": _counted(rate),
        "escaped_high": _counted(high),
        "escapes": escapes_of(of, "not_dismissed").height,
        **_interval(rate),
        "watched": _of(window),
        "found_in_window": _counted(window),
        "kloc": per_kloc.denominator if isinstance(per_kloc, Estimate) else None,
        "escapes_per_kloc": per_kloc.value if isinstance(per_kloc, Estimate) else None,
        "reverted": of.aftermath["reverted_at"].count(),
        "hotfixed": of.aftermath["hotfixed_at"].count(),
        "drawn": of.drawn.height,
    }


def _interval(rate: Number) -> dict[str, Any]:
    if isinstance(rate, Estimate):
        return {"rate": rate.value, "low": rate.low, "high": rate.high, "reason": None}
    return {"rate": None, "low": None, "high": None, "reason": rate.reason}


def _counted(number: Number) -> int | None:
    return int(number.numerator) if isinstance(number, Estimate) else None


def _of(number: Number) -> int | None:
    return int(number.denominator) if isinstance(number, Estimate) else None
