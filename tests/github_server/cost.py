"""What does a query cost? GitHub counts it before it answers, from the text and its limits alone.

Every connection is one request for each of its parents, all taken at their `first` or `last`;
the sum over all connections, divided by 100 and rounded, is the number of points, at least one
(docs.github.com, "Rate limits and query limits for the GraphQL API"). Nodes are counted likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
)

from tests.github_server.asking import SCHEMA

NODE_LIMIT: Final = 500_000
_LIMITS: Final = ("first", "last")


@dataclass(frozen=True)
class Cost:
    """What a query asks for at most."""

    requests: int  # connections, once for each parent
    nodes: int
    pulls: int  # pull requests at once: the longest page, or how many are named
    heavy_pulls: int  # those of them that bring lists of their own

    @property
    def points(self) -> int:
        """Hundredths of the requests, rounded half up, at least one."""
        return max(1, (self.requests + 50) // 100)

    @property
    def is_too_much(self) -> bool:
        """Whether GitHub would refuse it by its number of nodes."""
        return self.nodes > NODE_LIMIT


@dataclass(frozen=True)
class _Seen:
    """One field of the query, with how many parents ask for it."""

    node: FieldNode
    returns: GraphQLNamedType
    parents: int
    limit: int | None  # of a connection; None for any other field

    @property
    def is_page_of_pulls(self) -> bool:
        return self.returns.name == "PullRequestConnection"

    @property
    def is_named_pull(self) -> bool:
        return self.node.name.value == "pullRequest" and self.returns.name == "PullRequest"


class _Reader:
    """Walks one document with its variables."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.variables = variables
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))

    def seen(self) -> Iterator[_Seen]:
        """Every field below the query."""
        query = SCHEMA.query_type
        assert query is not None
        yield from self.below(self.operation.selection_set, query, 1)

    def below(self, chosen: SelectionSetNode, owner: GraphQLNamedType, parents: int) -> Iterator[_Seen]:
        """Every field below one place, fragments opened."""
        for one in chosen.selections:
            if isinstance(one, FieldNode):
                yield from self._field(one, owner, parents)
            elif isinstance(one, InlineFragmentNode):
                named = one.type_condition
                yield from self.below(
                    one.selection_set, SCHEMA.type_map[named.name.value] if named else owner, parents
                )
            elif isinstance(one, FragmentSpreadNode):
                opened = self.fragments[one.name.value]
                held_by = SCHEMA.type_map[opened.type_condition.name.value]
                yield from self.below(opened.selection_set, held_by, parents)

    def _field(self, node: FieldNode, owner: GraphQLNamedType, parents: int) -> Iterator[_Seen]:
        if node.name.value.startswith("__"):
            return
        field: GraphQLField = cast("Any", owner).fields[node.name.value]
        returns = get_named_type(field.type)
        is_connection = returns.name.endswith("Connection")
        limit = self._limit(node) if is_connection else None
        yield _Seen(node, returns, parents, limit)
        if node.selection_set:
            times = limit if is_connection else self._times(node)
            yield from self.below(node.selection_set, returns, parents * (times or 0))

    def _limit(self, node: FieldNode) -> int:
        told = [self._number(one.value) for one in node.arguments or () if one.name.value in _LIMITS]
        return max((number for number in told if number is not None), default=0)

    def _number(self, value: Any) -> int | None:
        if isinstance(value, IntValueNode):
            return int(value.value)
        if isinstance(value, VariableNode):
            return self.variables.get(value.name.value)
        return None

    def _times(self, node: FieldNode) -> int:
        """How many parents a field makes of one: `nodes(ids:)` as many as it names."""
        ids = next((one.value for one in node.arguments or () if one.name.value == "ids"), None)
        if isinstance(ids, ListValueNode):
            return len(ids.values)
        return len(self.variables.get(ids.name.value) or ()) if isinstance(ids, VariableNode) else 1


def cost_of(document: DocumentNode, variables: Mapping[str, Any]) -> Cost:
    """Count what a query asks for, with its variables' defaults."""
    reader = _Reader(document, variables)
    seen = list(reader.seen())
    connections = [one for one in seen if one.limit is not None]
    pages = [one for one in connections if one.is_page_of_pulls]
    named = [one for one in seen if one.is_named_pull]
    heavy_pages = [one for one in pages if _has_lists(reader, one)]
    heavy_named = [one for one in named if _has_lists(reader, one)]
    return Cost(
        requests=sum(one.parents for one in connections),
        nodes=sum(one.parents * (one.limit or 0) for one in connections),
        pulls=max([len(named), *(one.limit or 0 for one in pages)]),
        heavy_pulls=max([len(heavy_named), *(one.limit or 0 for one in heavy_pages)]),
    )


def _has_lists(reader: _Reader, one: _Seen) -> bool:
    chosen = one.node.selection_set
    return chosen is not None and any(
        inner.limit is not None for inner in reader.below(chosen, one.returns, 1)
    )
