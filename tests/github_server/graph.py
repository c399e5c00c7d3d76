"""What does the server answer to a query? The reference implementation over what the world holds.

Nodes are plain dictionaries in GitHub's field names. A field that the world does not hold is null
where the schema allows it, and else the emptiest value of its type: a list without entries, "", 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLError, execute_sync

from tests.github_server.asking import SCHEMA, Problem, Query
from tests.github_server.context import Context
from tests.github_server.paging import QueryFault
from tests.github_server.resolving import equip

__all__ = ["Context", "answer"]


def answer(query: Query, variables: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Execute a query that was found right; partial data come with `errors` beside them."""
    assert query.document is not None
    with context.world.lock:
        context.denied = frozenset(context.world.denied_fields)
        result = execute_sync(SCHEMA, query.document, None, context, dict(variables))
    return _written(result)


def _written(result: ExecutionResult) -> dict[str, Any]:
    told: dict[str, Any] = {"data": result.data}
    if result.errors:
        told["errors"] = [_problem(error) for error in result.errors]
        is_unasked = result.data is None and all(error.path is None for error in result.errors)
        if is_unasked:
            del told["data"]
    return told


def _problem(error: GraphQLError) -> Problem:
    cause = error.original_error
    told: Problem = {"path": error.path} if error.path else {}
    told["locations"] = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    if isinstance(cause, QueryFault):
        return {
            "type": cause.kind,
            **told,
            **({"extensions": cause.extensions} if cause.extensions else {}),
            "message": cause.message,
        }
    return told | {"message": error.message}


equip()
