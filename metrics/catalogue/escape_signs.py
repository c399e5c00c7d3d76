"""How is what stands beside the escape rate defined, and never gated? Definitions 5."""

from __future__ import annotations

from typing import Final

from metrics.arms import SIDES
from metrics.catalogue.escapes import OUT_OF_SCOPE
from metrics.catalogue.metric import CLOPPER_PEARSON, SAMENESS, Metric
from metrics.density import measures as density
from metrics.escape_delays import METHOD as REVERSE_TIME
from metrics.escape_delays import median_days
from metrics.escape_measures import (
    QUARTER_DAYS,
    audit_escape_rate,
    audit_escape_rate_high,
    escapes_per_kloc,
    found_within,
    hotfixed_share,
    reverted_share,
)
from metrics.shares import METHOD
from metrics.units import PER_KLOC

_CONFIRMED: Final = "confirmed escapes in lines of code of in-scope merged changes"
_ADDED: Final = "thousand lines of code added by the changes that were looked at after the merge"
_NOT_DIVIDED: Final = (
    "changes that nothing looked at after the merge (unless something escaped), of unknown files or without "
    "code; "
    "findings of images, manifests and files that are not counted"
)
_SAME_TIME: Final = "Every change had the same time, so sprints can be compared."
_BAND: Final = "Upper end of the band; triage moves it."
_NEVER_GATED: Final = "Never gated."
_GARWOOD: Final = "Garwood 1936, DOI 10.1093/biomet/28.3-4.437"
_JONES: Final = "Jones 1996, DOI 10.1109/2.488361"
_REVERSE_TIME: Final = "Lagakos, Barraj and De Gruttola 1988, DOI 10.1093/biomet/75.3.515"
_SAMPLING: Final = "Cochran 1977, Sampling Techniques, 3rd ed., chapter 2"

ESCAPE_SIGNS: Final[tuple[Metric, ...]] = (
    Metric(
        id="escape_rate_window",
        title="Security escape rate within the follow-up (default 30 days)",
        unit="share",
        numerator="changes with a confirmed escape, reported within the follow-up",
        denominator="in-scope changes that were watched to the end of it",
        excludes=f"{OUT_OF_SCOPE}; changes still watched; escapes not reviewed yet, or found later",
        caveats=f"{_SAME_TIME} {_NEVER_GATED} {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=found_within("confirmed"),
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="escape_rate_window_high",
        title="Security escape rate within the follow-up, with unreviewed findings",
        unit="share",
        numerator="changes with an escape that nobody dismissed, reported within the follow-up",
        denominator="in-scope changes that were watched to the end of it",
        excludes=f"{OUT_OF_SCOPE}; changes still watched; dismissed findings, or found later",
        caveats=f"{_BAND} {_NEVER_GATED} {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=found_within("not_dismissed"),
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="escape_rate_90_days",
        title="Security escape rate within 90 days",
        unit="share",
        numerator="changes with a confirmed escape, reported within 90 days of the merge",
        denominator="in-scope changes that merged at least 90 days ago",
        excludes=f"{OUT_OF_SCOPE}; younger changes; escapes not reviewed yet, or found later",
        caveats=f"Tells what a shorter follow-up misses. {_NEVER_GATED} {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=found_within("confirmed", QUARTER_DAYS),
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="escape_rate_90_days_high",
        title="Security escape rate within 90 days, with unreviewed findings",
        unit="share",
        numerator="changes with an escape that nobody dismissed, reported within 90 days of the merge",
        denominator="in-scope changes that merged at least 90 days ago",
        excludes=f"{OUT_OF_SCOPE}; younger changes; dismissed findings, or found later",
        caveats=f"{_BAND} {_NEVER_GATED} {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=found_within("not_dismissed", QUARTER_DAYS),
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="escapes_per_kloc",
        title="Security escapes per KLOC added",
        unit=PER_KLOC,
        numerator=_CONFIRMED,
        denominator=_ADDED,
        excludes=f"{_NOT_DIVIDED}; escapes not reviewed yet",
        caveats=f"The same escapes by lines instead of changes. {_NEVER_GATED} {SAMENESS}",
        method=density.METHOD,
        references=(_GARWOOD,),
        compute=escapes_per_kloc("confirmed"),
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="escapes_per_kloc_high",
        title="Security escapes per KLOC added, with unreviewed findings",
        unit=PER_KLOC,
        numerator="the same escapes, and those that nobody has decided about",
        denominator=_ADDED,
        excludes=f"{_NOT_DIVIDED}; dismissed findings",
        caveats=f"{_BAND} {_NEVER_GATED} {SAMENESS}",
        method=density.METHOD,
        references=(_GARWOOD,),
        compute=escapes_per_kloc("not_dismissed"),
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="escaped_share_of_findings",
        title="Findings that escaped",
        unit="share",
        numerator="findings that were reported only after their change had merged",
        denominator="findings that nobody dismissed, of changes that a scan looked at after the merge",
        excludes="changes that nothing looked at after their merge",
        caveats=f"One minus the defect removal efficiency; noisy early checks lower it. {_NEVER_GATED}",
        method=METHOD,
        references=(_JONES, CLOPPER_PEARSON),
        compute=density.escaped_share_of_findings,
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="escape_delay_median_days",
        title="Median days from merge to first report of an escape",
        unit="days",
        numerator="escapes that nobody dismissed, each with its days from the merge to the first report",
        denominator="escapes that nobody dismissed",
        excludes="dismissed findings; what nobody has found yet",
        caveats="Corrected for young changes, whose late escapes nobody knows; half of what surfaces while "
        "their oldest was watched.",
        method=REVERSE_TIME,
        references=(_REVERSE_TIME,),
        compute=median_days,
        arms=SIDES,
        family="escapes",
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="reverted_share",
        title="Changes that were reverted",
        unit="share",
        numerator="in-scope changes that a later merged pull request or landed commit says it reverts",
        denominator="in-scope merged changes",
        excludes=OUT_OF_SCOPE,
        caveats=f"So far, for whatever reason; what is taken back without saying so is not seen. {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=reverted_share,
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="hotfixed_share",
        title="Changes that a hotfix followed",
        unit="share",
        numerator="changes of which a merged change that calls itself a hotfix touched a file within 14 days",
        denominator="in-scope changes that merged at least 14 days ago and whose files are known",
        excludes=f"{OUT_OF_SCOPE}; younger changes; changes of unknown files; files that are not code",
        caveats=f"It says so in title, branch or label, and may mend something older in the file. {SAMENESS}",
        method=METHOD,
        references=(CLOPPER_PEARSON,),
        compute=hotfixed_share,
        arms=SIDES,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="audit_escape_rate",
        title="Audited changes in which a weakness was found",
        unit="share",
        numerator="drawn changes in which a reviewer found a weakness of the severity that makes an escape",
        denominator="drawn changes that were reviewed",
        excludes="drawn changes that wait for their review; changes that were not drawn",
        caveats="Limits as of an endless population, so rather too wide. Reviewers may miss something, too.",
        method=METHOD,
        references=(CLOPPER_PEARSON, _SAMPLING),
        compute=audit_escape_rate,
        family="escapes",
        better="lower",
    ),
    Metric(
        id="audit_escape_rate_high",
        title="Audited changes in which a weakness was found or nobody could tell",
        unit="share",
        numerator="the same changes, and those that their reviewers could not judge",
        denominator="drawn changes that were reviewed",
        excludes="drawn changes that wait for their review; changes that were not drawn",
        caveats="Upper end of the band: the later word of whoever found a change unclear moves it.",
        method=METHOD,
        references=(CLOPPER_PEARSON, _SAMPLING),
        compute=audit_escape_rate_high,
        family="escapes",
        better="lower",
    ),
)
