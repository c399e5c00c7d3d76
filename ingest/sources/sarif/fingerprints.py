"""What does the tool itself call a result: its fingerprint, its hash of the line, the commit that it blames?

Fingerprints may hold names, addresses and what was found, so only hashes of them leave this module.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import orjson

from ingest.identity import bare_text, text_keys
from ingest.sources.sarif.model import Result, bag, text_of

_LINE_HASH: Final = "primaryLocationLineHash"
# What secret scanners write among the fingerprints though it says who and when, not what.
_NO_FINGERPRINTS: Final = frozenset({"author", "commitMessage", "commitSha", "date", "email"})
_COMMITS: Final = ("commit", "Commit", "commitSha")
_COMMIT: Final = re.compile(r"[0-9a-fA-F]{7,64}")


def own_fingerprints(results: Sequence[Result]) -> list[str | None]:
    """Hash of each result's first fingerprint by name, else of its first partial one (§3.27.17, §3.27.16)."""
    return text_keys(_only_ones(results) or [_own(each) for each in results])


def line_hash(result: Result) -> bytes:
    """Hash that the tool has of the line, without the tool's own ordinal; empty when it has none."""
    if not isinstance(result.partial_fingerprints, dict):
        return b""
    told = text_of(result.partial_fingerprints.get(_LINE_HASH)) or ""
    return bare_text(told.partition(":")[0]).encode()


def told_commit(result: Result) -> str | None:
    """Commit that brought the result in, where the tool looked into the history and says so."""
    told = [bag(result.properties).get(name) for name in _COMMITS]
    told += [bag(result.partial_fingerprints).get(name) for name in _COMMITS]
    named = (text_of(each) for each in told)
    return next((each.lower() for each in named if each and _COMMIT.fullmatch(each)), None)


def _only_ones(results: Sequence[Result]) -> list[bytes] | None:
    """Fingerprints of results that have exactly one text each, as most tools write them; else null."""
    told = [each.fingerprints for each in results]
    try:
        has_one_each = set(map(len, told)) == {1} and _NO_FINGERPRINTS.isdisjoint(chain.from_iterable(told))
        texts = [text for each in told for text in each.values()] if has_one_each else []
        spelled = [text.strip().encode() for text in texts]
    except (AttributeError, TypeError, UnicodeEncodeError):
        return None
    return spelled if spelled and all(spelled) else None


def _own(result: Result) -> bytes:
    return _first(result.fingerprints) or _first(result.partial_fingerprints) or b""


def _first(fingerprints: Any) -> bytes | None:
    if not isinstance(fingerprints, dict):
        return None
    told = (_spelled(fingerprints[name]) for name in sorted(fingerprints) if name not in _NO_FINGERPRINTS)
    return next((each for each in told if each), None)


def _spelled(value: Any) -> bytes | None:
    if isinstance(value, str):
        return value.strip().encode("utf-8", "replace")
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if value is not None else None
    except TypeError:
        return None  # halves of characters, or nested beyond reading
