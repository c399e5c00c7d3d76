"""What the server knows: repositories with their pull requests and alerts, changed by tests at will."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any


@dataclass
class Repo:
    """One repository; lists inside pull requests are plain lists, whatever their length."""

    id: str  # node id
    database_id: int
    name_with_owner: str
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)  # number -> node, GitHub's field names
    former_names: list[str] = field(default_factory=list)
    default_branch: str = "main"
    is_archived: bool = False
    order: list[int] | None = None  # the list by last change as the server tells it; None = strictly by date
    # REST lists in GitHub's shapes; None = the feature is off (said in `refusals`)
    analyses: list[dict[str, Any]] | None = None
    code_alerts: list[dict[str, Any]] | None = None
    instances: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    secret_alerts: list[dict[str, Any]] | None = None
    secret_locations: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    dependabot_alerts: list[dict[str, Any]] | None = None
    rule_suites: list[dict[str, Any]] | None = None
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)  # feature -> status and message
    issues: list[dict[str, Any]] = field(default_factory=list)  # nodes, GitHub's field names, oldest first

    def touch(self, number: int, at: str, **changed: Any) -> None:
        """Change a pull request, or add one, at a moment; a told order has it first from then on."""
        node = self.pulls.setdefault(number, {"number": number, "createdAt": at})
        node |= {"updatedAt": at, **changed}
        if self.order is not None:
            self.order = [number, *(other for other in self.order if other != number)]

    def remove(self, number: int) -> None:
        """Delete a pull request."""
        del self.pulls[number]


@dataclass
class World:
    """All that can be asked about; take the lock to change it while the server runs."""

    repositories: list[Repo] = field(default_factory=list)
    owner_kinds: dict[str, str] = field(default_factory=dict)  # login -> "User"; Organization otherwise
    tokens: dict[str, list[str]] = field(default_factory=lambda: {"good-token": ["repo", "security_events"]})
    app_id: int | None = None
    app_public_key: str | None = None  # PEM; checks the App's signature
    installation_permissions: dict[str, str] = field(default_factory=dict)
    installation_id: int | None = None  # None: every number is an installation
    token_lives_seconds: int = 3600
    token_ends: dict[str, datetime] = field(default_factory=dict)  # tokens that end by themselves
    public_url: str | None = None  # base that addresses in REST answers begin with, as behind a proxy
    points_limit: int | None = 5000  # None: a server of one's own without limits
    points_used: int = 0  # by GraphQL
    core_used: int = 0  # requests by REST, which GitHub counts apart, against the same limit here
    resets_at: datetime | None = None
    denied_fields: set[str] = field(default_factory=set)  # e.g. "Commit.statusCheckRollup": FORBIDDEN there
    lock: RLock = field(default_factory=RLock)

    def find(self, name_with_owner: str) -> Repo | None:
        """A repository by its name, or by one that it had before."""
        wanted = name_with_owner.lower()
        for repo in self.repositories:
            if repo.name_with_owner.lower() == wanted:
                return repo
        return next((repo for repo in self.repositories if wanted in map(str.lower, repo.former_names)), None)

    def now(self) -> datetime:
        """The server's clock."""
        return datetime.now(UTC)
