"""Known rates come back through the logs, the readers and the metrics, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from dashboard.cli import main
from dashboard.composition import Question, open_session
from data.simulator.detectors import (
    Detector,
    Item,
    PlantedVerdict,
    Version,
    expected,
    house,
    of_set,
    panel,
)
from data.simulator.detectors.logs import (
    analysis,
    classification,
    envelope,
    evaluation_messages,
    json_lines,
    labels_csv,
    own_rows,
    results,
    scan_result,
    verdict_scores,
    verdicts_csv,
)
from data.simulator.detectors.rows import of_unit
from metrics.detectors.detectors import Detectors, detectors
from metrics.detectors.rules import USUAL_RULES
from metrics.detectors.values import Part, Unit
from metrics.estimate import Estimate
from metrics.pilot import Pilot
from tests.marks import deep

Said = Sequence[PlantedVerdict]
FPR, FNR = 0.1, 0.2
SETTINGS: Final = """
[[pilot]]
name = "pay"
repositories = ["acme/*"]
start_on = 2026-06-01
[sources.labels]
paths = ["labels.csv"]
[sources.detections]
paths = ["*.jsonl", "own.*"]
[[sources.detections.place]]
paths = ["*"]
cohort = "house"
"""
PLACE: Final = '[[sources.detections.place]]\npaths = ["{file}"]\ndetector = "{name}"\nversion = "v1"\n'
MAPPING: Final = """
[[sources.detections.mapping]]
paths = ["{file}"]
rename = {{ event_id = "item", score = "risk", verdict = "said" }}
constants = {{ score_kind = "probability" }}
"""


def answered(answer: Callable[[PlantedVerdict], Any]) -> Callable[[Said], bytes]:
    """Lines of an application with an answer in each."""
    return lambda said: json_lines(envelope(one.item, answer(one)) for one in said)


def columns(said: Said) -> pl.DataFrame:
    return pl.DataFrame(own_rows(said))


FORMATS: Final[dict[str, tuple[str, str, Callable[[Said], bytes | pl.DataFrame]]]] = {
    "Llama guard": ("llama.jsonl", "probability", answered(scan_result)),
    "Hugging guard": ("hugging.jsonl", "probability", answered(classification)),
    "Relative guard": ("relative.jsonl", "relative", answered(analysis)),
    "Lakera": ("lakera.jsonl", "ordinal", answered(results)),
    "Telemetry guard": ("otel.jsonl", "probability", lambda said: json_lines(evaluation_messages(said))),
    "Langfuse guard": ("langfuse.jsonl", "probability", lambda said: json_lines(verdict_scores(said))),
    "Own guard": ("own.csv", "probability", verdicts_csv),
    "Column guard": ("own.parquet", "probability", columns),
}


THRESHOLDS: Final = {"Hugging guard": 0.5}  # a label wins from a half on


def detector(name: str) -> Detector:
    kind: Any = FORMATS[name][1]
    operator: Any = ">" if kind == "relative" else ">="
    return Detector(name, (Version("v1", THRESHOLDS.get(name, 0.9), FPR, FNR),), kind, operator)


def unit(one: Detector) -> Unit:
    told = of_unit(one, one.versions[0])
    return Unit(one.name, "v1", told["threshold"], told["threshold_op"])


def laid_out(folder: Path, items: tuple[Item, ...], seed: int) -> dict[str, Said]:
    """Logs of every format, and settings that read them; what was planted by detector."""
    made: dict[str, Said] = {}
    settings = [SETTINGS]
    for name, (file, _, write) in FORMATS.items():
        made[name] = tuple(panel(items, (detector(name),), seed))
        content = write(made[name])
        if isinstance(content, pl.DataFrame):
            content.write_parquet(folder / file)
        else:
            (folder / file).write_bytes(content)
        settings.append(_settings(name, file))
    (folder / "labels.csv").write_bytes(labels_csv(of_set(items, "house set")))
    (folder / "pilot.toml").write_text("\n".join(settings), encoding="utf-8")
    return made


def _settings(name: str, file: str) -> str:
    has_threshold, threshold = FORMATS[name][1] == "probability", THRESHOLDS.get(name, 0.9)
    place = PLACE.format(file=file, name=name) + (f"threshold = {threshold}\n" if has_threshold else "")
    return place + (MAPPING.format(file=file) if file.startswith("own") else "")


def measured(folder: Path) -> Detectors:
    """What the readers and metrics make of them."""
    config = folder / "pilot.toml"
    assert main(["ingest", "--config", str(config)]) == 0
    pilot = Pilot(name="pay", repositories=("acme/*",), start_on=date(2026, 6, 1))
    return detectors(open_session(Question(config)).tables, pilot, USUAL_RULES, 0.95)


Recovered = tuple[dict[str, Said], Detectors]


@pytest.fixture(scope="module", params=[1, *deep(2, 3)])
def recovered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recovered:
    folder = tmp_path_factory.mktemp("recovered")
    made = laid_out(folder, house(300, 300), request.param)
    return made, measured(folder)


@pytest.mark.parametrize("name", list(FORMATS))
def test_rates_and_area_come_back(recovered: Recovered, name: str) -> None:
    made, found = recovered
    one, truth = detector(name), expected(made[name])
    house_set = Part("cohort", "house")
    for metric, counted, true in (
        ("detector_fpr", truth.false_positive_rate, FPR), ("detector_fnr", truth.false_negative_rate, FNR),
    ):  # fmt: skip
        number = found.number(metric, unit(one), house_set)
        assert isinstance(number, Estimate)
        assert number.value == pytest.approx(counted)
        assert abs(number.value - true) <= 2 * _half_width(number)
    area = found.number("detector_auc", unit(one), house_set)
    assert isinstance(area, Estimate)
    assert abs(area.value - one.versions[0].area) <= 2 * _half_width(area) + _lost(one)


def _half_width(number: Estimate) -> float:
    assert number.low is not None
    assert number.high is not None
    return max(number.value - number.low, number.high - number.value)


def _lost(one: Detector) -> float:
    """What a score of a few levels loses of the area."""
    return 0.03 if one.kind in ("ordinal", "relative") else 0.0


@pytest.mark.deep
def test_limits_hold_what_is_true_as_often_as_they_say(tmp_path: Path) -> None:
    """The area of 200 labelled sets; 95 of 100 limits hold it, four standard errors allowed."""
    held = []
    one = detector("Own guard")
    sets = [tuple(panel(house(60, 60, f"set {seed}"), (one,), seed)) for seed in range(200)]
    rows = pl.DataFrame([row for seed, said in enumerate(sets) for row in _numbered(said, seed)])
    rows.write_parquet(tmp_path / "own.parquet")
    mapping = MAPPING.format(file="own.parquet").replace('"said"', '"said", label = "is"')
    place = PLACE.format(file="own.parquet", name=one.name) + "threshold = 0.9\n"
    settings = SETTINGS.replace('[sources.labels]\npaths = ["labels.csv"]\n', "").replace(
        'cohort = "house"\n', ""
    )
    settings = settings.replace('[[sources.detections.place]]\npaths = ["*"]\n', "")
    (tmp_path / "pilot.toml").write_text(settings + place + mapping + "labels = true\n", encoding="utf-8")
    found = measured(tmp_path)
    for seed in range(200):
        number = found.number("detector_auc", unit(one), Part("cohort", f"set {seed}"))
        assert isinstance(number, Estimate)
        assert number.low is not None
        assert number.high is not None
        held.append(number.low <= one.versions[0].area <= number.high)
    assert sum(held) / 200 >= 0.95 - 4 * (0.95 * 0.05 / 200) ** 0.5


def _numbered(said: Said, seed: int) -> list[dict[str, Any]]:
    return [
        row | {"item": f"{seed}-{row['item']}", "cohort": f"set {seed}", "is": one.item.truth}
        for row, one in zip(own_rows(said), said, strict=True)
    ]
