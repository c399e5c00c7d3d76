"""What do scans, their results, findings and decisions need beyond their mapping?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from ingest.casting import as_text, cast_leniently
from ingest.contracts import SCAN_RESULTS
from ingest.identity import Sighting, finding_id, finding_keys, identity_text, line_text_key
from ingest.sources.tables.keys import content_keys

_SCAN_CONTENT: Final = ("tool", "repository", "commit_sha", "ref", "category", "scanned_at")
_PULL_REQUEST_REF: Final = r"^refs/pull/|^refs/merge-requests/"


def complete_scans(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add the file that named the scan, an id from its content, and the stage of a pull request's scan.

    Whether a scan was ok is never guessed: its status must be mapped.
    """
    lowered = _lowered(rows, ("status", "stage"))
    return _with_defaults(lowered, {
        "file": pl.lit(name),
        "scan_id": _key_of(lowered, _SCAN_CONTENT),
        "stage": pl.when(_is_of_pull_request(lowered)).then(pl.lit("pre_merge")).otherwise(pl.lit("unknown")),
    })  # fmt: skip


def complete_scan_results(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the place among the scan's results, and the identity of what was found."""
    plain = _lowered(rows, ("severity", "baseline_state"))
    made: dict[str, Any] = {"is_blamable": _points_at_code(plain)}
    if "line_text" in plain.columns:
        made["text_key"] = pl.Series(
            [line_text_key(text) for text in _texts(plain, "line_text")], dtype=pl.String
        )
    if "scan_id" in plain.columns:
        made["position"] = pl.int_range(pl.len()).over("scan_id")
    if {"scan_id", "rule"} <= set(plain.columns):
        made["finding_key"] = pl.Series(_keys(plain, "scan_id"), dtype=pl.String)
    return _with_defaults(plain, made).drop("line_text", strict=False)


def complete_findings(rows: pl.DataFrame) -> pl.DataFrame:
    """Add an id that survives moving lines, and no more certainty than a named pull request gives."""
    plain = _lowered(rows, ("severity", "reported_by", "first_seen_stage", "method", "confidence"))
    is_named = pl.col("introduced_by").is_not_null() if "introduced_by" in plain.columns else pl.lit(False)
    made: dict[str, Any] = {
        "is_blamable": _points_at_code(plain),
        "first_seen_stage": pl.lit("unknown"),
        "method": pl.when(is_named).then(pl.lit("explicit")).otherwise(pl.lit("unattributed")),
        "confidence": pl.when(is_named).then(pl.lit("high")).otherwise(pl.lit("none")),
    }
    if "tool" in plain.columns:
        made["tools"] = pl.concat_list(pl.col("tool").cast(pl.String)).list.drop_nulls()
    if {"repository", "rule"} <= set(plain.columns):
        made["finding_id"] = pl.Series(_finding_ids(plain), dtype=pl.String)
    return _with_defaults(plain, made)


def complete_dispositions(rows: pl.DataFrame) -> pl.DataFrame:
    """Decisions as our vocabulary spells them: "Won't fix" is wont_fix."""
    if "disposition" not in rows.columns:
        return rows
    word = as_text(rows["disposition"]).str.to_lowercase().str.strip_chars()
    return rows.with_columns(word.str.replace_all(r"['’]", "").str.replace_all(r"[\s-]+", "_"))


def _lowered(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return rows.with_columns(as_text(rows[name]).str.to_lowercase() for name in names if name in rows.columns)


def complete_incidents(rows: pl.DataFrame) -> pl.DataFrame:
    """Incidents stand until somebody says that they were none."""
    return _with_defaults(_lowered(rows, ("severity",)), {"is_withdrawn": pl.lit(False)})


def _with_defaults(rows: pl.DataFrame, made: dict[str, Any]) -> pl.DataFrame:
    return rows.with_columns(**{name: value for name, value in made.items() if name not in rows.columns})


def _key_of(rows: pl.DataFrame, content: Sequence[str]) -> pl.Series:
    return content_keys([rows[name] for name in content if name in rows.columns] or [rows.to_series(0)])


def _is_of_pull_request(rows: pl.DataFrame) -> pl.Expr:
    number = pl.col("pull_request").is_not_null() if "pull_request" in rows.columns else pl.lit(False)
    ref = pl.col("ref").str.contains(_PULL_REQUEST_REF) if "ref" in rows.columns else pl.lit(False)
    return number | ref.fill_null(value=False)


def _points_at_code(rows: pl.DataFrame) -> pl.Expr:
    known = [pl.col(name).is_not_null() for name in ("path", "line") if name in rows.columns]
    return pl.all_horizontal(known) if len(known) == 2 else pl.lit(False)  # noqa: PLR2004 - path and line


def _keys(rows: pl.DataFrame, scope: str) -> list[str | None]:
    """Identity of each row among the rows of its scope (a scan, a repository); null without a rule."""
    members: dict[Any, list[int]] = defaultdict(list)
    for position, (of, rule) in enumerate(zip(_texts(rows, scope), _texts(rows, "rule"), strict=True)):
        if rule is not None:
            members[of].append(position)
    seen = _sightings(rows)
    result: list[str | None] = [None] * rows.height
    for positions in members.values():
        for position, key in zip(positions, finding_keys([seen[at] for at in positions]), strict=True):
            result[position] = key
    return result


def _sightings(rows: pl.DataFrame) -> list[Sighting]:
    columns = [_texts(rows, name) for name in ("rule", "path", "line_text", "message")]
    line = rows["line"] if "line" in rows.columns else pl.Series([None] * rows.height)
    lines = cast_leniently(line, SCAN_RESULTS.polars_schema["line"]).to_list()
    return [
        Sighting(rule or "", path, identity_text(text, None, message), at)
        for rule, path, text, message, at in zip(*columns, lines, strict=True)
    ]


def _finding_ids(rows: pl.DataFrame) -> list[str | None]:
    told = zip(_texts(rows, "repository"), _keys(rows, "repository"), strict=True)
    return [finding_id(repository, key) if repository and key else None for repository, key in told]


def _texts(rows: pl.DataFrame, name: str) -> list[Any]:
    return as_text(rows[name]).to_list() if name in rows.columns else [None] * rows.height
