"""How are millions of verdicts made in seconds, for benchmarks?

The same model as that of `engine`, drawn by columns: detectors share a part of each item's luck. Items come
one after another in time, and all detectors look at each. Of the items with a label some are of labelled
sets; the others are an application's traffic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from data.simulator.detectors.people import WITH_ITS_SET
from data.simulator.detectors.rows import without_stamp
from data.simulator.detectors.truth import Detector, Version, log_odds
from ingest.contracts import DETECTIONS, LABELS_TABLE

ROWS_AT_ONCE: Final = 500_000
BEGINS_AT: Final = datetime(2026, 1, 5, tzinfo=UTC)
LASTS_SECONDS: Final = 26 * 7 * 86_400
FAMILIES: Final = ("override", "exfiltration", "role play", "encoded")
SURFACES: Final = ("user", "document", "tool_output")
SETS: Final = ("house", "public one", "public two", "public three")
TRAFFIC: Final = "traffic"
UNREPEATED: Final = ("score", "occurred_at")  # columns for which a dictionary only costs
THRESHOLD: Final = 0.5
PLACES: Final = 4

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Made:
    """Which items there are, and who looks at them."""

    detectors: tuple[Detector, ...]
    attack_share: float = 0.3
    labelled_share: float = 1.0
    seed: int = 1


@dataclass
class Summary:
    """How many rows were written, and what should come out of the labelled ones."""

    detection_count: int = 0
    label_count: int = 0
    true_positives: dict[str, int] = field(default_factory=dict)  # detector -> count
    false_positives: dict[str, int] = field(default_factory=dict)
    false_negatives: dict[str, int] = field(default_factory=dict)
    true_negatives: dict[str, int] = field(default_factory=dict)


def panel(count: int = 12) -> tuple[Detector, ...]:
    """So many detectors, each a little better than the one before.

    >>> [one.name for one in panel(2)], panel(1)[0].versions[0].false_positive_rate
    (['Detector 1', 'Detector 2'], 0.1)
    """
    return tuple(
        Detector(f"Detector {place + 1}", (Version("v1", THRESHOLD, *_rates(place)),))
        for place in range(count)
    )


def _rates(place: int) -> tuple[float, float]:
    return 0.1 * 0.85**place, 0.3 * 0.9**place


def write_parquet(folder: Path, rows: int, detectors: int = 12, **more: Any) -> Summary:
    """Write `detections.parquet` with just so many rows, and `labels.parquet`, half a million at a time.

    Parameters
    ----------
    folder
        Where the two files go; made if need be.
    rows
        Verdicts of all detectors together; rounded down to whole items.
    detectors
        How many look at each item.
    more
        attack_share, labelled_share (of the items; labelled ones are of labelled sets), seed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = Summary()
    writers = (_Writer(folder / "detections.parquet"), _Writer(folder / "labels.parquet"))
    for said, labels in crowd(rows // detectors, Made(panel(detectors), **more)):
        _count(summary, said, labels)
        writers[0].write(said.drop("truth", "is_labelled"))
        writers[1].write(labels)
    for writer in writers:
        writer.close()
    return summary


class _Writer:
    """A Parquet file that grows by frames."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None

    def write(self, frame: pl.DataFrame) -> None:
        table = frame.to_arrow()
        if self._writer is None:
            repeated = [name for name in table.column_names if name not in UNREPEATED]
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="lz4", use_dictionary=repeated
            )
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def crowd(items: int, made: Made) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Frames of verdicts and of labels; beside the contract's columns `truth` and `is_labelled`."""
    step = max(1, ROWS_AT_ONCE // len(made.detectors))
    for place, first in enumerate(range(0, items, step)):
        rng = np.random.default_rng((made.seed, place))
        drawn = _items(np.arange(first, min(first + step, items)), items, (made, rng))
        parts = [_verdicts(drawn, detector, rng) for detector in made.detectors]
        yield _contracted(pl.concat(parts), DETECTIONS, "truth", "is_labelled"), _labels(drawn)


def _items(numbers: NDArray[np.int64], total: int, chance: tuple[Made, np.random.Generator]) -> pl.DataFrame:
    made, rng = chance
    many = len(numbers)
    drawn = pl.DataFrame(
        {
            "number": numbers, "luck": rng.standard_normal(many),
            "is_attack": rng.random(many) < made.attack_share,
            "is_labelled": rng.random(many) < made.labelled_share,
            "family": rng.integers(0, len(FAMILIES), many), "surface": rng.integers(0, len(SURFACES), many),
            "second": numbers * (LASTS_SECONDS / total),
        }
    )  # fmt: skip
    return drawn.with_columns(**_told())


def _told() -> dict[str, pl.Expr]:
    is_labelled, number = pl.col("is_labelled"), pl.col("number")
    second = pl.duration(milliseconds=(pl.col("second") * 1000).cast(pl.Int64), time_unit="us")
    return {
        "event_id": pl.format("i{}", number),
        "occurred_at": pl.lit(BEGINS_AT).dt.cast_time_unit("us") + second,
        "truth": pl.when("is_attack").then(pl.lit("attack")).otherwise(pl.lit("benign")),
        "family": pl.when("is_attack").then(_word("family", FAMILIES)),
        "surface": _word("surface", SURFACES),
        "cohort": pl.when(is_labelled).then(_named(number % len(SETS), SETS)).otherwise(pl.lit(TRAFFIC)),
        "conversation_id": pl.format("c{}", number // 4),
    }


def _word(column: str, words: tuple[str, ...]) -> pl.Expr:
    return _named(pl.col(column), words)


def _named(place: pl.Expr, words: tuple[str, ...]) -> pl.Expr:
    return place.replace_strict(dict(enumerate(words)), return_dtype=pl.String)


def _verdicts(drawn: pl.DataFrame, detector: Detector, rng: np.random.Generator) -> pl.DataFrame:
    version = detector.versions[0]
    is_attack, luck = drawn["is_attack"].to_numpy(), drawn["luck"].to_numpy()
    own = rng.standard_normal(drawn.height)
    strengths = sqrt(detector.shared) * luck + sqrt(1 - detector.shared) * own
    strengths += np.where(is_attack, version.strength(None), 0.0)
    scores = _scores(version, strengths)
    flags = pl.Series(scores >= version.threshold)
    return drawn.with_columns(
        score=pl.Series(scores), detector=pl.lit(detector.name), detector_version=pl.lit(version.name),
        verdict=pl.when(flags).then(pl.lit("flag")).otherwise(pl.lit("pass")),
    )  # fmt: skip


def _scores(version: Version, strengths: Floats) -> Floats:
    odds = log_odds(version.threshold) + version.slope * (strengths - version.cut)
    rounded: Floats = np.round(1 / (1 + np.exp(-odds)), PLACES)
    return rounded


ALWAYS: Final = {
    "score_kind": pl.lit("probability"), "threshold": pl.lit(THRESHOLD), "threshold_op": pl.lit(">="),
    "raw_ref": pl.lit("simulator"), "annotator": pl.lit("set"),
    "annotator_kind": pl.lit("dataset"),
    "labelled_at": pl.lit(WITH_ITS_SET).dt.cast_time_unit("us"), "is_adjudication": pl.lit(value=False),
}  # fmt: skip


def _labels(drawn: pl.DataFrame) -> pl.DataFrame:
    labelled = drawn.filter("is_labelled").with_columns(label=pl.col("truth"))
    return _contracted(labelled, LABELS_TABLE)


def _contracted(made: pl.DataFrame, table: Any, *more: str) -> pl.DataFrame:
    """Bring it to the columns of the contract; what they lack is not told."""
    told = (
        (pl.col(name) if name in made.columns else ALWAYS.get(name, pl.lit(None))).cast(kind).alias(name)
        for name, kind in without_stamp(table).items()
    )
    return made.select(*told, *more)


CELLS: Final = {
    ("flag", "attack"): "true_positives", ("flag", "benign"): "false_positives",
    ("pass", "attack"): "false_negatives", ("pass", "benign"): "true_negatives",
}  # fmt: skip


def _count(summary: Summary, said: pl.DataFrame, labels: pl.DataFrame) -> None:
    summary.detection_count += said.height
    summary.label_count += labels.height
    counted = said.filter("is_labelled").group_by("detector", "verdict", "truth").len()
    for detector, verdict, truth, count in counted.iter_rows():
        cell = getattr(summary, CELLS[verdict, truth])
        cell[detector] = cell.get(detector, 0) + count
