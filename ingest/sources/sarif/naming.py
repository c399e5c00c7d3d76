"""Which identity has each result of a scan, and which has the scan itself?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import orjson
import polars as pl

from ingest.identity import finding_id, finding_key
from ingest.sources.sarif.results import ABSENT, TEXT

# What of each row must be known of all rows before the first can be written.
SPINE: Final = (
    "position", "finding_key", "rule", "path", TEXT, "line", "severity", "is_security", "is_blamable",
    "suppressed", "baseline_state", "fingerprint",
)  # fmt: skip
_ID_LENGTH: Final = 16
_SLICE: Final = 2**16  # rows whose content is spelled at once
_NULL: Final = "null"


def final_keys(spine: pl.DataFrame) -> pl.Series:
    """Keys that tell equal results apart by their ordinal, in line order.

    Results that the tool lists as gone are counted after the present ones, so that they cannot shift
    the ordinals of what is still there.
    """
    keys = spine["finding_key"]
    rows = keys.is_duplicated().arg_true()
    later = _later_ones(spine[rows].with_columns(rows.alias("row")))
    named = [finding_key(*each) for each in later.select("rule", "path", TEXT, "ordinal").iter_rows()]
    return keys.scatter(later["row"], named) if named else keys


def _later_ones(equal: pl.DataFrame) -> pl.DataFrame:
    """Of rows that share their key with others: all but the first of each, with their ordinals."""
    is_gone = (pl.col("baseline_state") == ABSENT).fill_null(value=False)
    ordered = equal.sort(is_gone, pl.col("line").fill_null(0), "row")
    counted = ordered.with_columns(
        pl.int_range(pl.len()).over("finding_key").alias("ordinal"), pl.col(TEXT).cast(pl.String)
    )
    return counted.filter(pl.col("ordinal") > 0)


def has_one_fingerprint(spine: pl.DataFrame) -> bool:
    """Whether all results, more than one, carry the same fingerprint, which then tells none of them."""
    told = spine["fingerprint"]
    return told.len() > 1 and told.null_count() == 0 and bool((told == told[0]).all())


def introducers(spine: pl.DataFrame, told: int | dict[str, int] | None, repository: str | None) -> pl.Series:
    """Pull request that a sidecar names for each result; the keys of the spine are final."""
    if not isinstance(told, dict):
        return pl.Series("introduced_by", [told], pl.Int64).new_from_index(0, spine.height)
    rows = zip(*(spine[name] for name in ("finding_key", "path", "line", "rule")), strict=True)
    named = (
        introducer(told, [finding_id(repository or "", key), key, f"{path}:{line}", path, rule])
        for key, path, line, rule in rows
    )
    return pl.Series("introduced_by", list(named), pl.Int64)


def introducer(told: dict[str, int], names: list[str | None]) -> int | None:
    """Pull request that a sidecar names for a result, by the most precise of its names."""
    return next((told[name] for name in names if name in told), None)


def scan_id(scan: Mapping[str, Any], spine: pl.DataFrame) -> str:
    """Identity by content, so that the same scan in two files is one scan.

    A scan that could not be placed keeps its file in the identity: two of them need not be the same.
    The content is hashed as the JSON list of what was told, of one text for each row, sorted, and of the
    file; it is spelled slice by slice, for it would be the biggest object of the whole reading.
    """
    is_placed = scan["repository"] is not None and scan["scanned_at"] is not None
    told = [value for name, value in sorted(scan.items()) if name not in ("file", "raw_ref")]
    digest = sha256(b"[" + orjson.dumps(told) + b",[")
    for spelled in _spelled(spine):
        digest.update(spelled)
    digest.update(b"]," + orjson.dumps(None if is_placed else scan["file"]) + b"]")
    return digest.hexdigest()[:_ID_LENGTH]


def digest(parts: list[Any]) -> str:
    """First 16 hexadecimal digits of the SHA-256 of a JSON list."""
    return sha256(orjson.dumps(parts)).hexdigest()[:_ID_LENGTH]


def _spelled(spine: pl.DataFrame) -> Iterator[bytes]:
    # Keys tell rows apart, so the order of the keys is that of the texts that begin with them; numbers sort
    # faster than the hexadecimal digits that they are written in.
    order = spine["finding_key"].str.to_integer(base=16, dtype=pl.UInt64).arg_sort()
    for start in range(0, spine.height, _SLICE):
        texts = spine[order.slice(start, _SLICE)].select(_content().str.join(","))
        yield (b"," if start else b"") + str(texts.item()).encode()


def _content() -> pl.Expr:
    """JSON text of the JSON list of a row's content."""
    told = (
        _quoted("finding_key"),
        _plain("line"),
        _quoted("severity"),
        _plain("is_security"),
        _plain("is_blamable"),
        _plain("suppressed"),
        _quoted("baseline_state"),
        _plain("introduced_by"),
    )
    return pl.concat_str(pl.lit('"['), pl.concat_str(*told, separator=","), pl.lit(']"'))


def _plain(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).fill_null(_NULL)


def _quoted(name: str) -> pl.Expr:
    return pl.concat_str(pl.lit(r"\""), name, pl.lit(r"\"")).fill_null(_NULL)
