"""How many vulnerabilities per thousand lines of code does one side bring in, and who finds them when?

Definitions 2. A rate is a band: confirmed findings only, and all that nobody dismissed. Exact Poisson
interval of Garwood (1936), DOI 10.1093/biomet/28.3-4.437; where findings cluster in few changes it is
too narrow, and comparisons use a wider one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import polars as pl

from metrics.arrivals import KEY
from metrics.density.changes import FILES_UNKNOWN, Density
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.features import SCANS_UNREAD, said_of
from metrics.measures import Slice
from metrics.refusals import not_measured
from metrics.shares import EXACT, NO_CHANGE, share
from metrics.statistics.rates import Count, garwood
from metrics.units import PER_KLOC

Band = Literal["confirmed", "not_dismissed"]  # which findings count: the lower, or the upper end
BANDS: Final[tuple[Band, ...]] = ("confirmed", "not_dismissed")
Lines = Literal["code_lines", "surviving_code_lines"]
METHOD: Final = "Garwood"
LINES_IN_KLOC: Final = 1000
NONE_LOOKED_AT: Final = "no ok scan looked at any change of this window"
NO_LINES: Final = "no change that was looked at is known to have added lines of code"
SURVIVING_UNKNOWN: Final = "surviving lines are unknown: no clone has been read"
NOTHING_SURVIVES: Final = "no line of code that these changes added still stands"
LINES_UNKNOWN: Final = "files of every change of this window are unknown"
NONE_LOOKED_AT_AFTER: Final = "no ok scan looked at any of these changes after their merge"
NO_FINDING: Final = "no finding of changes that were looked at after their merge"
NOT_LOOKED_AT_AFTER: Final = "no ok scan looked at its change after the merge"


def rate_per_kloc(band: Band, lines: Lines = "code_lines") -> Callable[[Slice], Number]:
    """Findings of one end of the band per thousand lines added, or per thousand that still stand."""

    def compute(of: Slice) -> Number:
        rows, coverage = _with_known(of.density, lines)
        counted = count_of(rows, band, lines)
        if not counted.exposure:
            return Undefined(_empty(of.density, lines), rows.height, coverage, PER_KLOC)
        low, high = garwood(counted.events, counted.exposure, of.measuring.confidence)
        return Estimate(
            counted.rate, low, high, of.measuring.confidence, PER_KLOC, METHOD,
            counted.events, counted.exposure, rows.height, coverage,
        )  # fmt: skip

    return compute


vulnerabilities_per_kloc: Final = rate_per_kloc("confirmed")
vulnerabilities_per_kloc_high: Final = rate_per_kloc("not_dismissed")
vulnerabilities_per_surviving_kloc: Final = rate_per_kloc("confirmed", "surviving_code_lines")
vulnerabilities_per_surviving_kloc_high: Final = rate_per_kloc("not_dismissed", "surviving_code_lines")


def code_kloc_added(of: Slice) -> Number:
    """Thousand lines of code that the in-scope changes added, looked at or not."""
    changes = of.density.changes
    known = changes.filter(pl.col("code_lines").is_not_null())
    coverage = of.density.in_scope.narrowed(known.height, FILES_UNKNOWN)
    if known.is_empty():
        return Undefined(NO_CHANGE if changes.is_empty() else LINES_UNKNOWN, 0, coverage, "KLOC")
    kloc = int(known["code_lines"].sum()) / LINES_IN_KLOC
    return Estimate(kloc, None, None, None, "KLOC", EXACT, kloc, 1, known.height, coverage)


def found_before_merge_share(of: Slice) -> Number:
    """Findings reported before the merge, of all that nobody dismissed: the defect removal efficiency.

    Only findings of changes that a scan looked at after the merge count: where nothing looks, nothing
    is found late. Jones (1996), Computer 29(4), DOI 10.1109/2.488361.
    """
    return _share_of_findings(of, after=False)


def escaped_share_of_findings(of: Slice) -> Number:
    """The others of them, reported only after the merge: one minus the defect removal efficiency."""
    return _share_of_findings(of, after=True)


def _share_of_findings(of: Slice, *, after: bool) -> Number:
    """Findings of images and manifests count too: nothing is divided by lines here."""
    changes = of.density.changes
    watched = changes.lazy().filter("looked_after").select(KEY).collect()
    everything = pl.concat([of.density.findings, of.density.listed])
    found = everything.join(watched, on=KEY, how="semi")
    coverage = Coverage(everything.height, everything.height).narrowed(found.height, NOT_LOOKED_AT_AFTER)
    empty = why_not_looked_at(changes, NONE_LOOKED_AT_AFTER) if watched.is_empty() else NO_FINDING
    late = found.filter("after_merge").height
    return share(late if after else found.height - late, coverage, of.measuring.confidence, empty)


def count_of(rows: pl.DataFrame, band: Band, lines: Lines = "code_lines") -> Count:
    """Findings and KLOC of some changes."""
    return Count(int(rows[band].sum()), int(rows[lines].sum()) / LINES_IN_KLOC)


def why_no_rate(density: Density) -> str:
    """Why there is no rate per added KLOC, when there is none."""
    if density.changes["looked"].any():
        return NO_LINES
    return why_not_looked_at(density.changes, NONE_LOOKED_AT)


def why_not_looked_at(changes: pl.DataFrame, reason: str) -> str:
    """The reason why nothing looked, with what the host says of scans that it does not show."""
    if changes.is_empty():
        return NO_CHANGE
    words = said_of(changes, SCANS_UNREAD)
    return f"{reason}; {not_measured(words)}" if words else reason


def _with_known(density: Density, lines: Lines) -> tuple[pl.DataFrame, Coverage]:
    """The rated changes of which these lines are known, and how many changes those are."""
    sizes = density.sizes
    known = sizes.filter(pl.col(lines).is_not_null()) if sizes[lines].null_count() else sizes
    return known, density.coverage.narrowed(known.height, "surviving lines unknown")


def _empty(density: Density, lines: Lines) -> str:
    if density.sizes.is_empty():
        return why_no_rate(density)
    return SURVIVING_UNKNOWN if density.sizes[lines].is_null().all() else NOTHING_SURVIVES
