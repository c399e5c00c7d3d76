"""Which pilot a number is about: its repositories, calendar, epochs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Epoch:
    """A declared change of agent, model or permission policy; evidence restarts on this day."""

    on: date
    what: str
    agents: tuple[str, ...] = ()  # agents or models that this epoch declares


@dataclass(frozen=True)
class Pilot:
    """One pilot as configured."""

    name: str  # as people call it
    repositories: tuple[str, ...]  # owner/name, shell patterns allowed
    start_on: date  # first day of sprint 1
    exclude: tuple[str, ...] = ()  # patterns taken out again
    paths: tuple[str, ...] = ()  # only changes touching these path patterns (monorepos)
    protected_branch: str | None = None  # None = the repository's default branch
    ends_on: date | None = None  # last day; None = still running
    sprint_days: int = 14  # calendar days
    timezone: str = "UTC"  # sprints begin at midnight here
    epochs: tuple[Epoch, ...] = ()
