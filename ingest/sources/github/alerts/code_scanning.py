"""Which analyses are new, and of which alerts must be asked where they were seen?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final

import msgspec

from ingest.attribution.alert_stays import PROCESSING
from ingest.sources.github.alerts.asking import Look, pages
from ingest.sources.github.alerts.told import latest, moment, text
from ingest.sources.github.batches import Exchange
from ingest.sources.github.state import RepositoryState

ANALYSES: Final = "code_scanning/analyses"
EVER: Final = datetime.fromtimestamp(0, UTC)  # before any analysis: the list was read to its end
_NEWEST_FIRST: Final = {"sort": "created", "direction": "desc"}


def analyses(look: Look) -> list[Exchange]:
    """Analyses down to what was seen before, or down to the day from which pull requests are read."""
    floor = _floor(look)
    listed = pages(
        look, ANALYSES, "code-scanning/analyses", _NEWEST_FIRST, lambda page: _reaches(page, floor)
    )
    return [Exchange(ANALYSES, by, page) for by, page in listed]


def listed_since(look: Look, listed: Sequence[Exchange]) -> datetime:
    """From when on these are all analyses that the host has."""
    last, floor = listed[-1].answer, _floor(look)
    return _oldest(last) or EVER if _reaches(last, floor) else EVER


def reached(state: RepositoryState, listed: Iterable[Exchange]) -> RepositoryState:
    """State after these analyses."""
    seen = latest([state.analyses_at, *(moment(each, "created_at") for each in _entries(listed))])
    return msgspec.structs.replace(state, analyses_at=seen)


def to_be_placed(look: Look, listed: Iterable[Exchange], alerts: Iterable[Any]) -> list[Any]:
    """Alerts whose instances matter: on a first look not those that were there before anybody looked.

    What the first analysis of a tool reports is a baseline, wherever else it was seen; in an old
    repository that is nearly everything, and each instance list would cost a request.
    """
    if look.state.analyses_at is not None:
        return list(alerts)
    began = _first_analyses(_entries(listed))
    return [alert for alert in alerts if not _is_baseline(alert, began)]


def _floor(look: Look) -> datetime | None:
    return look.floor("code_scanning", look.state.analyses_at) or _beginning(look)


def _beginning(look: Look) -> datetime | None:
    day = look.settings.created_after
    return datetime.combine(day, time(), UTC) if day else None


def _reaches(page: list[Any], floor: datetime | None) -> bool:
    oldest = _oldest(page)
    return floor is not None and oldest is not None and oldest <= floor


def _oldest(page: list[Any]) -> datetime | None:
    return moment(page[-1], "created_at") if page else None


def _first_analyses(entries: Iterable[Any]) -> dict[str, datetime]:
    """Tool -> its first analysis."""
    first: dict[str, datetime] = {}
    for entry in entries:
        tool, made = tool_of(entry), moment(entry, "created_at")
        if made is not None:
            first[tool] = min(made, first.get(tool, made))
    return first


def _is_baseline(alert: Any, began: dict[str, datetime]) -> bool:
    created, first = moment(alert, "created_at"), began.get(tool_of(alert))
    return created is not None and first is not None and created <= first + PROCESSING


def tool_of(entry: Any) -> str:
    """Name of the tool in one spelling; empty when it is not told. Old servers tell it of analyses apart."""
    return (text(entry, "tool", "name") or text(entry, "tool_name") or "").casefold()


def _entries(listed: Iterable[Exchange]) -> Iterable[Any]:
    return (entry for exchange in listed for entry in exchange.answer)
