"""Which function answers each field of the schema: repositories, their owners, single pull requests?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)

from tests.github_server.absent import DERIVED, missing, state_of
from tests.github_server.asking import SCHEMA
from tests.github_server.context import LONG_AGO, Context, Info, Node, Resolver, moment, permit
from tests.github_server.lists import Page, connection, of_page, page_of, window_of
from tests.github_server.paging import FIELDS, QueryFault, inner_listing, pull_listing
from tests.github_server.world import Repo, World


def _pull(repo: Repo, number: int) -> Node:
    return {**repo.pulls[number], "number": number, "repository": repo}


def _pull_request(repo: Repo, info: Info, number: int) -> Node:
    permit("Repository.pullRequest", info.context)
    if number not in repo.pulls:
        raise QueryFault("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
    return _pull(repo, number)


def _pull_requests(repo: Repo, info: Info, **told: Any) -> Page:
    permit("Repository.pullRequests", info.context)
    window = window_of(info, told)
    order = told.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    numbers = [number for number, pull in repo.pulls.items() if _is_wanted(pull, told)]
    listing = pull_listing(repo, numbers, (FIELDS[order["field"]], order["direction"] == "DESC"))
    return page_of(listing, window, lambda number: _pull(repo, number))


def _is_wanted(pull: Node, told: Mapping[str, Any]) -> bool:
    states, labels = told.get("states"), set(told.get("labels") or ())
    branches = {name: told[name] for name in ("headRefName", "baseRefName") if told.get(name) is not None}
    return (
        (not states or (pull.get("state") or state_of(pull)) in states)
        and all(pull.get(name) == branch for name, branch in branches.items())
        and (not labels or bool(labels & {label["name"] for label in pull.get("labels") or () if label}))
    )


def _issues(repo: Repo, info: Info, **told: Any) -> Page:
    """Issues, oldest first as they are asked for here."""
    permit("Repository.issues", info.context)
    window, labels, states = window_of(info, told), set(told.get("labels") or ()), told.get("states")
    wanted = [issue for issue in repo.issues if not states or issue.get("state") in states]
    labelled = [issue for issue in wanted if not labels or labels & _labels_of(issue)]
    return page_of(inner_listing(labelled), window)


def _labels_of(issue: Node) -> set[str]:
    return {label["name"] for label in issue.get("labels") or ()}


def _owner(world: World, login: str) -> Node | None:
    """An owner of repositories by its name, in any case; `owner_kinds` of the world says what it is."""
    owned = [repo for repo in world.repositories if _owner_name(repo).lower() == login.lower()]
    if not owned:
        return None
    kind = world.owner_kinds.get(_owner_name(owned[0]), "Organization")
    return {"__typename": kind, "login": _owner_name(owned[0]), "repositories": owned}


def _owner_name(repo: Repo) -> str:
    return repo.name_with_owner.partition("/")[0]


def _repositories(owner: Node, info: Info, **told: Any) -> Page:
    window = window_of(info, told)
    archived = told.get("isArchived")
    owned = [repo for repo in owner.get("repositories", ()) if archived in {None, repo.is_archived}]
    return page_of(inner_listing(owned), window)


def _repository(_root: None, info: Info, owner: str, name: str, **told: Any) -> Repo:
    permit("Query.repository", info.context)
    wanted = f"{owner}/{name}"
    repo = info.context.world.find(wanted)
    is_renamed = repo is not None and repo.name_with_owner.lower() != wanted.lower()
    if repo is None or (is_renamed and not told.get("followRenames", True)):
        raise QueryFault("NOT_FOUND", f"Could not resolve to a Repository with the name '{wanted}'.")
    return repo


def _repository_of_owner(owner: Node, info: Info, name: str, **told: Any) -> Repo:
    return _repository(None, info, owner["login"], name, **told)


def _owner_of_kind(kind: str) -> Resolver:
    def resolve(_root: None, info: Info, login: str) -> Node:
        owner = _owner(info.context.world, login)
        if owner is None or owner["__typename"] != kind:
            article = "an" if kind == "Organization" else "a"
            raise QueryFault(
                "NOT_FOUND", f"Could not resolve to {article} {kind} with the login of '{login}'."
            )
        return owner

    return resolve


def _node(_root: None, info: Info, id: str) -> Any:  # noqa: A002 - GitHub's argument
    for repo in info.context.world.repositories:
        if repo.id == id:
            return repo
        for number in repo.pulls:
            pull = _pull(repo, number)
            if (pull.get("id") or DERIVED["PullRequest.id"](pull)) == id:
                return {"__typename": "PullRequest", **pull}
    raise QueryFault("NOT_FOUND", f"Could not resolve to a node with the global id of '{id}'")


def _nodes(_root: None, info: Info, ids: list[str]) -> list[Any]:
    found = []
    for one in ids:
        try:
            found.append(_node(None, info, one))
        except QueryFault as fault:
            found.append(fault)
    return found


def _rate_limit(_root: None, info: Info, **_told: Any) -> Node | None:
    context: Context = info.context
    world = context.world
    if world.points_limit is None:
        return None
    return {
        "cost": context.cost.points,
        "limit": world.points_limit,
        "nodeCount": context.cost.nodes,
        "remaining": max(0, world.points_limit - world.points_used),
        "used": world.points_used,
        "resetAt": moment((world.resets_at or world.now()) + context.skew),
    }


OF_REPOSITORIES: Final[dict[str, Callable[[Repo], Any]]] = {
    "id": lambda repo: repo.id,
    "databaseId": lambda repo: repo.database_id,
    "name": lambda repo: repo.name_with_owner.partition("/")[2],
    "nameWithOwner": lambda repo: repo.name_with_owner,
    "isArchived": lambda repo: repo.is_archived,
    "isEmpty": lambda repo: not repo.pulls,
    "isPrivate": lambda _repo: True,
    "isFork": lambda _repo: False,
    "isDisabled": lambda _repo: False,
    "createdAt": lambda _repo: LONG_AGO,
    "updatedAt": lambda _repo: LONG_AGO,
    "url": lambda repo: f"https://github.com/{repo.name_with_owner}",
    "resourcePath": lambda repo: f"/{repo.name_with_owner}",
    "defaultBranchRef": lambda repo: {"name": repo.default_branch},
    "pushedAt": lambda _repo: None,
    "description": lambda _repo: None,
}


def _of_repository(name: str) -> Resolver:
    read, path = OF_REPOSITORIES[name], f"Repository.{name}"

    def resolve(repo: Repo, info: Info) -> Any:
        permit(path, info.context)
        return read(repo)

    return resolve


SPECIAL: Final[dict[str, Resolver]] = {
    "Query.meta": lambda _root, _info: {},
    "Query.node": _node,
    "Query.nodes": _nodes,
    "Query.organization": _owner_of_kind("Organization"),
    "Query.rateLimit": _rate_limit,
    "Query.repository": _repository,
    "Query.repositoryOwner": lambda _root, info, login: _owner(info.context.world, login),
    "Query.user": _owner_of_kind("User"),
    "Query.viewer": lambda _root, _info: {"login": "metrics-reader"},
    "Repository.issues": _issues,
    "Repository.owner": lambda repo, info: _owner(info.context.world, _owner_name(repo)),
    "Repository.pullRequest": _pull_request,
    "Repository.pullRequests": _pull_requests,
    "Organization.repositories": _repositories,
    "Organization.repository": _repository_of_owner,
    "User.repositories": _repositories,
    "User.repository": _repository_of_owner,
}


def _resolver(owner: str, name: str, kind: GraphQLField) -> Resolver:
    if special := SPECIAL.get(f"{owner}.{name}"):
        return special
    if owner == "Repository":
        return _of_repository(name)
    if owner.endswith("Connection"):
        return of_page(name)
    if get_named_type(kind.type).name.endswith("Connection"):
        return connection(owner, name)
    return _plain(owner, name, kind)


def _plain(owner: str, name: str, kind: GraphQLField) -> Resolver:
    path, stands_in = f"{owner}.{name}", missing(owner, name, kind)
    must_be = isinstance(kind.type, GraphQLNonNull)

    def resolve(node: Node, info: Info, **_arguments: Any) -> Any:
        permit(path, info.context)
        value = node.get(name)
        is_missing = value is None and (must_be or name not in node)
        return stands_in(node) if is_missing else value

    return resolve


def _type_of(value: Any, _info: Any, _abstract: Any) -> str:
    if isinstance(value, Repo):
        return "Repository"
    told: str = value.get("__typename") or "User"
    return told


def equip() -> None:
    """Give every field of the schema what resolves it, once."""
    for name, kind in SCHEMA.type_map.items():
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = _type_of
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        for field_name, one in kind.fields.items():
            one.resolve = _resolver(name, field_name, one)
