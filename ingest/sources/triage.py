"""What did people decide about findings: a table that anybody can keep in a spreadsheet?

One decision per row, appended and never changed: ``finding, disposition, at, by, reason`` and,
where a risk was accepted, ``second_person`` and ``expires_at``. Spreadsheets write commas,
semicolons or tabs, a byte order mark, and words of their own for the same decision; all of that
is read. A word that is none of these stays as written, so that its row goes to quarantine.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Final

import polars as pl

from ingest.errors import RefusedFileError
from ingest.settings import IngestSettings
from ingest.sources.base import Parsed, Source, SourceFile
from ingest.sources.files import find_files

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
_DELIMITERS: Final = (",", ";", "\t")
SYNONYMS: Final = {
    "true_positive": "confirmed", "confirm": "confirmed", "valid": "confirmed", "real": "confirmed",
    "fp": "false_positive", "false_alarm": "false_positive", "not_a_bug": "false_positive",
    "inaccurate": "false_positive",
    "accept": "accepted", "accept_risk": "accepted", "accepted_risk": "accepted", "risk_accepted": "accepted",
    "wontfix": "wont_fix", "will_not_fix": "wont_fix", "used_in_tests": "wont_fix",
    "resolved": "fixed", "remediated": "fixed", "reopen": "reopened", "re_opened": "reopened",
}  # fmt: skip
_TELLS_WHY: Final = ("used_in_tests",)  # words that are their own reason
Rows = list[tuple[int, dict[str, str]]]


def fetch(settings: IngestSettings, base: Path) -> Sequence[SourceFile]:
    """Files that [sources.triage] names; none when the source is not configured."""
    files = settings.sources.triage
    return find_files(files, base, "[sources.triage]") if files else []


def parse(file: SourceFile, _settings: IngestSettings) -> Parsed:
    """Rows for `dispositions`; RefusedFileError when a column is missing or the file is no table."""
    header, rows = _read(file)
    others = [name for name in header if name not in COLUMNS]
    written = [_row(values, others) | {"raw_ref": f"{file.name}#line {line}"} for line, values in rows]
    schema = dict.fromkeys([*COLUMNS.values(), "extras", "raw_ref"], pl.String)
    frame = pl.DataFrame(written, schema=schema)
    return Parsed({"dispositions": frame}, unknown_columns={"dispositions": others} if others else {})


def _read(file: SourceFile) -> tuple[list[str], Rows]:
    text = _text(file)
    delimiter = _delimiter(text)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [_header(name) for name in next(reader, [])]
        _refuse_bad_header(header, file)
        rows = [
            (reader.line_num, dict(zip(header, values, strict=False)))
            for values in reader
            if any(value.strip() for value in values)
        ]
    except csv.Error as error:
        raise RefusedFileError(
            f"{file.name}: line {reader.line_num} is no CSV ({error}); expected {', '.join(REQUIRED)}, "
            "quoted where they contain quotes or line breaks. Mend the line and ingest again."
        ) from error
    return header, rows


def _text(file: SourceFile) -> str:
    content = file.read()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")  # what spreadsheets on Windows write


def _delimiter(text: str) -> str:
    """Take the separator that the header uses most; a comma when it uses none."""
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(_DELIMITERS, key=header.count)


def _header(name: str) -> str:
    spelled = name.strip().lower().replace(" ", "_").replace("-", "_")
    return _HEADERS.get(spelled, spelled)


def _refuse_bad_header(header: list[str], file: SourceFile) -> None:
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if missing or twice:
        what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(twice)} twice"
        raise RefusedFileError(
            f"{file.name}: the header (line 1) {what}; seen: {', '.join(header) or 'nothing'}; "
            f"expected: {', '.join(REQUIRED)}. Mend the header and ingest again; nothing was taken."
        )


def _row(values: dict[str, str], others: list[str]) -> dict[str, str | None]:
    told = {column: (values.get(name) or "").strip() or None for name, column in COLUMNS.items()}
    word = disposition_of(told["disposition"])
    has_own_reason = word != told["disposition"] and _spelled(told["disposition"]) in _TELLS_WHY
    reason = told["reason"] or (told["disposition"] if has_own_reason else None)
    aside = {name: values[name] for name in others if values.get(name)}
    extras = json.dumps(aside, ensure_ascii=False) if aside else None
    return told | {"disposition": word, "reason": reason, "extras": extras}


def disposition_of(word: str | None) -> str | None:
    """Translate a decision into the contract's word; unknown words stay as they are.

    >>> disposition_of("False positive"), disposition_of("Won't fix"), disposition_of("perhaps")
    ('false_positive', 'wont_fix', 'perhaps')
    """
    spelled = _spelled(word)
    return SYNONYMS.get(spelled, spelled) or None


def _spelled(word: str | None) -> str:
    return (word or "").lower().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "").replace(
        " ", "_").replace("-", "_")  # fmt: skip


TRIAGE = Source(
    name="triage",
    meaning="CSV files of decisions about findings: finding, disposition, at, by, reason",
    fetch=fetch,
    parse=parse,
    settings_key=lambda _settings, _file: [],
)
