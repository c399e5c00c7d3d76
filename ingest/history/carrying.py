"""Which origins that were told of earlier commits hold for a later one?

Where a file did not change on the first-parent line from an earlier commit to a later one, blame passes
from the later straight to the earlier: what was told there need not be asked again. A file that changed
and changed back does not count as the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import polars as pl

from ingest.contracts import LINE_ORIGINS
from ingest.history.blame import UNBLAMED
from ingest.history.following import TOLD
from ingest.history.git import Git
from ingest.history.lineage import changed_paths
from ingest.store import Store

MOST_ANCESTORS: Final = 5  # of a commit in which its lines are looked up
MOST_RECENT: Final = 20  # commits whose rows are kept at hand
_LINE: Final = ("path", "line")


@dataclass
class Earlier:
    """What was told of the commits of one repository."""

    store: Store
    git: Git
    repository: str
    parents: Mapping[str, str]  # first parent of every commit on the lines in question
    spelled: dict[str, str]  # commits that were traced in earlier runs, by full id: as the rows spell them
    _recent: OrderedDict[str, pl.DataFrame] = field(default_factory=OrderedDict)

    def carried(self, commit: str, lines: pl.DataFrame) -> pl.DataFrame:
        """Those of a commit's lines (path, line) whose origin is known already, with what was told."""
        found, later = [self._none()], commit
        for ancestor in islice(self._ancestors(commit), MOST_ANCESTORS):
            changed = changed_paths(self.git, ancestor, later)
            lines = lines.filter(~pl.col("path").is_in(list(changed)))
            found.append(lines.join(self._rows(ancestor), on=_LINE, maintain_order="left"))
            lines, later = lines.join(found[-1], on=_LINE, how="anti", maintain_order="left"), ancestor
            if lines.is_empty():
                break
        return pl.concat(found)

    def remember(self, commit: str, rows: pl.DataFrame) -> None:
        """Keep rows (path, line and what was told) of a commit at hand for the next ones."""
        known = rows.filter(pl.col("blame") != UNBLAMED).select(*_LINE, *TOLD)
        self._recent[commit] = pl.concat([self._recent.pop(commit, self._none()), known])
        if len(self._recent) > MOST_RECENT:
            self._recent.popitem(last=False)

    def _ancestors(self, commit: str) -> Iterator[str]:
        """The commit itself and those below it of which anything is known, the nearest first."""
        below: str | None = commit
        while below is not None:
            if below in self._recent or below in self.spelled:
                yield below
            below = self.parents.get(below)

    def _rows(self, commit: str) -> pl.DataFrame:
        if commit not in self._recent:
            self.remember(commit, self._stored(self.spelled[commit]))
        return self._recent[commit]

    def _stored(self, commit_sha: str) -> pl.DataFrame:
        stored = self.store.current(LINE_ORIGINS.name)
        own = stored.filter(repository=self.repository, commit_sha=commit_sha)
        return own.select(*_LINE, *TOLD).collect()

    def _none(self) -> pl.DataFrame:
        return pl.DataFrame(schema={name: LINE_ORIGINS.polars_schema[name] for name in (*_LINE, *TOLD)})
