"""How is it defined whether people look at what they approve, and how that is known? Definitions 3."""

from __future__ import annotations

from typing import Final

from metrics.arms import COMPARED, HEADLINE, SIDES
from metrics.catalogue.metric import CLOPPER_PEARSON, SAMENESS, Metric
from metrics.differences import COMBINED, difference_of_curves
from metrics.fatigue import canaries, retention
from metrics.fatigue import sign_off_measures as measures
from metrics.fatigue.people import CLUSTERED
from metrics.shares import EXACT
from metrics.shares import METHOD as CLOPPER
from metrics.units import ODDS, POINTS

_COCHRAN: Final = "Cochran 1977, Sampling Techniques, 3rd edition, section 11.8"
_COHEN: Final = "Cohen 2006, Best Kept Secrets of Peer Code Review (SmartBear and Cisco)"
_ZOU_DONNER: Final = "Zou and Donner 2008, DOI 10.1002/sim.3095"
_GART_ZWEIFEL: Final = "Gart and Zweifel 1967, DOI 10.1093/biomet/54.1-2.181"
_INDEPENDENT: Final = "approvals by people who are neither author nor driver, given before the end"
_TIMED: Final = (
    "approvals of 10 or more changed lines by people who are neither author nor driver, whose time is known"
)
_NOT_TIMED: Final = (
    "own changes; deleted accounts; approvals before ready or after the end; fewer than 10 changed lines; "
    "where pushes, requests, size or comments are not known"
)
_NOT_KNOWN: Final = "own changes; deleted accounts; approvals after the end; where it is not known"
_AT_LEAST: Final = (
    "Waiting is not attention: read it as 'at least'. Only reviews are seen: who commented in the "
    "conversation alone, or talked, counts as silent."
)
_WORD: Final = "A body of up to 20 characters counts as no more than 'LGTM': no text is stored."
_SEEDED: Final = "Few canaries leave a wide interval: none missed of 20 still allows 17 %."

SIGN_OFFS: Final[tuple[Metric, ...]] = (
    Metric(
        id="fast_pull_request_approval_share",
        title="Fast approvals of pull requests",
        unit="share",
        numerator="approvals without a word sooner than a minute, or than the lines at 1,000 an hour take",
        denominator=_TIMED,
        excludes=_NOT_TIMED,
        caveats=f"{_AT_LEAST} {_WORD} Time runs from the latest of ready, asked and pushed.",
        method=CLUSTERED,
        references=(_COCHRAN, _COHEN),
        compute=measures.fast_approval_share,
        family="approvals",
        arms=SIDES,
        better="lower",
        by_agent=True,
    ),
    Metric(
        id="fast_pull_request_approval_difference",
        title="Difference of the shares of fast approvals of pull requests",
        unit=POINTS,
        numerator="share of the first side",
        denominator="share of the second side, taken from it",
        excludes=_NOT_TIMED,
        caveats=f"The same people review both sides, so the interval is rather too wide. {SAMENESS}",
        method=COMBINED,
        references=(_ZOU_DONNER, _COCHRAN),
        compute=difference_of_curves(measures.fast_approval_share),
        family="approvals",
        arms=COMPARED,
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="warned_pull_request_approval_share",
        title="Approvals of pull requests in the warning band",
        unit="share",
        numerator="approvals without a word at a pace of 500 to 1,000 lines an hour",
        denominator=_TIMED,
        excludes=_NOT_TIMED,
        caveats=f"Beside the fast ones, never among them. {_AT_LEAST}",
        method=CLUSTERED,
        references=(_COCHRAN, _COHEN),
        compute=measures.warned_approval_share,
        family="approvals",
        arms=SIDES,
        better="lower",
    ),
    Metric(
        id="silent_approval_share",
        title="Approvals of pull requests without a word",
        unit="share",
        numerator="approvals with no comment on a line, no text beyond an LGTM, no earlier review of theirs",
        denominator=_INDEPENDENT,
        excludes=f"{_NOT_KNOWN} whether they said something",
        caveats=f"Most good changes need no word. {_WORD}",
        method=CLUSTERED,
        references=(_COCHRAN,),
        compute=measures.silent_approval_share,
        family="approvals",
        arms=SIDES,
    ),
    Metric(
        id="silent_approval_difference",
        title="Difference of the shares approved without a word",
        unit=POINTS,
        numerator="share of the first side",
        denominator="share of the second side, taken from it",
        excludes=f"{_NOT_KNOWN} whether they said something",
        caveats=f"The same people review both sides, so the interval is rather too wide. {SAMENESS}",
        method=COMBINED,
        references=(_ZOU_DONNER, _COCHRAN),
        compute=difference_of_curves(measures.silent_approval_share),
        family="approvals",
        arms=(HEADLINE.name,),
        is_quotient=False,
    ),
    Metric(
        id="rushed_approval_count",
        title="Rushed approvals of pull requests",
        unit=measures.APPROVALS,
        numerator="approvals without a word, within an hour in which the person approved over 1,000 lines",
        denominator="none: every one counts",
        excludes=f"{_NOT_KNOWN} whether they said something, or how large the change is",
        caveats="Lines of both sides are added up, since one hour of one person holds them both.",
        method=EXACT,
        references=(_COHEN,),
        compute=measures.rushed_approval_count,
        family="approvals",
        arms=SIDES,
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="self_approval_count",
        title="Approvals of one's own change",
        unit=measures.APPROVALS,
        numerator="approvals by the author of a pull request, or by the person who set its agent going",
        denominator="none: every one counts",
        excludes="deleted accounts",
        caveats="Who set an agent going is not always known: read it as 'at least'. Counted nowhere else.",
        method=EXACT,
        references=(),
        compute=measures.self_approval_count,
        family="approvals",
        arms=SIDES,
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="oversize_approval_share",
        title="Approvals of more than 400 lines",
        unit="share",
        numerator="approvals of pull requests with more than 400 lines that people are to read",
        denominator=_INDEPENDENT,
        excludes=f"{_NOT_KNOWN} how large the change is",
        caveats="Without generated, vendored, minified and lock files where the files are known.",
        method=CLUSTERED,
        references=(_COCHRAN, _COHEN),
        compute=measures.oversize_approval_share,
        family="approvals",
        arms=SIDES,
        better="lower",
    ),
    Metric(
        id="canary_miss_share",
        title="Seeded prompts that people allowed",
        unit="share",
        numerator="decisions by which a person allowed a prompt that was seeded and is known to be bad",
        denominator="decisions of people about such prompts",
        excludes="decisions of rules, hooks and models; unanswered ones; markers that nobody registered",
        caveats=f"The only direct measure of attention. {_SEEDED}",
        method=CLOPPER,
        references=(CLOPPER_PEARSON,),
        compute=measures.canary_miss_share,
        family="approvals",
        better="lower",
    ),
    Metric(
        id="pull_request_canary_miss_share",
        title="Seeded pull requests that people approved",
        unit="share",
        numerator="seeded pull requests that an independent person approved before they were closed",
        denominator="seeded pull requests that people approved, sent back, or closed",
        excludes="open ones that nobody answered; merged without an approval; unknown reviewers",
        caveats=f"Asking for changes first and approving later is a miss. {_SEEDED}",
        method=CLOPPER,
        references=(CLOPPER_PEARSON,),
        compute=measures.pull_request_canary_miss_share,
        family="approvals",
        better="lower",
    ),
    Metric(
        id="canary_fast_odds_ratio",
        title="Odds of a fast answer, seeded prompts missed against caught",
        unit=ODDS,
        numerator="odds that a missed prompt was answered faster than it can be read",
        denominator="the same odds of caught ones",
        excludes="seeded prompts whose wait is not known, or that no person answered",
        caveats="Where its interval lies above 1, fast approvals are where requests are missed.",
        method=canaries.ODDS_RATIO,
        references=(_GART_ZWEIFEL,),
        compute=measures.canary_fast_odds_ratio,
        family="approvals",
        better="neither",
        is_quotient=False,
    ),
    Metric(
        id="prompt_log_coverage_share",
        title="Days with agents at work that have a prompt log",
        unit="share",
        numerator="days of a repository with a session of an agent in its prompt logs",
        denominator="days of a repository on which an agent opened a pull request, or a commit shows one",
        excludes="nothing",
        caveats="Agents that leave no trace in pull requests and commits are not missed by it.",
        method=CLOPPER,
        references=(CLOPPER_PEARSON,),
        compute=measures.prompt_log_coverage_share,
        family="approvals",
        better="higher",
    ),
    Metric(
        id="prompt_retention_days",
        title="Days for which prompt logs are kept",
        unit="days",
        numerator="smallest retention that settings or telemetry tell; else age of the oldest known session",
        denominator="none: days are told as they are",
        excludes="defaults of vendors, which are not assumed",
        caveats="An age says 'at least': what is older may have been deleted, or there was nothing before.",
        method=f"{retention.TOLD}; else {retention.AT_LEAST}",
        references=(),
        compute=measures.prompt_retention_days,
        family="approvals",
        better="higher",
        is_quotient=False,
    ),
)
