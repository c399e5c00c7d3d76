"""How is it defined whether people looked at what merged? Definitions 1 and 5."""

from __future__ import annotations

from typing import Final

import polars as pl

from metrics.arms import HEADLINE, SIDES
from metrics.catalogue.metric import CLOPPER_PEARSON, NEWCOMBE_1998, Metric
from metrics.differences import NEWCOMBE, difference_of_shares
from metrics.features import CHECKS_UNREAD
from metrics.measures import known_share, sensitive_sign_off
from metrics.rules import RULES_UNREAD
from metrics.shares import METHOD
from metrics.units import POINTS

_APPROVED: Final = pl.col("human_approved")
_WITHOUT_APPROVAL: Final = known_share(~_APPROVED, _APPROVED.is_not_null(), "reviews unknown")
_CHECKS: Final = pl.col("checks_at_merge")
_BYPASSED: Final = pl.col("rules_bypassed")
RULE_SUITES: Final = "GitHub REST API, List repository rule suites, docs.github.com/rest/repos/rule-suites"

OVERSIGHT: Final[tuple[Metric, ...]] = (
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
        compute=_WITHOUT_APPROVAL,
        arms=SIDES,
        family="oversight",
        better="lower",
    ),
    Metric(
        id="merged_without_human_approval_difference",
        title="Difference of the shares merged without a human's approval",
        unit=POINTS,
        numerator="share of the first side",
        denominator="share of the second side, taken from it",
        excludes="cut lists of reviews, deleted reviewers, dismissed reviews whose verdict is lost",
        caveats="Where people may merge without approval, agents of theirs often may too.",
        method=NEWCOMBE,
        references=(NEWCOMBE_1998,),
        compute=difference_of_shares(_WITHOUT_APPROVAL),
        arms=(HEADLINE.name,),
        family="oversight",
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="checks_passing_at_merge_share",
        title="Changes merged with all checks passing",
        unit="share",
        numerator="in-scope changes whose last commit's combined check was a success",
        denominator="in-scope changes whose checks are known",
        excludes="changes whose checks were not collected or may not be read",
        caveats="'none' (no check ran) is no success.",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=known_share(_CHECKS == "success", _CHECKS.is_not_null(), "checks unknown", CHECKS_UNREAD),
        arms=SIDES,
        family="oversight",
        better="higher",
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
        family="oversight",
        better="higher",
    ),
    Metric(
        id="rules_bypassed_at_merge_share",
        title="Changes merged past a repository's rules",
        unit="share",
        numerator="in-scope changes whose merge commit was pushed by bypassing a rule of the repository",
        denominator="in-scope changes whose repository's rule suites were read for the time of their merge",
        excludes="repositories whose rule suites may not be read; changes that merged after the last look or "
        "more than four weeks before it",
        caveats="GitHub lists bypasses for a month at most, so they are read weekly. Of changes that a merge "
        "queue pushes together only the last is seen. Who is allowed to bypass may have had a reason.",
        method=METHOD,
        references=(CLOPPER_PEARSON, RULE_SUITES),
        compute=known_share(
            _BYPASSED, _BYPASSED.is_not_null(), "bypasses of rules not read for their merge", RULES_UNREAD
        ),
        arms=SIDES,
        family="oversight",
        better="lower",
    ),
)
