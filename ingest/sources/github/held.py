"""What do we hold of a repository already, and does what GitHub tells differ from it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from ingest.sources.github.batches import Exchange
from ingest.sources.github.withheld import repository_of
from ingest.sources.github_export.rows import check_word
from ingest.sources.github_export.shapes import Rollup

_CONCLUSIVE: Final = frozenset({"success", "failure"})
_UNDECIDED: Final = "pending"
_OPEN: Final = "OPEN"
_WORTH_ASKING: Final = timedelta(days=30)  # checks that are undecided for longer will remain so


Size = tuple[int, int, int]  # lines added and deleted, files; what is unknown counts as none here


@dataclass(frozen=True)
class Light:
    """As much of a pull request as tells whether it changed; None = not told."""

    number: int
    updated_at: datetime | None
    head_sha: str | None
    is_open: bool
    checks: str | None = None  # of the head, in the words of the tables
    created_at: datetime | None = None
    cursor: str = ""  # behind it, in the list that told it
    is_gone: bool = False
    size: Size | None = None  # None = not asked for


def light(node: Mapping[str, Any], cursor: str = "") -> Light:
    """As GitHub tells it, with the checks of its head if these were asked for."""
    return Light(
        number=node["number"],
        updated_at=moment(node.get("updatedAt")),
        head_sha=node.get("headRefOid"),
        is_open=node.get("state") == _OPEN,
        checks=_checks(node),
        created_at=moment(node.get("createdAt")),
        cursor=cursor,
        size=_size(node, ("additions", "deletions", "changedFiles")),
    )


def _size(told: Mapping[str, Any], names: tuple[str, str, str]) -> Size | None:
    added, deleted, files = (told.get(name) or 0 for name in names)
    return (added, deleted, files) if names[0] in told else None


def moment(told: str | None) -> datetime | None:
    """Moment in GitHub's spelling."""
    return datetime.fromisoformat(told) if told else None


def _checks(node: Mapping[str, Any]) -> str | None:
    """One word for the head's checks; null when they were not asked for, or withheld."""
    entries = (node.get("head") or {}).get("nodes") or [None]
    commit = (entries[-1] or {}).get("commit") or {}
    if "statusCheckRollup" not in commit:
        return None
    rollup = commit["statusCheckRollup"]
    return check_word(Rollup(state=rollup.get("state")) if rollup else None)


class Held:
    """Pull requests of one repository as they were read last."""

    def __init__(self, pulls: Iterable[Light] = (), rollups: Mapping[str, str] | None = None) -> None:
        self._pulls = {one.number: one for one in pulls}
        self._rollups = {int(number): word for number, word in (rollups or {}).items()}

    @classmethod
    def of(cls, published: pl.DataFrame, repository: str, rollups: Mapping[str, str] | None = None) -> Held:
        """What the store holds: the columns of `sources.base.HELD`; and how checks of open heads stood."""
        rows = published.filter(pl.col("repository") == repository).iter_rows(named=True)
        return cls((_of_row(row) for row in rows), rollups)

    def get(self, number: int) -> Light | None:
        """One as it was read last; null when it never was."""
        return self._pulls.get(number)

    @property
    def numbers(self) -> set[int]:
        """Those that are there."""
        return {number for number, one in self._pulls.items() if not one.is_gone}

    @property
    def open_numbers(self) -> list[int]:
        """Those that are there and open, in order."""
        return sorted(number for number in self.numbers if self._pulls[number].is_open)

    @property
    def rollups(self) -> dict[str, str]:
        """Combined checks of the open heads, as they were told last."""
        told = ((number, self._rollups.get(number)) for number in self.open_numbers)
        return {str(number): word for number, word in told if word is not None}

    @property
    def unchecked(self) -> set[int]:
        """Those whose checks are not known."""
        return {number for number in self.numbers if self._pulls[number].checks is None}

    def undecided(self, at: datetime) -> set[int]:
        """Those whose checks had not ended when they were read, and may have since."""
        return {
            number
            for number in self.numbers
            if self._pulls[number].checks == _UNDECIDED
            and at - (self._pulls[number].updated_at or at) < _WORTH_ASKING
        }

    def note(self, exchanges: Iterable[Exchange]) -> None:
        """Take what answers tell for what is held from now on."""
        for exchange in exchanges:
            if exchange.asked == "gone":
                self._note_gone(exchange.by["numbers"])
            elif exchange.asked == "files":
                self._note_checks(exchange)
            else:
                self._pulls |= {node["number"]: light(node) for node in _nodes(exchange)}

    def _note_gone(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._pulls[number] = Light(number, None, None, is_open=False, is_gone=True)

    def _note_checks(self, exchange: Exchange) -> None:
        told = repository_of(exchange.answer)
        for number in exchange.by["numbers"]:
            node, known = told.get(f"p{number}"), self._pulls.get(number)
            if node and known:
                self._pulls[number] = replace(known, checks=_checks(node))
                self.note_rollups([self._pulls[number]])

    def note_rollups(self, lights: Iterable[Light]) -> None:
        """Take the combined checks of heads, as they were told just now."""
        self._rollups |= {one.number: one.checks for one in lights if one.checks is not None}

    def differs(self, told: Light) -> bool:
        """Whether a pull request is to be read again.

        The size of an open one moves with its base, which moves no date.
        """
        held = self._pulls.get(told.number)
        if held is None or held.is_gone:
            return True
        then, now = ((one.updated_at, one.head_sha, one.is_open) for one in (held, told))
        is_resized = None not in {told.size, held.size} and told.size != held.size
        return then != now or is_resized or self._has_other_checks(held, told)

    def _has_other_checks(self, held: Light, told: Light) -> bool:
        """Whether the combined check differs from how it was told last.

        Where that is not known only a conclusive one counts: the tables may have settled an open one by
        the parts that ended.
        """
        if told.checks is None or told.number in self._rollups:
            return told.checks is not None and told.checks != self._rollups[told.number]
        return told.checks in _CONCLUSIVE and told.checks != held.checks


def _nodes(exchange: Exchange) -> Iterator[dict[str, Any]]:
    """Whole pull requests of an exchange."""
    told = repository_of(exchange.answer) if exchange.asked in {"pages", "whole"} else {}
    listed = (told.get("pullRequests") or {}).get("nodes") or ()
    named = (told.get(f"p{number}") for number in exchange.by.get("numbers", ()))
    yield from (node for node in (*listed, *named) if node)


def _of_row(row: Mapping[str, Any]) -> Light:
    return Light(
        number=row["number"],
        updated_at=row["updated_at"],
        head_sha=row["head_sha"],
        is_open=row["closed_at"] is None,
        checks=row["checks_at_merge"],
        is_gone=row["gone_at"] is not None,
        size=_size(row, ("additions", "deletions", "changed_file_count")),
    )
