"""What follows from several tables together: history, authorship, findings, and scans that were made good."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ingest.approving import derive_approvals
from ingest.attribution.from_alerts import all_findings, by_alerts
from ingest.attribution.host_alerts import HOST_SOURCE, Reported, reported
from ingest.attribution.reopening import reopened
from ingest.attribution.unlisted import unlisted
from ingest.attribution.unplaced import might_be_news
from ingest.contracts import (
    DISPOSITIONS_TABLE,
    FILE_MARKS,
    FINDINGS,
    LANDED_COMMITS,
    LINE_ORIGINS,
    PULL_REQUESTS,
    SCANS,
)
from ingest.contracts.findings import UNREAD_STATUSES
from ingest.history.forgetting import forget_all_but
from ingest.history.landing import land
from ingest.history.mirrors import Mirrors
from ingest.history.origins import trace
from ingest.history.surviving import count_surviving
from ingest.judging import judge_pull_requests
from ingest.ledger import ORPHANS, UNHEALED, UNPLACED
from ingest.listings import latest_listing
from ingest.marking import with_marks
from ingest.people import derive_people
from ingest.provenance import stamped
from ingest.settings import IngestSettings
from ingest.store import Store
from ingest.tracking.history import History
from ingest.unhealed import unhealed_count

DERIVED_SOURCE = "attribution"
DOUBLED = "alerts of a tool whose scan files are known: the files count, the alerts are only listed"
NO_NEWS = "alerts that no analysis explains and no change can have brought in: they are only listed"


def derive(
    store: Store,
    settings: IngestSettings,
    at: datetime,
    mirrors: Mirrors | None = None,
    since: datetime | None = None,
) -> dict[str, int]:
    """Bring every derived column and row in line with the tables; what could not be used, by reason.

    What logs of prompts told before `since` is worked out already; None = everything is worked out again.
    """
    looked = _look_into_history(store, settings, at, mirrors) if mirrors else forget_all_but(store, ())
    marks = store.current(FILE_MARKS.name)
    changed_files = with_marks(latest_listing(store.current("changed_files")), marks)
    commits = latest_listing(store.current("commits"))
    judged = judge_pull_requests(store.current("pull_requests"), changed_files, commits, settings)
    store.judge(PULL_REQUESTS, judged)
    _withdraw_unlisted(store)
    told = _reported(store)
    history = _history(store)
    by_host = by_alerts(told, store.current("pull_requests"), history.landed_commits)
    # A secret that a push took out of a pull request was in it all the same: every commit counts.
    lists = (store.current("pull_requests"), changed_files, store.current("commits"))
    findings = all_findings(told, by_host, store.current("scan_results"), lists, history)
    store.replace(FINDINGS, stamped(findings, DERIVED_SOURCE, at), DERIVED_SOURCE)
    derive_people(store, at)
    derive_approvals(store, at, since)
    _reopen(store, at)
    return looked | _remarks(store, told, by_host.unplaced)


def _history(store: Store) -> History:
    """What is known beside the scans; the findings are those of the run before."""
    earlier = store.current(FINDINGS.name).filter(pl.col("source") == DERIVED_SOURCE)
    return History(
        line_origins=store.current(LINE_ORIGINS.name).collect(),
        landed_commits=store.current(LANDED_COMMITS.name).collect(),
        earlier=earlier.select("finding_id", "aliases").collect(),
    )


def _look_into_history(
    store: Store, settings: IngestSettings, at: datetime, mirrors: Mirrors
) -> dict[str, int]:
    """Read what landed, where reported lines come from, and what still stands; remarks by reason."""
    remarks: dict[str, int] = {}
    for look in (land, trace, count_surviving):
        remarks |= look(store, mirrors, settings, at)
    return remarks


def _remarks(store: Store, told: Reported, unplaced: pl.DataFrame) -> dict[str, int]:
    """What could not be used, by reason; nothing where all is well."""
    opened = store.current("pull_requests").select("repository", "created_at").collect()
    news = might_be_news(unplaced, told.analyses, opened)
    counted = {
        ORPHANS: _orphans(store),
        DOUBLED: told.doubled_count,
        UNPLACED: news.height,
        NO_NEWS: unplaced.height - news.height,
        UNHEALED: unhealed_count(store),
    }
    return {reason: count for reason, count in counted.items() if count}


def _withdraw_unlisted(store: Store) -> None:
    """Withdraw analyses that say nothing and that somebody deleted on the code host."""
    gone = unlisted(store.current("scans").collect(), store.current("features").collect())
    store.write(SCANS, gone)


def _orphans(store: Store) -> int:
    results, scans = store.current("scan_results"), store.current("scans")
    orphans = results.join(scans, on="scan_id", how="anti").select(pl.len()).collect()
    return int(orphans.item())


def _reported(store: Store) -> Reported:
    return reported(store.current("alerts").collect(), store.current("scans").collect())


def _reopen(store: Store, at: datetime) -> None:
    """Ask again about dismissals that the host took back."""
    asked_again = reopened(store.current("alerts").collect(), store.current("dispositions").collect())
    if asked_again.height:
        store.write(DISPOSITIONS_TABLE, stamped(asked_again, HOST_SOURCE, at))


@dataclass(frozen=True)
class Reread:
    """What a file that was read in this run gave."""

    scan_ids: frozenset[str]
    is_same_content: bool  # the bytes were known already; settings or a sidecar changed


def withdraw(store: Store, found: Collection[str], read: Mapping[str, Reread]) -> int:
    """Mark scans that no longer stand for anything, and say how many.

    An unreadable scan keeps a pilot from passing until somebody mends the file or takes it away;
    either is an act of a person, so the row stays and says `withdrawn`. A readable one is
    withdrawn only when the same bytes were placed elsewhere by corrected settings: a file that is
    overwritten by every run of a scanner is a series of scans, and all of them count. Analyses that the
    code host keeps have no file here.
    """
    is_of_files = pl.col("source") != HOST_SOURCE
    scans = store.current("scans").filter(is_of_files & (pl.col("status") != "withdrawn")).collect()
    again = frozenset[str]().union(*(reread.scan_ids for reread in read.values()))
    corrected = [file for file, reread in read.items() if reread.is_same_content]
    was_not_read = pl.col("status").is_in(UNREAD_STATUSES)
    is_gone = was_not_read & ~pl.col("file").is_in(list(found))
    is_mended = was_not_read & pl.col("file").is_in(list(read))
    is_placed_anew = pl.col("file").is_in(corrected)
    is_given_again = pl.col("scan_id").is_in(list(again))
    withdrawn = scans.filter(is_gone | ((is_mended | is_placed_anew) & ~is_given_again))
    store.write(SCANS, withdrawn.with_columns(status=pl.lit("withdrawn")))
    return withdrawn.height
