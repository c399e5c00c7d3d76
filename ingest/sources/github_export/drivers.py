"""Who may have set an agent going, by what a pull request tells?

Whoever assigned the agent's account gave it the work. Whoever is assigned beside it was told to look
after it, and whoever wrote the issue that it closes wanted the outcome. A request to review names
those who are to judge the work, so it is no trace of a driver.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from ingest.authorship import People, driver_signals, is_agent
from ingest.sources.github_export.collected import account_of
from ingest.sources.github_export.lists import Listed, listed
from ingest.sources.github_export.shapes import Actor, Event, PullRequest

ASSIGNED, UNASSIGNED = "AssignedEvent", "UnassignedEvent"
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)


def driver_traces(node: PullRequest, events: Listed[Event], people: People) -> list[str]:
    """Traces of people other than the author, in the words of `signals`."""
    author = account_of(node.author, people)[0]

    def others(accounts: Iterable[Actor | None]) -> list[str]:
        told = (account_of(account, people) for account in accounts)
        return [login for login, kind in told if login and kind == "user" and login != author]

    issues = listed(node.closing_issues_references).items
    return driver_signals(
        others(_standing(node, events.items)),
        assigners=others(_assigners(events.items, people)),
        issue_authors=others(issue.author for issue in issues if isinstance(issue.author, Actor)),
    )


def _standing(node: PullRequest, events: Iterable[Event]) -> Iterable[Actor]:
    """Accounts that are assigned: as the list says, or as the timeline leaves them."""
    if node.assignees is not None:
        return listed(node.assignees).items
    told = [event for event in events if event.typename in (ASSIGNED, UNASSIGNED)]
    standing: dict[str, Actor] = {}
    for event in sorted(told, key=lambda event: event.created_at or _BEGINNING):
        login = event.assignee.login if event.assignee else None
        if event.assignee and login and event.typename == ASSIGNED:
            standing[login] = event.assignee
        elif login:
            standing.pop(login, None)
    return standing.values()


def _assigners(events: Iterable[Event], people: People) -> Iterable[Actor]:
    """Accounts that assigned an agent's account."""
    for event in events:
        is_the_work_given = event.typename == ASSIGNED and event.assignee is not None
        if (
            is_the_work_given
            and is_agent(*account_of(event.assignee, people))
            and isinstance(event.actor, Actor)
        ):
            yield event.actor
