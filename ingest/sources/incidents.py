"""Which security incidents happened: a table that anybody can keep in a spreadsheet?

One incident per row: ``id, detected_at, repository, severity`` and, where known, ``reported_at``,
``pull_request``, ``commit``, ``cwe``, ``title``, ``url`` and ``withdrawn`` with ``withdrawn_at``,
``withdrawn_by`` and ``withdrawn_reason``. A row of the same id says what is known of it today. What cannot
be understood stays as written, so that its row goes to quarantine; an incident whose severity nobody told,
or that is withdrawn without a word by whom and why, is such a row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from ingest.redaction import redacted_message, without_known_secrets
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed, Source, SourceFile
from ingest.sources.files import find_files
from ingest.sources.sarif.origin import repository_name
from ingest.sources.spreadsheets import Form, clean_aside, parsed_sheet, somebody, spelled, told

REQUIRED: Final = ("id", "detected_at", "repository", "severity")
COLUMNS: Final = {  # header -> column of the contract
    "id": "incident_id",
    "detected_at": "detected_at",
    "repository": "repository",
    "severity": "severity",
    "reported_at": "reported_at",
    "pull_request": "pull_request",
    "commit": "commit_sha",
    "cwe": "cwe",
    "title": "title",
    "url": "url",
    "withdrawn": "is_withdrawn",
    "withdrawn_at": "withdrawn_at",
    "withdrawn_by": "withdrawn_by",
    "withdrawn_reason": "withdrawn_reason",
}
_HEADERS: Final = {
    "incident": "id", "incident_id": "id",
    "detected": "detected_at", "detected_on": "detected_at", "found_at": "detected_at",
    "discovered_at": "detected_at", "noticed_at": "detected_at",
    "reported": "reported_at", "reported_on": "reported_at",
    "repo": "repository", "sev": "severity",
    "pr": "pull_request", "pull_request_number": "pull_request", "introduced_by": "pull_request",
    "caused_by": "pull_request", "sha": "commit", "commit_sha": "commit", "introduced_commit": "commit",
    "cwes": "cwe", "cwe_id": "cwe", "summary": "title", "link": "url", "is_withdrawn": "withdrawn",
    "withdrawn_on": "withdrawn_at", "withdrawal_reason": "withdrawn_reason",
}  # fmt: skip
SEVERITY_WORDS: Final = {
    "blocker": "critical", "important": "high", "severe": "high", "major": "high", "moderate": "medium",
    "minor": "low", "informational": "none", "info": "none",
}  # fmt: skip
_TRUTH: Final = {
    "": "false", "no": "false", "n": "false", "0": "false", "yes": "true", "y": "true", "x": "true",
    "1": "true", "withdrawn": "true",
}  # fmt: skip
_FORM: Final = Form(REQUIRED, COLUMNS, _HEADERS)
_CWE: Final = re.compile(r"\bCWE[-_ :]{0,2}0*([1-9]\d{0,4})\b", re.IGNORECASE)
_NUMBERS: Final = re.compile(r"[\d\s,;|]+")
_PULL: Final = re.compile(
    r"(?:(?:https?://[^/\s]+/)?(?P<repository>[\w.-]+/[\w.-]+)(?:#|/pull/)|#|!)?(?P<number>\d{1,18})/?"
)
_SCHEMA: Final = {
    **dict.fromkeys([*COLUMNS.values(), "extras", "raw_ref"], pl.String()),
    "cwe": pl.List(pl.String()),
}


def fetch(settings: IngestSettings, base: Path) -> Sequence[SourceFile]:
    """Files that [sources.incidents] names; none when the source is not configured."""
    files = settings.sources.incidents
    return find_files(files, base, "[sources.incidents]") if files else []


def parse(file: SourceFile, _settings: IngestSettings) -> Parsed:
    """Rows for `incidents`; RefusedFileError when a column is missing or the file is no table."""
    return parsed_sheet(file, _FORM, "incidents", _row, _SCHEMA)


def _row(values: Mapping[str, str], others: Sequence[str]) -> dict[str, Any]:
    row = told(values, _FORM)
    repository = repository_name(row["repository"]) or row["repository"]
    return row | {
        "repository": repository,
        "severity": severity_of(row["severity"]),
        "pull_request": number_of(row["pull_request"], repository),
        "cwe": weaknesses_of(row["cwe"]),
        "title": redacted_message(row["title"]),
        "url": without_known_secrets(row["url"]) if row["url"] else None,
        "is_withdrawn": _TRUTH.get(spelled(row["is_withdrawn"]), spelled(row["is_withdrawn"])),
        "withdrawn_by": somebody(row["withdrawn_by"]),
        "withdrawn_reason": redacted_message(row["withdrawn_reason"]),
        "extras": clean_aside(values, others),
    }


def severity_of(word: str | None) -> str | None:
    """Severity in the contract's words; a word of unknown meaning stays as it is.

    >>> severity_of("Critical"), severity_of("moderate"), severity_of("P2"), severity_of(None)
    ('critical', 'medium', 'p2', None)
    """
    plain = spelled(word)
    return SEVERITY_WORDS.get(plain, plain) or None


def number_of(text: str | None, repository: str | None) -> str | None:
    """Number of a pull request, also where its address stands; one of another repository stays as written.

    >>> [number_of(text, "acme/pay") for text in ("12", "#12", "acme/pay#12", "https://h.example/acme/pay/pull/12")]
    ['12', '12', '12', '12']
    >>> number_of("acme/search#12", "acme/pay")
    'acme/search#12'
    """
    found = _PULL.fullmatch(text or "")
    is_own = found is not None and found["repository"] in (None, repository)
    return found["number"] if found and is_own else text


def weaknesses_of(text: str | None) -> list[str] | None:
    """CWE ids in a text, each once; a text without any stays as it is.

    >>> weaknesses_of("CWE-89: SQL injection; CWE-079"), weaknesses_of("79"), weaknesses_of("XSS")
    (['CWE-79', 'CWE-89'], ['CWE-79'], ['XSS'])
    """
    if text is None:
        return None
    named = _CWE.findall(text) or (re.findall(r"\d{1,5}", text) if _NUMBERS.fullmatch(text) else [])
    return [f"CWE-{number}" for number in sorted({int(each) for each in named})] or [text]


INCIDENTS = Source(
    name="incidents",
    meaning="CSV files of security incidents: id, detected_at, repository, severity",
    fetch=fetch,
    parse=parse,
    settings_key=lambda _settings, _file: [],
)
