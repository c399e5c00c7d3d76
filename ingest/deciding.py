"""How does what people decide get into the tables: as events, checked, whole, and published at once?

A decision, a draw of an audit and a review of it are events: appended under the store's lock, never
changed. Either all rows of one act are taken or none. What an ingest left unpublished when it was
killed is not published with them: no page may see half a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import polars as pl

from ingest.checking import BROKEN_RULES, Checked, check
from ingest.contracts import (
    AUDIT_REVIEWS,
    AUDITS,
    CANARIES,
    DISPOSITIONS_TABLE,
    FINDINGS,
    LABELS_TABLE,
    SELECTIONS,
    TABLES,
    Table,
)
from ingest.deciding_labels import at_free_moments, of_labels, of_selections
from ingest.errors import StoreError, UsageError
from ingest.intake import Tally
from ingest.ledger import RunInfo, ledger_row
from ingest.people import derive_people
from ingest.redaction import without_secrets
from ingest.store import Published, Store

DASHBOARD: Final = "dashboard"
COMMAND: Final = "command"
RECORDERS: Final = (DASHBOARD, COMMAND)  # sources of the ledger that looked at nothing: people only decided
RECORDED: Final = (DISPOSITIONS_TABLE, AUDITS, AUDIT_REVIEWS, CANARIES, LABELS_TABLE, SELECTIONS)
PROVENANCE: Final = ("source", "ingested_at", "raw_ref", "extras")
MOST_COMPLAINTS: Final = 5  # of one act; more would hide how many there are
_PEOPLE: Final = ("decided_by", "second_person", "drawn_by", "reviewed_by", "registered_by", "annotator")
_TEXTS: Final = ("reason", "notes", "what")
_MOMENTS: Final = {  # of tables that no month divides
    CANARIES.name: "registered_at", LABELS_TABLE.name: "labelled_at", SELECTIONS.name: "drawn_at",
}  # fmt: skip
_MOVED: Final = timedelta(milliseconds=1)  # what is moved to a free moment stands so little later
_POSITION: Final = "position"
_CLEAN: Final = "clean"
_FINDING: Final = "finding"
_CHANGE: Final = ("repository", "number")
_DRAWN: Final = ("audit_id", *_CHANGE)
Row = Mapping[str, Any]
Complaints = Iterator[tuple[int, str]]  # which row of the act, and what is wrong with it


@dataclass(frozen=True)
class Entries:
    """Rows of one act, in one of the RECORDED tables, without the columns of provenance."""

    table: Table
    rows: Sequence[Row]
    origins: Sequence[str] = ()  # where each row stands, as "reviews.csv#line 4"; none = it was typed in
    may_move: bool = False  # labels of now: where the moment is taken by other words, the next free one


@dataclass(frozen=True)
class Context:
    """Through which door an act comes in, and what recording may use of the world."""

    source: str  # one of RECORDERS
    where: str  # who, and at what; kept with every row
    product_version: str
    now: Callable[[], datetime]
    wait_seconds: float = 0  # for another writer
    on_wait: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of an act."""

    published: Published
    new: int  # rows that nobody had recorded before
    known: int  # rows that stood there already, word for word


def record(store: Store, entries: Entries, context: Context) -> Recorded:
    """Append the rows of one act and publish them; the store's lock is waited for.

    Raises
    ------
    UsageError
        A row breaks a rule, in the rule's own words, or is about something that nobody knows; or an
        ingest that was killed left tables unpublished. Nothing was taken.
    StoreError
        The store cannot be written, or another writer did not finish in time.
    """
    with store.lock("record", wait_seconds=context.wait_seconds, on_wait=context.on_wait):
        _refuse_half_run(store)
        at = context.now()
        rows = _checked(store, _placed(store, _tidied(entries)), context, at)
        written = store.write(entries.table, rows)
        if entries.table is AUDIT_REVIEWS:
            derive_people(store, at)
        store.gather(entries.table)
        published = store.publish(_ledger(context, at, rows.height))
    return Recorded(published, written.inserted, rows.height - written.inserted)


def gathered_at(runs: pl.DataFrame) -> datetime | None:
    """When something was last read, by the ledger: who only decided has not looked at anything.

    >>> from datetime import UTC
    >>> at = [datetime(2026, 8, 17, tzinfo=UTC), datetime(2026, 8, 19, tzinfo=UTC)]
    >>> gathered_at(pl.DataFrame({"source": ["sarif", "dashboard"], "published_at": at})).day
    17
    """
    read = runs.filter(~pl.col("source").is_in(RECORDERS))["published_at"].max()
    return read if isinstance(read, datetime) else None


def person(name: str, what: str) -> str:
    """A person's name as it is kept; UsageError where there is none, or an e-mail address.

    >>> person("  @rosa ", "by")
    'rosa'
    """
    told = " ".join(name.split()).removeprefix("@")
    if not told:
        raise UsageError(f"{what}: nobody is named; every decision says who made it, give a name")
    if "@" in told:
        raise UsageError(f"{what}: seen an e-mail address, these are not kept; give a name or a login")
    return told


# -- what an ingest left behind --------------------------------------------------------------------


def _refuse_half_run(store: Store) -> None:
    published = store.published()
    if published is None:
        raise UsageError(f"{store.uri}: nothing has been ingested yet; run `pilot ingest` first")
    others = [table.name for table in TABLES if table not in RECORDED and table.kind != "ledger"]
    half = [name for name in others if _is_ahead(store, name, published)]
    if half:
        raise UsageError(
            f"{store.uri}: an ingest ended before it published {', '.join(half)}, and half of it may not be "
            "shown; run `pilot ingest` to the end, then decide. Nothing was recorded."
        )


def _is_ahead(store: Store, name: str, published: Published) -> bool:
    """Whether a table holds rows that were never published; upkeep alone moves versions, but no rows."""
    latest, known = store.version(name), published.versions.get(name)
    if latest is None:
        return False
    if known is None:
        return not store.current(name).head(1).collect().is_empty()
    if latest < known:
        raise StoreError(
            f"{store.uri}: {name} was published at version {known}, but ends with {latest}; restore the "
            "store from a copy. Nothing was recorded."
        )
    return store.has_news(_at(published, name, known), _at(published, name, latest))


def _at(published: Published, name: str, version: int) -> Published:
    return Published(published.run_id, published.at, {name: version})


# -- rows ------------------------------------------------------------------------------------------


def _tidied(entries: Entries) -> Entries:
    """Rows with people's names as they are kept, and texts without secrets and addresses."""
    return replace(entries, rows=[tidy(row) for row in entries.rows])


def _placed(store: Store, entries: Entries) -> Entries:
    """The same person in two windows at one moment has said two things, one after the other."""
    if not entries.may_move:
        return entries
    known = store.current(entries.table.name)
    return replace(entries, rows=at_free_moments(known, entries.rows))


def tidy(row: Row) -> Row:
    """One row as it is kept; UsageError where nobody, or an e-mail address, is named."""
    people = {name: person(str(row[name]), name) for name in _PEOPLE if row.get(name) is not None}
    texts = {name: without_secrets(str(row[name]).strip()) or None for name in _TEXTS if row.get(name)}
    return {**row, **people, **texts}


def _checked(store: Store, entries: Entries, context: Context, at: datetime) -> pl.DataFrame:
    """Rows that hold their contract; UsageError with what is wrong with each of the others."""
    checked = check(_frame(entries, context, at).with_row_index(_POSITION), entries.table)
    _refuse(entries, _broken(checked, entries.table))
    _refuse(entries, _twice(entries))
    _refuse(entries, _about_unknown(store, entries, at))
    _refuse(entries, _otherwise(store, entries.table, checked.valid))
    return checked.valid


def _frame(entries: Entries, context: Context, at: datetime) -> pl.DataFrame:
    """Rows as they were given, with their provenance."""
    stamp = {"source": context.source, "ingested_at": at, "extras": None}
    refs = entries.origins or [context.where] * len(entries.rows)
    given = [{**row, **stamp, "raw_ref": ref} for row, ref in zip(entries.rows, refs, strict=True)]
    # what every row leaves out has no type of its own
    absent = [name for name in entries.table.columns if all(row.get(name) is None for row in given)]
    types = {name: entries.table.polars_schema[name] for name in absent}
    whole = [{**dict.fromkeys(absent), **row} for row in given]
    return pl.DataFrame(whole, schema_overrides=types, infer_schema_length=None)


def _refuse(entries: Entries, complaints: Complaints) -> None:
    told = sorted(set(complaints))
    if not told:
        return
    names = entries.origins or [f"entry {place + 1}" for place in range(len(entries.rows))]
    is_one = len(entries.rows) == 1 and not entries.origins
    lines = [words if is_one else f"{names[place]}: {words}" for place, words in told]
    more = f"; and {len(lines) - MOST_COMPLAINTS:,} more" if len(lines) > MOST_COMPLAINTS else ""
    raise UsageError(f"{'; '.join(lines[:MOST_COMPLAINTS])}{more}. Nothing was recorded.")


def _broken(checked: Checked, table: Table) -> Complaints:
    for row in checked.rejected.iter_rows(named=True):
        for rule in row[BROKEN_RULES]:
            yield int(row[_POSITION]), _words(rule, row, table)


def _words(rule: str, row: Row, table: Table) -> str:
    """A rule in its own words, and what was seen where it is about one column."""
    column = rule.partition("|")[0]
    if column in table.columns:
        return f"{column} is {row[column]!r}, expected {table.columns[column].description}"
    told = getattr(table.schema, rule).validation_fn.__doc__ or rule.replace("_", " ")
    return f"{rule.replace('_', ' ')}: {told.strip().splitlines()[0].rstrip('.')}"


def _about_unknown(store: Store, entries: Entries, at: datetime) -> Complaints:
    """What no contract can see, because it takes the clock or another table."""
    yield from _not_yet(entries, at)
    yield from _ABOUT[entries.table.name](store, entries.rows)


def _not_yet(entries: Entries, at: datetime) -> Complaints:
    moment = _MOMENTS.get(entries.table.name) or str(entries.table.month_of)
    for place, row in enumerate(entries.rows):
        if row[moment] > at + _MOVED:
            yield place, f"{moment} is {row[moment]:%Y-%m-%d %H:%M} UTC, which has not come yet"


def _of_decisions(store: Store, rows: Sequence[Row]) -> Complaints:
    wanted = [row["finding_id"] for row in rows]
    known = _known_findings(store, wanted)
    for place, row in enumerate(rows):
        if row["finding_id"] not in known:
            yield place, f"no finding is called {row['finding_id']}; its id stands on the page Findings"
        if row["disposition"] == "accepted":
            yield from ((place, words) for words in _of_acceptance(row))


def _known_findings(store: Store, wanted: Sequence[str]) -> set[str]:
    """Those of the ids that a finding has, or had."""
    findings = store.current(FINDINGS.name)
    ids = findings.select("finding_id")
    aliases = findings.select(finding_id="aliases").explode("finding_id")
    is_wanted = pl.col("finding_id").is_in(wanted)
    return set(pl.concat([ids, aliases]).filter(is_wanted).collect()["finding_id"])


def _of_acceptance(row: Row) -> Iterable[str]:
    second, ends_at = row.get("second_person"), row.get("expires_at")
    if second is None:
        yield "an accepted risk needs a second person who agrees; name one"
    elif second.lower() == row["decided_by"].lower():
        yield f"{second} cannot be the second person of an own decision; name somebody else who agrees"
    if ends_at is not None and ends_at <= row["decided_at"]:
        yield f"the acceptance ends on {ends_at:%Y-%m-%d}, before it began; give a later day or none"


def _of_draws(store: Store, rows: Sequence[Row]) -> Complaints:
    """A draw has a name of its own, and no change is drawn twice."""
    drawn = store.current(AUDITS.name).select(_DRAWN).collect()
    names, changes = set(drawn["audit_id"]), set(drawn.select(_CHANGE).iter_rows())
    for place, row in enumerate(rows):
        if row["audit_id"] in names:
            yield place, f"the draw {row['audit_id']} was made already; draw again for another name"
        elif (row["repository"], row["number"]) in changes:
            yield place, f"{row['repository']}#{row['number']} was drawn already; draw again without it"


def _of_reviews(store: Store, rows: Sequence[Row]) -> Complaints:
    """Only what was drawn can be reviewed, and what was found is taken back with a reason."""
    drawn = set(store.current(AUDITS.name).select(_DRAWN).collect().iter_rows())
    found = _found(store, rows)
    for place, row in enumerate(rows):
        change = f"{row['repository']}#{row['number']}"
        if tuple(row[name] for name in _DRAWN) not in drawn:
            yield place, f"{change} was not drawn in {row['audit_id']}; `pilot audit list` names the draws"
        elif _takes_back(row, found.get(_reviewer(row))) and not row.get("notes"):
            before = f"{row['reviewed_by']} found something in {change} before and now calls it clean"
            yield place, f"{before}; say in the notes why it was none after all"


def _of_canaries(store: Store, rows: Sequence[Row]) -> Complaints:
    """A marker stands for one seeded request."""
    known = set(store.current(CANARIES.name).select("canary_id").collect()["canary_id"])
    for place, row in enumerate(rows):
        if row["canary_id"] in known:
            yield place, f"{row['canary_id']} is registered already; `pilot canary list` names them all"


def _found(store: Store, rows: Sequence[Row]) -> dict[tuple[Any, ...], datetime]:
    """When each reviewer first found something in each change, as recorded or in the same act."""
    recorded = store.current(AUDIT_REVIEWS.name).filter(pl.col("outcome") == _FINDING).collect()
    told = [*recorded.iter_rows(named=True), *(row for row in rows if row["outcome"] == _FINDING)]
    first: dict[tuple[Any, ...], datetime] = {}
    for row in sorted(told, key=lambda each: each["reviewed_at"], reverse=True):
        first[_reviewer(row)] = row["reviewed_at"]
    return first


def _reviewer(row: Row) -> tuple[Any, ...]:
    """Whose review of which drawn change; a name is one person however it is written."""
    return (*(row[name] for name in _DRAWN), row["reviewed_by"].casefold())


def _takes_back(row: Row, found_at: datetime | None) -> bool:
    return row["outcome"] == _CLEAN and found_at is not None and found_at <= row["reviewed_at"]


_ABOUT: Final[dict[str, Callable[[Store, Sequence[Row]], Complaints]]] = {
    DISPOSITIONS_TABLE.name: _of_decisions,
    AUDITS.name: _of_draws,
    AUDIT_REVIEWS.name: _of_reviews,
    CANARIES.name: _of_canaries,
    LABELS_TABLE.name: of_labels,
    SELECTIONS.name: of_selections,
}


def _twice(entries: Entries) -> Complaints:
    """Rows of one act that have the same key: only one of them could be kept."""
    keys = [tuple(_named(row, name) for name in entries.table.key) for row in entries.rows]
    counts = Counter(keys)
    for place, key in enumerate(keys):
        if counts[key] > 1:
            yield place, f"stands {counts[key]} times for the same person, thing and moment; leave one"


def _named(row: Row, name: str) -> Any:
    """A part of a key; a name is one person however it is written."""
    return row[name].casefold() if name in _PEOPLE else row[name]


def _otherwise(store: Store, table: Table, rows: pl.DataFrame) -> Complaints:
    """Rows that say something else than what stands recorded under their key."""
    stored = store.current(table.name).join(rows.lazy(), on=table.key, how="semi").collect()
    before = dict(zip(stored.select(table.key).iter_rows(), _said(stored, table), strict=True))
    keys = rows.select(table.key).iter_rows()
    for place, (key, said) in enumerate(zip(keys, _said(rows, table), strict=True)):
        if before.get(key, said) != said:
            yield (
                place,
                "something else was recorded for this moment, and that is never changed; give another",
            )


def _said(rows: pl.DataFrame, table: Table) -> Iterator[tuple[Any, ...]]:
    """What each row says, whoever delivered it."""
    return rows.select(name for name in table.columns if name not in PROVENANCE).iter_rows()


def _ledger(context: Context, at: datetime, row_count: int) -> pl.DataFrame:
    """The row that publishes an act; without a policy, since nothing was judged by one."""
    info = RunInfo(f"{at:%Y%m%dT%H%M%S.%f}-{uuid4().hex[:6]}", at, context.product_version, "")
    tally = Tally(rows_in=row_count, rows_valid=row_count)
    row = ledger_row(info, context.source, tally, policy_digest=None, cursor=None, seconds=0.0)
    return pl.DataFrame([{**row, "published_at": context.now()}], infer_schema_length=None)
