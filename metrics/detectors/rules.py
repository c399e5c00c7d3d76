"""What did the organisation decide about how detectors are measured?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DetectorRules:
    """Settings of [detectors]; definitions 4 gives the defaults."""

    thresholds: tuple[float, ...] = ()  # further thresholds at which numbers are stated
    catch_rates: tuple[float, ...] = (0.95, 0.99)  # shares of attacks at which false alarms are stated
    false_positive_rates: tuple[float, ...] = (0.01, 0.001)  # rates at which the catch is stated
    presumed_benign: tuple[str, ...] = ()  # cohorts, shell patterns, whose unlabelled items pass for benign
    prevalence: tuple[float, float] = (0.0001, 0.01)  # share of attacks in traffic, from and to
    events_per_day: float | None = None  # volume for the base rates; None = as measured
    miss_cost: float = 100.0  # what a missed attack costs, in units of
    false_alarm_cost: float = 1.0  # what a false alarm costs
    half_width: float = 0.05  # precision that an audit sample aims at
    known_half_width: float = 0.10  # misses are known when the interval is no wider to either side
    smallest_sample: int = 30  # families and cells with fewer items are marked
    annotators: int = 2  # blind labels that an item needs


USUAL_RULES = DetectorRules()
