"""How many calls did a message of the agent hold, though its log may have been read in the middle of it?

A reader counts the calls of a message that it sees; of one that was cut by the end of a growing file it sees
the first calls alone, and what was told of them stays as it was. The later ones tell more.
"""

from __future__ import annotations

import polars as pl

from ingest.approving.keys import SESSION

_OFFSET = pl.col("raw_ref").str.extract(r"#(\d+)$", 1).cast(pl.Int64, strict=False)
_FILE = pl.col("raw_ref").str.replace(r"#\d+$", "")


def with_whole_batches(signals: pl.DataFrame) -> pl.DataFrame:
    """Signals with the `batch_count` that the last call of each message tells; order is not kept."""
    is_counted = (pl.col("kind") == "called") & pl.col("batch_place").is_not_null()
    counted, others = signals.filter(is_counted), signals.filter(~is_counted)
    if counted.is_empty():
        return signals
    placed = counted.with_columns(file=_FILE, offset=_OFFSET).sort(*SESSION, "file", "offset", "batch_place")
    message = (pl.col("batch_place") == 0).cum_sum().over(*SESSION, "file")
    numbered = placed.with_columns(message=message)
    whole = pl.col("batch_count").max().over(*SESSION, "file", "message")
    told = numbered.with_columns(batch_count=whole).drop("file", "offset", "message")
    return pl.concat([others, told])
