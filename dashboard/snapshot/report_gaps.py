"""What was not measured in a week, why, and how can it be mended? Grouped by reason over all pilots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dashboard import wording
from dashboard.snapshot.content import Content
from dashboard.snapshot.report_numbers import SHOWN
from metrics.catalogue import BY_ID

NAMED: Final = 2  # metrics that are named; the others are counted
NOTHING: Final = "nothing to mend"
# The first word that a reason holds says how to mend it.
MENDING: Final[tuple[tuple[str, str], ...]] = (
    ("draft", f"{NOTHING}: the clock has not started"),
    ("another branch", f"{NOTHING}: out of scope"),
    ("generated", f"{NOTHING}: out of scope"),
    ("again", f"{NOTHING}: counted once"),
    ("surviving", "deliver surviving_code_lines with the changes"),
    ("follow-up", "wait until it is over"),
    ("watched", "wait until the follow-up is over"),
    ("scan", "give these scans; pilot doctor names what is missing"),
    ("looked at", "give these scans; pilot doctor names what is missing"),
    ("prompt", "name the logs of prompts in [sources.approvals]"),
    ("detector", "name the logs of detectors in [sources.detections]"),
    ("review", "collect all reviews of the pull requests"),
    ("ready", "collect the ready-for-review events"),
    ("files", "collect the files of the pull requests"),
    ("checks", "collect the checks of the last commit"),
    ("side", f"{NOTHING}: no two sides to compare"),
    ("no ", f"{NOTHING}: there was none"),
    ("none ", f"{NOTHING}: there was none"),
)
SHOWN_TITLES: Final = frozenset(BY_ID[shown.metric].title for shown in SHOWN)
ANYTHING_ELSE: Final = "pilot doctor names what is missing"


@dataclass(frozen=True)
class Gap:
    """One reason why something is unknown or left out."""

    reason: str
    what: str
    where: str  # the pilots
    mend: str


@dataclass(frozen=True)
class _Piece:
    reason: str
    what: tuple[str, ...]
    pilot: str
    rows: int


def gaps(content: Content) -> tuple[Gap, ...]:
    """Every reason once: what can be mended and touches the report's numbers first."""
    pieces = [*_of_numbers(content), *_of_criteria(content)]
    reasons = dict.fromkeys(piece.reason for piece in pieces)
    grouped = [[piece for piece in pieces if piece.reason == reason] for reason in reasons]
    ordered = sorted(grouped, key=_urgency)
    return tuple(_gap(group, len(content.pilots)) for group in ordered)


def _urgency(group: list[_Piece]) -> tuple[bool, bool, bool, int]:
    is_shown = any(title in SHOWN_TITLES for piece in group for title in piece.what)
    is_partly_known = all(piece.rows for piece in group)
    return mending(group[0].reason).startswith(NOTHING), not is_shown, is_partly_known, -_rows(group)


def _of_numbers(content: Content) -> Iterator[_Piece]:
    for each in content.pilots:
        for gap in each.unmeasured:
            titles = tuple(BY_ID[metric].title for metric in gap.metrics)
            yield _Piece(gap.reason, titles, each.pilot, gap.rows)


def _of_criteria(content: Content) -> Iterator[_Piece]:
    for verdict in content.verdicts:
        for outcome in verdict.criteria:
            if outcome.state == "not_measurable":
                yield _Piece(outcome.sentence, (outcome.title,), verdict.pilot, 0)


def _rows(group: list[_Piece]) -> int:
    return sum(piece.rows for piece in group)


def _gap(group: list[_Piece], pilot_count: int) -> Gap:
    titles = tuple(dict.fromkeys(title for piece in group for title in piece.what))
    names = tuple(dict.fromkeys(piece.pilot for piece in group))
    left_out = f" (up to {wording.plural(max(piece.rows for piece in group), 'row')} left out)"
    reason = group[0].reason
    return Gap(
        reason=reason.rstrip(".") + (left_out if _rows(group) else ""),
        what=_named(titles),
        where="all pilots" if len(names) == pilot_count else wording.listed(names),
        mend=mending(reason),
    )


def _named(titles: tuple[str, ...]) -> str:
    more = len(titles) - NAMED
    shown = titles[:NAMED] if more > 0 else titles
    return wording.listed((*shown, f"{more} more numbers") if more > 0 else shown)


def mending(reason: str) -> str:
    """What brings the missing data, told by what the reason names.

    >>> mending("reviews unknown")
    'collect all reviews of the pull requests'
    """
    told = reason.lower()
    return next((mend for word, mend in MENDING if word in told), ANYTHING_ELSE)
