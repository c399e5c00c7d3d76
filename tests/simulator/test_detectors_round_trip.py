"""What was planted comes out again, through the logs of each detector and their readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson
import polars as pl
import pytest

from data.simulator.detectors import (
    Detector,
    Item,
    LabelledSet,
    PlantedVerdict,
    Version,
    labelled_set,
    verdicts,
)
from data.simulator.detectors import rows as tables
from data.simulator.detectors.logs import (
    analysis,
    bedrock,
    classification,
    envelope,
    guard,
    guardrail,
    guardrail_information,
    model_armor,
    results,
    sanitization,
    scan_result,
    shield,
)
from ingest.sources.approvals.base import Record
from ingest.sources.detections.envelopes import read
from ingest.sources.detections.records import DETECTION_SCHEMA, Context, Place, frame

V1: Final = Version("3", 0.5, 0.2, 0.2)
ITEMS: Final = labelled_set(LabelledSet("x", "house", (("override", 30), ("exfiltration", 20)), 50), 1)
NUMBERS: Final = ("score", "score_kind", "threshold", "threshold_op")
ALWAYS: Final = (
    "event_id", "detector", "detector_version", "verdict", "cohort", "surface", "content_sha256",
    "content_chars",
)  # fmt: skip

Answer = Callable[[PlantedVerdict], Any]


def said(detector: Detector, items: Sequence[Item] = ITEMS) -> tuple[PlantedVerdict, ...]:
    return tuple(verdicts(detector, items, 1))


def back(lines: Iterable[Any], place: Place) -> pl.DataFrame:
    """What the reader of logs makes of some lines."""
    records = [Record(orjson.dumps(line), offset) for offset, line in enumerate(lines)]
    found = [frame(each.detections, DETECTION_SCHEMA) for each in read(records, Context("x.jsonl", place))]
    return pl.concat(found)


def agrees(planted: Sequence[PlantedVerdict], found: pl.DataFrame, columns: Sequence[str]) -> None:
    """Row for row, in these columns."""
    truth = tables.detections(planted)
    for column in columns:
        if column == "score":  # some formats tell it by its complement
            assert found[column].to_list() == [
                None if each is None else pytest.approx(each) for each in truth[column]
            ]
        else:
            assert found[column].to_list() == truth[column].to_list(), column


def place_of(detector: Detector, **more: Any) -> Place:
    told = tables.of_unit(detector, detector.versions[0]) if detector.kind == "probability" else {}
    named = {"detector": detector.name, "version": detector.versions[0].name, "cohort": "house"}
    return Place(**{**named, **told, **more})


FAILING: Final[dict[str, Any]] = {"error_share": 0.1, "skipped_share": 0.1}
CASES: Final[dict[str, tuple[Detector, Answer]]] = {
    "llamafirewall": (Detector("PromptGuard", (V1,), **FAILING), scan_result),
    "hugging face": (Detector("Classifier", (V1,)), classification),
    "lakera": (Detector("Lakera", (V1,), "ordinal"), results),
}


@pytest.mark.parametrize("name", list(CASES))
def test_verdicts_and_scores_come_back_row_for_row(name: str) -> None:
    detector, answer = CASES[name]
    planted = said(detector)
    found = back((envelope(one.item, answer(one)) for one in planted), place_of(detector))
    agrees(planted, found, (*ALWAYS, *NUMBERS))


def test_relative_scores_of_llm_guard_come_back() -> None:
    detector = Detector("LLM Guard", (Version("0.3", 0.92, 0.2, 0.2),), "relative", ">")
    planted = said(detector)
    found = back((envelope(one.item, analysis(one)) for one in planted), place_of(detector))
    agrees(planted, found, (*ALWAYS, *NUMBERS))


def test_lakera_tells_of_its_policy_and_of_each_detector_type() -> None:
    detector = Detector("Lakera Guard prompt_attack", (V1,), "ordinal")
    planted = said(detector)
    lines = (envelope(one.item, guard(one)) for one in planted)
    found = back(lines, replace(place_of(detector), detector=None))
    agrees(planted, found.filter(detector=detector.name), (*ALWAYS, "score", "score_kind", "score_order"))
    policy = found.filter(detector="Lakera Guard")
    assert policy["verdict"].to_list() == [one.verdict for one in planted]
    assert policy["score"].null_count() == policy.height


@pytest.mark.parametrize("detect_only", [False, True])
def test_bedrock_flags_in_detect_mode_too_though_nothing_was_done(*, detect_only: bool) -> None:
    detector = Detector("Bedrock", (V1,), "ordinal", levels=bedrock.LEVELS)
    planted = said(detector)
    lines = (envelope(one.item, guardrail(one, detect_only=detect_only)) for one in planted)
    agrees(planted, back(lines, place_of(detector)), (*ALWAYS, "score", "score_kind", "score_order"))


def test_model_armor_tells_a_level_only_of_what_it_flags() -> None:
    detector = Detector("Model Armor", (V1,), "ordinal", levels=model_armor.LEVELS, **FAILING)
    planted = said(detector)
    found = back((envelope(one.item, sanitization(one)) for one in planted), place_of(detector))
    agrees(planted, found, ALWAYS)
    assert found.filter(verdict="pass")["score"].null_count() == found.filter(verdict="pass").height
    assert found.filter(verdict="flag")["score"].null_count() == 0


def test_prompt_shields_tell_of_the_prompt_and_of_each_document() -> None:
    detector = Detector("Shields", (V1,), "none")
    prompts, documents = said(detector, ITEMS[:50]), said(detector, ITEMS[50:])
    lines = [
        {"request_id": one.item.event_id, "response": shield(one, [other])}
        for one, other in zip(prompts, documents, strict=True)
    ]
    found = back(lines, place_of(detector))
    assert found["verdict"].to_list() == [
        each.verdict for pair in zip(prompts, documents, strict=True) for each in pair
    ]
    assert found["surface"].to_list() == ["user", "document"] * 50
    assert found["event_id"].n_unique() == 100
    assert found["score"].null_count() == 100


def test_litellm_keeps_failures_apart() -> None:
    detector = Detector("LiteLLM", (V1,), "none", **FAILING)
    planted = said(detector)
    lines = (envelope(one.item, guardrail_information(one, "guard", "house")) for one in planted)
    agrees(planted, back(lines, place_of(detector)), ALWAYS)
