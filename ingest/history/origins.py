"""Where does every reported line come from?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from ingest.contracts import LANDED_COMMITS, LINE_ORIGINS
from ingest.history.blame import UNBLAMED, Blamer, Place, ignored_commits
from ingest.history.carrying import MOST_RECENT, Earlier
from ingest.history.following import TOLD, followed
from ingest.history.git import Git, GitError
from ingest.history.lineage import depths, first_parents, full_names, shallow_commits
from ingest.history.mirrors import Mirrors
from ingest.history.reported import LINE, reported_lines
from ingest.history.walking import Walker
from ingest.provenance import stamped
from ingest.settings import GitSettings, IngestSettings
from ingest.store import Store

SOURCE: Final = "git"
NOT_MIRRORED: Final = (
    "scanned commits that the mirror of their repository does not hold: nothing is traced there"
)
UNREADABLE: Final = "repositories whose lines could not be traced: git could not read their mirror"
NOT_THERE: Final = "reported lines of files that the scanned commit does not hold"
BEYOND: Final = "reported lines beyond the end of their file, or in a file that is too big to look into"
NO_BLAME: Final = "reported lines that no blame could follow: the mirror lacks what was there before"
NOT_JUDGED: Final = ("human", "automation")
LINES_AT_ONCE: Final = 2_000  # that are followed, and written, together


def trace(store: Store, mirrors: Mirrors, settings: IngestSettings, at: datetime) -> dict[str, int]:
    """Bring `line_origins` in line with what scans reported; what could not be traced, by reason.

    A line that was traced in an earlier commit is not blamed again as long as its file stayed the same
    on the way to the later one. Lines that no blame could follow are tried again by every run.
    """
    remarks = Counter[str]()
    wanted = reported_lines(store)
    at_once = (settings.sources.git or GitSettings()).at_once
    for (name,), lines in wanted.group_by("repository", maintain_order=True):
        repository = str(name)
        git = mirrors.git(repository)
        if git is not None:
            remarks += _traced(Tracing(store, git, repository, at), lines, at_once)
    return dict(remarks + _untraced(store, wanted))


def _traced(tracing: Tracing, lines: pl.DataFrame, at_once: int) -> Counter[str]:
    try:
        return tracing.trace(lines, at_once)
    except GitError:
        return Counter({UNREADABLE: 1})


@dataclass
class Tracing:
    """Tracing in one repository; rows are written some at a time, so that a stop loses little."""

    store: Store
    git: Git
    repository: str
    at: datetime
    _made: list[pl.DataFrame] = field(default_factory=list)

    def trace(self, lines: pl.DataFrame, at_once: int) -> Counter[str]:
        """Trace what is not traced yet; how many commits are not there."""
        names = full_names(self.git, lines["commit_sha"].unique())
        missing = lines.filter(~pl.col("commit_sha").is_in(list(names)))["commit_sha"].n_unique()
        todo = self._without_settled(lines.filter(pl.col("commit_sha").is_in(list(names))))
        if todo.height:
            self._trace(todo.with_columns(commit=pl.col("commit_sha").replace_strict(names)), at_once)
        return Counter({NOT_MIRRORED: missing}) if missing else Counter()

    def _trace(self, todo: pl.DataFrame, at_once: int) -> None:
        parents = first_parents(self.git, todo["commit"].unique().to_list())
        earlier = Earlier(self.store, self.git, self.repository, parents, self._traced_commits())
        head = protected_head(self.store, self.repository) or "HEAD"
        walker = Walker(blamer_at(self.git, head, self._judged()), at_once)
        for commit, lines in _from_the_oldest(todo, parents):
            carried = earlier.carried(commit, lines.select("path", "line").unique(maintain_order=True))
            self._keep(earlier, lines, carried.with_columns(commit=pl.lit(commit)))
            rest = lines.join(carried, on=("path", "line"), how="anti", maintain_order="left")
            for part in rest.iter_slices(LINES_AT_ONCE):
                places = (Place(*row) for row in part.select("commit", "path", "line").iter_rows())
                self._keep(earlier, part, followed(walker, places))
        self._write()

    def _keep(self, earlier: Earlier, lines: pl.DataFrame, told: pl.DataFrame) -> None:
        """Keep what was told of lines under the names that the scans use for their commit."""
        if told.is_empty():
            return
        earlier.remember(told["commit"][0], told)
        self._made.append(lines.join(told, on=("commit", "path", "line"), maintain_order="left"))
        is_much = sum(made.height for made in self._made) >= LINES_AT_ONCE
        if is_much or len(self._made) >= MOST_RECENT:
            self._write()

    def _write(self) -> None:
        if self._made:
            rows = pl.concat([made.select(*LINE, *TOLD) for made in self._made])
            self.store.write(LINE_ORIGINS, self._stamped(rows))
            self._made.clear()

    def _stamped(self, rows: pl.DataFrame) -> pl.DataFrame:
        placed = rows.with_columns(raw_ref=pl.format("{}@{}", "repository", "commit_sha"))
        return stamped(placed, SOURCE, self.at)

    def _without_settled(self, lines: pl.DataFrame) -> pl.DataFrame:
        is_settled = (pl.col("blame") != UNBLAMED) | pl.col("text_key").is_null()
        settled = self._stored().filter(is_settled).select(LINE).collect()
        return lines.join(settled, on=LINE, how="anti", maintain_order="left")

    def _traced_commits(self) -> dict[str, str]:
        """Commits that rows tell of, by full id, as the rows spell them."""
        traced = self._stored().select("commit_sha").unique().collect()["commit_sha"].sort().to_list()
        return {full: spelled for spelled, full in full_names(self.git, traced).items()}

    def _judged(self) -> frozenset[str]:
        """Landed commits that neither a person nor automation alone made."""
        landed = self.store.current(LANDED_COMMITS.name).filter(repository=self.repository)
        theirs = landed.filter(~pl.col("authorship").is_in(NOT_JUDGED))
        return frozenset(theirs.select("sha").collect()["sha"])

    def _stored(self) -> pl.LazyFrame:
        return self.store.current(LINE_ORIGINS.name).filter(repository=self.repository)


def protected_head(store: Store, repository: str) -> str | None:
    """Latest commit of a protected branch; None where nothing landed that is known."""
    landed = store.current(LANDED_COMMITS.name).filter(repository=repository)
    latest = landed.sort("place", descending=True).select("sha").head(1).collect()
    return latest.item() if latest.height else None


def blamer_at(git: Git, head: str, judged: Collection[str] = ()) -> Blamer:
    """Blame as a repository wants it by its state at a head, but for the commits that are judged.

    Whoever is judged may write into `.git-blame-ignore-revs`, and would hand their lines to others.
    """
    ignored = tuple(sha for sha in ignored_commits(git, head) if sha not in judged)
    return Blamer(git, ignored, shallow_commits(git))


def _from_the_oldest(todo: pl.DataFrame, parents: dict[str, str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Lines of each commit; a commit comes after all that lie below it on its line."""
    commits = todo["commit"].unique().sort().to_list()
    deep = depths(parents, commits)
    for commit in sorted(commits, key=deep.__getitem__):
        yield commit, todo.filter(commit=commit)


def _untraced(store: Store, wanted: pl.DataFrame) -> Counter[str]:
    """How many of the wanted lines have no origin, by reason."""
    without = store.current(LINE_ORIGINS.name).filter(pl.col("blame") == UNBLAMED).collect()
    rows = without.join(wanted, on=LINE, how="semi")
    reason = (
        pl.when(pl.col("blob_sha").is_null()).then(pl.lit(NOT_THERE))
        .when(pl.col("text_key").is_null()).then(pl.lit(BEYOND))
        .otherwise(pl.lit(NO_BLAME))
    )  # fmt: skip
    counted = rows.group_by(reason.alias("reason")).len().sort("reason")
    return Counter(dict(counted.iter_rows()))
