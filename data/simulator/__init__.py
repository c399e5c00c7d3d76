"""Raw inputs of any size from a known truth: for the demo, the tests and the benchmarks."""

from __future__ import annotations

from data.simulator.engine import run, simulate
from data.simulator.presets import write
from data.simulator.truth import Planted, PlantedChange, PlantedFinding, Summary, Truth

__all__ = ["Planted", "PlantedChange", "PlantedFinding", "Summary", "Truth", "run", "simulate", "write"]
