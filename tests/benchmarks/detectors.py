"""Verdicts of detectors summarised: false alarms, misses, area, average precision, as their number grows."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.contracts import BY_NAME
from metrics.detectors.detectors import detectors
from metrics.detectors.rules import DetectorRules
from metrics.estimate import Estimate
from metrics.pilot import Pilot
from metrics.tables import Tables
from tests.benchmarks.processes import apart

MODULE: Final = "tests.benchmarks.detectors"
LOCK: Final = Path(__file__).with_name("evidently.lock")
OWN: Final = Path(sys.prefix) / "evidently"  # an environment of its own: its plotly is older than ours
PYTHON: Final = OWN / "bin" / "python"
UNITS: Final = 12
MILLION: Final = int(os.environ.get("BENCH_VERDICTS", "1000000"))  # verdicts of each detector
SIZES: Final = (1, 10, 100)  # million verdicts of one detector
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAY: Final = 86_400_000_000  # microseconds
DAYS: Final = 180
ATTACKS: Final = 0.1  # share of the labelled set
THRESHOLD: Final = 0.5
PILOT: Final = Pilot("all", ("*",), date(2026, 1, 1))
ASKED: Final = ("detector_fpr", "detector_fnr", "detector_auc", "detector_average_precision")
Floats = npt.NDArray[np.float64]


def prepare(folder: Path) -> None:
    """A labelled set of a million items that twelve detectors looked at, and the other tool's environment."""
    write(folder, UNITS, 1)
    install()


def write(folder: Path, units: int, parts: int) -> None:
    """Files of a million verdicts each, as a lake keeps them; labels are of the first million items."""
    for name in ("detections", "labels"):
        (folder / name).mkdir()
    for part in range(parts):
        is_attack = np.random.default_rng(part).random(MILLION) < ATTACKS
        if part == 0:
            _labels(part, is_attack).write_parquet(folder / "labels" / f"{part:05}.parquet")
        for unit in range(units):
            target = folder / "detections" / f"{unit:02}-{part:05}.parquet"
            _verdicts(part, unit, is_attack).write_parquet(target, row_group_size=MILLION // 8)


def _verdicts(part: int, unit: int, is_attack: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """One detector's: scores of single precision, as models give them; each of the twelve is a bit better."""
    chance = np.random.default_rng((part, unit))
    logit = chance.normal(-2.5 + is_attack * (2 + unit / 4), 1.5)
    score = (1 / (1 + np.exp(-logit))).astype(np.float32).astype(np.float64)
    count = len(is_attack)
    given = pl.DataFrame({"place": np.arange(count) + part * count, "score": score}).with_columns(
        event_id=pl.format("item-{}", "place"),
        detector=pl.lit(f"detector-{unit:02}"),
        detector_version=pl.lit("v1"),
        occurred_at=pl.lit(START)
        + pl.duration(microseconds=pl.Series(chance.integers(0, DAYS * DAY, count))),
        verdict=pl.when(pl.col("score") >= THRESHOLD).then(pl.lit("flag")).otherwise(pl.lit("pass")),
        score_kind=pl.lit("probability"),
        threshold=pl.lit(THRESHOLD),
        threshold_op=pl.lit(">="),
        surface=pl.lit("user"),
        cohort=pl.lit("house" if part == 0 else "traffic"),
    )
    return _as_contract(given, "detections")


def _labels(part: int, is_attack: npt.NDArray[np.bool_]) -> pl.DataFrame:
    count = len(is_attack)
    places = pl.Series("place", np.arange(count) + part * count)
    given = pl.DataFrame([places, pl.Series("is_attack", is_attack)]).with_columns(
        event_id=pl.format("item-{}", "place"),
        annotator=pl.lit("set"),
        annotator_kind=pl.lit("dataset"),
        labelled_at=pl.lit(START),
        label=pl.when("is_attack").then(pl.lit("attack")).otherwise(pl.lit("benign")),
        is_adjudication=pl.lit(value=False),
    )
    return _as_contract(given, "labels")


def _as_contract(given: pl.DataFrame, name: str) -> pl.DataFrame:
    schema = BY_NAME[name].polars_schema
    full = given.with_columns(source=pl.lit("bench"), ingested_at=pl.lit(START), raw_ref=pl.lit("bench#1"))
    nothing = [
        pl.lit(None, kind).alias(column) for column, kind in schema.items() if column not in full.columns
    ]
    return full.with_columns(nothing).select(pl.col(column).cast(kind) for column, kind in schema.items())


def install() -> None:
    """The other tool, checked by hash, unless it stands there as the lock file says."""
    stamp = OWN / "installed"
    if stamp.exists() and stamp.read_text() == LOCK.read_text():
        return
    # The lock file names everything: of one package with and without its extra pip would want two hashes.
    quiet = ("-q", "--disable-pip-version-check", "--no-input", "--no-deps")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(OWN)], check=True)
    command = [str(PYTHON), "-m", "pip", "install", *quiet, "--require-hashes", "-r", str(LOCK)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    stamp.write_text(LOCK.read_text())


def tables(folder: Path) -> Tables:
    """The two tables that were written, and no rows of any other."""
    frames = {name: pl.LazyFrame(schema=table.polars_schema) for name, table in BY_NAME.items()}
    written = {name: pl.scan_parquet(folder / name / "*.parquet") for name in ("detections", "labels")}
    wanted = {name: {**frames, **written}[name] for name in Tables.__dataclass_fields__}
    return Tables(**wanted)


def ours(folder: Path) -> None:
    """Four numbers of each detector with their intervals."""
    found = detectors(tables(folder), PILOT, DetectorRules(), 0.95)
    for unit in found.units:
        stated = [found.number(metric, unit) for metric in ASKED]
        assert all(isinstance(number, Estimate) for number in stated), stated
    words = [f"{n.value:.6f} {n.low:.6f}..{n.high:.6f}" for n in stated if isinstance(n, Estimate)]
    print(", ".join(words))


def growth(*wanted: str) -> None:
    """One detector: a labelled million and traffic of so many in all, each size in a process of its own."""
    for millions in map(int, wanted or map(str, SIZES)):
        with tempfile.TemporaryDirectory(prefix="pilot-detectors-") as name:
            apart(MODULE, "write", name, "1", str(millions))
            print(f"{millions:>4} million: {apart(MODULE, 'ours', name)}", flush=True)


if __name__ == "__main__":
    name, *given = sys.argv[1:]
    if name == "write":
        write(Path(given[0]), *map(int, given[1:]))
    elif name == "growth":
        growth(*given)
    else:
        ours(Path(given[0]))
