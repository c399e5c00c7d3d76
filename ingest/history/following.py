"""What is there to say of lines of a commit: what they hold, and where they come from?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import polars as pl

from ingest.contracts import LINE_ORIGINS
from ingest.history.blame import Place
from ingest.history.contents import Blob, File, blobs_of, lines_of
from ingest.history.git import Git
from ingest.history.names import storable
from ingest.history.walking import NOWHERE, Trail, Walker
from ingest.identity import line_text_key

TOLD: Final = (
    "blob_sha", "text_key", "blame", "introduced_commit", "introduced_path", "introduced_line", "steps",
    "replaced_commit", "replaced_path", "replaced_line",
)  # fmt: skip
_SCHEMA: Final = {
    "commit": pl.String(),
    **{name: LINE_ORIGINS.polars_schema[name] for name in ("path", "line", *TOLD)},
}


def followed(walker: Walker, places: Iterable[Place]) -> pl.DataFrame:
    """One row per line: commit, path, line, and the columns of `TOLD`."""
    wanted = sorted(set(places))
    blobs = blobs_of(walker.blamer.git, ((place.commit, place.path) for place in wanted))
    texts = dict(_text_keys(walker.blamer.git, wanted, blobs))
    trails = walker.trails(texts)
    replaced = walker.trails(trail.replaced for trail in trails.values() if trail.replaced is not None)
    rows = [
        {
            "blob_sha": _sha(blobs.get((place.commit, place.path))),
            "text_key": texts.get(place),
            **_told(place, trails.get(place, NOWHERE), replaced),
        }
        for place in wanted
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _sha(blob: Blob | None) -> str | None:
    return None if blob is None else blob.sha


def _text_keys(
    git: Git, places: Iterable[Place], blobs: Mapping[File, Blob]
) -> Iterator[tuple[Place, str | None]]:
    """Hashes of those lines that are there; null for blank ones."""
    of_blob: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places:
        if (place.commit, place.path) in blobs:
            of_blob[blobs[place.commit, place.path].sha].append(place)
    for sha, lines in lines_of(git, blobs.values()):
        there = (place for place in of_blob[sha] if place.line <= len(lines))
        yield from ((place, line_text_key(_text(lines[place.line - 1]))) for place in there)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _told(place: Place, trail: Trail, replaced: Mapping[Place, Trail]) -> dict[str, Any]:
    before = replaced[trail.replaced].origin if trail.replaced is not None else None
    own = {"commit": place.commit, "path": place.path, "line": place.line}
    way = {"blame": trail.level, "steps": list(trail.steps)}
    return own | way | _columns("introduced", trail.origin) | _columns("replaced", before)


def _columns(prefix: str, place: Place | None) -> dict[str, Any]:
    if place is None:
        return {}
    return {
        f"{prefix}_commit": place.commit,
        f"{prefix}_path": storable(place.path),
        f"{prefix}_line": place.line,
    }
