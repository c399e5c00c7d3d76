"""Weeks as the report gets them, made by hand: any number of pilots, any state, any number unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.snapshot.content import Content, PilotWeek, Restated, Unmeasured
from dashboard.snapshot.report_numbers import SHOWN
from dashboard.wording import POINTS, RATIO
from ingest.store import Published
from metrics.arms import SIDES
from metrics.estimate import Coverage, Estimate, Number, Undefined
from metrics.gate.states import Attention, Verdict
from metrics.results import Result
from metrics.segments import WHOLE, Window
from tests.builders_dashboard import evidence, sprint, verdict

START = datetime(2026, 8, 9, 22, tzinfo=UTC)  # Monday 10 August in Berlin
END = START + timedelta(days=7)
PUBLISHED = Published("20260817T060000-a1b2c3", END + timedelta(hours=6), {"pull_requests": 3, "findings": 2})
SETTINGS = {
    "require": "proven", "sprints": 2, "follow_up_days": 30, "minimum_severity": "medium", "triage_days": 7,
    "include_assisted": False, "clock": "ready", "restricted_mean_days": 14, "include_tests": False,
    "approved_within_hours": (24, 72), "confidence": 0.95,
}  # fmt: skip
WEEKS = tuple(f"2026-W{number}" for number in range(26, 34))
NO_REVIEWS = Undefined("reviews unknown for every change of this window", 0, Coverage(0, 40))


def estimate(value: float, counts: tuple[float, float], **changed: Any) -> Estimate:
    x, n = counts
    given: dict[str, Any] = {
        "value": value, "low": 0.6 * value, "high": 1.5 * value, "level": 0.95, "unit": "share",
        "method": "exact", "numerator": x, "denominator": n, "n": int(n),
        "coverage": Coverage(int(n), int(n)),
    }  # fmt: skip
    return Estimate(**(given | changed))


def share(x: int, n: int) -> Estimate:
    spread = 1.96 * (max(x, 1) / n / n) ** 0.5
    return estimate(x / n, (x, n), low=max(0.0, x / n - spread), high=min(1.0, x / n + spread))


NUMBERS: dict[tuple[str, str], Number] = {
    ("security_escape_rate", "agent"): share(1, 96),
    ("security_escape_rate", "human"): share(2, 410),
    ("security_escape_rate_high", "agent"): share(3, 96),
    ("security_escape_rate_high", "human"): share(2, 410),
    ("vulnerabilities_per_kloc", "agent"): estimate(1.4815, (12, 8.1), unit="findings per KLOC"),
    ("vulnerabilities_per_kloc", "human"): estimate(0.8, (80, 100), unit="findings per KLOC"),
    ("vulnerabilities_per_kloc_high", "agent"): estimate(1.85, (15, 8.1), unit="findings per KLOC"),
    ("vulnerabilities_per_kloc_high", "human"): estimate(0.8, (80, 100), unit="findings per KLOC"),
    ("vulnerabilities_per_kloc_ratio", "agent vs human"): estimate(
        1.32, (12, 9.1), low=0.76, high=2.3, unit=RATIO
    ),
    ("security_escape_rate_difference", "agent vs human"): estimate(
        0.0055, (1, 2), low=-0.0069, high=0.0265, unit=POINTS
    ),
    ("approved_within_first_mark_difference", "agent vs human"): estimate(
        -0.112, (478, 310), low=-0.163, high=-0.053, unit=POINTS
    ),
    ("merged_without_human_approval_difference", "agent vs human"): replace(NO_REVIEWS, unit=POINTS),
    ("approved_within_first_mark_share", "agent"): estimate(0.508, (478, 941), low=0.476, high=0.54),
    ("approved_within_first_mark_share", "human"): estimate(0.62, (310, 480), low=0.57, high=0.66),
    ("restricted_mean_hours_to_decision", "agent"): estimate(
        60.0, (812, 941), low=52.0, high=67.5, unit="hours"
    ),
    ("restricted_mean_hours_to_decision", "human"): estimate(
        26.4, (455, 480), low=22.0, high=31.0, unit="hours"
    ),
    ("restricted_mean_hours_difference_stratified", "agent vs human"): estimate(
        12.4, (812, 455), low=3.1, high=21.0, unit="hours"
    ),
    ("merged_without_human_approval_share", "agent"): share(1, 7),
    ("merged_without_human_approval_share", "human"): NO_REVIEWS,
}  # fmt: skip


def numbers(**changed: Number) -> dict[tuple[str, str], Number]:
    """The usual numbers; a keyword such as `security_escape_rate__agent` replaces one."""
    return NUMBERS | {tuple(name.split("__")): number for name, number in changed.items()}  # type: ignore[dict-item]


def results(pilot: str, given: dict[tuple[str, str], Number]) -> tuple[Result, ...]:
    whole = Window("epoch", START - timedelta(days=70), END)
    over_all = [_result(pilot, key, (WHOLE, whole), number) for key, number in given.items()]
    return (*over_all, *_by_week(pilot, given))


def _by_week(pilot: str, given: dict[tuple[str, str], Number]) -> list[Result]:
    shown = [(each.metric, arm) for each in SHOWN for arm in SIDES]
    rows = []
    for place, week in enumerate(WEEKS):
        start = START - timedelta(days=7 * (len(WEEKS) - 1 - place))
        window = Window("week", start, start + timedelta(days=7))
        rows += [
            _result(pilot, key, (f"week {week}", window), weekly(given[key], place + (key[1] == "human")))
            for key in shown
        ]
    return rows


def weekly(number: Number, place: int) -> Number:
    """A number that swings over the weeks; unknown in the third, few counted in the fifth."""
    if isinstance(number, Undefined) or place == 2:
        return NO_REVIEWS
    counted = 12 if place == 4 else 60
    value = number.value * (1 + 0.2 * ((place * 5) % 4 - 1))
    value = min(value, 1.0) if number.unit == "share" else value
    return replace(number, value=value, denominator=counted, n=counted, numerator=round(value * counted))


def _result(pilot: str, key: tuple[str, str], segment: tuple[str, Window], number: Number) -> Result:
    return Result(pilot, *key, *segment, number, END, SETTINGS)


def week(pilot: str = "payments", **changed: Any) -> PilotWeek:
    """A week of one pilot in which nothing changed."""
    judged = judgement(pilot)
    given: dict[str, Any] = {
        "pilot": pilot, "timezone": "Europe/Berlin", "start": START, "end": END, "as_of": END,
        "verdict": judged, "before": judged, "before_as_published": judged, "before_published": PUBLISHED,
        "results": results(pilot, NUMBERS), "restated": (), "unmeasured": (),
    }  # fmt: skip
    return PilotWeek(**(given | changed))


def judgement(pilot: str = "payments", **changed: Any) -> Verdict:
    return verdict(pilot, **({"as_of": END, "evidence": evidence()} | changed))


def restated(pilot: str = "payments") -> Restated:
    """An escape rate of the week before that a late delivery changed."""
    window = Window("week", START - timedelta(days=7), START)
    key = ("security_escape_rate", "agent")
    then, now = (_result(pilot, key, ("week 2026-W32", window), share(x, 35)) for x in (0, 1))
    return Restated(then, now)


def content(*weeks: PilotWeek) -> Content:
    return Content("2026-W33", PUBLISHED, weeks or (week(),))


def busy(pilot: str) -> PilotWeek:
    """A pilot in which much has happened: worse, restated, undecided, unmeasured."""
    now = judgement(
        pilot,
        state="UNTRIAGED",
        sentence=(
            "Depends on 5 untriaged findings (beefbeefbeefbeef, cafecafecafecafe, f00df00df00df00d "
            "and 2 more), the oldest is 12 days old; and on 2 findings that no change could be charged with"
        ),
        blocked_by=("UNTRIAGED", "proven", "no_bypass"),
        sprints=(sprint(1), sprint(2, escapes_low=1), sprint(3, escapes_high=3)),
        attention=(
            Attention(
                "Decide about untriaged escapes",
                "security reviewers",
                END - timedelta(days=12),
                ("beefbeefbeefbeef", "cafecafecafecafe", "f00df00df00df00d"),
            ),
            Attention(
                "Say which change introduced unattributed findings",
                "security reviewers",
                END - timedelta(days=2),
                ("abadabadabadabad", "0ddba110ddba1100"),
            ),
        ),
    )
    before = judgement(pilot, sprints=(sprint(1), sprint(2), sprint(3)))
    return week(
        pilot,
        verdict=now,
        before=replace(before, state="NOT_MET"),
        before_as_published=before,
        restated=(restated(pilot),),
        unmeasured=(
            Unmeasured("reviews unknown", ("merged_without_human_approval_share",), 40),
            Unmeasured("no ok scan looked at any change of this window", ("vulnerabilities_per_kloc",), 0),
            Unmeasured(
                "follow-up not over", ("post_merge_detection_share", "independent_detection_share"), 88
            ),
            Unmeasured("files unknown", ("vulnerabilities_per_kloc",), 3),
            Unmeasured("arrived again", ("security_escape_rate", "bypass_count", "pre_merge_scan_share"), 2),
            Unmeasured(
                "surviving lines are unknown: no clone has been read", ("vulnerabilities_per_kloc",), 0
            ),
        ),
    )


NAMES = (
    "payments", "search", "checkout", "identity-platform", "recommendations", "mobile-ios", "data-warehouse",
    "billing-and-invoicing", "fraud", "developer-portal",
)  # fmt: skip


def full(count: int) -> Content:
    """As many pilots as asked for, all of them busy."""
    names = (*NAMES, *(f"pilot-{place}" for place in range(len(NAMES), count)))
    return content(*(busy(name) for name in names[:count]))


def stretched(count: int) -> Content:
    """Busy pilots whose numbers are as long as numbers get, each under a policy of its own."""
    given = numbers(
        security_escape_rate__agent=share(12, 19600),
        security_escape_rate__human=share(32, 41000),
        vulnerabilities_per_kloc__agent=estimate(
            0.032, (1, 31.6), low=0.0008, high=0.177, unit="findings per KLOC"
        ),
        vulnerabilities_per_kloc_high__agent=estimate(0.85, (27, 31.6), unit="findings per KLOC"),
        vulnerabilities_per_kloc_high__human=estimate(1.24, (124, 100), unit="findings per KLOC"),
        restricted_mean_hours_to_decision__agent=estimate(
            60.0, (1812, 2941), low=47.2, high=67.5, unit="hours"
        ),
    )
    weeks = [replace(each, results=results(each.pilot, given)) for each in full(count).pilots]
    own = [replace(each.verdict, policy_digest=f"{place:012x}") for place, each in enumerate(weeks)]
    return content(*(replace(each, verdict=judged) for each, judged in zip(weeks, own, strict=True)))
