"""In which units, beside hours, shares and counted things, are numbers stated?"""

from __future__ import annotations

from typing import Final

PER_KLOC: Final = "findings per KLOC"
RATIO: Final = "ratio of findings per KLOC"
ODDS: Final = "odds ratio"
POINTS: Final = "share difference"  # first share less second
