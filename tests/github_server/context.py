"""What does every resolver need besides the thing that its field belongs to?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from graphql import GraphQLResolveInfo

from tests.github_server.cost import Cost
from tests.github_server.paging import QueryFault
from tests.github_server.world import World

Node = dict[str, Any]
Resolver = Callable[..., Any]
NOT_PERMITTED: Final = "Resource not accessible by integration"
LONG_AGO: Final = "2020-01-01T00:00:00Z"


@dataclass
class Context:
    """What resolvers need besides their parent."""

    world: World
    cost: Cost
    skew: timedelta = timedelta(0)
    denied: frozenset[str] = frozenset()
    is_unlimited: bool = False  # whether a list may be asked for whole
    told: set[int] = field(default_factory=set)  # pull requests of which a list was told


Info: TypeAlias = GraphQLResolveInfo[Context]


def permit(path: str, context: Context) -> None:
    """Refuse a field, named as Type.field, that the token may not read."""
    if path in context.denied:
        raise QueryFault("FORBIDDEN", NOT_PERMITTED, {"saml_failure": False})


def moment(at: datetime) -> str:
    """Write a moment as GitHub does."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
