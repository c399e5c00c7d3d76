"""Which alerts have changed, which may be read at all, and which pushes bypassed a rule?

A list is read newest change first, down to what an earlier look has seen for good. That an alert
appears on another branch is a change of it (GitHub's webhook `appeared_in_branch`), so an alert that
a merge brings to the protected branch comes up again. The list tells the alerts of the default branch,
and is asked again for each other branch that is protected; the instances of each alert tell on which pull
requests it had been seen.

Limits of the host, on purpose not worked around: secrets of no known provider are in no list unless
asked for by name; bypassed rules are kept for a month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from ingest.errors import SourceError
from ingest.settings import GitHubSettings
from ingest.sources.github.alerts import code_scanning
from ingest.sources.github.alerts.asking import (
    BRANCH,
    CHANGED_AFTER,
    NEWEST_CHANGE_FIRST,
    Asks,
    Look,
    everything,
    news_of,
    pages,
    whole_list,
)
from ingest.sources.github.alerts.refusals import READ, answer_of
from ingest.sources.github.alerts.told import changed_at, is_changed, is_in_code, latest, part, whole
from ingest.sources.github.batches import Exchange
from ingest.sources.github.faults import DeniedFault, HubError
from ingest.sources.github.state import RepositoryState

RULES_EVERY: Final = timedelta(days=7)
RULE_SUITES: Final = "rule_suites"
# A month, as anything shorter would leave a gap when a weekly look comes some hours late.
_BYPASSES: Final = {"rule_suite_result": "bypass", "time_period": "month"}
_COVERED: Final = timedelta(weeks=4)  # what a question for a month covers for certain
_HIDDEN: Final = {"hide_secret": "true"}
_CODE_ALERTS: Final = "code-scanning/alerts"

Step = tuple[list[Exchange], RepositoryState]


@dataclass(frozen=True)
class Given:
    """What one part gave."""

    exchanges: list[Exchange]
    state: RepositoryState
    since_at: datetime | None = None  # from when on nothing was missed, where that is known


Reader = Callable[[Look], Given]


class Named(Protocol):
    """What of a repository to be read is used here."""

    @property
    def now(self) -> str:
        """Today's owner/name."""


def read_alerts(  # noqa: PLR0913 - all of a repository, and what may be said of its branches
    connection: Asks,
    target: Named,
    state: RepositoryState,
    settings: GitHubSettings,
    now: datetime,
    *,
    branches: Sequence[str] = (),
) -> Iterator[Step]:
    """Exchanges of each part that is due, and the state after them.

    A part that is not due costs no request, one that is off costs one.

    Parameters
    ----------
    now
        GitHub's clock.
    branches
        Refs of protected branches that are not the default one: their alerts are listed, too.

    Raises
    ------
    SourceError
        A part could not be read however often it was asked; what could be was yielded before.
    """
    look = Look(connection, target.now, state, settings, now, tuple(branches))
    errors = list[SourceError]()
    for feature, read in _due(look):
        try:
            exchanges, reached = _unless_denied(look, feature, read)
        except HubError:
            raise
        except SourceError as error:
            errors.append(error)
        else:
            look = replace(look, state=_noted(reached, feature, now))
            yield exchanges, look.state
    if errors:
        raise errors[0]


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
        given = read(look)
    except DeniedFault as fault:
        return [Exchange("feature", by, answer_of(fault))], look.state
    since = {"since": given.since_at.isoformat()} if given.since_at else {}
    return [*given.exchanges, Exchange("feature", by | since, READ)], given.state


def _noted(state: RepositoryState, feature: str, now: datetime) -> RepositoryState:
    if feature == RULE_SUITES:
        return msgspec.structs.replace(state, rules_at=now)
    return msgspec.structs.replace(state, alerts_at={**state.alerts_at, feature: now})


def _touched(state: RepositoryState, kind: str, listed: Iterable[Exchange]) -> RepositoryState:
    """State with the latest change of each list, so that a branch that is new in it is read wholly."""
    seen = dict(state.alerts_touched_at)
    for page in listed:
        name = _list_name(kind, page.by)
        touched_at = latest([seen.get(name), *map(changed_at, page.answer)])
        if touched_at is not None:
            seen[name] = touched_at
    return msgspec.structs.replace(state, alerts_touched_at=seen)


def _list_name(kind: str, parameters: Mapping[str, Any]) -> str:
    """Name of a list in the state: its kind, and the branch where it is not the default one.

    >>> _list_name("code_scanning", {"ref": "refs/heads/release"}), _list_name("dependabot", {})
    ('code_scanning refs/heads/release', 'dependabot')
    """
    return " ".join(each for each in (kind, parameters.get(BRANCH)) if each)


def _changed(look: Look, kind: str, path: str, parameters: Mapping[str, str]) -> list[Exchange]:
    """Pages of a list of alerts down to what was seen before; each says which entries are news."""
    floor = look.floor(kind, look.state.alerts_touched_at.get(_list_name(kind, parameters)))
    told = floor.isoformat() if floor else None
    asked = f"{kind}/alerts"
    listed = pages(look, asked, path, {**NEWEST_CHANGE_FIRST, **parameters}, partial(_reaches, floor=floor))
    return [Exchange(asked, {**by, CHANGED_AFTER: told}, page) for by, page in listed]


def _reaches(page: list[Any], floor: datetime | None) -> bool:
    return bool(page) and not is_changed(page[-1], floor)


def _code_scanning(look: Look) -> Given:
    analyses = code_scanning.analyses(look)
    lists = [{}, *({BRANCH: ref} for ref in look.branches)]
    listed = [page for each in lists for page in _changed(look, "code_scanning", _CODE_ALERTS, each)]
    news = code_scanning.to_be_placed(look, analyses, news_of(listed))
    instances = _details(look, "code_scanning/instances", f"{_CODE_ALERTS}/{{}}/instances", news)
    state = _touched(code_scanning.reached(look.state, analyses), "code_scanning", listed)
    return Given([*analyses, *listed, *instances], state, code_scanning.listed_since(look, analyses))


def _secret_scanning(look: Look) -> Given:
    listed = _changed(look, "secret_scanning", "secret-scanning/alerts", _HIDDEN)
    news = [alert for alert in news_of(listed) if not _tells_place(alert)]
    locations = _details(look, "secret_scanning/locations", "secret-scanning/alerts/{}/locations", news)
    return Given([*listed, *locations], _touched(look.state, "secret_scanning", listed))


def _tells_place(alert: Any) -> bool:
    """Newer servers tell the first location with the alert; one outside the code may not be the only one."""
    return is_in_code(part(alert, "first_location_detected"))


def _dependabot(look: Look) -> Given:
    listed = _changed(look, "dependabot", "dependabot/alerts", {})
    return Given(listed, _touched(look.state, "dependabot", listed))


def _rule_suites(look: Look) -> Given:
    listed = pages(look, RULE_SUITES, "rulesets/rule-suites", _BYPASSES, everything)
    exchanges = [Exchange(RULE_SUITES, by, page) for by, page in listed]
    since_at = _covered_since(look)
    state = msgspec.structs.replace(look.state, rules_read_at=look.now, rules_since_at=since_at)
    return Given(exchanges, state, since_at)


def _covered_since(look: Look) -> datetime:
    """From when on no bypass was missed: looks that were answered within a month leave no gap."""
    known, read_at = look.state.rules_since_at, look.state.rules_read_at
    covered = look.now - _COVERED
    return known if known and read_at and read_at >= covered else covered


def _details(look: Look, asked: str, path: str, alerts: Iterable[Any]) -> list[Exchange]:
    numbers = [number for alert in alerts if (number := whole(alert, "number")) is not None]
    return [exchange for number in numbers for exchange in _detail(look, asked, path, number)]


def _detail(look: Look, asked: str, path: str, number: int) -> list[Exchange]:
    """List of one alert; none when the alert went away meanwhile: what its own entry tells is used."""
    try:
        return whole_list(look, asked, path.format(number), {"number": number})
    except DeniedFault:
        return []


READERS: Final[tuple[tuple[str, Reader], ...]] = (
    ("code_scanning", _code_scanning),
    ("secret_scanning", _secret_scanning),
    ("dependabot", _dependabot),
)
