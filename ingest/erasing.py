"""How is a person forgotten: out of every row, out of the lake's past, and never taken in again?

Rows stay, without the person and without texts of their sessions, so that all totals remain what they were.
What keeps the person out of later runs is the row of `erasures`: it holds the pseudonym, and nothing else
of the lake does afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import polars as pl

from ingest.contracts import APPROVAL_SESSIONS, APPROVAL_SIGNALS, APPROVALS, ERASURES, TABLES, Table
from ingest.deciding import COMMAND
from ingest.errors import UsageError
from ingest.intake import Tally
from ingest.ledger import RunInfo, ledger_row
from ingest.store import Published, Store
from ingest.store.forgetting import forget, forget_refused

OF_PEOPLE: Final = (APPROVAL_SIGNALS, APPROVALS, APPROVAL_SESSIONS)  # tables in which pseudonyms stand
TABLES_OF_PEOPLE: Final = tuple(table.name for table in OF_PEOPLE)
_PERSON: Final = "reviewer"
_TEXT: Final = "content_text"
_SESSION: Final = ("vendor", "session_id")


@dataclass(frozen=True)
class Erasing:
    """Who is to be forgotten, who says so, and what erasing may use of the world."""

    pseudonym: str
    by: str
    product_version: str
    now: Callable[[], datetime]
    options: Mapping[str, str] | None = None  # to reach an object store
    wait_seconds: float = 0  # for another writer
    on_wait: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Erased:
    """What was done."""

    published: Published
    rows: Mapping[str, int]  # table -> rows that named the person, or held a text of their sessions
    is_known: bool  # whether the person was to be forgotten already


def named_in(store: Store, pseudonym: str) -> dict[str, int]:
    """How many rows of each table name a person."""
    return {table.name: _count(store.current(table.name), pseudonym) for table in OF_PEOPLE}


def _count(rows: pl.LazyFrame, pseudonym: str) -> int:
    return int(rows.filter(pl.col(_PERSON) == pseudonym).select(pl.len()).collect().item())


def erase(store: Store, erasing: Erasing) -> Erased:
    """Forget a person; a run that was killed is completed by running it again.

    Raises
    ------
    UsageError
        Nothing was ingested yet, or an ingest that was killed left tables unpublished.
    StoreError
        The store cannot be written, or another writer did not finish in time.
    """
    with store.lock("erase", wait_seconds=erasing.wait_seconds, on_wait=erasing.on_wait):
        _refuse_half_run(store)
        at = erasing.now()
        entered = store.write(ERASURES, _row(erasing, at))
        rows = {table.name: _without_person(store, table, erasing.pseudonym) for table in OF_PEOPLE}
        for name in TABLES_OF_PEOPLE:
            forget_refused(store.uri, erasing.options, name, _PERSON, erasing.pseudonym)
        published = store.publish(_ledger(erasing, at, sum(rows.values())))
        _forget_past(store, erasing, published)
    return Erased(published, rows, not entered.inserted)


def _refuse_half_run(store: Store) -> None:
    """What an ingest left unpublished when it was killed is not published by this; own halves are."""
    published = store.published()
    if published is None:
        raise UsageError(f"{store.uri}: nothing has been ingested yet; run `pilot ingest` first")
    own = {ERASURES.name, *TABLES_OF_PEOPLE}
    half = [
        table.name for table in TABLES
        if table.kind != "ledger" and table.name not in own and _is_ahead(store, table.name, published)
    ]  # fmt: skip
    if half:
        raise UsageError(
            f"{store.uri}: an ingest ended before it published {', '.join(half)}, and half of it may not be "
            "shown; run `pilot ingest` to the end, then erase. Nothing was erased."
        )


def _is_ahead(store: Store, name: str, published: Published) -> bool:
    latest, known = store.version(name), published.versions.get(name)
    if latest is None or known is None:
        return latest is not None
    then, now = (Published(published.run_id, published.at, {name: version}) for version in (known, latest))
    return store.has_news(then, now)


def _row(erasing: Erasing, at: datetime) -> pl.DataFrame:
    row = {
        "pseudonym": erasing.pseudonym, "erased_at": at, "erased_by": erasing.by, "source": COMMAND,
        "ingested_at": at, "raw_ref": f"`pilot erase`, by {erasing.by}", "extras": None,
    }  # fmt: skip
    return pl.DataFrame([row], schema=ERASURES.polars_schema)


def _without_person(store: Store, table: Table, pseudonym: str) -> int:
    """Rows of a person, and rows with a text of their sessions, without both; how many there were."""
    cleared = tuple(name for name in (_PERSON, _TEXT) if name in table.columns)
    rows = store.current(table.name)
    is_theirs = pl.col(_PERSON) == pseudonym
    sessions = rows.filter(is_theirs).select(_SESSION).unique()
    texts = rows.join(sessions, on=_SESSION, how="semi").filter(
        _has_text(table) & ~is_theirs.fill_null(False)
    )
    keys = pl.concat([rows.filter(is_theirs).select(table.key), _somebody_else(texts, table)])
    blank: dict[str, Any] = {name: pl.lit(None, pl.String) for name in cleared}
    return store.judge(replace(table, derived=cleared), keys.with_columns(**blank).collect()).updated


def _has_text(table: Table) -> pl.Expr:
    return pl.col(_TEXT).is_not_null() if _TEXT in table.columns else pl.lit(False)


def _somebody_else(texts: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """Rows of the same sessions that name nobody; a colleague's rows keep their colleague."""
    return texts.filter(pl.col(_PERSON).is_null()).select(table.key)


def _ledger(erasing: Erasing, at: datetime, row_count: int) -> pl.DataFrame:
    info = RunInfo(f"{at:%Y%m%dT%H%M%S.%f}-{uuid4().hex[:6]}", at, erasing.product_version, "")
    tally = Tally(rows_in=row_count, rows_valid=row_count)
    row = ledger_row(info, COMMAND, tally, policy_digest=None, cursor=None, seconds=0.0)
    return pl.DataFrame([{**row, "published_at": erasing.now()}], infer_schema_length=None)


def _forget_past(store: Store, erasing: Erasing, published: Published) -> None:
    """Only what was just published is kept, also of versions that sealed snapshots rest on."""
    for name in TABLES_OF_PEOPLE:
        kept = {published.versions[name]} if name in published.versions else set[int]()
        forget(store.uri, erasing.options, name, erasing.pseudonym, kept)
