"""Which numbers are there, and what does each mean?

One Metric each, listed in CATALOGUE; pages, documents and the command line print from it. Every
metric looks at one Slice: an arm of a pilot in one window. Definitions 0 and 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from ingest.contracts import AUTHORSHIPS
from metrics.estimate import Number
from metrics.measures import (
    Slice,
    bypass_count,
    escape_rate,
    escape_rate_high,
    known_share,
    merged_pull_request_count,
    sensitive_sign_off,
    unattributed_finding_count,
    untriaged_escape_count,
    watched_share,
)
from metrics.shares import EXACT, METHOD

CLOPPER_PEARSON: Final = "Clopper and Pearson 1934, DOI 10.1093/biomet/26.4.404"
SAMENESS: Final = "Teams choose what they give to agents; arms may be scanned differently."


@dataclass(frozen=True)
class Metric:
    """One number of the product, with its definition."""

    id: str
    title: str
    unit: str
    numerator: str
    denominator: str
    excludes: str
    caveats: str
    method: str
    references: tuple[str, ...]
    compute: Callable[[Slice], Number]
    arms: tuple[str, ...] = ("agent",)


_APPROVED: Final = pl.col("human_approved")
_CHECKS: Final = pl.col("checks_at_merge")
_OUT_OF_SCOPE: Final = "changes out of scope (other branch, generated files, other paths, arrived again)"

CATALOGUE: Final[tuple[Metric, ...]] = (
    Metric(
        id="security_escape_rate",
        title="Security escape rate",
        unit="share",
        numerator="in-scope changes with a confirmed escape",
        denominator="in-scope merged changes",
        excludes=f"{_OUT_OF_SCOPE}; escapes not reviewed yet; dismissed findings",
        caveats=f"One-look interval; the gate uses the anytime-valid limit. {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=escape_rate,
        arms=("agent", "human"),
    ),
    Metric(
        id="security_escape_rate_high",
        title="Security escape rate with unreviewed findings",
        unit="share",
        numerator="in-scope changes with a confirmed or unreviewed escape",
        denominator="in-scope merged changes",
        excludes=f"{_OUT_OF_SCOPE}; dismissed findings",
        caveats=f"Upper end of the band; triage moves it. {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=escape_rate_high,
        arms=("agent", "human"),
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
    ),
    Metric(
        id="post_merge_detection_share",
        title="Changes scanned after merge",
        unit="share",
        numerator="watched changes with an ok scan of their protected branch within the follow-up",
        denominator="in-scope changes whose follow-up is over",
        excludes="changes still watched; failed, partial and unreadable scans",
        caveats="A scan that ran need not be able to see every weakness.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=watched_share("detected"),
    ),
    Metric(
        id="independent_detection_share",
        title="Changes looked at by something new after merge",
        unit="share",
        numerator="watched changes scanned after merge by a tool or rules that had not looked before",
        denominator="in-scope changes whose follow-up is over",
        excludes="changes still watched; the same tool where a rules version is unknown",
        caveats="Repeating the scan of before the merge finds nothing new by construction.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=watched_share("independent"),
    ),
    Metric(
        id="pre_merge_scan_share",
        title="Changes scanned before merge",
        unit="share",
        numerator="in-scope changes with an ok scan of their pull request before merge",
        denominator="in-scope merged changes",
        excludes="failed, partial and unreadable scans",
        caveats="Scans that do not name their pull request are not seen.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=known_share(pl.col("pre_scanned"), pl.col("pre_scanned").is_not_null(), "scans unknown"),
    ),
    Metric(
        id="merged_without_human_approval_share",
        title="Changes merged without a human's approval",
        unit="share",
        numerator="in-scope changes that no human but author and driver had approved at merge",
        denominator="in-scope changes whose reviews are known",
        excludes="cut lists of reviews, deleted reviewers, dismissed reviews whose verdict is lost",
        caveats="An approval says nothing about how closely somebody looked.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=known_share(~_APPROVED, _APPROVED.is_not_null(), "reviews unknown"),
    ),
    Metric(
        id="checks_passing_at_merge_share",
        title="Changes merged with all checks passing",
        unit="share",
        numerator="in-scope changes whose last commit's combined check was a success",
        denominator="in-scope changes whose checks are known",
        excludes="changes whose checks were not collected",
        caveats="'none' (no check ran) is no success.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=known_share(_CHECKS == "success", _CHECKS.is_not_null(), "checks unknown"),
    ),
    Metric(
        id="sensitive_sign_off_share",
        title="Sensitive changes that a human approved",
        unit="share",
        numerator="changes touching identity, secrets or network that a human had approved at merge",
        denominator="in-scope changes touching such an area whose reviews are known",
        excludes="changes of unknown files",
        caveats="Areas are told by configured path patterns.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=sensitive_sign_off,
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
    ),
    Metric(
        id="unattributed_finding_count",
        title="Findings that no change explains",
        unit="findings",
        numerator="post-merge findings since the start that no single known change explains",
        denominator="none: every one counts",
        excludes="findings of a baseline scan; dismissed ones",
        caveats="While there are any, the verdict cannot be better than UNTRIAGED.",
        method=EXACT,
        references=(),
        compute=unattributed_finding_count,
    ),
    Metric(
        id="merged_pull_request_count",
        title="Merged pull requests by authorship",
        unit="pull requests",
        numerator="merged pull requests of the pilot's repositories",
        denominator="none: every one counts",
        excludes="nothing",
        caveats="Authorship is judged from evidence; unknown means that the author is known to use agents.",
        method=EXACT,
        references=(),
        compute=merged_pull_request_count,
        arms=AUTHORSHIPS,
    ),
)
