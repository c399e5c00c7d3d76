"""How are answers kept before they are parsed? One batch is one raw file of JSON lines.

The first line says whose answers these are and how far the reading is after them; every other
line is one question with its answer as it came. A batch is self-contained: all that the parser
needs of its pull requests is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

import orjson

from ingest.errors import StoreError
from ingest.sources.github import state as states
from ingest.sources.github.state import RepositoryState

FORMAT: Final = 1
PRODUCT: Final = "pilot-metrics"


@dataclass(frozen=True)
class Exchange:
    """One question and its answer."""

    asked: str  # kind of question: see questions.py and alerts/
    by: dict[str, Any]  # variables or parameters
    answer: Any  # {"data": ..., "errors": [...]} of GraphQL, plain JSON of REST


@dataclass(frozen=True)
class Batch:
    """Answers about one repository, and the state of its reading after them."""

    state: RepositoryState
    exchanges: Sequence[Exchange]
    default_branch: str | None = None
    at: datetime | None = None  # GitHub's clock at the last answer

    @property
    def name(self) -> str:
        """Name below `raw`, in order of reading."""
        return f"{folder_of(self.state.id)}{self.state.batch:08d}.jsonl"


def folder_of(repository_id: str) -> str:
    """Prefix of a repository's batches."""
    safe = "".join(each if each.isalnum() or each in "-_" else "~" for each in repository_id)
    return f"github/{safe}/"


def packed(batch: Batch) -> bytes:
    """Write a batch as JSON lines."""
    head = {
        "format": FORMAT,
        "product_version": version(PRODUCT),
        "at": batch.at.isoformat() if batch.at else None,
        "default_branch": batch.default_branch,
        "state": orjson.Fragment(states.written(batch.state)),
    }
    lines = ({"asked": one.asked, "by": one.by, "answer": one.answer} for one in batch.exchanges)
    return b"\n".join(map(orjson.dumps, _chained(head, lines)))


def _chained(head: dict[str, Any], lines: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    yield head
    yield from lines


def unpacked(content: bytes, name: str) -> Batch:
    """Read a batch.

    Raises
    ------
    StoreError
        It is of another format, or damaged: it was whole when it was kept.
    """
    try:
        first, *rest = content.split(b"\n")
        head = orjson.loads(first)
        if head["format"] != FORMAT:
            raise StoreError(_other_format(head, name))
        lines = map(orjson.loads, rest)
        at = datetime.fromisoformat(head["at"]) if head["at"] else None
        exchanges = [Exchange(line["asked"], line["by"], line["answer"]) for line in lines]
        return Batch(states.read(orjson.dumps(head["state"])), exchanges, head["default_branch"], at)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"raw/{name}: a kept batch cannot be read ({error}); take it away and run "
            "`pilot ingest github --full`"
        ) from error


def _other_format(head: Mapping[str, Any], name: str) -> str:
    """Which version is needed; heads of format 1 may not name the one that wrote them."""
    writer = head.get("product_version")
    needed = f"{PRODUCT} {writer} or later" if writer else f"the version of {PRODUCT} that wrote it"
    return (
        f"raw/{name}: is of format {head['format']}, expected {FORMAT}, the only one that {PRODUCT} "
        f"{version(PRODUCT)} reads; install {needed}, or take the file away and run "
        "`pilot ingest github --full`"
    )
