"""What can go wrong between us and GitHub, by what can be done about it."""

from __future__ import annotations


class GitHubFault(Exception):  # noqa: N818 - a fault is met and dealt with, an error is shown
    """Base of all; none of them leaves the source."""


class TooMuchFault(GitHubFault):
    """Asked for too much at once (502, 504, a time-out, or errors beside an answer): ask for less."""


class DeniedFault(GitHubFault):
    """403 or 404 that is no limit: the feature is off, or the token may not read it."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said
