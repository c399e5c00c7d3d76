"""The same numbers by bare scikit-learn and by evidently, each without intervals, from the same files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from sklearn.metrics import average_precision_score, confusion_matrix, roc_auc_score

COLUMNS = ["event_id", "score", "verdict"]


def judged(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """One detector's verdicts at a time, with their labels."""
    labels = pd.read_parquet(folder / "labels", columns=["event_id", "label"])
    labels["is_attack"] = (labels.pop("label") == "attack").astype(int)
    for path in sorted((folder / "detections").glob("*.parquet")):
        seen = pd.read_parquet(path, columns=COLUMNS)
        seen["is_flagged"] = (seen.pop("verdict") == "flag").astype(int)
        yield path.stem, seen.merge(labels, on="event_id")


def sklearn(folder: Path) -> None:
    for _, seen in judged(folder):
        tn, fp, fn, tp = confusion_matrix(seen["is_attack"], seen["is_flagged"]).ravel()
        area = roc_auc_score(seen["is_attack"], seen["score"])
        precision = average_precision_score(seen["is_attack"], seen["score"])
        numbers = (fp / (fp + tn), fn / (fn + tp), area, precision)
    print(", ".join(f"{number:.6f}" for number in numbers))


def evidently(folder: Path) -> None:
    """The three of the four numbers that it has: it knows no average precision."""
    from evidently import BinaryClassification, DataDefinition, Dataset, Report  # noqa: PLC0415
    from evidently.metrics import FNR, FPR, RocAuc  # noqa: PLC0415

    task = BinaryClassification(
        target="is_attack", prediction_labels="is_flagged", prediction_probas="score", pos_label=1
    )
    for _, seen in judged(folder):
        data = Dataset.from_pandas(
            seen[["is_attack", "is_flagged", "score"]], DataDefinition(classification=[task])
        )
        found = Report([FPR(), FNR(), RocAuc()]).run(data, None).dict()
        numbers = [metric["value"] for metric in found["metrics"]]
    print(numbers)


if __name__ == "__main__":
    {"sklearn": sklearn, "evidently": evidently}[sys.argv[1]](Path(sys.argv[2]))
