"""How are vulnerabilities per KLOC, and their comparison, defined? Definitions 2."""

from __future__ import annotations

from typing import Final

from metrics.arms import ALL_SIDES, COMPARED
from metrics.catalogue.metric import CLOPPER_PEARSON, SAMENESS, Metric
from metrics.density import comparison, measures
from metrics.shares import EXACT
from metrics.shares import METHOD as CLOPPER
from metrics.units import PER_KLOC, RATIO

_GARWOOD: Final = "Garwood 1936, DOI 10.1093/biomet/28.3-4.437"
_MANTEL_HAENSZEL: Final = "Greenland and Robins 1985, DOI 10.2307/2530643"
_EXACT_RATIO: Final = "Przyborowski and Wilenski 1940, DOI 10.1093/biomet/31.3-4.313"
_QUASI_POISSON: Final = "McCullagh and Nelder 1989, Generalized Linear Models, 2nd ed., section 6.2"
_CONFIRMED: Final = (
    "confirmed security findings in lines of code that merged changes of the window introduced"
)
_NOT_DISMISSED: Final = "the same findings, and those that nobody has decided about"
_LOOKED_AT: Final = (
    "dismissed findings; changes that no ok scan looked at, of unknown files or without code; generated, "
    "vendored, lock, minified, documentation and (by default) test files; images and manifests"
)
_ONE_SIDED: Final = "as the rates; repositories and languages in which one side only added code"
_CLUSTERED: Final = (
    "Findings cluster in few changes: comparisons use a wider interval than this one. One weakness that two "
    "tools report under different rules counts twice."
)
_BAND: Final = "Triage moves the number between this end of its band and the other."

VULNERABILITIES: Final[tuple[Metric, ...]] = (
    Metric(
        id="vulnerabilities_per_kloc",
        title="Vulnerabilities per KLOC added",
        unit=PER_KLOC,
        numerator=f"{_CONFIRMED}, found before or after the merge",
        denominator="thousand lines of code that these changes added",
        excludes=_LOOKED_AT,
        caveats=f"{_CLUSTERED} {SAMENESS}",
        method=measures.METHOD,
        references=(_GARWOOD,),
        compute=measures.vulnerabilities_per_kloc,
        family="vulnerabilities",
        arms=ALL_SIDES,
        better="lower",
        by_agent=True,
    ),
    Metric(
        id="vulnerabilities_per_kloc_high",
        title="Vulnerabilities per KLOC added, with unreviewed findings",
        unit=PER_KLOC,
        numerator=_NOT_DISMISSED,
        denominator="thousand lines of code that these changes added",
        excludes=_LOOKED_AT,
        caveats=f"{_BAND} {_CLUSTERED} {SAMENESS}",
        method=measures.METHOD,
        references=(_GARWOOD,),
        compute=measures.vulnerabilities_per_kloc_high,
        family="vulnerabilities",
        arms=ALL_SIDES,
        better="lower",
        by_agent=True,
    ),
    Metric(
        id="vulnerabilities_per_surviving_kloc",
        title="Vulnerabilities per KLOC that still stands",
        unit=PER_KLOC,
        numerator=f"{_CONFIRMED}, found before or after the merge",
        denominator="thousand lines that these changes added and that still stood when last looked",
        excludes=f"{_LOOKED_AT}; changes whose surviving lines are unknown",
        caveats="Much of what is added is rewritten soon: this ratio can be twice the other one.",
        method=measures.METHOD,
        references=(_GARWOOD,),
        compute=measures.vulnerabilities_per_surviving_kloc,
        family="vulnerabilities",
        arms=ALL_SIDES,
        better="lower",
        by_agent=True,
    ),
    Metric(
        id="vulnerabilities_per_surviving_kloc_high",
        title="Vulnerabilities per KLOC that still stands, with unreviewed findings",
        unit=PER_KLOC,
        numerator=_NOT_DISMISSED,
        denominator="thousand lines that these changes added and that still stood when last looked",
        excludes=f"{_LOOKED_AT}; changes whose surviving lines are unknown",
        caveats=f"{_BAND} Much of what is added is rewritten soon.",
        method=measures.METHOD,
        references=(_GARWOOD,),
        compute=measures.vulnerabilities_per_surviving_kloc_high,
        family="vulnerabilities",
        arms=ALL_SIDES,
        better="lower",
        by_agent=True,
    ),
    Metric(
        id="code_kloc_added",
        title="Lines of code added",
        unit="KLOC",
        numerator="thousand lines of code that in-scope merged changes added, looked at or not",
        denominator="none: every line counts",
        excludes="files that are not code; changes of unknown files",
        caveats="Lines say how much there is to look at, not how much was done.",
        method=EXACT,
        references=(),
        compute=measures.code_kloc_added,
        family="vulnerabilities",
        arms=ALL_SIDES,
        by_agent=True,
    ),
    Metric(
        id="found_before_merge_share",
        title="Findings that were found before the merge",
        unit="share",
        numerator="findings that were reported before their change merged",
        denominator="findings that nobody dismissed, of changes that a scan looked at after the merge too",
        excludes="changes that nothing looked at after their merge",
        caveats="Defect removal efficiency: noisy checks before the merge raise it. Never gated.",
        method=CLOPPER,
        references=("Jones 1996, DOI 10.1109/2.488361", CLOPPER_PEARSON),
        compute=measures.found_before_merge_share,
        family="vulnerabilities",
        arms=ALL_SIDES,
        better="higher",
    ),
    Metric(
        id="vulnerabilities_per_kloc_ratio",
        title="Vulnerabilities per KLOC, one over the other",
        unit=RATIO,
        numerator="rate of the first side within each repository and language",
        denominator="rate of the second side in the same repository and language",
        excludes=_ONE_SIDED,
        caveats=f"The headline comparison. {SAMENESS}",
        method="Mantel-Haenszel, Greenland-Robins, times the dispersion where it is wider",
        references=(_MANTEL_HAENSZEL, _QUASI_POISSON),
        compute=comparison.vulnerability_ratio,
        family="vulnerabilities",
        arms=COMPARED,
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="vulnerabilities_per_kloc_ratio_high",
        title="Vulnerabilities per KLOC with unreviewed findings, one over the other",
        unit=RATIO,
        numerator="rate of the first side, unreviewed findings too, within each repository and language",
        denominator="rate of the second side in the same repository and language",
        excludes=_ONE_SIDED,
        caveats=f"{_BAND} {SAMENESS}",
        method="Mantel-Haenszel, Greenland-Robins, times the dispersion where it is wider",
        references=(_MANTEL_HAENSZEL, _QUASI_POISSON),
        compute=comparison.vulnerability_ratio_high,
        family="vulnerabilities",
        arms=COMPARED,
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="vulnerabilities_per_kloc_crude_ratio",
        title="Vulnerabilities per KLOC, one over the other, whatever the work",
        unit=RATIO,
        numerator="rate of the first side",
        denominator="rate of the second side",
        excludes=_LOOKED_AT,
        caveats="Can say the opposite of every repository in it: read the stratified one first.",
        method="exact conditional or quasi-Poisson, the wider",
        references=(_EXACT_RATIO, _QUASI_POISSON),
        compute=comparison.crude_vulnerability_ratio,
        family="vulnerabilities",
        arms=COMPARED,
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="vulnerabilities_per_kloc_crude_ratio_high",
        title="Vulnerabilities per KLOC with unreviewed findings, one over the other, whatever the work",
        unit=RATIO,
        numerator="rate of the first side, unreviewed findings too",
        denominator="rate of the second side, unreviewed findings too",
        excludes=_LOOKED_AT,
        caveats="Can say the opposite of every repository in it: read the stratified one first.",
        method="exact conditional or quasi-Poisson, the wider",
        references=(_EXACT_RATIO, _QUASI_POISSON),
        compute=comparison.crude_vulnerability_ratio_high,
        family="vulnerabilities",
        arms=COMPARED,
        better="lower",
        is_quotient=False,
    ),
    Metric(
        id="finding_dispersion",
        title="How much findings cluster in changes",
        unit="times chance",
        numerator="Pearson's chi-square of findings by change, within side, repository and language",
        denominator="its degrees of freedom",
        excludes=_ONE_SIDED,
        caveats="1 = as independent findings would fall; intervals are widened where it is larger.",
        method=comparison.PEARSON,
        references=(_QUASI_POISSON,),
        compute=comparison.vulnerability_dispersion_high,
        family="vulnerabilities",
        arms=COMPARED,
    ),
    Metric(
        id="detectable_ratio",
        title="Smallest ratio that this much code could have shown",
        unit=RATIO,
        numerator="KLOC of the first side in one stratum that tells as much as all",
        denominator="KLOC of the second side in it",
        excludes=_ONE_SIDED,
        caveats="With the configured power, at the second side's rate; smaller ones go unseen.",
        method=comparison.LOG_NORMAL,
        references=("Gu, Ng, Tang and Schucany 2008, DOI 10.1002/bimj.200710403",),
        compute=comparison.detectable_vulnerability_ratio_high,
        family="vulnerabilities",
        arms=COMPARED,
        is_quotient=False,
    ),
)
