"""How do people find out what a detector missed: draw items, label them blind, settle, and look afterwards?

One door for pages and commands. Every act is an appended event; what was said before is never changed.
Each function reads the session's tables, so after an act a new session shows it.
"""

from __future__ import annotations

from dashboard.labelling_agreeing import adjudicate, agreement, disagreements
from dashboard.labelling_draws import draw, propose
from dashboard.labelling_progress import designs
from dashboard.labelling_queue import give, queue, revealed
from dashboard.labelling_values import (
    AnnotatorProgress,
    Design,
    Disagreement,
    Draw,
    Given,
    Item,
    Opinion,
    Queue,
    StratumProgress,
    Wanted,
)

__all__ = [
    "AnnotatorProgress",
    "Design",
    "Disagreement",
    "Draw",
    "Given",
    "Item",
    "Opinion",
    "Queue",
    "StratumProgress",
    "Wanted",
    "adjudicate",
    "agreement",
    "designs",
    "disagreements",
    "draw",
    "give",
    "propose",
    "queue",
    "revealed",
]
