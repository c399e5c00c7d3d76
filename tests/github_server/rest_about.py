"""What does the server say about itself, about its caller, and about a repository?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from tests.github_server.rest_call import Call, Reply, refusal
from tests.github_server.world import Repo, World

VERSION: Final = "3.17.4"  # of a server of one's own
INSTALLATION: Final = "installation"


def rate_limit(call: Call) -> Reply:
    """How much is left; costs nothing. A server without limits knows no such page."""
    world = call.world
    if world.points_limit is None:
        return refusal(404, "Rate limiting is not enabled.")
    core, graphql = _budget(world, world.core_used), _budget(world, world.points_used)
    return Reply(200, {"resources": {"core": core, "graphql": graphql}, "rate": core})


def _budget(world: World, used: int) -> dict[str, int]:
    limit = world.points_limit or 0
    resets_at = world.resets_at or world.now() + timedelta(hours=1)
    left = max(0, limit - used)
    return {"limit": limit, "used": used, "remaining": left, "reset": int(resets_at.timestamp())}


def meta(call: Call) -> Reply:
    is_own = call.world.points_limit is None
    told: dict[str, Any] = {"verifiable_password_authentication": not is_own}
    return Reply(200, {**told, "installed_version": VERSION} if is_own else told)


def user(call: Call) -> Reply:
    """Whose token it is, with its scopes; an installation is nobody."""
    scopes = call.world.tokens.get(call.token, [])
    if INSTALLATION in scopes:
        return refusal(403, "Resource not accessible by integration")
    return Reply(200, {"login": "metrics-reader", "id": 4711, "type": "User"}, scope_headers(scopes))


def scope_headers(scopes: list[str]) -> dict[str, str]:
    """Header in which GitHub tells what a classic token may do."""
    return {"X-OAuth-Scopes": ", ".join(scopes)}


def repository(call: Call, repo: Repo) -> Reply:
    owner, _, name = repo.name_with_owner.partition("/")
    told = {
        "id": repo.database_id,
        "node_id": repo.id,
        "name": name,
        "full_name": repo.name_with_owner,
        "owner": {"login": owner, "type": "Organization"},
        "private": True,
        "archived": repo.is_archived,
        "default_branch": repo.default_branch,
        "url": f"{call.base}/repos/{repo.name_with_owner}",
        "permissions": {"admin": False, "maintain": False, "push": False, "triage": False, "pull": True},
    }
    return Reply(200, told)


def moved(call: Call, repo: Repo, rest: str) -> Reply:
    """Lead from a name of the past to the address that never changes."""
    where = f"{call.base}/repositories/{repo.database_id}{rest}"
    told = {"message": "Moved Permanently", "url": where}
    return Reply(301, told, {"Location": where})
