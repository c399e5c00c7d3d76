"""When is an approval too fast to have been a look? Definitions 3 give the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class FatigueRules:
    """Settings of [approvals]."""

    floor_seconds: float = 2.0  # nobody reads anything faster
    chars_per_second: float = 100.0  # nobody reads faster than this (about 1,000 words a minute)
    short_command_chars: int = 200  # commands up to here are judged by the floor alone
    longest_seconds: float = 600.0  # whoever waited longer was away: not measurable
    review_floor_seconds: float = 60.0  # the same for reviews of pull requests
    review_lines_per_hour: float = 1000.0  # nobody reviews faster than this (Cohen 2006, SmartBear)
    review_warning_lines_per_hour: float = 500.0  # above it a warning band begins
    review_smallest_lines: int = 10  # smaller changes are not judged
    rushed_lines: int = 1000  # approved by one person within the minutes below: the silent ones are rushed
    rushed_minutes: int = 60
    minimum_approvals: int = 30  # no rate is stated below
    minimum_people: int = 5  # no rate is stated below


USUAL_RULES: Final = FatigueRules()
