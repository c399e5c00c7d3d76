"""What does the Code quality page answer, in sentences? Pure text; `wording` words every number."""

from __future__ import annotations

from typing import Final

from dashboard import wording
from dashboard.components import siding
from dashboard.measured import Measured
from metrics.arms import HEADLINE, SIDES
from metrics.density.comparison import conclusion
from metrics.estimate import Estimate, Number, Undefined
from metrics.parity import Look, unlike

RATIO: Final = "vulnerabilities_per_kloc_ratio"
RATIO_HIGH: Final = "vulnerabilities_per_kloc_ratio_high"
CRUDE: Final = "vulnerabilities_per_kloc_crude_ratio"
CRUDE_HIGH: Final = "vulnerabilities_per_kloc_crude_ratio_high"
RATE: Final = "vulnerabilities_per_kloc"
RATE_HIGH: Final = "vulnerabilities_per_kloc_high"
SURVIVING: Final = "vulnerabilities_per_surviving_kloc"
STANDING: Final = "vulnerabilities_per_surviving_kloc_ratio"
STANDING_HIGH: Final = "vulnerabilities_per_surviving_kloc_ratio_high"
STAGES: Final = {"pre_merge": "before merge", "post_merge": "after merge"}
DETECTABLE: Final = "detectable_ratio"
DISPERSION: Final = "finding_dispersion"
LOOKS: Final = {"more": ("▲", "ask"), "fewer": ("▼", "fair"), siding.CANNOT_TELL: ("?", "wait")}
DEPENDS: Final = ("◆", "ask")
ALL: Final = "all not dismissed"


def answer(measured: Measured) -> tuple[str, tuple[str, str]]:
    """The page's one sentence, and its glyph and tone; what changes the conclusion is said first."""
    number = measured.number(RATIO, HEADLINE.name)
    if changes(measured):
        return f"It depends on what is counted, and to whom. {_said(number)}", DEPENDS
    return _said(number), LOOKS[conclusion(number)]


def changes(measured: Measured) -> tuple[str, ...]:
    """Ways of counting that lead to another conclusion: unreviewed findings, assisted, unknown changes."""
    found = conclusion(measured.number(RATIO, HEADLINE.name))
    high = conclusion(measured.number(RATIO_HIGH, HEADLINE.name))
    band = () if high == found else (f"unreviewed findings counted: {high}",)
    return (*band, *siding.moved(measured, RATIO, conclusion))


def _said(number: Number) -> str:
    told = wording.number(number).replace("times", "times theirs", 1)
    cannot = "Cannot tell whether agent changes bring in more findings per KLOC than people's"
    if isinstance(number, Undefined):
        return f"{cannot}: {number.reason}."
    if conclusion(number) == siding.CANNOT_TELL:
        return f"{cannot}: {told}."
    return f"Agent changes bring in {conclusion(number)} findings per KLOC than people's: {told}."


def visible(measured: Measured) -> str:
    """Above which ratio this volume would have shown that agents' rate is higher."""
    number = measured.number(DETECTABLE, HEADLINE.name)
    if isinstance(number, Undefined):
        return f"Which ratio could have been seen is unknown: {number.reason}."
    power = wording.percent(measured.case.measuring.power)
    if number.unbounded:
        return f"This volume could not have shown any ratio with {power} power."
    return f"A rate above {wording.brief(number)} people's would have been seen, with {power} power."


def lines(measured: Measured) -> tuple[tuple[str, str], ...]:
    """What the answer rests on; the crude ratio never stands without the one of like with like."""
    changed = changes(measured)
    said = f"The conclusion changes with {wording.listed(changed)}." if changed else (
        "The same conclusion with unreviewed findings counted, and with assisted and with unknown changes "
        "counted to either side."
    )  # fmt: skip
    first = (("Depends", said),) if changed else ()
    is_known = isinstance(measured.number(RATIO, HEADLINE.name), Estimate)
    last = (("Either side", said),) if is_known and not changed else ()
    return (
        *first,
        ("Agents", rates(measured, "agent")),
        ("People", rates(measured, "human")),
        ("Ratio", ratios(measured)),
        ("Could be seen", visible(measured)),
        *last,
        ("Mind", "Teams choose what they give to agents; only what scanners or people look for is found."),
    )


def rates(measured: Measured, arm: str) -> str:
    """Both ends of the band of one side."""
    low, high = measured.number(RATE, arm), measured.number(RATE_HIGH, arm)
    if isinstance(low, Undefined):
        return wording.number(low)
    return f"confirmed {wording.number(low)}; {ALL} {wording.number(high)}"


def ratios(measured: Measured) -> str:
    """Like for like and as the changes come, confirmed findings."""
    like, crude = (measured.number(metric, HEADLINE.name) for metric in (RATIO, CRUDE))
    same = "like for like (same repository and language)"
    return f"{same} {wording.number(like)}; as they come {wording.number(crude)}"


def dispersion(measured: Measured) -> str:
    """How far findings cluster in changes, and what that does to the intervals."""
    number = measured.number(DISPERSION, HEADLINE.name)
    if isinstance(number, Undefined):
        return wording.number(number)
    return f"findings vary between changes {wording.brief(number)}; intervals are widened where it is above 1"


def parity(measured: Measured) -> str:
    """Whether the same rules looked at both sides about as often; where not, which and how often."""
    found = measured.parity
    if not found or any(each.is_single for each in found):
        return ""
    unalike = unlike(found, measured.case.measuring.confidence)
    if not unalike:
        return (
            "As far as the numbers can tell, every version of every tool's rules looked at both sides "
            "about as often."
        )
    named = "; ".join(_looked(each) for each in unalike)
    return f"Both sides were not looked at alike: {named}. What looks at one side more finds more there."


def _looked(each: Look) -> str:
    rules = f" with rules {each.rules}" if each.rules else ""
    agents, people = wording.share(*each.first), wording.share(*each.second)
    return (
        f"{each.tool}{rules} {STAGES[each.stage]} at {agents} of agents' changes and at {people} of people's"
    )


def beside(measured: Measured) -> str:
    """What stands beside the rates: findings that are not divided, and what surviving lines need."""
    agents, people = (measured.slice(arm).density.listed.height for arm in SIDES)
    told = (
        f"Findings of images, manifests and files that are not counted are listed below and not divided by "
        f"lines: agents {agents:,}, people {people:,}."
    )
    if not isinstance(measured.number(SURVIVING), Undefined):
        return told
    return (
        f"{told} Surviving lines need history: name mirrors under `[sources.git]`, or deliver "
        "`surviving_code_lines` with the changes."
    )


def settings(measured: Measured) -> tuple[str, ...]:
    """Settings that only this page's numbers depend on."""
    measuring, policy = measured.case.measuring, measured.case.policy
    tests = "counted" if measuring.include_tests else "not counted"
    return (
        f"security findings of severity {policy.minimum_severity} and above, found before or after the merge",
        f"lines added without generated, vendored, lock and minified files; test files {tests}",
        f"scans after the merge looked for within {wording.plural(policy.follow_up_days, 'day')}",
        f"power {wording.percent(measuring.power)}",
    )
