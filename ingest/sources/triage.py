"""What did people decide about findings: a table that anybody can keep in a spreadsheet?

One decision per row, appended and never changed: ``finding, disposition, at, by, reason`` and,
where a risk was accepted, ``second_person`` and ``expires_at``. People have words of their own for
the same decision; those are read. A word that is none of these stays as written, so that its row goes
to quarantine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from ingest.settings import IngestSettings
from ingest.sources.base import Parsed, Source, SourceFile
from ingest.sources.files import find_files
from ingest.sources.spreadsheets import Form, parsed_sheet, set_aside, spelled, told

REQUIRED: Final = ("finding", "disposition", "at", "by", "reason")
COLUMNS: Final = {  # header -> column of the contract
    "finding": "finding_id",
    "disposition": "disposition",
    "at": "decided_at",
    "by": "decided_by",
    "reason": "reason",
    "second_person": "second_person",
    "expires_at": "expires_at",
}
_HEADERS: Final = {"finding_id": "finding", "decided_at": "at", "decided_by": "by", "expires": "expires_at"}
_FORM: Final = Form(REQUIRED, COLUMNS, _HEADERS)
SYNONYMS: Final = {
    "true_positive": "confirmed", "confirm": "confirmed", "valid": "confirmed", "real": "confirmed",
    "fp": "false_positive", "false_alarm": "false_positive", "not_a_bug": "false_positive",
    "inaccurate": "false_positive",
    "accept": "accepted", "accept_risk": "accepted", "accepted_risk": "accepted", "risk_accepted": "accepted",
    "wontfix": "wont_fix", "will_not_fix": "wont_fix", "used_in_tests": "wont_fix",
    "resolved": "fixed", "remediated": "fixed", "reopen": "reopened", "re_opened": "reopened",
}  # fmt: skip
_TELLS_WHY: Final = ("used_in_tests",)  # words that are their own reason


def fetch(settings: IngestSettings, base: Path) -> Sequence[SourceFile]:
    """Files that [sources.triage] names; none when the source is not configured."""
    files = settings.sources.triage
    return find_files(files, base, "[sources.triage]") if files else []


def parse(file: SourceFile, _settings: IngestSettings) -> Parsed:
    """Rows for `dispositions`; RefusedFileError when a column is missing or the file is no table."""
    schema = dict.fromkeys([*COLUMNS.values(), "extras", "raw_ref"], pl.String)
    return parsed_sheet(file, _FORM, "dispositions", _row, schema)


def _row(values: Mapping[str, str], others: Sequence[str]) -> dict[str, str | None]:
    row = told(values, _FORM)
    word = disposition_of(row["disposition"])
    has_own_reason = word != row["disposition"] and spelled(row["disposition"]) in _TELLS_WHY
    reason = row["reason"] or (row["disposition"] if has_own_reason else None)
    return row | {"disposition": word, "reason": reason, "extras": set_aside(values, others)}


def disposition_of(word: str | None) -> str | None:
    """Translate a decision into the contract's word; unknown words stay as they are.

    >>> disposition_of("False positive"), disposition_of("Won't fix"), disposition_of("perhaps")
    ('false_positive', 'wont_fix', 'perhaps')
    """
    plain = spelled(word)
    return SYNONYMS.get(plain, plain) or None


TRIAGE = Source(
    name="triage",
    meaning="CSV files of decisions about findings: finding, disposition, at, by, reason",
    fetch=fetch,
    parse=parse,
    settings_key=lambda _settings, _file: [],
)
