"""What is kept beside the tables: the bytes that were read, and the rows that were refused."""

from __future__ import annotations

import gzip
import os
import re
from hashlib import blake2b
from pathlib import Path
from typing import Final

import orjson
import polars as pl

from ingest.contracts import Table
from ingest.errors import StoreError
from ingest.store.delta import Delta
from ingest.store.durable import sync
from ingest.store.place import Place, store_errors
from ingest.store.rows import DIGEST, MONTH, UNPARTITIONED

_HEX: Final = re.compile(r"[0-9a-f]{8,128}")
_BROKEN_RULES: Final = "broken_rules"
_FAST: Final = 1  # gzip level: three times faster than the default, a tenth larger


def keep_raw(place: Place, content: bytes, digest: str) -> str:
    """Keep a compressed copy under its digest; a second copy changes nothing.

    A folder holds `raw/ab/<digest>.gz`, an object store a Parquet file with the one value `content`.
    """
    if not _HEX.fullmatch(digest):
        raise StoreError(f"digest {digest!r}: expected 8 to 128 hexadecimal digits in lower case")
    if place.folder is None:
        return _keep_object(place, content, digest)
    name = f"raw/{digest[:2]}/{digest}.gz"
    with store_errors("keeping a copy of the input", name):
        _keep_file(place.folder / name, content)
    return name


def _keep_file(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # under its final name only when whole: a crash must not leave half a copy that looks kept
    staged = path.with_suffix(".staged")
    staged.write_bytes(gzip.compress(content, _FAST, mtime=0))
    sync(staged)
    os.replace(staged, path)  # noqa: PTH105 - the atomic one, by its name
    sync(path.parent)


def _keep_object(place: Place, content: bytes, digest: str) -> str:
    name = f"raw/{digest[:2]}/{digest}.parquet"
    with store_errors("keeping a copy of the input", place.at(name)):
        frame = pl.LazyFrame({"content": [content]}, schema={"content": pl.Binary})
        frame.sink_parquet(place.at(name), storage_options=place.storage_options)
    return name


def raw(place: Place, name: str) -> bytes:
    """Read the bytes that were kept under a name that `keep_raw` gave."""
    with store_errors("reading a kept copy", place.at(name)):
        if place.folder is not None:
            return gzip.decompress((place.folder / name).read_bytes())
        options = place.storage_options
        frame = pl.read_parquet(place.at(name), storage_options=options)
        content: bytes = frame["content"][0]
        return content


def quarantine(delta: Delta, table: Table, rejected: pl.DataFrame, run_id: str) -> None:
    """Keep refused rows as text with the rules they broke; a row refused before is not kept again."""
    if rejected.is_empty():
        return
    rows = _as_kept(rejected, table, run_id)
    if delta.exists():
        known = delta.scan().select(DIGEST).collect()
        rows = rows.join(known, on=DIGEST, how="anti", maintain_order="left")
    if not rows.is_empty():
        delta.append(rows)


def _as_kept(rejected: pl.DataFrame, table: Table, run_id: str) -> pl.DataFrame:
    texts = [_text(rejected, name) for name in table.columns]
    rules = rejected[_BROKEN_RULES].cast(pl.List(pl.String))
    said = pl.DataFrame([*(text for text in texts if text.name != "ingested_at"), rules])
    digests = [blake2b(orjson.dumps(row), digest_size=16).hexdigest() for row in said.iter_rows()]
    kept = pl.DataFrame([*texts, rules, pl.Series(DIGEST, digests, pl.String)])
    named = kept.with_columns(pl.lit(run_id).alias("run_id"), pl.lit(UNPARTITIONED).alias(MONTH))
    return named.unique(DIGEST, keep="first", maintain_order=True)


def _text(rejected: pl.DataFrame, name: str) -> pl.Series:
    if name not in rejected.columns:
        return pl.Series(name, [None] * rejected.height, pl.String)
    return rejected[name].cast(pl.String)
