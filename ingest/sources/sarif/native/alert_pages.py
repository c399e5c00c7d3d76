"""Which alerts does an exported page of a code host hold, and what was decided about them?

The rows are those that the host gives when it is read live, with the same identities. An alert whose
repository nobody tells refuses the file: alerts without a place would prove nothing and accuse nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from ingest.contracts import ALERTS, DISPOSITIONS_TABLE, SCAN_RESULTS, SCANS, Table
from ingest.errors import RefusedFileError
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.github.alerts.decisions import decision
from ingest.sources.github.alerts.rows import Place, code_scanning_row, dependabot_row, secret_scanning_row
from ingest.sources.github.alerts.told import text, whole
from ingest.sources.sarif.native.alert_shapes import (
    CODE_SCANNING,
    DEPENDABOT,
    SECRET_SCANNING,
    Told,
    found_in,
)
from ingest.sources.sarif.native.loading import document_of
from ingest.sources.sarif.origin import outer_origin, repository_name

NO_ALERT: Final = "entries of a page of alerts that are no alerts"
_ROW_OF: Final[dict[str, Callable[[Any, Place], dict[str, Any]]]] = {
    CODE_SCANNING: code_scanning_row,
    SECRET_SCANNING: secret_scanning_row,
    DEPENDABOT: dependabot_row,
}
_SET_LATER: Final = frozenset({"source", "ingested_at", "extras"})
Row = dict[str, Any]


@dataclass(frozen=True)
class _Page:
    """What every alert of a file shares."""

    name: str
    repository: str | None  # told beside the file, for alerts that do not tell their own
    security_tools: Sequence[str]


def read_alert_page(file: SourceFile, settings: IngestSettings) -> Parsed | None:
    """Rows of `alerts` and `dispositions`; null where the file is no page of alerts.

    The empty tables of scans say that the file was read, and is no scan.

    Raises
    ------
    RefusedFileError
        Neither the page nor its sidecar or place tells the repository of an alert.
    """
    found = found_in(document_of(file))
    if found is None:
        return None
    sarif = settings.sources.sarif
    beside = repository_name(outer_origin(file, settings).repository)
    page = _Page(file.name, beside, sarif.security_tools if sarif else ())
    alerts = [_row(told, page) for told in found.alerts]
    decided = [_decision(row, told) for row, told in zip(alerts, found.alerts, strict=True)]
    rows: tuple[tuple[Table, list[Row]], ...] = (
        (SCANS, []),
        (SCAN_RESULTS, []),
        (ALERTS, alerts),
        (DISPOSITIONS_TABLE, [made for made in decided if made]),
    )
    frames = {table.name: _frame(each, table) for table, each in rows}
    return Parsed(frames, {NO_ALERT: found.others_count} if found.others_count else {})


def _decision(row: Row, told: Told) -> Row | None:
    return decision(row, text(told.alert, "dismissal_approved_by", "login"))


def _row(told: Told, page: _Page) -> Row:
    number = whole(told.alert, "number")
    repository = told.repository or page.repository
    if repository is None:
        raise RefusedFileError(
            f"alert {number} does not say of which repository it is (repository.full_name, url or html_url); "
            'write {"repository": "owner/name"} into the sidecar of the file, or name it in '
            "[[sources.sarif.place]]"
        )
    details = {(told.kind, number or 0): list(told.instances)}
    row = _ROW_OF[told.kind](told.alert, Place(repository, page.name, page.security_tools, details))
    return {**row, "raw_ref": f"{page.name}#{told.kind}/{number}"}


def _frame(rows: Sequence[Row], table: Table) -> pl.DataFrame:
    schema = {name: dtype for name, dtype in table.polars_schema.items() if name not in _SET_LATER}
    return pl.DataFrame(list(rows), schema=schema, orient="row")
