"""Which numbers are there, and what does each mean?

One Metric each, listed in CATALOGUE; pages, documents and the command line print from it. Every
metric looks at one Slice: an arm of a pilot in one window.
"""

from __future__ import annotations

from typing import Final

from metrics.catalogue.approvals import PROMPTS
from metrics.catalogue.escape_signs import ESCAPE_SIGNS
from metrics.catalogue.escapes import ESCAPES
from metrics.catalogue.inventory import INVENTORY
from metrics.catalogue.metric import FAMILIES, Metric
from metrics.catalogue.oversight import OVERSIGHT
from metrics.catalogue.sign_offs import SIGN_OFFS
from metrics.catalogue.velocity import VELOCITY
from metrics.catalogue.vulnerabilities import VULNERABILITIES

CATALOGUE: Final[tuple[Metric, ...]] = (
    *ESCAPES, *ESCAPE_SIGNS, *OVERSIGHT, *VELOCITY, *VULNERABILITIES, *PROMPTS, *SIGN_OFFS,
    *INVENTORY,
)  # fmt: skip
BY_ID: Final[dict[str, Metric]] = {metric.id: metric for metric in CATALOGUE}

__all__ = ["BY_ID", "CATALOGUE", "FAMILIES", "Metric"]
