"""Which token does an App's installation have now? Renewed in time by GitHub's clock, one for all threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from github.Auth import Auth

from ingest.sources.github.faults import Heard, Kind, kind_of
from ingest.sources.github.heads import moment

BEFORE_THE_END: Final = timedelta(seconds=60)  # when a token is renewed
_SHARE_BEFORE_THE_END: Final = 4  # of a short life: its last quarter
_NO_TOKEN: Final = Heard(graph=False, text="an answer without a token", lost="cut")


@dataclass(frozen=True)
class Issued:
    """A token, and when to get the next, by GitHub's clock."""

    token: str
    renew_at: datetime


class InstallationAuth(Auth):
    """PyGithub's view of it."""

    def __init__(self) -> None:
        self.issued: Issued | None = None

    @property
    def token_type(self) -> str:
        """As in the Authorization header."""
        return "token"

    @property
    def token(self) -> str:
        """The present token; empty before the first."""
        return self.issued.token if self.issued else ""


class Installation:
    """Keeps the token of an installation fresh; safe for threads."""

    def __init__(self, issue: Callable[[], Heard], clock: Callable[[], datetime]) -> None:
        self.auth = InstallationAuth()
        self.tokens: tuple[str, ...] = ()  # all of this run, to be hidden
        self._issue = issue
        self._clock = clock
        self._one_at_a_time = Lock()

    def refresh(self) -> Heard | None:
        """Get a token if there is none that lasts; None = there is one, else what came instead."""
        with self._one_at_a_time:
            if self._lasts():
                return None
            heard = self._issue()
            issued = issued_by(heard, self._clock())
            if issued is None:
                return heard if kind_of(heard) is not Kind.GOOD else _NO_TOKEN
            self.auth.issued = issued
            self.tokens += (issued.token,)
            return None

    def forget(self, token: str) -> None:
        """GitHub takes this token no longer: get another next time."""
        with self._one_at_a_time:
            if self.auth.token == token:
                self.auth.issued = None

    def _lasts(self) -> bool:
        issued = self.auth.issued
        return issued is not None and self._clock() < issued.renew_at


def issued_by(heard: Heard, now: datetime) -> Issued | None:
    """The token in an answer; None = there is none."""
    match heard.content:
        case {"token": str(token), "expires_at": str(until)}:
            ends_at = moment(until)
            return Issued(token, ends_at - _margin(ends_at - now)) if ends_at else None
    return None


def _margin(life: timedelta) -> timedelta:
    return min(BEFORE_THE_END, life / _SHARE_BEFORE_THE_END)
