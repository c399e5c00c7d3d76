"""How is a native output said in the words of SARIF, so that the same rules judge it?

Severity, weakness classes, places, redaction and identity are those of SARIF results. What a tool tells
in fields of its own goes where the same tool's SARIF output has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.sources.sarif.model import (
    ArtifactLocation,
    Component,
    Invocation,
    Location,
    Message,
    PhysicalLocation,
    Region,
    Result,
    Run,
    Snippet,
    Suppression,
    Tool,
)


@dataclass(frozen=True)
class NativeRun:
    """One run of a tool as its own format tells it."""

    header: Run
    results: Sequence[Result | None]  # null = a damaged one
    problem: str | None = None  # why its silence means nothing; null = it ran to its end


@dataclass(frozen=True)
class Where:
    """A place as a native format tells it."""

    path: str | None
    line: Any = None
    text: str | None = None  # the flagged line, or what stands for it


@dataclass(frozen=True)
class What:
    """What a native format says of a result beside its place."""

    rule: str | None
    message: str | None
    level: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    prints: dict[str, Any] = field(default_factory=dict)  # what tells the result from others
    is_suppressed: bool | None = None  # null = not told


def tool_run(name: str, version: str | None = None, ended_at: str | None = None) -> Run:
    """Header of a run that went to its end."""
    ended = Invocation(execution_successful=True, end_time_utc=ended_at)
    return Run(tool=Tool(driver=Component(name=name, version=version)), invocations=[ended])


def result_of(what: What, where: Where) -> Result:
    """One result."""
    return Result(
        rule_id=what.rule,
        level=what.level,
        message=Message(text=what.message),
        locations=[_location(where)],
        partial_fingerprints=what.prints or None,
        properties=what.properties or None,
        suppressions=_suppressions(what.is_suppressed),
    )


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names for a sentence, in order and each once; of many the first.

    >>> listed(["b.py", "a.py", "b.py"]), listed("gfedcba", most=2)
    ('a.py, b.py', 'a, b and 5 more')
    """
    each = sorted(set(names))
    rest = len(each) - most
    return ", ".join(each[:most]) + (f" and {rest} more" if rest > 0 else "")


def _location(where: Where) -> Location:
    snippet = None if where.text is None else Snippet(text=where.text)
    told = ArtifactLocation(uri=None if where.path is None else _address(where.path))
    return Location(PhysicalLocation(told, Region(start_line=where.line, snippet=snippet)))


def _address(path: str) -> str:
    """Address of a plain path: what looks like an escaped character is none."""
    return path.replace("%", "%25")


def _suppressions(is_suppressed: bool | None) -> list[Suppression] | None:  # noqa: FBT001 - three answers, one fact
    if is_suppressed is None:
        return None
    return [Suppression(status="accepted")] if is_suppressed else []
