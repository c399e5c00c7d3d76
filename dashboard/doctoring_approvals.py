"""Can approvals be read, by whose names, and how much of what was read can be measured?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import polars as pl

from dashboard import wording
from dashboard.complaints import Complaint
from dashboard.composition import Session
from dashboard.privacy import is_open
from ingest.errors import PilotError, SourceError
from ingest.ledger import last_cursor
from ingest.settings import ApprovalsSettings
from ingest.sources.approvals import APPROVALS_SOURCE
from ingest.sources.approvals.cursors import bookmarks
from ingest.sources.approvals.places import logs

NAME: Final = APPROVALS_SOURCE.name
PRIVACY: Final = "privacy"
BEGIN: Final = "add [sources.approvals] with the paths of your agents' logs, see docs/telemetry.md"
RETENTION_DAYS: Final = 30  # logs kept for less are gone before a monthly look
_UNMATCHED: Final = "correct it or take it out of `paths`; folders that begin with a dot must be written out"
_SHOWN: Final = 0.05  # a share below is not worth a word
_PLACE: Final = "in [[sources.approvals.place]]"
_TELEMETRY: Final = "docs/telemetry.md"
# What a decision should say, when it counts, and the setting that mends it.
_WANTED: Final = (
    ("repository", pl.lit(True), f"say `repository` {_PLACE}, or send it with the telemetry ({_TELEMETRY})"),
    (
        "reviewer",
        pl.col("actor") == "human",
        f"say `person` {_PLACE}, or read telemetry that names the account",
    ),
    (
        "wait_seconds",
        pl.col("actor") == "human",
        f"send traces: they say how long a prompt waited ({_TELEMETRY})",
    ),
)
_WORDS: Final = {"repository": "a repository", "reviewer": "a person", "wait_seconds": "a known wait"}


def logs_are_found(session: Session) -> Iterable[Complaint]:
    """Whether [sources.approvals] names logs that are there."""
    settings = session.configuration.sources.approvals
    if settings is None:
        yield Complaint(
            "ok", NAME, "no logs of permission prompts are named: nothing is known of them", BEGIN
        )
        return
    try:
        found = logs(settings, session.path.parent, lambda _text: "")
    except PilotError as error:
        yield Complaint("error", NAME, str(error), f"mend [sources.{NAME}] in {session.path.name}")
        return
    yield Complaint("ok", NAME, wording.plural(len(found), "log"))
    yield from _unmatched(settings, session.path)
    yield from _recognised(session)


def _unmatched(settings: ApprovalsSettings, path: Path) -> Iterable[Complaint]:
    """One pattern that matches nothing is not seen beside others that do."""
    for pattern in settings.paths:
        alone = settings.model_copy(update={"paths": [pattern]})
        try:
            logs(alone, path.parent, lambda _text: "")
        except SourceError:
            yield Complaint("warning", NAME, f"no log matches {pattern}", _UNMATCHED)


def _recognised(session: Session) -> Iterable[Complaint]:
    """As what the logs were recognised when they were last read."""
    read = bookmarks(last_cursor(session.runs, NAME)).values()
    counts = Counter(bookmark.format for bookmark in read)
    if counts:
        told = ", ".join(f"{count:,} as {name}" for name, count in sorted(counts.items()))
        yield Complaint("ok", NAME, f"recognised: {told}")


def key_is_kept(session: Session) -> Iterable[Complaint]:
    """Whether there is a key of pseudonyms that nobody else reads."""
    if session.configuration.sources.approvals is None:
        return
    try:
        key = session.known_key()
    except PilotError as error:
        yield Complaint("error", PRIVACY, str(error), "see docs/privacy.md")
        return
    if key is None:
        is_late = bool(session.runs.filter(pl.col("source") == NAME).height)
        seen = "the key of the stored pseudonyms is gone" if is_late else "no key of pseudonyms yet"
        remedy = "restore it, or see docs/privacy.md" if is_late else "the first ingest makes it: keep a copy"
        yield Complaint("error" if is_late else "ok", PRIVACY, seen, remedy)
    elif not session.is_key_of_tables(key):
        seen = "this is another key than the one of the stored pseudonyms"
        yield Complaint("error", PRIVACY, seen, "restore the old one, or see docs/privacy.md")
    elif is_open(key):
        seen = f"others than its owner can read or change {key.path}"
        yield Complaint("warning", PRIVACY, seen, f"chmod 600 {key.path}")
    else:
        yield Complaint("ok", PRIVACY, f"key of pseudonyms in {key.path or 'the environment'}")


def decisions_are_told(session: Session) -> Iterable[Complaint]:
    """How many decisions lack what they are measured by, and what mends it."""
    if session.published is None or session.configuration.sources.approvals is None:
        return
    for column, is_meant, remedy in _WANTED:
        meant = session.tables.approvals.filter(is_meant)
        lacking = pl.col(column).is_null().sum().alias("lacking")
        missing, count = meant.select(lacking, pl.len()).collect().row(0)
        if count and missing >= _SHOWN * count:
            seen = f"{missing:,} of {wording.plural(count, 'decision')} have not {_WORDS[column]}"
            yield Complaint("warning", NAME, seen, remedy)


def logs_are_kept(session: Session) -> Iterable[Complaint]:
    """Whether any agent deletes its logs before a month is over, by what its settings or telemetry say."""
    if session.published is None:
        return
    days = pl.col("name").str.extract(r"(\d+)").cast(pl.Int64, strict=False)
    told = session.tables.agent_sightings.filter(pl.col("kind") == "retention_days")
    last = told.sort("seen_at").group_by("vendor", "place", maintain_order=True).last()
    short = (
        last.with_columns(days.alias("days")).filter(pl.col("days") < RETENTION_DAYS).sort("vendor", "place")
    )
    for vendor, place, kept in short.select("vendor", "place", "days").collect().iter_rows():
        seen = f"{vendor} deletes its logs after {wording.plural(kept, 'day')}, says {place}"
        remedy = f"keep them for {RETENTION_DAYS} days or more (cleanupPeriodDays), see {_TELEMETRY}"
        yield Complaint("warning", "retention", seen, remedy)


CHECKS: Final = (logs_are_found, key_is_kept, decisions_are_told, logs_are_kept)
