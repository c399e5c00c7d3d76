"""How do the rows of one source reach the store: checked, counted, and the refused kept apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from ingest.checking import check, refuse_without_required
from ingest.contracts import BY_NAME, LABELS_TABLE, REVIEWS
from ingest.contracts.common import Table
from ingest.contradictions import contradictions
from ingest.dismissals import VERDICT_COLUMNS, has_lost_verdicts, of_lost, with_verdicts
from ingest.sources.base import Parsed
from ingest.store import Store

# Tables whose refused rows could have been bad news: their files are read again until every row is good.
HOLDING_TABLES: Final = ("scans", "scan_results", "findings", "incidents")
ANOTHER_COPY: Final = "another copy of the same key in the batch"
FLUSH_ROWS = 250_000  # a batch of this size keeps memory flat and merges few
PART_ROWS = 100_000  # of a file whose rows come part by part, so that it is not held after all


@dataclass
class Tally:
    """What happened to everything that one source delivered."""

    rows_in: int = 0
    rows_valid: int = 0
    rows_rejected: int = 0
    rows_judged: int = 0  # rows whose derived columns a live source set itself, and which differed
    duplicates: int = 0
    rejected_by_rule: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    left_out: Counter[str] = field(default_factory=Counter)
    unknown_columns: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    files_refused: dict[str, str] = field(default_factory=dict)
    files_read: int = 0
    files_unchanged: int = 0


class Intake:
    """Collects parsed rows and hands them to the store in batches."""

    def __init__(self, store: Store, source: str, run_id: str, at: datetime) -> None:
        self._store, self._source, self._run_id, self._at = store, source, run_id, at
        self._waiting: dict[str, list[pl.DataFrame]] = defaultdict(list)
        self._judged: dict[str, list[pl.DataFrame]] = defaultdict(list)
        self.tally = Tally()
        self.files_not_whole: set[str] = set()  # files of which such a row was refused

    def take(self, parsed: Parsed) -> None:
        """Accept one file's rows; a frame that lacks a required column refuses the whole file.

        What comes part by part is taken first: a file that turns out to be damaged leaves results of which
        no scan is told, and they count for nothing until the file is read again.
        """
        for part in parsed.more:
            self._take_frames(part)
            self.flush(PART_ROWS)
        self._take_frames(parsed.frames)
        for name, frame in parsed.judged.items():
            self._judged[name].append(frame)
        self._note(parsed)
        self.flush(FLUSH_ROWS)

    def _take_frames(self, given: Mapping[str, pl.DataFrame]) -> None:
        frames = {name: self._stamped(frame) for name, frame in given.items() if frame.height}
        for name, frame in frames.items():
            refuse_without_required(frame, BY_NAME[name])
        for name, frame in frames.items():
            self._waiting[name].append(frame)
            self.tally.rows_in += frame.height

    def flush(self, at_least: int = 1) -> None:
        """Write every table that has this many rows waiting; then what was judged of written rows."""
        for name, frames in self._waiting.items():
            if sum(frame.height for frame in frames) >= at_least:
                for batch in _joined(frames):
                    self._write(BY_NAME[name], batch)
                frames.clear()
        for name, judged in self._judged.items():
            if sum(frame.height for frame in judged) >= at_least and not self._waiting[name]:
                self._judge(BY_NAME[name], pl.concat(judged))
                judged.clear()

    def _judge(self, table: Table, rows: pl.DataFrame) -> None:
        """Set derived columns; the last word about a row counts, rows that were refused have none."""
        written = self._store.judge(table, rows)
        self.tally.rows_judged += written.updated

    def _stamped(self, frame: pl.DataFrame) -> pl.DataFrame:
        moment = pl.lit(self._at).dt.cast_time_unit("us")
        return frame.with_columns(source=pl.lit(self._source), ingested_at=moment)

    def _note(self, parsed: Parsed) -> None:
        self.tally.left_out.update(parsed.left_out)
        for name, columns in parsed.unknown_columns.items():
            self.tally.unknown_columns[name].update(columns)

    def _write(self, table: Table, batch: pl.DataFrame) -> None:
        checked = check(self._with_verdicts(table, batch), table)
        if table is LABELS_TABLE:
            stored = self._store.current(table.name)
            self.tally.left_out.update(contradictions(batch, checked.valid, stored))
        self._store.write(table, checked.valid)
        if checked.rejected.height:
            self._store.quarantine(table, checked.rejected, self._run_id)
            self._remember(table, checked.rejected)
        self._count(table.name, checked.valid.height, checked.rejected.height, checked.rejected_by_rule)
        if checked.duplicates:
            self.tally.left_out[f"{table.name}: {ANOTHER_COPY}"] += checked.duplicates

    def _with_verdicts(self, table: Table, batch: pl.DataFrame) -> pl.DataFrame:
        if table is not REVIEWS or not has_lost_verdicts(batch):
            return batch
        stored = self._store.current(table.name).select(VERDICT_COLUMNS)
        return with_verdicts(batch, of_lost(stored, batch).collect(engine="streaming"))

    def _remember(self, table: Table, rejected: pl.DataFrame) -> None:
        if table.name in HOLDING_TABLES:
            self.files_not_whole.update(ref.partition("#")[0] for ref in rejected["raw_ref"].drop_nulls())

    def _count(self, name: str, valid: int, rejected: int, by_rule: Mapping[str, int]) -> None:
        self.tally.rows_valid += valid
        self.tally.rows_rejected += rejected
        if by_rule:
            self.tally.rejected_by_rule[name].update(by_rule)


def _joined(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """One frame where the files agree on types; else each file by itself, to be cast by the check."""
    try:
        return [pl.concat(frames, how="diagonal_relaxed")]
    except pl.exceptions.PolarsError:
        return frames
