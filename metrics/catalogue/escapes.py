"""How are escapes, what looked for them, and what is unexplained defined? Definitions 5."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.arms import HEADLINE, SIDES
from metrics.catalogue.metric import CLOPPER_PEARSON, NEWCOMBE_1998, SAMENESS, Metric
from metrics.differences import NEWCOMBE, difference_of_shares
from metrics.features import SCANS_UNREAD
from metrics.measures import (
    bypass_count,
    escape_rate,
    escape_rate_high,
    known_share,
    unattributed_finding_count,
    untriaged_escape_count,
    watched_share,
)
from metrics.shares import EXACT, METHOD
from metrics.units import POINTS

_PRE_SCANNED: Final = pl.col("pre_scanned")
_SCANS_READ: Final = pl.col(SCANS_UNREAD).is_null()
_UNREAD: Final = "changes of repositories whose code scanning may not be read and that no other scan is of"
OUT_OF_SCOPE: Final = "changes out of scope (other branch, generated files, other paths, arrived again)"

ESCAPES: Final[tuple[Metric, ...]] = (
    Metric(
        id="security_escape_rate",
        title="Security escape rate",
        unit="share",
        numerator="in-scope changes with a confirmed escape",
        denominator="in-scope merged changes",
        excludes=f"{OUT_OF_SCOPE}; escapes not reviewed yet; dismissed findings",
        caveats=f"One-look interval; the gate uses the anytime-valid limit. {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=escape_rate,
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="security_escape_rate_high",
        title="Security escape rate with unreviewed findings",
        unit="share",
        numerator="in-scope changes with a confirmed or unreviewed escape",
        denominator="in-scope merged changes",
        excludes=f"{OUT_OF_SCOPE}; dismissed findings",
        caveats=f"Upper end of the band; triage moves it. {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=escape_rate_high,
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="security_escape_rate_difference",
        title="Difference of the security escape rates",
        unit=POINTS,
        numerator="escape rate of the first side",
        denominator="escape rate of the second side, taken from it",
        excludes=f"{OUT_OF_SCOPE}; escapes not reviewed yet; dismissed findings",
        caveats=f"Not the gate's question: a pilot may beat people and still break the rule. {SAMENESS}",
        method=NEWCOMBE,
        references=(NEWCOMBE_1998,),
        compute=difference_of_shares(escape_rate),
        arms=(HEADLINE.name,),
        family="escapes",
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="bypass_count",
        title="Changes merged over a reported finding",
        unit="changes",
        numerator="in-scope changes with a bypass",
        denominator="none: every one counts",
        excludes="findings dismissed, mended before merge, or accepted by a second person before merge",
        caveats="Without scans before merge nothing can be bypassed: read beside pre_merge_scan_share.",
        method=EXACT,
        references=(),
        compute=bypass_count,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="post_merge_detection_share",
        title="Changes scanned after merge",
        unit="share",
        numerator="watched changes with an ok scan of their protected branch within the follow-up",
        denominator="in-scope changes whose follow-up is over",
        excludes=f"changes still watched; failed, partial and unreadable scans; {_UNREAD}",
        caveats="A scan that ran need not be able to see every weakness.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=watched_share("detected"),
        arms=SIDES,
        family="escapes",
        better="higher",
    ),
    Metric(
        id="independent_detection_share",
        title="Changes looked at by something new after merge",
        unit="share",
        numerator="watched changes scanned after merge by a tool or rules that had not looked before",
        denominator="in-scope changes whose follow-up is over",
        excludes=f"changes still watched; the same tool where a rules version is unknown; {_UNREAD}",
        caveats="Repeating the scan of before the merge finds nothing new by construction. Audits count of "
        "drawn changes, by people who had no part in them.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=watched_share("independent"),
        arms=SIDES,
        family="escapes",
        better="higher",
    ),
    Metric(
        id="pre_merge_scan_share",
        title="Changes scanned before merge",
        unit="share",
        numerator="in-scope changes with an ok scan of their pull request before merge",
        denominator="in-scope merged changes",
        excludes=f"failed, partial and unreadable scans; {_UNREAD}",
        caveats="Scans that do not name their pull request are not seen.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=known_share(_PRE_SCANNED, _SCANS_READ, "scans unknown", SCANS_UNREAD),
        arms=SIDES,
        family="escapes",
        better="higher",
    ),
    Metric(
        id="untriaged_escape_count",
        title="Escapes nobody has decided about",
        unit="findings",
        numerator="escapes without a decision, or reopened",
        denominator="none: every one counts",
        excludes="dismissals that give a reason",
        caveats="A dismissal without a reason leaves its finding here.",
        method=EXACT,
        references=(),
        compute=untriaged_escape_count,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="unattributed_finding_count",
        title="Findings that no change explains",
        unit="findings",
        numerator="post-merge findings since the start that no single known change explains",
        denominator="none: every one counts",
        excludes="findings of a baseline scan whose commit does not speak against the pilot; dismissed ones",
        caveats="While there are any, the verdict cannot be better than UNTRIAGED. A change that has not "
        "merged explains nothing, nor does an agents' one out of scope.",
        method=EXACT,
        references=(),
        compute=unattributed_finding_count,
        family="escapes",
        better="lower",
    ),
)
