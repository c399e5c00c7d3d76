"""The same numbers by bare scikit-learn without intervals, on what polars reads and joins at its best."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score


def sklearn(folder: Path) -> None:
    labels = pl.scan_parquet(folder / "labels" / "*.parquet").select(
        "event_id", is_attack=pl.col("label") == "attack"
    )
    labels = labels.collect().lazy()
    for path in sorted((folder / "detections").glob("*.parquet")):
        seen = pl.scan_parquet(path).select("event_id", "score", is_flagged=pl.col("verdict") == "flag")
        joined = seen.join(labels, on="event_id").collect()
        truth, score = joined["is_attack"].to_numpy(), joined["score"].to_numpy()
        tn, fp, fn, tp = confusion_matrix(truth, joined["is_flagged"].to_numpy()).ravel()
        numbers = (
            fp / (fp + tn),
            fn / (fn + tp),
            roc_auc_score(truth, score),
            average_precision_score(truth, score),
        )
    print(", ".join(f"{number:.6f}" for number in numbers))


if __name__ == "__main__":
    sklearn(Path(sys.argv[2]))
