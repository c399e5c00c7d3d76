"""One run: fetch -> keep raw -> parse -> check -> store -> derive -> publish.

Exactly once: rows carry natural keys, so a replay changes nothing; the cursor of a source is
part of the ledger row whose commit publishes the run. A run that dies before that commit has
published nothing, and the next one repeats it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json import dumps, loads
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import polars as pl

from ingest.authorship import RULES_VERSION
from ingest.deriving import Reread, derive, withdraw
from ingest.errors import RefusedFileError, SourceError
from ingest.history.mirrors import Mirrors
from ingest.intake import Intake, Tally
from ingest.ledger import (
    Cursor,
    RunInfo,
    fingerprint,
    is_same_content,
    last_cursor,
    last_refused,
    last_remarks,
    ledger_row,
)
from ingest.living import Visit, run_live
from ingest.settings import IngestSettings
from ingest.sources.base import AnySource, LiveSource, Outside, Source, SourceFile
from ingest.store import Published, Store

Progress = Callable[[str, int, int], None]  # source, files done, files in all
DERIVE = "derive"
DERIVED_AT = "derived_at"  # start of the last published run that derived
SCAN_SOURCE = "sarif"
HISTORY_SETTINGS = {"repositories", "exclude", "repository", "folder", "surviving"}


@dataclass(frozen=True)
class Job:
    """What one run is asked to do, with everything it may not find out by itself."""

    settings: IngestSettings
    base: Path  # folder that relative paths start from
    sources: tuple[AnySource, ...]
    product_version: str
    policy_digest: str
    now: Callable[[], datetime]
    progress: Progress = lambda _source, _done, _total: None
    outside: Outside = field(default_factory=Outside)  # what live sources may use of the world
    mirrors: Mirrors | None = None  # of the repositories' history; None = no source of it is configured


@dataclass(frozen=True)
class IngestReport:
    """What a run did, source by source, and what is published now."""

    run_id: str
    published: Published
    changed: bool  # whether any row differs from the last published state
    sources: tuple[dict[str, Any], ...]  # ledger rows

    @property
    def refused(self) -> dict[str, str]:
        """Files of which nothing was taken, and why."""
        return {name: why for row in self.sources for name, why in loads(row["files_refused"]).items()}


def ingest(store: Store, job: Job) -> IngestReport:
    """Run all sources of a job and publish the result; the caller holds the store's lock."""
    info = _run_info(job)
    before, runs = store.published(), store.runs()
    rows = _run_sources(store, job, (info, runs))
    is_news = any(row["files_read"] or row["files_withdrawn"] for row in rows)
    rows.append(_run_derive(store, job, (info, runs), is_news=is_news))
    published_at = job.now()
    stamped = [{**row, "published_at": published_at} for row in rows]
    published = store.publish(pl.DataFrame(stamped, infer_schema_length=None))
    return IngestReport(info.run_id, published, store.has_news(before, published), tuple(stamped))


def _run_info(job: Job) -> RunInfo:
    started_at = job.now()
    run_id = f"{started_at:%Y%m%dT%H%M%S.%f}-{uuid4().hex[:6]}"
    return RunInfo(run_id, started_at, job.product_version, job.policy_digest)


def _run_sources(store: Store, job: Job, context: tuple[RunInfo, pl.DataFrame]) -> list[dict[str, Any]]:
    """Run one after the other; one that cannot be read keeps nobody from the others, unless it is all."""
    rows, errors = [], list[SourceError]()
    for source in job.sources:
        try:
            rows.append(_run_source(store, job, source, context))
        except SourceError as error:
            errors.append(error)
            rows.append(_failed(source, error, context))
    if len(errors) == len(job.sources):
        raise errors[0]
    return rows


def _failed(source: AnySource, error: SourceError, context: tuple[RunInfo, pl.DataFrame]) -> dict[str, Any]:
    """Give the ledger row of a source that could not be read: what it knew before stays known."""
    info, runs = context
    tally = Tally(files_refused={source.name: str(error)})
    return ledger_row(info, source.name, tally, cursor=dumps(last_cursor(runs, source.name)), seconds=0.0)


def _run_source(
    store: Store, job: Job, source: AnySource, context: tuple[RunInfo, pl.DataFrame]
) -> dict[str, Any]:
    if isinstance(source, LiveSource):
        return _run_live(store, job, source, context)
    return _run_files(store, job, source, context)


def _run_live(
    store: Store, job: Job, source: LiveSource, context: tuple[RunInfo, pl.DataFrame]
) -> dict[str, Any]:
    info, runs = context
    began = monotonic()
    intake = Intake(store, source.name, info.run_id, info.started_at)
    visit = Visit(job.settings, last_cursor(runs, source.name), job.outside, job.now, job.base)
    pulled = run_live(store, source, intake, visit)
    if job.outside.from_raw:  # nobody was asked, so what was refused is still not mended
        intake.tally.files_refused.update(last_refused(runs, source.name))
    return ledger_row(
        info,
        source.name,
        intake.tally,
        requests=pulled.requests,
        cursor=dumps(dict(pulled.cursor)),
        seconds=round(monotonic() - began, 3),
    )


def _run_files(
    store: Store, job: Job, source: Source, context: tuple[RunInfo, pl.DataFrame]
) -> dict[str, Any]:
    info, runs = context
    began = monotonic()
    files = source.fetch(job.settings, job.base)
    reading = _Reading(store, job, source, Intake(store, source.name, info.run_id, info.started_at))
    cursor = reading.read_all(files, last_cursor(runs, source.name))
    is_scans = source.name == SCAN_SOURCE
    withdrawn = withdraw(store, [file.name for file in files], reading.scans_of) if is_scans else 0
    return ledger_row(
        info,
        source.name,
        reading.intake.tally,
        files_withdrawn=withdrawn,
        cursor=dumps(cursor),
        seconds=round(monotonic() - began, 3),
    )


def _run_derive(
    store: Store, job: Job, context: tuple[RunInfo, pl.DataFrame], *, is_news: bool
) -> dict[str, Any]:
    """Judge again only if something was read, or a judging setting changed since the last published run."""
    info, runs = context
    began = monotonic()
    known, rules = last_cursor(runs, DERIVE), fingerprint(job.product_version, _judging(job.settings))
    remarks = last_remarks(runs, DERIVE)
    are_same_rules = known.get(DERIVE) == rules
    cursor = {DERIVE: rules, DERIVED_AT: known.get(DERIVED_AT, "")}
    if is_news or not are_same_rules:
        # Rows that a run left which died before it published are later than this moment, too.
        told = known.get(DERIVED_AT) if are_same_rules else None
        since = datetime.fromisoformat(told) if told else None
        remarks = derive(store, job.settings, info.started_at, job.mirrors, since)
        cursor[DERIVED_AT] = info.started_at.isoformat()
    seconds = round(monotonic() - began, 3)
    return ledger_row(info, DERIVE, Tally(left_out=Counter(remarks)), cursor=dumps(cursor), seconds=seconds)


def _judging(settings: IngestSettings) -> list[object]:
    """Settings and rules that derived rows rest on: those of git say which history is looked into."""
    git = settings.sources.git
    looked = git.model_dump(mode="json", include=HISTORY_SETTINGS) if git else None
    history = [looked, settings.protected_branches] if git else None
    return [settings.authorship.model_dump(), settings.classes.model_dump(), RULES_VERSION, history]


class _Reading:
    """Reads the files of one source that are new or changed."""

    def __init__(self, store: Store, job: Job, source: Source, intake: Intake) -> None:
        self._store, self._job, self._source, self.intake = store, job, source, intake
        self.scans_of: dict[str, Reread] = {}  # file read in this run -> the scans it gave

    def read_all(self, files: Sequence[SourceFile], known: Cursor) -> Cursor:
        """Read what changed; files that were refused, wholly or in part, are left out to be tried again."""
        cursor: Cursor = {}
        for done, file in enumerate(files):
            self._job.progress(self._source.name, done, len(files))
            digest = file.digest
            mark = fingerprint(digest, self._key(file))
            if known.get(file.name) == mark:
                self.intake.tally.files_unchanged += 1
                cursor[file.name] = mark
            elif self._read(file, digest, is_known=is_same_content(mark, known.get(file.name))):
                cursor[file.name] = mark
        self.intake.flush()
        self._job.progress(self._source.name, len(files), len(files))
        return {name: mark for name, mark in cursor.items() if name not in self.intake.files_not_whole}

    def _key(self, file: SourceFile) -> object:
        return [self._job.product_version, self._source.settings_key(self._job.settings, file)]

    def _read(self, file: SourceFile, digest: str, *, is_known: bool) -> bool:
        try:
            if self._job.settings.sources.keep_raw:
                self._store.keep_raw(file.read(), digest)
            parsed = self._source.parse(file, self._job.settings)
            self.intake.take(parsed)
        except (RefusedFileError, SourceError) as error:
            self.intake.tally.files_refused[file.name] = str(error)
            return False
        self.intake.tally.files_read += 1
        if "scans" in parsed.frames:
            scan_ids = parsed.frames["scans"].get_column("scan_id").to_list()
            self.scans_of[file.name] = Reread(frozenset(scan_ids), is_known)
        return True
