"""Where in this file are the pull requests, and what of it cannot be read?"""

from __future__ import annotations

import gzip
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from ingest.errors import RefusedFileError
from ingest.sources.base import SourceFile
from ingest.sources.github_export.shapes import Document, Nodes, Repository

GZIP_MAGIC: Final = b"\x1f\x8b"
EXPECTED: Final = (
    "expected GitHub's GraphQL nodes: data.repository.pullRequests.nodes, nameWithOwner with pullRequests, "
    "a list of nodes, or one node per line"
)
CUT: Final = "record that is cut off or is no JSON"
_ANYTHING, _ITEMS = Decoder(Raw), Decoder(list[Raw])
_DOCUMENT, _NODES = Decoder(Document), Decoder(Nodes)


@dataclass(frozen=True)
class Page:
    """Pull requests that were written together, still as bytes, with what is said of them all."""

    nodes: list[Raw]
    repository: str | None = None
    default_branch: str | None = None


@dataclass
class Reading:
    """Pages of one file, and what of it is no pull request."""

    pages: list[Page] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)  # messages of the interface's own errors


def read_pages(file: SourceFile) -> Reading:
    """All pages of a file; a file without any is refused with what was seen instead."""
    content = _plain(file)
    reading = Reading()
    for document in _documents(content, file, reading):
        reading.pages.extend(_pages(document, reading))
    if not reading.pages:
        told = f"; it reports: {'; '.join(reading.problems[:3])}" if reading.problems else ""
        raise RefusedFileError(
            f"{file.name}: holds no pull requests{told}; seen {_glimpse(content)}, {EXPECTED}. "
            "Check the export, or leave the file out by `exclude`."
        )
    return reading


def _plain(file: SourceFile) -> bytes:
    """UTF-8 bytes of a file, whatever it was wrapped in."""
    content = file.read()
    if content.startswith(GZIP_MAGIC):
        content = _unpacked(content, file)
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace").encode()
    return content.removeprefix(BOM_UTF8)


def _unpacked(content: bytes, file: SourceFile) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedFileError(
            f"{file.name}: is gzip but cannot be unpacked ({error}), probably cut off. Export it again."
        ) from error


def _documents(content: bytes, file: SourceFile, reading: Reading) -> Iterator[Raw]:
    """Split a file into JSON values: one, or one per line."""
    fault = _fault_of(content)
    if fault is None:
        yield Raw(content)
        return
    lines = [line for line in content.splitlines() if line.strip()]
    whole = [line for line in lines if line.lstrip().startswith(b"{") and _fault_of(line) is None]
    if not whole:
        raise RefusedFileError(
            f"{file.name}: is not JSON ({fault}); seen {_glimpse(content)}, {EXPECTED}. Export it again."
        )
    if len(whole) < len(lines):
        reading.left_out[CUT] += len(lines) - len(whole)
    yield from map(Raw, whole)


def _fault_of(content: bytes) -> str | None:
    """Say why the content is not one JSON value; null when it is."""
    try:
        _ANYTHING.decode(content)
    except DecodeError as error:
        return str(error)
    return None


def _glimpse(content: bytes) -> str:
    start = content[:60].decode(errors="replace").strip()
    return f"{len(content)} bytes that begin with {start!r}" if content.strip() else "an empty file"


def _pages(document: Raw, reading: Reading) -> Iterator[Page]:
    """Pages of one JSON value: an answer, a named list, one node, or a list of any of these."""
    items = _decoded(_ITEMS, document)
    if items is not None:
        yield from _pages_of_list(items, reading)
        return
    told: Document | None = _decoded(_DOCUMENT, document)
    if told is None:
        return
    reading.problems += [problem.message or "?" for problem in told.errors or [] if problem]
    if told.number:
        yield Page([document])
    elif told.pull_requests:
        branch = told.default_branch_ref.name if told.default_branch_ref else None
        yield Page(_nodes(told.pull_requests), told.name_with_owner, branch)
    else:
        yield from _pages_of_answer(told)


def _pages_of_list(items: list[Raw], reading: Reading) -> Iterator[Page]:
    first = next((_decoded(_DOCUMENT, item) for item in items), None)
    holds_pages = first is not None and not first.number and (first.data or first.pull_requests)
    if not holds_pages and items:
        yield Page(items)
        return
    for item in items:
        yield from _pages(item, reading)


def _pages_of_answer(told: Document) -> Iterator[Page]:
    answer = told.data
    repository = told.repository or (answer.repository if answer else None)
    if repository is not None and (repository.pull_requests or repository.pull_request):
        yield Page(_nodes_of(repository), repository.name_with_owner, _default_branch(repository))
    elif answer is not None and answer.search is not None:
        yield Page(_listed(answer.search))


def _nodes_of(repository: Repository) -> list[Raw]:
    if repository.pull_requests:
        return _nodes(repository.pull_requests)
    return [repository.pull_request]


def _default_branch(repository: Repository) -> str | None:
    return repository.default_branch_ref.name if repository.default_branch_ref else None


def _nodes(raw: Raw) -> list[Raw]:
    listed = _decoded(_ITEMS, raw)
    if listed is not None:
        return list(listed)
    connection = _decoded(_NODES, raw)
    return _listed(connection) if connection is not None else []


def _listed(connection: Nodes) -> list[Raw]:
    if connection.nodes is not None:
        return connection.nodes
    return [edge.node for edge in connection.edges or [] if edge.node]


def _decoded(decoder: Decoder[Any], raw: Raw) -> Any:
    """Decode in this shape; null when the value has another."""
    try:
        return decoder.decode(raw)
    except DecodeError:
        return None
