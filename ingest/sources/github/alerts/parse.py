"""Which rows of alerts, features, bypassed rules, scans and decisions does a batch give?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import polars as pl

from ingest.authorship import actor
from ingest.contracts import ALERTS, DISPOSITIONS_TABLE, FEATURES_TABLE, RULE_BYPASSES, SCANS
from ingest.settings import IngestSettings
from ingest.sources.github.alerts.asking import BRANCH, news_of
from ingest.sources.github.alerts.decisions import Row, decision
from ingest.sources.github.alerts.rows import Place, code_scanning_row, dependabot_row, secret_scanning_row
from ingest.sources.github.alerts.scans import Branches, scan_row
from ingest.sources.github.alerts.told import moment, part, text, whole
from ingest.sources.github.batches import Batch, Exchange
from ingest.sources.github_export.parse import people_of

CODE_ALERTS: Final = "code_scanning/alerts"
ALERT_LISTS: Final[tuple[tuple[str, Callable[[Any, Place], Row]], ...]] = (
    (CODE_ALERTS, code_scanning_row),
    ("secret_scanning/alerts", secret_scanning_row),
    ("dependabot/alerts", dependabot_row),
)
DETAIL_LISTS: Final = (
    ("code_scanning/instances", "code_scanning"),
    ("secret_scanning/locations", "secret_scanning"),
)
_TABLES: Final = (ALERTS, FEATURES_TABLE, RULE_BYPASSES, SCANS, DISPOSITIONS_TABLE)
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})


def alert_frames(batch: Batch, name: str, settings: IngestSettings) -> dict[str, pl.DataFrame]:
    """Rows by table of a batch that is kept below `raw/` under this name; empty tables are left out.

    Dismissals are decisions about findings, whether or not the alert is a finding of a change.
    """
    alerts = list(_alerts(batch, _place(batch, name, settings)))
    rows: dict[str, list[Row]] = {
        ALERTS.name: [row for row, _ in alerts],
        FEATURES_TABLE.name: list(_features(batch, name)),
        RULE_BYPASSES.name: list(_rule_bypasses(batch, name, settings)),
        SCANS.name: list(_scans(batch, name, settings)),
        DISPOSITIONS_TABLE.name: [made for row, second in alerts if (made := decision(row, second))],
    }
    return {table.name: _frame(rows[table.name], table) for table in _TABLES if rows[table.name]}


def _place(batch: Batch, name: str, settings: IngestSettings) -> Place:
    sarif = settings.sources.sarif
    return Place(batch.state.name, name, sarif.security_tools if sarif else (), _details(batch))


def _details(batch: Batch) -> dict[tuple[str, int], list[Any]]:
    """Own list of each alert, and where the list of each branch saw it last."""
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for alert in _entries(batch, CODE_ALERTS):
        found["code_scanning", whole(alert, "number") or 0].append(part(alert, "most_recent_instance"))
    for asked, kind in DETAIL_LISTS:
        for exchange in _exchanges(batch, asked):
            found[kind, exchange.by["number"]] += exchange.answer
    return found


def _alerts(batch: Batch, place: Place) -> Iterator[tuple[Row, str | None]]:
    """Rows of what is news in a list, with the second person of a dismissal."""
    for asked, row_of in ALERT_LISTS:
        for alert in news_of(_exchanges(batch, asked)):
            yield row_of(alert, place), text(alert, "dismissal_approved_by", "login")


def _features(batch: Batch, name: str) -> Iterator[Row]:
    for exchange in _exchanges(batch, "feature"):
        feature = text(exchange.by, "feature")
        yield {
            "repository": batch.state.name,
            "feature": feature,
            "status": text(exchange.answer, "status"),
            "said": text(exchange.answer, "said"),
            "asked_at": moment(exchange.by, "at") or batch.at,
            "since_at": moment(exchange.by, "since"),
            "raw_ref": f"raw/{name}#feature/{feature}",
        }


def _rule_bypasses(batch: Batch, name: str, settings: IngestSettings) -> Iterator[Row]:
    people = people_of(settings.authorship)
    for suite in _entries(batch, "rule_suites"):
        number = whole(suite, "id")
        login, kind = actor(text(suite, "actor_name"), None, people)
        yield {
            "repository": batch.state.name,
            "suite_id": str(number) if number is not None else None,
            "ref": text(suite, "ref"),
            "before_sha": text(suite, "before_sha"),
            "after_sha": text(suite, "after_sha"),
            "actor": login,
            "actor_kind": kind,
            "pushed_at": moment(suite, "pushed_at"),
            "raw_ref": f"raw/{name}#rule_suites/{number}",
        }


def _scans(batch: Batch, name: str, settings: IngestSettings) -> Iterator[Row]:
    listed = {ref for page in _exchanges(batch, CODE_ALERTS) if (ref := text(page.by, BRANCH))}
    branches = Branches.of(batch.state.name, batch.default_branch, settings).listing(listed)
    for analysis in _entries(batch, "code_scanning/analyses"):
        yield scan_row(analysis, batch.state.name, name, branches)


def _exchanges(batch: Batch, asked: str) -> Iterator[Exchange]:
    return (exchange for exchange in batch.exchanges if exchange.asked == asked)


def _entries(batch: Batch, asked: str) -> Iterator[Any]:
    return (entry for exchange in _exchanges(batch, asked) for entry in exchange.answer)


def _frame(rows: Iterable[Row], table: Any) -> pl.DataFrame:
    schema = {name: dtype for name, dtype in table.polars_schema.items() if name not in _SET_LATER}
    return pl.DataFrame(list(rows), schema=schema, orient="row")
