"""What is a format of detector logs: how is a detector's answer recognised, and what does it say?

A format sees one decoded JSON object: the answer as the detector gave it, taken out of whatever the
application wrote around it. It says what stands there and nothing else; what it does not say (the item's
id, the moment, the text, whose log it is) is filled in from around it, or from the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """One verdict as an answer says it; None = it does not say."""

    verdict: str  # one of VERDICTS; any other word sends the row to quarantine
    verdict_raw: str | None = None  # the answer's own word
    score: float | None = None  # higher = riskier
    score_kind: str = "none"  # one of SCORE_KINDS
    score_order: tuple[str, ...] = ()  # levels of an ordinal score, riskiest last
    score_raw: str | None = None
    threshold: float | None = None
    threshold_op: str | None = None
    is_default_threshold: bool = False  # no answer tells it: the settings may name another
    action: str | None = None  # one of ACTIONS
    surface: str | None = None  # one of SURFACES
    category: str | None = None
    detector: str | None = None
    version: str | None = None
    item: str = ""  # tells several items of one answer apart, as "document 0"; goes behind the event's id
    event_id: str | None = None
    occurred_at: datetime | None = None
    content: str | None = None  # text of the item; hashed, and kept only where the settings ask for it


@dataclass(frozen=True)
class Format:
    """One entry of FORMATS: one small file each."""

    name: str  # "llamafirewall"
    meaning: str  # one line, for people
    detector: str  # what the detector is called where nobody says otherwise
    recognises: Callable[[Answer], bool]
    read: Callable[[Answer], Iterable[Said]]  # ValueError or KeyError: the row goes to quarantine
    threshold: float | None = None  # the detector's own default, where neither answer nor settings tell one
    threshold_op: str | None = None  # how its code compares, where neither answer nor settings tell
