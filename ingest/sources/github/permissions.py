"""Which permissions does what the configuration asks for need, and does this token have them?

Names are those of GitHub's settings pages, keys those of an installation's `permissions`, scopes those
of classic tokens; sources: docs.github.com "Permissions required for GitHub Apps", "Scopes for OAuth
apps", and of each endpoint its section "Fine-grained access tokens for ...".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ingest.errors import SourceError
from ingest.settings import AlertKind, GitHubSettings
from ingest.sources.github.alerts.refusals import OFF, status_of
from ingest.sources.github.connection import Connection
from ingest.sources.github.faults import DeniedFault, GitHubFault, HubError

Status = Literal["ok", "missing", "off", "unknown"]
Probe = Callable[[Connection, str], "Probed"]

QUERY: Final = """\
query($owner: String!, $name: String!) {
  rateLimit { cost remaining limit resetAt }
  repository(owner: $owner, name: $name) { id %s }
}"""
LATEST: Final = "pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { nodes { %s } }"
HEAD: Final = LATEST % "commits(last: 1) { nodes { commit { oid %s } } }"
HIDDEN: Final = {"hide_secret": "true"}
REFUSALS: Final = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"})
READ: Final = "read"  # the least access of an installation
READING: Final = "read:"  # how scopes of classic tokens begin that cannot write
READ_ONLY: Final = frozenset({"user:email"})  # and those that do not begin so


@dataclass(frozen=True)
class Probed:
    """What one cheap request showed."""

    status: Status
    said: str = ""  # GitHub's words, where it refused


@dataclass(frozen=True)
class Permission:
    """One thing that a token must be allowed to read."""

    name: str
    key: str
    purpose: str  # what the product reads with it
    scopes: tuple[str, ...]  # of a classic token: any one of them gives it
    probe: Probe
    is_asked: Callable[[GitHubSettings], bool] = lambda _settings: True
    is_vital: bool = False  # nothing can be read without it
    belongs_to: Literal["repository", "organization"] = "repository"
    remark: str = ""


@dataclass(frozen=True)
class GraphProbe:
    """Asks GraphQL for fields of the repository; a refusal at any path means: missing."""

    fields: str

    @property
    def text(self) -> str:
        """The whole query."""
        return QUERY % self.fields

    def __call__(self, connection: Connection, repository: str) -> Probed:
        """Try it."""
        owner, _, name = repository.partition("/")
        answer = connection.ask(self.text, {"owner": owner, "name": name})
        refusals = [error for error in answer.errors if error.get("type") in REFUSALS]
        return Probed("missing", _words(refusals[0])) if refusals else Probed("ok")


def _words(error: Mapping[str, Any]) -> str:
    return str(error.get("message") or error.get("type"))


def _rest(path: str, **parameters: str) -> Probe:
    """A probe that asks for one row of a list."""

    def probe(connection: Connection, repository: str) -> Probed:
        try:
            connection.get(f"/repos/{repository}/{path}", {"per_page": "1", **parameters})
        except DeniedFault as denied:
            is_off = status_of(denied) == OFF
            return Probed("off" if is_off else "missing", denied.said or f"HTTP {denied.status}")
        return Probed("ok")

    return probe


def _reads(kind: AlertKind) -> Callable[[GitHubSettings], bool]:
    return lambda settings: kind in settings.alerts


PERMISSIONS: Final[tuple[Permission, ...]] = (
    Permission(
        "Metadata", "metadata", "find repositories, follow renames", ("repo", "public_repo"),
        GraphProbe("nameWithOwner"), is_vital=True, remark="GitHub adds it by itself",
    ),
    Permission(
        "Pull requests", "pull_requests", "pull requests, reviews, timelines", ("repo", "public_repo"),
        GraphProbe(LATEST % "number"), is_vital=True,
    ),
    Permission(
        "Contents", "contents", "commits and changed files", ("repo", "public_repo"),
        GraphProbe(HEAD % ""), is_vital=True,
    ),
    Permission(
        "Checks", "checks", "results of checks", ("repo", "public_repo"),
        GraphProbe(HEAD % "checkSuites(first: 1) { nodes { status } }"),
    ),
    Permission(
        "Commit statuses", "statuses", "results of checks that older build servers report as statuses",
        ("repo", "public_repo"), GraphProbe(HEAD % "statusCheckRollup { state }"),
    ),
    Permission(
        "Issues", "issues", "who opened the issue that set an agent going", ("repo", "public_repo"),
        GraphProbe(LATEST % "closingIssuesReferences(first: 1) { nodes { number } }"),
    ),
    Permission(
        "Code scanning alerts", "security_events", "findings of code scanning, their analyses and decisions",
        ("repo", "security_events", "public_repo"), _rest("code-scanning/alerts"),
        is_asked=_reads("code_scanning"),
    ),
    Permission(
        "Secret scanning alerts", "secret_scanning_alerts", "leaked secrets: where, never what",
        ("repo", "security_events", "public_repo"), _rest("secret-scanning/alerts", **HIDDEN),
        is_asked=_reads("secret_scanning"),
        remark="a person's token needs an administrator or security manager behind it",
    ),
    Permission(
        "Dependabot alerts", "vulnerability_alerts", "advisories about dependencies, listed beside findings",
        ("repo", "security_events", "public_repo"), _rest("dependabot/alerts"), is_asked=_reads("dependabot"),
    ),
    Permission(
        "Administration", "administration", "pushes that bypassed a repository's rules", ("repo",),
        _rest("rulesets/rule-suites", rule_suite_result="bypass"),
        is_asked=lambda settings: settings.rule_bypasses,
        remark="rule_bypasses = false does without it; servers before 3.17 want write access for it",
    ),
    Permission(
        "Members", "members", "names of teams that were asked to review",
        ("read:org", "write:org", "admin:org"),
        GraphProbe(
            LATEST % "timelineItems(first: 1, itemTypes: [REVIEW_REQUESTED_EVENT]) { nodes {"
            " ... on ReviewRequestedEvent { requestedReviewer { ... on Team { slug } } } } }"
        ),
        belongs_to="organization",
    ),
)  # fmt: skip

QUERIES: Final = tuple(
    (f"permission {permission.name}", permission.probe.text)
    for permission in PERMISSIONS
    if isinstance(permission.probe, GraphProbe)
)  # for checks against GitHub's published schema


def needed(settings: GitHubSettings) -> tuple[Permission, ...]:
    """The least that these settings can do with; all of it read-only."""
    return tuple(permission for permission in PERMISSIONS if permission.is_asked(settings))


def probed(permission: Permission, connection: Connection, repository: str) -> Probed:
    """Try one permission on one repository; a server that cannot be asked so leaves it unknown.

    Raises
    ------
    HubError
        No question at all can be answered.
    """
    try:
        return permission.probe(connection, repository)
    except GitHubFault as fault:
        return Probed("unknown", str(fault))
    except HubError:
        raise
    except SourceError as error:  # this question is refused as a whole
        return Probed("missing", str(error))


def missing_grants(settings: GitHubSettings, granted: Mapping[str, str]) -> tuple[Permission, ...]:
    """What an App's installation lacks of what these settings ask for."""
    return tuple(permission for permission in needed(settings) if permission.key not in granted)


def writing_grants(granted: Mapping[str, str]) -> tuple[str, ...]:
    """What an App's installation may change, as `contents: write`; nothing here ever does."""
    return tuple(f"{key}: {access}" for key, access in sorted(granted.items()) if access != READ)


def unasked_grants(settings: GitHubSettings, granted: Mapping[str, str]) -> tuple[str, ...]:
    """What an App's installation may read that these settings do not ask for."""
    asked = {permission.key for permission in needed(settings)}
    return tuple(key for key, access in sorted(granted.items()) if access == READ and key not in asked)


def missing_scopes(settings: GitHubSettings, scopes: Iterable[str]) -> tuple[Permission, ...]:
    """What a classic token lacks of what these settings ask for."""
    given = set(scopes)
    return tuple(permission for permission in needed(settings) if not given & set(permission.scopes))


def writing_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes of a classic token that may also change something.

    >>> writing_scopes(["read:org", "delete_repo", "repo"])
    ('delete_repo', 'repo')
    """
    return tuple(sorted(scope for scope in scopes if not _only_reads(scope)))


def unasked_scopes(settings: GitHubSettings, scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes of a classic token that only read, and read what these settings do not ask for.

    >>> unasked_scopes(GitHubSettings(), ["read:org", "read:packages", "repo"])
    ('read:packages',)
    """
    of_use = {scope for permission in needed(settings) for scope in permission.scopes}
    return tuple(sorted(scope for scope in scopes if _only_reads(scope) and scope not in of_use))


def _only_reads(scope: str) -> bool:
    return scope.startswith(READING) or scope in READ_ONLY
