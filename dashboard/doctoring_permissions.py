"""May each permission that the configuration needs be used? One answer for each, whoever tells it.

GitHub tells twice: by its own account of what a token or an App was given, and by what it refuses when it
is tried. The account goes first: trying Members, for example, shows nothing where no team was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dashboard.complaints import Complaint, Level
from ingest.settings import GitHubSettings
from ingest.sources.github.connection import Connection
from ingest.sources.github.permissions import Permission, Probed, needed, probed

LEVELS: Final[tuple[Level, ...]] = ("ok", "warning", "error")  # the worst last


@dataclass(frozen=True)
class Lack:
    """A permission that was not given, by GitHub's own account."""

    seen: str
    remedy: str


def judged_permissions(
    settings: GitHubSettings,
    lacking: Mapping[Permission, Lack],
    samples: Sequence[str],
    connection: Connection,
) -> Iterator[Complaint]:
    """One line for each permission, tried on each of the sample repositories."""
    for one in needed(settings):
        tried = [_tried(one, sample, probed(one, connection, sample)) for sample in samples]
        if one in lacking:
            yield _not_given(one, lacking[one], tried)
        elif tried:
            yield _together(tried)


def _tried(one: Permission, repository: str, seen: Probed) -> Complaint:
    about = f"permission {one.name}"
    if seen.status == "ok":
        return Complaint("ok", about, f"{repository}: {one.purpose}")
    if seen.status == "off":
        return Complaint("ok", about, f"{repository}: switched off there ({seen.said}): not measured")
    if seen.status == "unknown":
        return Complaint("warning", about, f"{repository}: could not be tried ({seen.said})", "try again")
    level: Level = "error" if one.is_vital else "warning"
    return Complaint(level, about, f"{repository}: missing ({seen.said}): {one.purpose}", how_to_grant(one))


def _not_given(one: Permission, lack: Lack, tried: Sequence[Complaint]) -> Complaint:
    about = f"permission {one.name}"
    missing = Complaint("warning", about, f"{lack.seen}: {one.purpose}", lack.remedy)
    return replace(missing, level=_worst([missing, *tried]).level)


def _together(tried: Sequence[Complaint]) -> Complaint:
    """What was seen of several owners in one line, as grave as the worst of it."""
    worst = _worst(tried)
    return Complaint(worst.level, worst.about, "; ".join(each.seen for each in tried), worst.remedy)


def _worst(tried: Sequence[Complaint]) -> Complaint:
    return max(tried, key=lambda each: LEVELS.index(each.level))


def how_to_grant(one: Permission) -> str:
    """What to do on GitHub, in the words of its pages."""
    kind = one.belongs_to.capitalize()
    remark = f" ({one.remark})" if one.remark else ""
    return f"{kind} permissions > {one.name} > Read-only{remark}"
