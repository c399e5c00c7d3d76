"""How does GitHub's GraphQL API spell a pull request? Field names and nesting as its schema has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from data.simulator.authors import Author, mail
from data.simulator.changes import Pull
from data.simulator.course import Course, Review
from data.simulator.draws import oid

Node = dict[str, Any]


def pull_request(pull: Pull, checks_failed_share: float, rng: Random) -> Node:
    """One node of `repository.pullRequests`."""
    oids = [oid(rng) for _ in _commit_times(pull)]
    files = pull.content.files
    return {
        "id": f"PR_{pull.repository}_{pull.number}",
        "number": pull.number,
        "url": f"https://github.example/{pull.repository}/pull/{pull.number}",
        "title": pull.content.title,
        "body": pull.content.body,
        "state": _state(pull.course),
        "isDraft": not pull.course.is_ready,
        "author": actor(pull.author.login, is_bot=pull.author.is_bot),
        "createdAt": pull.arrival.opened_at,
        "updatedAt": _updated_at(pull),
        "closedAt": pull.course.closed_at,
        "merged": pull.course.merged_at is not None,
        "mergedAt": pull.course.merged_at,
        "mergedBy": _merged_by(pull),
        "mergeCommit": {"oid": oid(rng)} if pull.course.merged_at else None,
        "baseRefName": pull.content.base,
        "headRefName": pull.content.branch,
        "headRefOid": oids[-1],
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changedFiles": len(files),
        "labels": {"nodes": [{"name": "dependencies"}] if pull.author.arm == "automation" else []},
        "assignees": {"nodes": _assignees(pull.author)},
        "files": connection([_file(file) for file in files]),
        "commits": connection(_commits(pull, oids, checks_failed_share, rng)),
        "reviews": connection(
            [_review(pull, place, heads(pull, oids)) for place in range(len(pull.course.reviews))]
        ),
        "timelineItems": connection(_timeline(pull, oids)),
    }


def heads(pull: Pull, oids: list[str]) -> list[str]:
    """Commit that was the head after each push; what comes before the first push never was."""
    return oids[-len(pull.course.pushes) :]


def connection(nodes: list[Node]) -> Node:
    """A nested list as the API returns it, complete."""
    return {"pageInfo": {"hasNextPage": False}, "nodes": nodes}


def actor(login: str | None, *, is_bot: bool = False) -> Node | None:
    """An account; a deleted one is null."""
    return None if login is None else {"__typename": "Bot" if is_bot else "User", "login": login}


def _state(course: Course) -> str:
    return "MERGED" if course.merged_at else "CLOSED" if course.closed_at else "OPEN"


def _updated_at(pull: Pull) -> datetime:
    course = pull.course
    moments = [
        pull.arrival.opened_at,
        course.closed_at,
        *(review.at for review in course.reviews),
        *course.pushes,
    ]
    return max(moment for moment in moments if moment is not None)


def _merged_by(pull: Pull) -> Node | None:
    if pull.course.merged_at is None:
        return None
    if pull.author.arm == "automation" and pull.course.approver is None:
        return actor("github-actions", is_bot=True)
    return actor(pull.course.approver or pull.author.person)


def _assignees(author: Author) -> list[Node]:
    # The person who asked a bot for the change is its assignee.
    return [{"login": author.driver}] if author.driver and author.is_bot else []


def _file(file: Any) -> Node:
    return {
        "path": file.path, "additions": file.additions, "deletions": file.deletions, "changeType": file.kind,
    }  # fmt: skip


def _commit_times(pull: Pull) -> list[datetime]:
    pushes = pull.course.pushes
    extra = timedelta(minutes=7)
    # An assisted change is mostly a person's: two commits of its own beside the agent's one.
    before = [pushes[0] - 2 * extra, pushes[0] - extra] if pull.author.arm == "assisted" else []
    return [*before, *pushes]


def _commits(pull: Pull, oids: list[str], checks_failed_share: float, rng: Random) -> list[Node]:
    author, times = pull.author, _commit_times(pull)
    subjects = [pull.content.title, *("Follow the review" for _ in times[1:])]
    nodes = [
        {"commit": {"oid": one, "committedDate": at, "message": subject, "author": _commit_author(author)}}
        for one, at, subject in zip(oids, times, subjects, strict=True)
    ]
    marked = nodes[-1:] if author.arm == "assisted" else nodes
    for node in marked:
        _add_trailer(node["commit"], pull.content.trailer)
    nodes[-1]["commit"]["statusCheckRollup"] = _checks(pull, checks_failed_share, rng)
    return nodes


def _add_trailer(commit: Node, trailer: str) -> None:
    if trailer:
        commit["message"] = f"{commit['message']}\n\n{trailer}"


def _commit_author(author: Author) -> Node:
    style = author.style
    if author.arm == "automation":
        address = "49699333+dependabot[bot]@users.noreply.github.com"
        return {"name": "dependabot[bot]", "email": address, "user": {"login": "dependabot[bot]"}}
    if style and style.commit_name:
        return {"name": style.commit_name, "email": style.commit_email, "user": {"login": style.commit_user}}
    return {"name": author.person, "email": mail(author.person), "user": {"login": author.person}}


def _checks(pull: Pull, failed_share: float, rng: Random) -> Node | None:
    chance = rng.random()
    if chance < failed_share:
        return {"state": "FAILURE"}
    if pull.course.merged_at is None and chance > 1 - failed_share:
        return {"state": "PENDING"}
    return {"state": "SUCCESS"}


def _review(pull: Pull, place: int, oids: list[str]) -> Node:
    review = pull.course.reviews[place]
    return {
        "id": f"PRR_{pull.repository}_{pull.number}_{place}",
        "author": actor(review.by, is_bot=review.is_bot),
        "state": review.state,
        "submittedAt": review.at,
        "body": review.body,
        "comments": {"totalCount": int(review.state == "CHANGES_REQUESTED")},
        "commit": {"oid": oids[review.commit]},
    }


def _timeline(pull: Pull, oids: list[str]) -> list[Node]:
    course, person = pull.course, pull.author.person
    events: list[tuple[datetime, Node]] = []
    if course.drafted and course.is_ready:
        events.append((course.ready_at, {"__typename": "ReadyForReviewEvent", "actor": actor(person)}))
    if pull.author.driver and course.reviews:
        events.append((course.ready_at, _requested(course.reviews[-1], person)))
    events += [(review.settled_at, _dismissed(pull, place))
               for place, review in enumerate(course.reviews) if review.was]  # fmt: skip
    if course.merged_at:
        merged = {"__typename": "MergedEvent", "actor": _merged_by(pull), "commit": {"oid": oids[-1]}}
        events.append((course.merged_at, merged))
    elif course.closed_at:
        events.append((course.closed_at, {"__typename": "ClosedEvent", "actor": actor(person)}))
    events.sort(key=lambda event: event[0])
    return [{"id": f"TL_{pull.repository}_{pull.number}_{place}", "createdAt": at, **node}
            for place, (at, node) in enumerate(events)]  # fmt: skip


def _requested(review: Review, by: str) -> Node:
    reviewer = actor(review.by, is_bot=review.is_bot)
    return {"__typename": "ReviewRequestedEvent", "actor": actor(by), "requestedReviewer": reviewer}


def _dismissed(pull: Pull, place: int) -> Node:
    review = pull.course.reviews[place]
    return {
        "__typename": "ReviewDismissedEvent",
        "actor": actor(pull.author.person),
        "previousReviewState": review.was,
        "review": {"id": f"PRR_{pull.repository}_{pull.number}_{place}"},
    }
