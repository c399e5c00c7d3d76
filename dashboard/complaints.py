"""What does `pilot doctor` say of one thing that it looked at?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Complaint:
    """One thing that was looked at: what was seen, and what to do about it."""

    level: Level
    about: str
    seen: str
    remedy: str = ""
