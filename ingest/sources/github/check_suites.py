"""What is the outcome of checks of which some will never run?

An app that may check a repository gets a suite for every push, and if it does nothing with it the
suite stays queued for ever: the combined conclusion then waits for it for ever. Suites that have
waited for more than a day are left out of account, and the concluded ones decide.

Success, neutral and skipped let a change pass; every other conclusion does not (GitHub,
"Troubleshooting required status checks": "successful, skipped, or neutral"; GitHub's own command
line counts cancelled, timed out and action required as failing, and stale as still pending). Stale
is what GitHub says of a suite that it gave up waiting for: nothing was concluded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

Suite = Mapping[str, Any]
OPEN_STATES: Final = ("PENDING", "EXPECTED")
PASSING: Final = ("SUCCESS", "NEUTRAL", "SKIPPED")
_GIVEN_UP: Final = "STALE"
_PATIENCE: Final = timedelta(days=1)


def settled(rollup: Any, suites: Sequence[Suite], at: datetime | None) -> Any:
    """The combined conclusion as it is, or what the concluded suites say if only idle ones keep it open.

    `rollup` is GitHub's `statusCheckRollup`, `at` the moment of the answer. While any suite is at
    work or has just been queued, or if none is idle (then a commit status is awaited), nothing is
    settled; if none concluded, neither.
    """
    if not is_open(rollup) or at is None:
        return rollup
    idle = [suite for suite in suites if _is_idle(suite, at)]
    rest = [suite for suite in suites if suite not in idle]
    conclusions = [_word(suite, "conclusion") for suite in rest]
    is_decided = bool(idle) and bool(rest) and all(conclusions)
    if not is_decided:
        return rollup
    return {**rollup, "state": "SUCCESS" if set(conclusions) <= set(PASSING) else "FAILURE"}


def is_open(rollup: Any) -> bool:
    """Whether a combined conclusion, of checks or of commit statuses, is still waited for."""
    return isinstance(rollup, Mapping) and _word(rollup, "state") in OPEN_STATES


def _is_idle(suite: Suite, at: datetime) -> bool:
    if _word(suite, "conclusion") == _GIVEN_UP:
        return True
    is_queued = _word(suite, "status") == "QUEUED" and not suite.get("conclusion")
    created_at = suite.get("createdAt")
    if not is_queued or not created_at:
        return False
    return at - datetime.fromisoformat(created_at) > _PATIENCE


def _word(told: Mapping[str, Any], name: str) -> str:
    return str(told.get(name) or "").upper()
