"""Which query was sent, and what does GitHub say of one that is wrong?

A text is parsed and checked once; what is wrong with it is told in GitHub's words, which are not
those of the reference implementation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    NoDeprecatedCustomRule,
    build_schema,
    parse,
    specified_rules,
    validate,
)

SCHEMA: Final = build_schema(Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8"))
_RULES: Final = [rule for rule in specified_rules if rule is not NoDeprecatedCustomRule]
_FIELD: Final = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'")
_ARGUMENT: Final = re.compile(r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'")
_TYPE: Final = re.compile(r"Unknown type '(\w+)'")
_VALUE: Final = re.compile(r"Value '(\w+)' does not exist in '(\w+)' enum")
Problem = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """A text that was read: its document, or what is wrong with it."""

    document: DocumentNode | None
    problems: tuple[Problem, ...] = ()


@lru_cache(maxsize=512)
def read(text: str) -> Query:
    """Parse and check a text."""
    try:
        document = parse(text, no_location=False)
    except GraphQLSyntaxError as error:
        return Query(None, (_unparsed(error),))
    faults = validate(SCHEMA, document, _RULES)
    return Query(None if faults else document, tuple(map(_worded, faults)))


def _unparsed(error: GraphQLError) -> Problem:
    return {"message": f"Parse error: {error.message}", "locations": _locations(error)}


def _worded(error: GraphQLError) -> Problem:
    """An error of checking, with the code by which GitHub's clients tell it."""
    message, extensions = _as_github_says(error.message)
    return {"path": ["query"], "extensions": extensions, "locations": _locations(error), "message": message}


def _as_github_says(message: str) -> tuple[str, dict[str, str]]:
    if told := _FIELD.search(message):
        field, owner = told.groups()
        codes = {"code": "undefinedField", "typeName": owner, "fieldName": field}
        return f"Field '{field}' doesn't exist on type '{owner}'", codes
    if told := _ARGUMENT.search(message):
        argument, _, field = told.groups()
        codes = {"code": "argumentNotAccepted", "name": field, "typeName": "Field", "argumentName": argument}
        return f"Field '{field}' doesn't accept argument '{argument}'", codes
    if told := _TYPE.search(message):
        said = f"No such type {told.group(1)}, so it can't be a fragment condition"
        return said, {"code": "undefinedType", "typeName": told.group(1)}
    if told := _VALUE.search(message):
        said = f"Argument has an invalid value ({told.group(1)}). Expected type '{told.group(2)}'."
        return said, {"code": "argumentLiteralsIncompatible", "typeName": told.group(2)}
    return message, {"code": "invalid"}


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": place.line, "column": place.column} for place in error.locations or ()]
