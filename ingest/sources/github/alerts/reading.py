"""Which alerts have changed, which may be read at all, and which pushes bypassed a rule?

A list is read newest change first, down to what an earlier look has seen for good. That an alert
appears on another branch is a change of it (GitHub's webhook `appeared_in_branch`), so an alert that
a merge brings to the protected branch comes up again. The list tells the alerts of the default branch
only; the instances of each tell on which pull requests it had been seen.

Limits of the host, on purpose not worked around: secrets of no known provider are in no list unless
asked for by name; bypassed rules are kept for a month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from ingest.settings import GitHubSettings
from ingest.sources.github.alerts import code_scanning
from ingest.sources.github.alerts.asking import (
    CHANGED_AFTER,
    NEWEST_CHANGE_FIRST,
    Asks,
    Look,
    everything,
    pages,
    whole_list,
)
from ingest.sources.github.alerts.refusals import READ, answer_of
from ingest.sources.github.alerts.told import changed_at, is_changed, is_in_code, latest, part, whole
from ingest.sources.github.batches import Exchange
from ingest.sources.github.faults import DeniedFault
from ingest.sources.github.state import RepositoryState

RULES_EVERY: Final = timedelta(days=7)
RULE_SUITES: Final = "rule_suites"
# A month, as anything shorter would leave a gap when a weekly look comes some hours late.
_BYPASSES: Final = {"rule_suite_result": "bypass", "time_period": "month"}
_COVERED: Final = timedelta(weeks=4)  # what a question for a month covers for certain
_HIDDEN: Final = {"hide_secret": "true"}

Step = tuple[list[Exchange], RepositoryState]
Reader = Callable[[Look], Step]


class Named(Protocol):
    """What of a repository to be read is used here."""

    @property
    def now(self) -> str:
        """Today's owner/name."""


def read_alerts(
    connection: Asks, target: Named, state: RepositoryState, settings: GitHubSettings, now: datetime
) -> Iterator[Step]:
    """Exchanges of each part that is due, and the state after them; `now` is GitHub's clock.

    A part that is not due costs no request, one that is off costs one.
    """
    look = Look(connection, target.now, state, settings, now)
    for feature, read in _due(look):
        exchanges, reached = _unless_denied(look, feature, read)
        look = replace(look, state=_noted(reached, feature, now))
        yield exchanges, look.state


def _due(look: Look) -> Iterator[tuple[str, Reader]]:
    every = timedelta(hours=look.settings.alerts_every_hours)
    for kind, read in READERS:
        if kind in look.settings.alerts and _is_due(look.state.alerts_at.get(kind), every, look.now):
            yield kind, read
    if look.settings.rule_bypasses and _is_due(look.state.rules_at, RULES_EVERY, look.now):
        yield RULE_SUITES, _rule_suites


def _is_due(last: datetime | None, every: timedelta, now: datetime) -> bool:
    return last is None or now - last >= every


def _unless_denied(look: Look, feature: str, read: Reader) -> Step:
    """What a part gave; of one that may not be read wholly nothing is kept but the refusal.

    Analyses without their alerts would look like clean scans.
    """
    by = {"feature": feature, "at": look.now.isoformat()}
    try:
        exchanges, state = read(look)
    except DeniedFault as fault:
        return [Exchange("feature", by, answer_of(fault))], _interrupted(look.state, feature)
    return [*exchanges, Exchange("feature", by | _since(state, feature), READ)], state


def _interrupted(state: RepositoryState, feature: str) -> RepositoryState:
    """A refusal may hide bypasses: what a later look tells begins anew."""
    return msgspec.structs.replace(state, rules_since_at=None) if feature == RULE_SUITES else state


def _since(state: RepositoryState, feature: str) -> dict[str, str]:
    since_at = state.rules_since_at if feature == RULE_SUITES else None
    return {"since": since_at.isoformat()} if since_at else {}


def _noted(state: RepositoryState, feature: str, now: datetime) -> RepositoryState:
    if feature == RULE_SUITES:
        return msgspec.structs.replace(state, rules_at=now)
    return msgspec.structs.replace(state, alerts_at={**state.alerts_at, feature: now})


def _touched(state: RepositoryState, kind: str, alerts: Iterable[Any]) -> RepositoryState:
    seen = latest([state.alerts_touched_at.get(kind), *map(changed_at, alerts)])
    if seen is None:
        return state
    return msgspec.structs.replace(state, alerts_touched_at={**state.alerts_touched_at, kind: seen})


def _changed(look: Look, kind: str, path: str, parameters: dict[str, str]) -> list[Exchange]:
    """Pages of a list of alerts down to what was seen before; each says which entries are news."""
    floor = look.floor(kind, look.state.alerts_touched_at.get(kind))
    told = floor.isoformat() if floor else None
    asked = f"{kind}/alerts"
    listed = pages(look, asked, path, {**NEWEST_CHANGE_FIRST, **parameters}, partial(_reaches, floor=floor))
    return [Exchange(asked, {**by, CHANGED_AFTER: told}, page) for by, page in listed]


def _reaches(page: list[Any], floor: datetime | None) -> bool:
    return bool(page) and not is_changed(page[-1], floor)


def _news(look: Look, kind: str, listed: Iterable[Exchange]) -> list[Any]:
    floor = look.floor(kind, look.state.alerts_touched_at.get(kind))
    return [alert for exchange in listed for alert in exchange.answer if is_changed(alert, floor)]


def _code_scanning(look: Look) -> Step:
    analyses = code_scanning.analyses(look)
    listed = _changed(look, "code_scanning", "code-scanning/alerts", {})
    news = code_scanning.to_be_placed(look, analyses, _news(look, "code_scanning", listed))
    instances = _details(look, "code_scanning/instances", "code-scanning/alerts/{}/instances", news)
    state = code_scanning.reached(look.state, analyses)
    return [*analyses, *listed, *instances], _touched(state, "code_scanning", _entries(listed))


def _secret_scanning(look: Look) -> Step:
    listed = _changed(look, "secret_scanning", "secret-scanning/alerts", _HIDDEN)
    news = [alert for alert in _news(look, "secret_scanning", listed) if not _tells_place(alert)]
    locations = _details(look, "secret_scanning/locations", "secret-scanning/alerts/{}/locations", news)
    return [*listed, *locations], _touched(look.state, "secret_scanning", _entries(listed))


def _tells_place(alert: Any) -> bool:
    """Newer servers tell the first location with the alert; one outside the code may not be the only one."""
    return is_in_code(part(alert, "first_location_detected"))


def _dependabot(look: Look) -> Step:
    listed = _changed(look, "dependabot", "dependabot/alerts", {})
    return listed, _touched(look.state, "dependabot", _entries(listed))


def _rule_suites(look: Look) -> Step:
    listed = pages(look, RULE_SUITES, "rulesets/rule-suites", _BYPASSES, everything)
    state = msgspec.structs.replace(look.state, rules_since_at=_covered_since(look))
    return [Exchange(RULE_SUITES, by, page) for by, page in listed], state


def _covered_since(look: Look) -> datetime:
    """From when on no bypass was missed: looks that follow within a month leave no gap."""
    known, looked = look.state.rules_since_at, look.state.rules_at
    covered = look.now - _COVERED
    return known if known and looked and looked >= covered else covered


def _details(look: Look, asked: str, path: str, alerts: Iterable[Any]) -> list[Exchange]:
    numbers = [number for alert in alerts if (number := whole(alert, "number")) is not None]
    return [exchange for number in numbers for exchange in _detail(look, asked, path, number)]


def _detail(look: Look, asked: str, path: str, number: int) -> list[Exchange]:
    """List of one alert; none when the alert went away meanwhile: what its own entry tells is used."""
    try:
        return whole_list(look, asked, path.format(number), {"number": number})
    except DeniedFault:
        return []


def _entries(listed: Iterable[Exchange]) -> Iterator[Any]:
    return (alert for exchange in listed for alert in exchange.answer)


READERS: Final[tuple[tuple[str, Reader], ...]] = (
    ("code_scanning", _code_scanning),
    ("secret_scanning", _secret_scanning),
    ("dependabot", _dependabot),
)
