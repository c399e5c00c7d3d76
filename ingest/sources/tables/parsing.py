"""How does a file become checked-to-be rows: read, joined, mapped, completed, placed?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from ingest.contracts import BY_NAME
from ingest.errors import SourceError
from ingest.settings import IngestSettings, TableSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.tables.completing import complete
from ingest.sources.tables.extras import with_extras
from ingest.sources.tables.mapping import PROVENANCE
from ingest.sources.tables.places import base_of, find, mappings_of
from ingest.sources.tables.reading import CUT_LINE, EXACT_COPY, ROW, Rows, read_rows
from ingest.sources.tables.refusals import did_you_mean, listed, refused
from ingest.sources.tables.rows import KEY, Place, mapped_rows
from ingest.sources.tables.siblings import LISTS, at_limit, sibling_files

# Ledgers are the product's own, and what a code host says of itself comes from the host.
NOT_FROM_FILES: Final = frozenset({
    "ingest_runs", "snapshots", "alerts", "features", "rule_bypasses", "landed_commits", "line_origins",
    "file_marks", "audits", "audit_reviews",
    # Who approved what: only [sources.approvals] makes people pseudonyms.
    "approval_signals", "approvals", "approval_sessions", "agent_sightings", "canaries", "erasures",
    # What detectors said and what is true: [sources.detections] and [sources.labels] keep no texts.
    "detections", "labels", "selections",
})  # fmt: skip


def fetch(settings: IngestSettings, base: Path) -> Sequence[SourceFile]:
    """Every file that any mapping names, once."""
    found = {file.name: file for mapping in settings.sources.tables for file in find(mapping, base)}
    return [found[name] for name in sorted(found)]


def settings_key(settings: IngestSettings, file: SourceFile) -> object:
    """Change when a file is worth reading again: with its mappings, or with the files it leans on."""
    mappings = mappings_of(file, settings)
    is_parent = any(mapping.table == "pull_requests" for mapping in mappings)
    leaned_on = [
        SourceFile(base_of(file) / join.path, join.path) for mapping in mappings for join in mapping.join
    ]
    leaned_on += sibling_files(settings, base_of(file)) if is_parent else []
    return [
        [mapping.model_dump(mode="json") for mapping in mappings],
        [mapping.model_dump(mode="json") for mapping in settings.sources.tables] if is_parent else [],
        {other.name: _digest(other) for other in leaned_on},
        settings.authorship.model_dump(mode="json"),
        settings.classes.model_dump(mode="json"),
    ]


def parse(file: SourceFile, settings: IngestSettings) -> Parsed:
    """Rows for every table that the file feeds.

    Raises RefusedFileError when the file cannot be read whole, or lacks what its mapping or its
    contract needs.
    """
    frames: dict[str, list[pl.DataFrame]] = {}
    left_out: Counter[str] = Counter()
    unknown: dict[str, list[str]] = {}
    for mapping in mappings_of(file, settings):
        made = _Made(Place(file, _known(mapping, file.name)), settings)
        frames.setdefault(mapping.table, []).append(made.frame())
        left_out.update(made.left_out)
        unknown.setdefault(mapping.table, []).extend(made.unknown_columns)
    together = {name: pl.concat(parts, how="diagonal_relaxed") for name, parts in frames.items()}
    return Parsed(together, dict(left_out), {name: columns for name, columns in unknown.items() if columns})


def _digest(file: SourceFile) -> str | None:
    try:
        return file.digest
    except SourceError:
        return None  # the file may appear later, which changes the key


def _known(mapping: TableSettings, name: str) -> TableSettings:
    known = [table for table in BY_NAME if table not in NOT_FROM_FILES]
    if mapping.table not in known:
        seen = f"[[sources.tables]] names the table {mapping.table!r} ({did_you_mean(mapping.table, known)})"
        raise refused(name, seen, f"one of {', '.join(known)}", "Mend `table` in pilot.toml")
    return mapping


class _Made:
    """Rows of one table from one file, with the account of what was left out."""

    def __init__(self, place: Place, settings: IngestSettings) -> None:
        self._place, self._settings = place, settings
        self.left_out: Counter[str] = Counter()
        self.unknown_columns: list[str] = []

    def frame(self) -> pl.DataFrame:
        """Rows with `raw_ref` and `extras`, ready for the contract check."""
        read = read_rows(self._place.file, self._place.mapping)
        distinct = read.distinct()
        self._note(EXACT_COPY, read.frame.height - distinct.height)
        self._note(CUT_LINE, read.cut_lines)
        found = mapped_rows(distinct, self._place)
        self._note_cut_lists(read)
        self.unknown_columns = found.left_over.columns
        rows = with_extras(found.rows, found.left_over)
        completed = complete(rows, self._place, self._settings)
        self._note("pending review", rows.height - completed.height)
        _refuse_without_required(completed, self._place, read.frame.columns)
        return completed.with_columns(
            raw_ref=pl.format("{}#rows/{}", pl.lit(self._place.file.name), ROW)
        ).drop(ROW)

    def _note(self, reason: str, count: int) -> None:
        if count:
            self.left_out[f"{self._place.mapping.table}: {reason}"] += count

    def _note_cut_lists(self, read: Rows) -> None:
        """Say how many lists stop exactly at the collector's limit; copies count, as they did for it."""
        mapping = self._place.mapping
        if mapping.list_limit is None or mapping.table not in LISTS:
            return
        parent = [join.on for join in mapping.join] or list(KEY)
        keys = read.frame if mapping.join else mapped_rows(read.frame, self._place).rows
        if set(parent) <= set(keys.columns):
            cut = at_limit(keys.select(parent), mapping.list_limit)
            self._note(f"list cut at {mapping.list_limit} rows by its collector", cut.height)


def _refuse_without_required(rows: pl.DataFrame, place: Place, theirs: Sequence[str]) -> None:
    required = [
        name
        for name, column in BY_NAME[place.mapping.table].columns.items()
        if not column.nullable and not isinstance(column.dtype, pl.List) and name not in PROVENANCE
    ]
    missing = [name for name in required if name not in rows.columns]
    if missing:
        hints = "; ".join(f"{name}: {did_you_mean(name, theirs)}" for name in missing)
        raise refused(
            place.file.name,
            f"nothing gives {', '.join(missing)} of table {place.mapping.table} ({hints})",
            "every required column of its contract",
            f"Columns seen: {listed([name for name in theirs if name != ROW])}. "
            "Name their origin by `rename`, `derive`, `constants` or `join`",
        )
