"""May we read on GitHub what the configuration asks for, and is that all that we may do?"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

from dashboard import wording
from dashboard.complaints import Complaint
from dashboard.composition import Session, clock
from dashboard.doctoring_permissions import Lack, how_to_grant, judged_permissions
from dashboard.doctoring_repositories import REPOSITORY, judged, looked_at
from dashboard.renames import known_repositories
from dashboard.secret_places import is_open_to_others
from ingest.errors import PilotError
from ingest.settings import GitHubSettings
from ingest.sources.base import Outside
from ingest.sources.github.connection import Connection, Hub
from ingest.sources.github.credentials import Credentials, credentials_of
from ingest.sources.github.introducing import Grants, Introduction, grants, introduce
from ingest.sources.github.limits import LimitReachedError
from ingest.sources.github.permissions import (
    Permission,
    missing_grants,
    missing_scopes,
    needed,
    unasked_grants,
    unasked_scopes,
    writing_grants,
    writing_scopes,
)
from ingest.sources.github.targets import list_owned, targets

ABOUT: Final = "github"
GUIDE: Final = "see docs/github.md"
CLOCK_SECONDS: Final = 60  # an App's key is refused beyond that
LOW_SHARE: Final = 0.1  # of the limit: a first reading may have to wait
PRIVILEGE: Final = "least privilege"
ON_THE_PAGE: Final = "set them to Read-only or No access on the App's page, Permissions"
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
    except LimitReachedError as error:
        yield _used_up(error.until)
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
        samples = yield from _repositories(hub, connection, session)
        lacking = _lacking(settings, met, granted)
        yield from judged_permissions(settings, lacking, samples, connection)
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


def _used_up(until: datetime) -> Complaint:
    """What doctor says instead of waiting; a minute that has begun is over only at its end."""
    after = (until.astimezone(UTC) + timedelta(minutes=1, microseconds=-1)).strftime("%H:%M")
    seen = "used up: the rest could not be looked at"
    return Complaint("error", "github limit", seen, f"run again after {after} UTC")


def _lacking(
    settings: GitHubSettings, met: Introduction, granted: Grants | None
) -> Mapping[Permission, Lack]:
    """What was not given to whoever asks, by GitHub's own account; fine-grained tokens have none."""
    if granted is not None:
        lacks = missing_grants(settings, granted.permissions)
        return {one: Lack("the App's installation lacks it", how_to_grant(one)) for one in lacks}
    lacks = missing_scopes(settings, met.scopes) if met.scopes is not None else ()
    return {one: Lack("the token has no scope for it", f"add the scope {one.scopes[0]}") for one in lacks}


def _least_privilege(
    settings: GitHubSettings, met: Introduction, granted: Grants | None
) -> Iterator[Complaint]:
    """What may be done beyond reading, and read beyond what is asked for: apart, as one is worse."""
    if granted is not None:
        yield from _writes(writing_grants(granted.permissions), ON_THE_PAGE)
        yield from _unasked(unasked_grants(settings, granted.permissions), ON_THE_PAGE)
    elif met.scopes is not None:
        yield from _writes(writing_scopes(met.scopes), f"prefer {LEAST}")
        yield from _unasked(unasked_scopes(settings, met.scopes), f"prefer {LEAST}")


def _writes(excess: Sequence[str], remedy: str) -> Iterator[Complaint]:
    if excess:
        seen = f"may write where reading is enough: {wording.listed(excess)}"
        yield Complaint("warning", PRIVILEGE, seen, remedy)


def _unasked(excess: Sequence[str], remedy: str) -> Iterator[Complaint]:
    if excess:
        seen = f"may read what the configuration does not ask for: {wording.listed(excess)}"
        yield Complaint("warning", PRIVILEGE, seen, remedy)


def _repositories(
    hub: Hub, connection: Connection, session: Session
) -> Generator[Complaint, None, Sequence[str]]:
    """Each name and pattern; at the end the first repository of each owner, to try permissions on."""
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
    return tuple(samples.values())


def _needed(settings: GitHubSettings) -> Complaint:
    names = [_named(one) for one in needed(settings)]
    seen = f"least that this configuration needs, each Read-only: {wording.listed(names)}"
    return Complaint("ok", "permissions", seen)


def _named(one: Permission) -> str:
    return f"{one.name} (organization)" if one.belongs_to == "organization" else one.name


def _error(seen: str, remedy: str) -> Complaint:
    return Complaint("error", ABOUT, seen, remedy)
