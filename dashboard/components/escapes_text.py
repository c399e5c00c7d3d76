"""What does the Escapes page answer, in sentences? Pure text; `wording` words every number."""

from __future__ import annotations

from typing import Final

from dashboard import wording
from dashboard.measured import Measured
from metrics.arms import HEADLINE
from metrics.estimate import Estimate, Undefined
from metrics.gate.policy import Policy

RATE: Final = "security_escape_rate"
RATE_HIGH: Final = "security_escape_rate_high"
WINDOW: Final = "escape_rate_window"
QUARTER: Final = "escape_rate_90_days"
PER_KLOC: Final = "escapes_per_kloc"
DIFFERENCE: Final = "security_escape_rate_difference"
REVERTED: Final = "reverted_share"
HOTFIXED: Final = "hotfixed_share"
DELAY: Final = "escape_delay_median_days"
BEFORE: Final = "found_before_merge_share"
LOOKED: Final = "post_merge_detection_share"
INDEPENDENT: Final = "independent_detection_share"
NONE: Final = ("○", "wait")
SOME: Final = ("✕", "bad")
OPEN: Final = ("◆", "ask")


def answer(measured: Measured) -> tuple[str, tuple[str, str]]:
    """The page's one sentence, and its glyph and tone; it never says that nothing escaped."""
    low, high = measured.number(RATE), measured.number(RATE_HIGH)
    if isinstance(low, Undefined):
        return f"Cannot tell what escaped: {low.reason}.", ("?", "wait")
    found, possible = int(low.numerator), int(high.numerator) if isinstance(high, Estimate) else 0
    said = f"{_carry(found, int(low.denominator))} an escape that is confirmed"
    if possible > found:
        more = wording.plural(possible - found, "more depends", "more depend")
        return f"{said}; {more} on findings that nobody has reviewed.", OPEN
    if not found:
        return f"{said}; that says as much as the looks behind it.", NONE
    return f"{said}.", SOME


def _carry(count: int, total: int) -> str:
    """As people say it: "1 of 186 agent changes carries", "none of 1 agent change carries"."""
    of = f"of {wording.plural(total, 'agent change')}"
    return f"None {of} carries" if not count else f"{count:,} {of} {'carries' if count == 1 else 'carry'}"


def lines(measured: Measured) -> tuple[tuple[str, str], ...]:
    """What the answer rests on: both sides, who looked, and what has not been seen yet."""
    return (
        ("Agents", both(measured, "agent")),
        ("People", both(measured, "human")),
        ("Difference", wording.number(measured.number(DIFFERENCE, HEADLINE.name))),
        ("Looked at", _looked(measured)),
        ("Mind", "An escape is what somebody found after the merge. Where nobody looks, nothing is found."),
    )


def both(measured: Measured, arm: str) -> str:
    """Both ends of the band of one side."""
    low, high = measured.number(RATE, arm), measured.number(RATE_HIGH, arm)
    return f"confirmed {wording.number(low)}; with unreviewed {wording.number(high)}"


def _looked(measured: Measured) -> str:
    looked, independent = measured.number(LOOKED), measured.number(INDEPENDENT)
    after, new = wording.number(looked), wording.number(independent)
    return f"after the merge {after}; by something that had not looked before {new}"


def settings(measured: Measured, policy: Policy) -> tuple[str, ...]:
    """Settings that the numbers of the page rest on, beside those that every page names."""
    return (
        f"watched for {wording.plural(policy.follow_up_days, 'day')}",
        f"severity {policy.minimum_severity} and above",
        f"assisted changes {'counted' if policy.include_assisted else 'not counted'}",
        f"tests {'counted' if measured.case.measuring.include_tests else 'not counted'} as code",
    )
