"""Detectors of a known truth: how often they are wrong, what people say of it, and what logs show."""

from __future__ import annotations

from data.simulator.detectors.counting import Estimate, Expected, estimated, expected
from data.simulator.detectors.crowd import write_parquet
from data.simulator.detectors.engine import verdicts
from data.simulator.detectors.items import LabelledSet, Stream, labelled_set, seeds, traffic
from data.simulator.detectors.people import Reviewing, Sampling, drawn, of_seeds, of_set, reviewed
from data.simulator.detectors.planted import PlantedDraw, PlantedLabel, PlantedVerdict
from data.simulator.detectors.presets import detector, house, panel
from data.simulator.detectors.truth import Detector, Item, Version, calibrated

__all__ = [
    "Detector",
    "Estimate",
    "Expected",
    "Item",
    "LabelledSet",
    "PlantedDraw",
    "PlantedLabel",
    "PlantedVerdict",
    "Reviewing",
    "Sampling",
    "Stream",
    "Version",
    "calibrated",
    "detector",
    "drawn",
    "estimated",
    "expected",
    "house",
    "labelled_set",
    "of_seeds",
    "of_set",
    "panel",
    "reviewed",
    "seeds",
    "traffic",
    "verdicts",
    "write_parquet",
]
