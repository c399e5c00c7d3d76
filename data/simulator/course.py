"""How does a pull request go from opening to merge: scans, pushes, reviews, decisions?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from data.simulator.arrivals import Arrival
from data.simulator.authors import Author
from data.simulator.draws import hours_after, pick
from data.simulator.names import HUMANS, REVIEW_BOTS
from data.simulator.truth import Reviewing

SOON = timedelta(minutes=10)
DISMISSED_AFTER = timedelta(minutes=30)
OPEN_DRAFT_SHARE = 0.10  # people's pull requests that start as a draft


@dataclass(frozen=True, slots=True)
class Review:
    """One submitted review."""

    by: str | None  # None = the account is gone
    state: str
    at: datetime
    commit: int = 0  # place of the commit looked at
    is_bot: bool = False
    body: str = ""
    was: str | None = None  # verdict before it was dismissed

    @property
    def settled_at(self) -> datetime:
        """When it came to say what it says: its dismissal, else its submission."""
        return self.at + DISMISSED_AFTER if self.was else self.at


@dataclass(slots=True)
class Course:
    """What happened to one pull request, in the making."""

    ready_at: datetime
    drafted: bool  # opened as a draft
    pushes: list[datetime]
    reviews: list[Review] = field(default_factory=list)
    scanned_at: list[datetime] = field(default_factory=list)  # scans of the head, oldest first
    not_before: datetime | None = None  # the merge waits for this
    accepted_at: datetime | None = None
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    approver: str | None = None
    is_ready: bool = True


def run(arrival: Arrival, author: Author, reviewing: Reviewing, rng: Random) -> Course:
    """Play one pull request through to its end."""
    course = _opened(arrival, author, rng)
    _scan(arrival, course, rng)
    _review(author, reviewing, course, rng)
    _end(arrival, reviewing, course, rng)
    return course


def _opened(arrival: Arrival, author: Author, rng: Random) -> Course:
    is_draft_first = author.style.drafts if author.style else False
    drafted = is_draft_first or (author.arm == "human" and rng.random() < OPEN_DRAFT_SHARE)
    ready_at = hours_after(rng, arrival.opened_at, 0.7, 0.7) if drafted else arrival.opened_at
    return Course(ready_at, drafted, [arrival.opened_at])


def _scan(arrival: Arrival, course: Course, rng: Random) -> None:
    first = hours_after(rng, arrival.opened_at, 0.2, 0.3)
    course.scanned_at.append(first)
    if arrival.fate == "fixed":
        _push(course, hours_after(rng, first, 1.5, 0.5), rng)
    if arrival.fate == "accepted":
        course.accepted_at = hours_after(rng, first, 2.0, 0.4)
    course.not_before = (course.accepted_at or first) + SOON


def _push(course: Course, at: datetime, rng: Random) -> None:
    """Add commits to the head; what scans heads looks at each of them."""
    at = max(at, course.scanned_at[-1] + SOON)
    course.pushes.append(at)
    course.scanned_at.append(hours_after(rng, at, 0.2, 0.3))


def _review(author: Author, reviewing: Reviewing, course: Course, rng: Random) -> None:
    if rng.random() < reviewing.bot_share:
        at = course.ready_at + SOON
        course.reviews.append(
            Review(pick(rng, REVIEW_BOTS), "COMMENTED", at, 0, is_bot=True, body="Looked at it.")
        )
    looked = hours_after(rng, course.ready_at, reviewing.first_look_hours, reviewing.spread)
    reviewer = pick(rng, [name for name in HUMANS if name != author.login])
    if rng.random() < reviewing.changes_requested_share:
        course.reviews.append(
            Review(reviewer, "CHANGES_REQUESTED", looked, 0, body="Please cover the empty case.")
        )
        _push(course, hours_after(rng, looked, 2.0, 0.8), rng)
        looked = hours_after(rng, course.pushes[-1], reviewing.first_look_hours, reviewing.spread)
    if rng.random() < reviewing.approved_share:
        _approve(course, reviewer, looked, rng)
        if rng.random() < reviewing.dismissed_share:
            _dismiss(course, rng)


def _approve(course: Course, reviewer: str, at: datetime, rng: Random) -> None:
    seen = max(place for place, pushed in enumerate(course.pushes) if pushed <= at or place == 0)
    approval = Review(reviewer, "APPROVED", at, seen, body=pick(rng, ("", "", "LGTM", "Thanks, reads well.")))
    course.reviews.append(approval)
    course.approver = reviewer
    course.not_before = max(course.not_before or at, at + timedelta(minutes=1))


def _dismiss(course: Course, rng: Random) -> None:
    """Take the approval back, and give it again some hours later."""
    approval = course.reviews.pop()
    again = replace(approval, at=hours_after(rng, approval.at + DISMISSED_AFTER, 3.0, 0.5))
    course.reviews += [replace(approval, state="DISMISSED", was="APPROVED"), again]
    course.not_before = again.at + timedelta(minutes=1)


def _end(arrival: Arrival, reviewing: Reviewing, course: Course, rng: Random) -> None:
    free_at = max(course.ready_at, course.scanned_at[-1] + SOON, course.not_before or course.ready_at)
    if arrival.merges:
        course.merged_at = course.closed_at = hours_after(rng, free_at, reviewing.merge_hours, 0.8)
    elif rng.random() < 0.7:  # noqa: PLR2004 - the rest stays open
        course.closed_at = hours_after(rng, free_at, 30.0, 1.0)


def cut(course: Course, as_of: datetime) -> Course:
    """Leave out what has not happened yet when the export is made."""
    course.is_ready = course.ready_at < as_of
    course.reviews = [review for review in course.reviews if review.settled_at < as_of]
    course.pushes = [pushed for pushed in course.pushes if pushed < as_of]
    course.scanned_at = [scanned for scanned in course.scanned_at if scanned < as_of]
    course.merged_at = _past(course.merged_at, as_of)
    course.closed_at = _past(course.closed_at, as_of)
    course.accepted_at = _past(course.accepted_at, as_of)
    return course


def _past(moment: datetime | None, as_of: datetime) -> datetime | None:
    return moment if moment is not None and moment < as_of else None
