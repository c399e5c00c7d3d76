"""How many lines does each commit have in the files of a head?

What blame told of a file holds for later heads as long as the file does not change on the way, so it is
kept below the mirror. So is which contents took too long: every run would wait for them again. What is kept
there may be deleted at any time: it is made again.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Final

import polars as pl

from ingest.history.blame import BLAME_SECONDS, FORMS, Blamer
from ingest.history.contents import Blob, lines_of
from ingest.history.git import Git
from ingest.history.lineage import changed_paths, first_parents

KEPT_IN: Final = ("pilot", "surviving.parquet")
GIVEN_UP_IN: Final = ("pilot", "given_up.parquet")
FILES_AT_ONCE: Final = 200  # that are blamed between two writes
BIGGEST_BYTES: Final = 2_000_000
MOST_LINES: Final = 50_000
_LINES: Final = {"path": pl.String, "commit": pl.String, "line_count": pl.Int64}
_KEPT: Final = {**_LINES, "head": pl.String, "basis": pl.String}
_GIVEN_UP: Final = {"path": pl.String, "blob": pl.String, "basis": pl.String}

Counts = dict[str, int] | None  # commit -> lines; None = no blame could tell


@dataclass(frozen=True)
class Standing:
    """Lines that stand at a head of one repository."""

    blamer: Blamer
    head: str
    at_once: int  # blames made at the same time

    def lines(self, files: Mapping[str, Blob]) -> pl.DataFrame:
        """Columns path, commit, line_count for those of the files that blame could tell of."""
        known = self._known().filter(pl.col("path").is_in(list(files)))
        rest = {path: files[path] for path in sorted(files.keys() - set(known["path"]))}
        fitting = countable(self.blamer.git, self._without_given_up(rest))
        for start in range(0, len(fitting), FILES_AT_ONCE):
            part = {path: files[path] for path in fitting[start : start + FILES_AT_ONCE]}
            known = pl.concat([known, self._blamed(part)])
            self._keep(known)
        return known.sort("path", "commit")

    def _blamed(self, files: Mapping[str, Blob]) -> pl.DataFrame:
        with ThreadPoolExecutor(self.at_once) as threads:
            told = dict(zip(files, threads.map(self._counts, files), strict=True))
        self._give_up({path: files[path] for path, (_, is_late) in told.items() if is_late})
        rows = [
            (path, commit, count)
            for path, (counts, _) in told.items()
            for commit, count in (counts or {}).items()
        ]
        return pl.DataFrame(rows, schema=_LINES, orient="row")

    def _counts(self, path: str) -> tuple[Counts, bool]:
        """Lines of each commit in a file, and whether there are none because blame took too long."""
        began = monotonic()
        counts = self.blamer.counts(self.head, path)
        return counts, counts is None and monotonic() - began >= BLAME_SECONDS

    def _without_given_up(self, files: Mapping[str, Blob]) -> dict[str, Blob]:
        given_up = _kept(self._given_up_in, _GIVEN_UP).filter(basis=self._basis)
        contents = set(given_up.select("path", "blob").iter_rows())
        return {path: blob for path, blob in files.items() if (path, blob.sha) not in contents}

    def _give_up(self, files: Mapping[str, Blob]) -> None:
        """Remember contents that took too long; the file is tried again when it has changed."""
        if not files:
            return
        rows = [(path, blob.sha, self._basis) for path, blob in files.items()]
        fresh = pl.DataFrame(rows, schema=_GIVEN_UP, orient="row")
        kept = _kept(self._given_up_in, _GIVEN_UP)
        _keep(self._given_up_in, pl.concat([kept, fresh]).unique(maintain_order=True))

    def _known(self) -> pl.DataFrame:
        """What was kept of an earlier head, as far as it still holds."""
        kept = _kept(self._file, _KEPT).filter(basis=self._basis)
        if kept.is_empty() or not self._is_below(kept["head"][0]):
            return pl.DataFrame(schema=_LINES)
        changed = changed_paths(self.blamer.git, kept["head"][0], self.head)
        return kept.filter(~pl.col("path").is_in(list(changed))).select(_LINES.keys())

    def _is_below(self, commit: str) -> bool:
        parents = first_parents(self.blamer.git, [self.head])
        return commit == self.head or commit in parents or commit in parents.values()

    @property
    def _file(self) -> Path:
        return self.blamer.git.folder.joinpath(*KEPT_IN)

    @property
    def _given_up_in(self) -> Path:
        return self.blamer.git.folder.joinpath(*GIVEN_UP_IN)

    @cached_property
    def _basis(self) -> str:
        """What the answers rest on beside the history itself."""
        told = (FORMS, self.blamer.ignored, sorted(self.blamer.cut_off))
        return sha256(repr(told).encode()).hexdigest()[:16]

    def _keep(self, known: pl.DataFrame) -> None:
        _keep(self._file, known.with_columns(head=pl.lit(self.head), basis=pl.lit(self._basis)))


def _kept(file: Path, schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    try:
        return pl.read_parquet(file).select(pl.col(name).cast(kind) for name, kind in schema.items())
    except (OSError, pl.exceptions.PolarsError):  # none yet, half of one, or another form of it
        return pl.DataFrame(schema=schema)


def _keep(file: Path, rows: pl.DataFrame) -> None:
    """Leave rows for the next run, where the mirror may be written to."""
    fresh = file.with_suffix(".new")
    try:
        file.parent.mkdir(exist_ok=True)
        rows.write_parquet(fresh)
        fresh.replace(file)
    except OSError:
        return


def countable(git: Git, files: Mapping[str, Blob]) -> list[str]:
    """Paths of files that are text and not too big, sorted."""
    small = (blob for blob in files.values() if blob.size <= BIGGEST_BYTES)
    fitting = {sha for sha, lines in lines_of(git, small) if _is_text(lines) and len(lines) <= MOST_LINES}
    return sorted(path for path, blob in files.items() if blob.sha in fitting)


def _is_text(lines: list[bytes]) -> bool:
    return not any(b"\0" in line for line in lines)
