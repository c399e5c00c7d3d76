"""What does a timeline say about drafts, pushes and reviews that were dismissed?

The clock of approvals starts when a change is first ready for review (definitions, section 1),
so a timeline that was not collected, or was cut before it said a word about drafts, leaves that
moment unknown rather than at the creation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ingest.sources.github_export.lists import Listed
from ingest.sources.github_export.shapes import CommitEntry, Event, PullRequest, Review

READY, DRAFTED = "ReadyForReviewEvent", "ConvertToDraftEvent"
DISMISSED, FORCED, MERGED = "ReviewDismissedEvent", "HeadRefForcePushedEvent", "MergedEvent"
Spells = tuple[datetime | None, int | None]  # first ready, seconds as a draft after it
UNKNOWN: Final[Spells] = (None, None)


def draft_history(node: PullRequest, events: Listed[Event]) -> Spells:
    """First moment of being ready for review, and the seconds as a draft after it; null = unknown."""
    told = sorted(
        (event.created_at, event.typename == READY)
        for event in events.items
        if event.typename in (READY, DRAFTED) and event.created_at is not None
    )
    if not told:
        return _without_events(node, events)
    was_born_ready = not told[0][1]
    ready_at = node.created_at if was_born_ready else told[0][0]
    return ready_at, _draft_seconds(told, node.closed_at or node.merged_at)


def _without_events(node: PullRequest, events: Listed[Event]) -> Spells:
    may_have_been_draft = node.is_draft is not False or not events.is_known or events.is_cut
    return UNKNOWN if may_have_been_draft else (node.created_at, 0)


def _draft_seconds(told: list[tuple[datetime, bool]], closed_at: datetime | None) -> int:
    """Seconds of the spells that ended, by a new ready or by closing."""
    seconds, since = 0.0, None
    for at, is_ready in told:
        if is_ready and since is not None:
            seconds += (at - since).total_seconds()
        since = None if is_ready else (since or at)
    if since is not None and closed_at is not None and closed_at > since:
        seconds += (closed_at - since).total_seconds()
    return int(seconds)


def last_push_at(node: PullRequest, commits: Listed[CommitEntry], events: Listed[Event]) -> datetime | None:
    """Latest push known; a commit's own time stands for its push, which GitHub no longer tells.

    Null where the list of commits was cut before the head.
    """
    made = [entry.commit for entry in commits.items if entry.commit is not None]
    has_head = any(commit.oid == node.head_ref_oid for commit in made)
    if commits.is_cut and not has_head:
        return None
    moments = [commit.pushed_date or commit.committed_date for commit in made]
    moments += [event.created_at for event in events.items if event.typename == FORCED]
    return max((moment for moment in moments if moment is not None), default=None)


def states_before_dismissal(reviews: Sequence[Review], events: Sequence[Event]) -> dict[int, str]:
    """Verdicts as they were given, by the position of the dismissed review.

    A dismissal names its review; where a query left that out, its reviewer's latest review
    before it is meant, and where it names nobody, the only dismissed review there is.
    """
    dismissed = {place: review for place, review in enumerate(reviews) if _is_dismissed(review)}
    acts = [event for event in events if event.typename == DISMISSED and event.previous_review_state]
    found: dict[int, str] = {}
    for act in acts:
        place = _dismissed_by(act, dismissed)
        is_only_pair = len(acts) == 1 and len(dismissed) == 1
        if place is None and is_only_pair and act.review is None:
            place = next(iter(dismissed))
        if place is not None:
            found[place] = (act.previous_review_state or "").upper()
    return found


def _is_dismissed(review: Review) -> bool:
    return (review.state or "").upper() == "DISMISSED"


def _dismissed_by(act: Event, dismissed: dict[int, Review]) -> int | None:
    if act.review is None:
        return None
    ids = _ids(act.review)
    same = [place for place, review in dismissed.items() if ids & _ids(review)]
    if same or ids:
        return same[0] if same else None
    return _latest_of_author(act, dismissed)


def _latest_of_author(act: Event, dismissed: dict[int, Review]) -> int | None:
    login = _login(act.review) if act.review else None
    earlier = [
        (review.submitted_at, place)
        for place, review in dismissed.items()
        if _login(review) == login is not None and _is_before(review.submitted_at, act.created_at)
    ]
    return max(earlier)[1] if earlier else None


def _is_before(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one <= other


def _ids(review: Review) -> set[str]:
    return {str(value) for value in (review.id, review.full_database_id, review.database_id) if value}


def _login(review: Review) -> str | None:
    return review.author.login if review.author else None
