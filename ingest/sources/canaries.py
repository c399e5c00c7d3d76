"""Which requests were seeded, and are known to be bad: a table that anybody can keep in a spreadsheet?

One canary per row: ``canary_id, registered_at, registered_by`` and, where known, ``kind``, ``repository``,
``number`` and ``what``. What cannot be understood stays as written, so that its row goes to quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from ingest.redaction import redacted_message
from ingest.settings import IngestSettings
from ingest.sources.approvals.base import marker_in
from ingest.sources.base import Parsed, Source, SourceFile
from ingest.sources.files import find_files
from ingest.sources.incidents import number_of
from ingest.sources.sarif.origin import repository_name
from ingest.sources.spreadsheets import Form, clean_aside, parsed_sheet, somebody, spelled, told

REQUIRED: Final = ("canary_id", "registered_at", "registered_by")
COLUMNS: Final = {  # header -> column of the contract
    "canary_id": "canary_id",
    "kind": "kind",
    "registered_at": "registered_at",
    "registered_by": "registered_by",
    "repository": "repository",
    "number": "number",
    "what": "what",
}
_HEADERS: Final = {
    "canary": "canary_id", "marker": "canary_id", "id": "canary_id", "registered": "registered_at",
    "at": "registered_at", "by": "registered_by", "repo": "repository", "pull_request": "number",
    "pr": "number", "description": "what",
}  # fmt: skip
_KINDS: Final = {"pr": "pull_request", "pull": "pull_request", "request": "prompt", "permission": "prompt"}
PREFIX: Final = "pilot-canary-"
_BARE: Final = re.compile(r"[0-9a-z]{4,40}")
_FORM: Final = Form(REQUIRED, COLUMNS, _HEADERS)
_SCHEMA: Final = dict.fromkeys([*COLUMNS.values(), "extras", "raw_ref"], pl.String)


def fetch(settings: IngestSettings, base: Path) -> Sequence[SourceFile]:
    """Files that [sources.canaries] names; none when the source is not configured."""
    files = settings.sources.canaries
    return find_files(files, base, "[sources.canaries]") if files else []


def parse(file: SourceFile, _settings: IngestSettings) -> Parsed:
    """Rows for `canaries`; RefusedFileError when a column is missing or the file is no table."""
    return parsed_sheet(file, _FORM, "canaries", _row, _SCHEMA)


def _row(values: Mapping[str, str], others: Sequence[str]) -> dict[str, Any]:
    row = told(values, _FORM)
    repository = repository_name(row["repository"]) or row["repository"]
    number = number_of(row["number"], repository)
    return row | {
        "canary_id": marker_of(row["canary_id"]),
        "kind": _kind(row["kind"], number),
        "registered_by": somebody(row["registered_by"]),
        "repository": repository,
        "number": number,
        "what": redacted_message(row["what"]),
        "extras": clean_aside(values, others),
    }


def marker_of(written: str | None) -> str | None:
    """A marker as its content carries it, also from its word alone; anything else stays as it is.

    >>> [marker_of(written) for written in ("pilot-canary-7f3a91", "7F3A91", "the third one")]
    ['pilot-canary-7f3a91', 'pilot-canary-7f3a91', 'the third one']
    """
    plain = (written or "").strip().lower()
    return marker_in(plain) or (f"{PREFIX}{plain}" if _BARE.fullmatch(plain) else written)


def _kind(word: str | None, number: str | None) -> str:
    """What carries a canary: as written; where nothing is, a number says that a pull request does."""
    plain = spelled(word)
    return _KINDS.get(plain, plain) or ("pull_request" if number else "prompt")


CANARIES_SOURCE: Final = Source(
    name="canaries",
    meaning="CSV files of seeded requests that are known to be bad: canary_id, registered_at, registered_by",
    fetch=fetch,
    parse=parse,
    settings_key=lambda _settings, _file: [],
)
