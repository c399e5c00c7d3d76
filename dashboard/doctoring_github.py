"""May we read on GitHub what the configuration asks for, and is that all that we may do?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import groupby
from typing import Final

from dashboard import wording
from dashboard.complaints import Complaint, Level
from dashboard.composition import Session, clock
from dashboard.doctoring_repositories import REPOSITORY, judged, looked_at
from dashboard.renames import known_repositories
from dashboard.secret_places import is_open_to_others
from ingest.errors import PilotError
from ingest.settings import GitHubSettings
from ingest.sources.base import Outside
from ingest.sources.github.connection import Connection, Hub
from ingest.sources.github.credentials import Credentials, credentials_of
from ingest.sources.github.introducing import Grants, Introduction, grants, introduce
from ingest.sources.github.permissions import (
    Permission,
    Probed,
    excess_grants,
    excess_scopes,
    missing_grants,
    missing_scopes,
    needed,
    probed,
)
from ingest.sources.github.targets import list_owned, targets

ABOUT: Final = "github"
GUIDE: Final = "see docs/github.md"
CLOCK_SECONDS: Final = 60  # an App's key is refused beyond that
LOW_SHARE: Final = 0.1  # of the limit: a first reading may have to wait
LEAST: Final = "a fine-grained token, or a GitHub App, with read-only permissions"


def secret_is_kept(session: Session) -> Iterable[Complaint]:
    """Whether there is a secret where the configuration says, and nobody else can read it; asks nobody."""
    settings = session.configuration.sources.github
    if settings is None:
        return
    try:
        credentials = _credentials(session, settings)
    except PilotError as error:
        yield _error(str(error), GUIDE)
        return
    yield Complaint("ok", ABOUT, f"secret taken from {credentials.origin}")
    secret = session.secret()
    if secret is not None and is_open_to_others(secret):
        seen = f"others than its owner can read {secret.path}"
        yield Complaint("warning", ABOUT, seen, f"chmod 600 {secret.path}")


def server_answers(session: Session) -> Iterable[Complaint]:
    """What GitHub says to whoever asks, and to every question that the configuration needs."""
    if session.configuration.sources.github is None:
        return
    settings = session.ingest_settings.sources.github or GitHubSettings()
    try:
        yield from _asked(session, settings)
    except PilotError as error:
        yield _error(str(error), GUIDE)


def _credentials(session: Session, settings: GitHubSettings) -> Credentials:
    secret = session.secret()
    return credentials_of(settings, {secret.kind: secret.text} if secret else {})


def _asked(session: Session, settings: GitHubSettings) -> Iterator[Complaint]:
    try:
        credentials = _credentials(session, settings)
    except PilotError:  # said already, where the secret was looked for
        return
    impatient = settings.model_copy(update={"max_wait_minutes": 0})
    hub = Hub(impatient, credentials, Outside(), clock)
    with closing(hub.connect()) as connection:
        met = introduce(connection)
        granted = grants(settings, credentials.app) if credentials.app else None
        yield _who(settings, met, granted)
        yield _limit(met)
        yield _clock(met.at - clock())
        yield from _least_privilege(settings, met, granted)
        yield from _repositories(hub, connection, session)
    yield _needed(settings)


def _who(settings: GitHubSettings, met: Introduction, granted: Grants | None) -> Complaint:
    version = f" (Enterprise Server {met.version})" if met.version else ""
    if granted is not None:
        where = f"installed by {granted.account} for {granted.selection} repositories"
        return Complaint("ok", ABOUT, f"{settings.url}{version} answers; asked as App {granted.app}, {where}")
    return Complaint(
        "ok", ABOUT, f"{settings.url}{version} answers; asked as {met.login or 'nobody by name'}"
    )


def _limit(met: Introduction) -> Complaint:
    if met.points_left is None or met.points_limit is None:
        return Complaint("ok", "github limit", "this server has none")
    left = f"{met.points_left:,} of {met.points_limit:,} points left"
    seen = f"{left}, new ones at {wording.moment(met.resets_at)}"
    is_low = met.points_left < LOW_SHARE * met.points_limit
    remedy = "nothing: a run waits for new points, or run later" if is_low else ""
    return Complaint("warning" if is_low else "ok", "github limit", seen, remedy)


def _clock(ahead: timedelta) -> Complaint:
    """GitHub's clock less ours."""
    seconds = round(ahead.total_seconds())
    if abs(seconds) <= CLOCK_SECONDS:
        return Complaint("ok", "clock", "agrees with GitHub's within a minute")
    where = "behind" if seconds > 0 else "ahead of"
    seen = f"this machine's clock is {abs(seconds):,} s {where} GitHub's"
    return Complaint("warning", "clock", seen, "set the clock; an App's key is refused beyond a minute")


def _least_privilege(
    settings: GitHubSettings, met: Introduction, granted: Grants | None
) -> Iterator[Complaint]:
    if granted is not None:
        lacks: Iterable[Permission] = missing_grants(settings, granted.permissions)
        yield from (_not_granted(one) for one in lacks)
        excess = excess_grants(settings, granted.permissions)
        yield from _excess(excess, "set them to Read-only or No access on the App's page, Permissions")
    elif met.scopes is not None:
        yield from (_no_scope(one) for one in missing_scopes(settings, met.scopes))
        yield from _excess(excess_scopes(settings, met.scopes), f"prefer {LEAST}")


def _not_granted(one: Permission) -> Complaint:
    seen = f"the App's installation lacks {one.name}: {one.purpose}"
    return Complaint("warning", f"permission {one.name}", seen, how_to_grant(one))


def _no_scope(one: Permission) -> Complaint:
    seen = f"the token has no scope for {one.name}: {one.purpose}"
    return Complaint("warning", f"permission {one.name}", seen, f"add the scope {one.scopes[0]}")


def _excess(excess: tuple[str, ...], remedy: str) -> Iterator[Complaint]:
    if excess:
        seen = f"may do more than reading what is needed: {wording.listed(excess)}"
        yield Complaint("warning", "least privilege", seen, remedy)


def how_to_grant(one: Permission) -> str:
    """What to do on GitHub, in the words of its pages."""
    kind = one.belongs_to.capitalize()
    remark = f" ({one.remark})" if one.remark else ""
    return f"{kind} permissions > {one.name} > Read-only{remark}"


def _repositories(hub: Hub, connection: Connection, session: Session) -> Iterator[Complaint]:
    """Each name and pattern, then every permission on the first repository of each owner."""
    settings, known = session.ingest_settings, known_repositories(session.runs)
    chosen = targets(settings, known, lambda owner: list_owned(connection, owner, hub.pause))
    for why in chosen.refused.values():
        yield Complaint("error", REPOSITORY, why, GUIDE)
    samples: dict[str, str] = {}
    for asked, found in groupby(chosen.found, key=lambda target: target.asked):
        seen = looked_at(connection, asked, [target.now for target in found])
        yield judged(seen, known)
        if seen.today is not None:
            samples.setdefault(seen.today.partition("/")[0].lower(), seen.today)
    for sample in samples.values():
        yield from _probes(connection, settings.sources.github or GitHubSettings(), sample)


def _probes(connection: Connection, settings: GitHubSettings, repository: str) -> Iterator[Complaint]:
    for one in needed(settings):
        yield _judged(one, probed(one, connection, repository), repository)


def _judged(one: Permission, seen: Probed, repository: str) -> Complaint:
    about = f"permission {one.name}"
    if seen.status == "ok":
        return Complaint("ok", about, f"{repository}: {one.purpose}")
    if seen.status == "off":
        return Complaint("ok", about, f"{repository}: switched off there ({seen.said}): not measured")
    if seen.status == "unknown":
        return Complaint("warning", about, f"{repository}: could not be tried ({seen.said})", "try again")
    level: Level = "error" if one.is_vital else "warning"
    return Complaint(level, about, f"{repository}: missing ({seen.said}): {one.purpose}", how_to_grant(one))


def _needed(settings: GitHubSettings) -> Complaint:
    names = [_named(one) for one in needed(settings)]
    seen = f"least that this configuration needs, each Read-only: {wording.listed(names)}"
    return Complaint("ok", "permissions", seen)


def _named(one: Permission) -> str:
    return f"{one.name} (organization)" if one.belongs_to == "organization" else one.name


def _error(seen: str, remedy: str) -> Complaint:
    return Complaint("error", ABOUT, seen, remedy)
