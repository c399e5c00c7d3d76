"""Which numbers are there, and what does each mean?

One Metric each, listed in CATALOGUE; pages, documents and the command line print from it. Every
metric looks at one Slice: an arm of a pilot in one window; those of detectors at one DetectorSlice.
"""

from __future__ import annotations

from typing import Final

from metrics.catalogue.approvals import PROMPTS
from metrics.catalogue.detectors import DETECTOR_METRICS
from metrics.catalogue.escape_signs import ESCAPE_SIGNS
from metrics.catalogue.escapes import ESCAPES
from metrics.catalogue.inventory import INVENTORY
from metrics.catalogue.metric import FAMILIES, Described, DetectorMetric, Metric
from metrics.catalogue.oversight import OVERSIGHT
from metrics.catalogue.sign_offs import SIGN_OFFS
from metrics.catalogue.velocity import VELOCITY
from metrics.catalogue.vulnerabilities import VULNERABILITIES

CATALOGUE: Final[tuple[Metric, ...]] = (
    *ESCAPES, *ESCAPE_SIGNS, *OVERSIGHT, *VELOCITY, *VULNERABILITIES, *PROMPTS, *SIGN_OFFS,
    *INVENTORY,
)  # fmt: skip
EVERY: Final[tuple[Described, ...]] = (*CATALOGUE, *DETECTOR_METRICS)  # of arms and of detectors
BY_ID: Final[dict[str, Metric]] = {metric.id: metric for metric in CATALOGUE}

DETECTORS_BY_ID: Final[dict[str, DetectorMetric]] = {metric.id: metric for metric in DETECTOR_METRICS}

__all__ = [
    "BY_ID",
    "CATALOGUE",
    "DETECTORS_BY_ID",
    "DETECTOR_METRICS",
    "EVERY",
    "FAMILIES",
    "Described",
    "DetectorMetric",
    "Metric",
]
