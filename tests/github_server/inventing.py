"""What could a repository look like? One of any size, from a seed, with all that makes real ones awkward.

Every property of a pull request hangs on its number and the seed alone, so a repository of 200 begins
like one of 100. Some lists are longer than any page: reviews, commits, files, labels and events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from tests.github_server.world import Repo

Node = dict[str, Any]
BEGIN: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
SPACING: Final = timedelta(hours=4)  # between two that are opened
PEOPLE: Final = ("jane", "bob", "amina", "li", "olu", "petra")
AGENTS: Final = ("copilot-swe-agent", "devin-ai-integration", "google-labs-jules")
LABELS: Final = ("bug", "feature", "security", "chore", "payments")
FOLDERS: Final = ("src/pay", "src/login", "tests", "docs", "infra/network")
# One of so many has a list that goes on beyond the page; the ordinal in that row that has it.
LONG: Final = {
    "reviews": (101, 9), "commits": (97, 5), "files": (89, 7), "timelineItems": (211, 11),
    "labels": (307, 13),
}  # fmt: skip


@dataclass(frozen=True)
class _Draft:
    """What is settled about a pull request before its lists are written."""

    number: int
    seed: int  # of the repository: no two share an event
    opened_at: datetime
    author: Node | None
    branch: str
    random: Random
    head_count: int

    def at(self, hours: float) -> str:
        """Moment so many hours after it was opened, in whole seconds."""
        return written(self.opened_at + timedelta(seconds=int(hours * 3600)))

    def is_long(self, name: str) -> bool:
        """Whether this list goes on beyond its page."""
        each, ordinal = LONG[name]
        return self.number % each == ordinal

    def oid(self, ordinal: int) -> str:
        """Commit by its place in the pull request; the last one is the head."""
        return f"{self.number:020x}{ordinal:020x}"

    @property
    def head(self) -> str:
        """Latest commit."""
        return self.oid(self.head_count)

    @property
    def is_agents(self) -> bool:
        """Whether an agent opened it."""
        return (self.author or {}).get("login") in AGENTS


def written(at: datetime) -> str:
    """Write a moment as GitHub does."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def invented(count: int, seed: int, name: str = "acme/payments") -> Repo:
    """Make up a repository with this many pull requests, numbered from 1."""
    pulls = {number: _pull(number, seed) for number in range(1, count + 1)}
    return Repo(f"R_{seed}_{name.replace('/', '_')}", 10_000 + seed, name, pulls)


def _pull(number: int, seed: int) -> Node:
    draft = _draft(number, seed, Random(f"{seed}:{number}"))  # noqa: S311 - repeatable, not secret
    reviews, dismissals = _reviews(draft)
    end = _end(draft)
    files = _files(draft)
    node = _names(draft) | end | _sizes(files)
    node |= {"files": files, "reviews": reviews, "commits": _commits(draft), "labels": _labels(draft)}
    node["timelineItems"] = _events(draft, end, dismissals)
    node["closingIssuesReferences"] = _issues(draft)
    return node | {"updatedAt": _updated_at(draft, node)}


def _draft(number: int, seed: int, random: Random) -> _Draft:
    opened_at = BEGIN + number * SPACING + timedelta(seconds=random.randrange(3600))
    author, branch = _author(number, random)
    each, ordinal = LONG["commits"]
    head_count = 130 if number % each == ordinal else random.choice((1, 1, 2, 3, 5))
    return _Draft(number, seed, opened_at, author, branch, random, head_count)


def _author(number: int, random: Random) -> tuple[Node | None, str]:
    drawn = random.random()
    if drawn < 0.35:
        login = random.choice(AGENTS)
        return {"__typename": "Bot", "login": login}, f"{login.partition('-')[0]}/fix-{number}"
    if drawn < 0.42:
        return _person(random), f"codex/round-totals-{number}"
    if drawn < 0.48:
        return {"__typename": "Bot", "login": "dependabot"}, f"dependabot/npm_and_yarn/left-pad-{number}"
    if drawn < 0.51:
        return None, f"patch-{number}"
    return _person(random), f"feature-{number}"


def _person(random: Random) -> Node:
    return {"__typename": "User", "login": random.choice(PEOPLE)}


def _names(draft: _Draft) -> Node:
    marker = "\n\nGenerated with an agent." if draft.is_agents else ""
    return {
        "number": draft.number,
        "fullDatabaseId": str(3_000_000_000 + draft.number),
        "title": f"Round the totals, part {draft.number}",
        "body": f"Totals were off by {draft.number} cents – see the ledger.{marker}",
        "author": draft.author,
        "baseRefName": "main",
        "headRefName": draft.branch,
        "headRefOid": draft.head,
        "createdAt": draft.at(0),
    }


def _end(draft: _Draft) -> Node:
    """How it ended, if it did: two of three are merged."""
    drawn, hours = draft.random.random(), 30 + 60 * draft.random.random()
    closed_at, by = draft.at(hours), _merger(draft.random)
    if drawn < 0.66:
        merge = {"oid": f"{draft.number:040d}"}
        told = {"closedAt": closed_at, "mergedAt": closed_at, "mergedBy": by, "mergeCommit": merge}
        return {"state": "MERGED", "isDraft": False, **told}
    is_open = drawn > 0.85
    state, at = ("OPEN", None) if is_open else ("CLOSED", closed_at)
    told = {"closedAt": at, "mergedAt": None, "mergedBy": None, "mergeCommit": None}
    return {"state": state, "isDraft": is_open and drawn > 0.96, **told}


def _merger(random: Random) -> Node | None:
    by = (_person(random), {"__typename": "Bot", "login": "graphite-app"}, None)
    return by[random.choices((0, 1, 2), (90, 8, 2))[0]]


def _files(draft: _Draft) -> list[Node]:
    count = 140 if draft.is_long("files") else draft.random.choice((1, 1, 2, 3, 8))
    folder = draft.random.choice(FOLDERS)
    return [
        {
            "path": f"{folder}/part_{draft.number}_{place}.py",
            "additions": draft.random.randrange(40),
            "deletions": draft.random.randrange(12),
            "changeType": draft.random.choice(("ADDED", "MODIFIED", "MODIFIED", "DELETED", "RENAMED")),
        }
        for place in range(count)
    ]


def _sizes(files: list[Node]) -> Node:
    return {
        "additions": sum(one["additions"] for one in files),
        "deletions": sum(one["deletions"] for one in files),
        "changedFiles": len(files),
    }


def _commits(draft: _Draft) -> list[Node]:
    return [{"commit": _commit(draft, place + 1)} for place in range(draft.head_count)]


def _commit(draft: _Draft, ordinal: int) -> Node:
    user = draft.author if (draft.author or {}).get("__typename") == "User" else None
    login = (draft.author or {}).get("login", "ghost")
    trailer = "\n\nCo-Authored-By: Claude <noreply@anthropic.com>" if draft.number % 10 == 3 else ""
    is_head = ordinal == draft.head_count
    rollup, suites = _checks(draft) if is_head else ({"state": "SUCCESS"}, [])
    return {
        "oid": draft.oid(ordinal),
        "message": f"Round the totals, step {ordinal}{trailer}",
        "committedDate": draft.at(min(24.0, 0.1 * ordinal)),
        "author": {"name": login, "email": f"{login}@users.noreply.github.com", "user": user},
        "statusCheckRollup": rollup,
        "checkSuites": suites,
    }


def _checks(draft: _Draft) -> tuple[Node | None, list[Node]]:
    """Combined word and suites of the head; those that still run do so in both."""
    drawn = draft.random.random()
    if drawn < 0.05:
        return None, []
    if drawn < 0.12:
        return {"state": "PENDING"}, [_suite(draft, "IN_PROGRESS", None)]
    word, conclusion = ("SUCCESS", "SUCCESS") if drawn < 0.85 else ("FAILURE", "FAILURE")
    return {"state": word}, [_suite(draft, "COMPLETED", conclusion)]


def _suite(draft: _Draft, status: str, conclusion: str | None) -> Node:
    told = {"status": status, "conclusion": conclusion, "createdAt": draft.at(25)}
    return {"id": f"CS_{draft.number}", "app": {"slug": "github-actions"}, **told}


def _labels(draft: _Draft) -> list[Node]:
    if draft.is_long("labels"):
        return [{"name": f"area/{place:02d}"} for place in range(24)]
    return [{"name": name} for name in draft.random.sample(LABELS, draft.random.choice((0, 0, 1, 2)))]


def _issues(draft: _Draft) -> list[Node]:
    if draft.random.random() > 0.15:
        return []
    return [{"number": 50_000 + draft.number, "author": _person(draft.random), "title": "Totals are off"}]


def _reviews(draft: _Draft) -> tuple[list[Node], list[Node]]:
    """Reviews in order of time, and what the timeline says of those that were dismissed."""
    count = 63 if draft.is_long("reviews") else draft.random.choice((0, 0, 1, 1, 2, 4))
    drawn = [_review(draft, place) for place in range(count)]
    dismissals = [_dismissal(draft, review) for review in drawn if review["state"] == "DISMISSED"]
    return drawn, dismissals


def _review(draft: _Draft, place: int) -> Node:
    random = draft.random
    state = random.choices(
        ("APPROVED", "COMMENTED", "CHANGES_REQUESTED", "DISMISSED", "PENDING"), (40, 40, 12, 6, 2)
    )[0]
    author = random.choice((_person(random), {"__typename": "Bot", "login": "coderabbitai"}, _gone(random)))
    number = 2_000_000_000 + draft.number * 100 + place
    return {
        "id": f"PRR_{number}",
        "fullDatabaseId": str(number),
        "state": state,
        "submittedAt": None if state == "PENDING" else draft.at(1 + 0.3 * place),
        "author": author,
        "body": random.choice(("", "Fine.", "Please round half to even.")),
        "commit": random.choice(({"oid": draft.oid(1)}, {"oid": draft.head}, None)),
    }


def _gone(random: Random) -> Node | None:
    """One of ten reviewers of this draw has left; the others are people."""
    return None if random.random() < 0.1 else _person(random)


def _dismissal(draft: _Draft, review: Node) -> Node:
    named = {"id": review["id"], "fullDatabaseId": review["fullDatabaseId"]}
    was = "APPROVED" if draft.number % 2 else "CHANGES_REQUESTED"
    told = {"previousReviewState": was, "review": named}
    return _event(draft, ("ReviewDismissedEvent", 26, int(review["fullDatabaseId"]) % 100), **told)


def _events(draft: _Draft, end: Node, dismissals: list[Node]) -> list[Node]:
    events = [*_opening(draft, end), *dismissals, *_closing(draft, end)]
    return sorted(events, key=lambda event: event["createdAt"])


def _opening(draft: _Draft, end: Node) -> list[Node]:
    random = draft.random
    events = []
    if end["isDraft"]:
        events.append(_event(draft, ("ConvertToDraftEvent", 0.1, 0)))
    elif draft.is_agents:
        events.append(_event(draft, ("ReadyForReviewEvent", 0.5, 0)))
    asked = 120 if draft.is_long("timelineItems") else random.choice((0, 1, 2))
    for place in range(asked):
        whom = random.choice(
            (_person(random), {"__typename": "Team", "slug": "payments", "name": "Payments"})
        )
        events.append(_event(draft, ("ReviewRequestedEvent", 0.6, place), requestedReviewer=whom))
    if draft.head_count > 1 and random.random() < 0.2:
        commits = {"beforeCommit": {"oid": draft.oid(1)}, "afterCommit": {"oid": draft.head}}
        events.append(_event(draft, ("HeadRefForcePushedEvent", 24, 0), **commits))
    return events


def _closing(draft: _Draft, end: Node) -> list[Node]:
    if end["closedAt"] is None:
        return []
    at = {"createdAt": end["closedAt"]}
    closed = _event(draft, ("ClosedEvent", 0, 0)) | at
    if end["mergedAt"] is None:
        return [closed]
    return [
        _event(draft, ("MergedEvent", 0, 0), actor=end["mergedBy"], commit=end["mergeCommit"]) | at,
        closed,
    ]


def _event(draft: _Draft, kind: tuple[str, float, int], **told: Any) -> Node:
    """One entry of the timeline: type, hours after the opening, ordinal among its like."""
    typename, hours, ordinal = kind
    actor = told.pop("actor", draft.author)
    event_id = f"{typename}_{draft.seed}_{draft.number}_{ordinal}"
    own = {"__typename": typename, "id": event_id, "createdAt": draft.at(hours)}
    return {**own, "actor": actor, **told}


def _updated_at(draft: _Draft, node: Node) -> str:
    """Latest of all its moments; now and then somebody comments much later."""
    told: list[str | None] = [
        node["createdAt"],
        node["closedAt"],
        *(event["createdAt"] for event in node["timelineItems"]),
    ]
    told += [review["submittedAt"] for review in node["reviews"]]
    late = draft.at(24 * 20) if draft.random.random() < 0.03 else None
    return max(moment for moment in [*told, late] if moment)
