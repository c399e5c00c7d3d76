"""What does the server answer by REST? One table of routes; what it does not hold is no route.

Everything comes from the same `World` that GraphQL tells. Paths are without the prefix `/api/v3`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.github_server import rest_about, rest_alerts, rest_app, rest_pulls
from tests.github_server.rest_app import drop_ended_tokens
from tests.github_server.rest_call import Call, Reply, refusal
from tests.github_server.world import Repo, World

__all__ = ["Reply", "drop_ended_tokens", "handle", "is_of_app"]

REPOSITORY: Final = re.compile(r"/repos/([^/]+/[^/]+)(/.*)?|/repositories/(\d+)(/.*)?")
NUMBER: Final = r"(\d+)"

# Method, pattern of the path, what answers: (call, parts of the path)
ROUTES: Final[tuple[tuple[str, str, Callable[..., Reply]], ...]] = (
    ("GET", r"/rate_limit", rest_about.rate_limit),
    ("GET", r"/meta", rest_about.meta),
    ("GET", r"/user", rest_about.user),
    ("GET", r"/users/([^/]+)", rest_pulls.person),
    ("GET", r"/users/[^/]+/orgs", rest_pulls.none_of_it),
    ("GET", r"/app", rest_app.app),
    ("GET", rf"/app/installations/{NUMBER}", rest_app.installation),
    ("POST", rf"/app/installations/{NUMBER}/access_tokens", rest_app.access_token),
)
# Below a repository, all of them GET: (call, repository, parts of the path)
BELOW: Final[tuple[tuple[str, Callable[..., Reply]], ...]] = (
    (r"", rest_about.repository),
    (r"/code-scanning/analyses", rest_alerts.analyses),
    (r"/code-scanning/alerts", rest_alerts.code_alerts),
    (rf"/code-scanning/alerts/{NUMBER}/instances", rest_alerts.instances),
    (r"/secret-scanning/alerts", rest_alerts.secret_alerts),
    (rf"/secret-scanning/alerts/{NUMBER}/locations", rest_alerts.secret_locations),
    (r"/dependabot/alerts", rest_alerts.dependabot_alerts),
    (r"/rulesets/rule-suites", rest_alerts.rule_suites),
    (r"/issues", rest_pulls.issues),
    (rf"/issues/{NUMBER}/(?:comments|reactions)", rest_pulls.none_of_it),
    (rf"/pulls/{NUMBER}", rest_pulls.pull),
    (rf"/pulls/{NUMBER}/reviews", rest_pulls.reviews),
    (rf"/pulls/{NUMBER}/comments", rest_pulls.comments),
    (rf"/pulls/{NUMBER}/commits", rest_pulls.commits),
    (rf"/pulls/{NUMBER}/requested_reviewers", rest_pulls.requested_reviewers),
    (rf"/(?:pulls|issues)/comments/{NUMBER}/reactions", rest_pulls.none_of_it),
)


def handle(  # noqa: PLR0913, PLR0917 - the parts of a request
    world: World,
    method: str,
    path: str,
    parameters: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes = b"",
) -> Reply | None:
    """Answer one request; None where there is no such route."""
    call = Call(world, method, path, parameters, headers, body)
    with world.lock:
        return _below(call) if REPOSITORY.fullmatch(path) else _routed(call)


def is_of_app(path: str) -> bool:
    """Whether a signature, and no token, opens this path."""
    return path == "/app" or path.startswith("/app/")


def _routed(call: Call) -> Reply | None:
    for method, pattern, answer in ROUTES:
        found = re.fullmatch(pattern, call.path)
        if found and method == call.method:
            return answer(call, *found.groups())
    return None


def _below(call: Call) -> Reply | None:
    """Answer a question about one repository, or lead to it from a name that it had before."""
    name, rest, repo = _repository(call)
    if repo is None:
        return refusal(404, "Not Found")
    if name and name.lower() != repo.name_with_owner.lower():
        return rest_about.moved(call, repo, rest)
    return _answered(call, repo, rest) if call.method == "GET" else None


def _repository(call: Call) -> tuple[str | None, str, Repo | None]:
    found: Any = REPOSITORY.fullmatch(call.path)
    name, rest, number, rest_by_number = found.groups()
    if name:
        return name, rest or "", call.world.find(name)
    known = {str(repo.database_id): repo for repo in call.world.repositories}
    return None, rest_by_number or "", known.get(number)


def _answered(call: Call, repo: Repo, rest: str) -> Reply | None:
    for pattern, answer in BELOW:
        if found := re.fullmatch(pattern, rest):
            return answer(call, repo, *found.groups())
    return None
