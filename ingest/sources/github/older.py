"""Which parts of a question does an older server not know? Read from its complaint, to leave them out.

GitHub's own words carry an `extensions.code`; servers on other libraries are known by their sentences.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

Part = tuple[str, str]  # type and field; type and ""; or enumeration and value

# Sentences as GitHub's server (graphql-ruby) and the reference implementation (graphql-js, -core) word them.
_SENTENCES: Final = (
    re.compile(r"Field '(?P<field>\w+)' doesn't exist on type '(?P<type>\w+)'"),
    re.compile(r"Cannot query field ['\"](?P<field>\w+)['\"] on type ['\"](?P<type>\w+)['\"]"),
    re.compile(r"No such type (?P<type>\w+), so it can't be a fragment condition"),
    re.compile(r"Unknown type ['\"](?P<type>\w+)['\"]"),
    re.compile(r"Fragment on (?P<type>\w+) can't be spread inside \w+"),
    re.compile(r"Fragment .*cannot be spread here.* can never be of type ['\"](?P<type>\w+)['\"]"),
    re.compile(r"Value ['\"](?P<field>\w+)['\"] does not exist in ['\"](?P<type>\w+)['\"] enum"),
    re.compile(r"of type \[?(?P<type>\w+).* invalid value for .*Expected \"(?P<field>\w+)\" to be one of"),
    re.compile(r"Argument '\w+' on Field '\w+' has an invalid value .* Expected type '\[(?P<type>\w+)"),
)


def parts_unknown(error: Mapping[str, Any]) -> tuple[Part, ...]:
    """Pairs (type, field) that an error says are not known; none = it complains of something else.

    >>> parts_unknown({"message": "Field 'isInMergeQueue' doesn't exist on type 'PullRequest'"})
    (('PullRequest', 'isInMergeQueue'),)
    >>> parts_unknown({"message": "No such type ConvertToDraftEvent, so it can't be a fragment condition"})
    (('ConvertToDraftEvent', ''),)
    >>> parts_unknown({"message": "Bad credentials"})
    ()
    """
    return _by_code(error.get("extensions")) or _by_sentence(str(error.get("message")))


def _by_code(extensions: object) -> tuple[Part, ...]:
    match extensions:
        case {"code": "undefinedField", "typeName": str(kind), "fieldName": str(name)}:
            return ((kind, name),)
        case {"code": "undefinedType", "typeName": str(kind)}:
            return ((kind, ""),)
    return ()


def _by_sentence(message: str) -> tuple[Part, ...]:
    found = next(filter(None, (each.search(message) for each in _SENTENCES)), None)
    return ((found["type"], found.groupdict().get("field") or ""),) if found else ()
