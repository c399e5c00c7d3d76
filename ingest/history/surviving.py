"""How many lines of each landed commit still stand?

Lines are counted as `git diff --numstat` counts them, blank ones too, in files of class code, and given
to commits by the same blame that finds the origins of reported lines. Its search for copies gives 4-12 %
of the lines of real repositories to other commits than a search for moves alone, for up to twice the time;
what a file's blame told is kept until the file changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from ingest.contracts import FILE_MARKS, LANDED_COMMITS
from ingest.file_classes import classify_files
from ingest.history.contents import Blob, blobs_of
from ingest.history.git import Git, GitError
from ingest.history.lineage import shallow_commits
from ingest.history.mirrors import Mirrors
from ingest.history.origins import blamer_at, protected_head
from ingest.history.standing import Standing, countable
from ingest.marking import with_marks
from ingest.settings import ClassSettings, IngestSettings
from ingest.store import Store

UNBLAMED: Final = "files whose surviving lines no blame could count: the mirror lacks what was there before"
UNFIT: Final = "files of code that are binary or too big: their surviving lines are not counted"
UNREADABLE: Final = "repositories whose surviving lines could not be counted: git could not read their mirror"


def count_surviving(store: Store, mirrors: Mirrors, settings: IngestSettings, at: datetime) -> dict[str, int]:  # noqa: ARG001 - every look into history is called alike; these counts have a commit, not a time
    """Bring `surviving_code_lines` of landed commits in line with the mirrors; remarks by reason.

    Every landed commit gets a number, 0 where none of its lines stands any more; a commit at which a
    shallow mirror ends gets none, as lines of earlier ones would be counted for it.
    """
    wanted = settings.sources.git
    if wanted is None or not wanted.surviving:
        return {}
    remarks = Counter[str]()
    landed = store.current(LANDED_COMMITS.name).select("repository").unique().collect()
    for repository in landed["repository"].sort():
        git, head = mirrors.git(repository), protected_head(store, repository)
        if git is not None and head is not None:
            counting = Counting(store, git, repository, head)
            remarks += _counted(counting, settings.classes, wanted.at_once)
    return dict(remarks)


def _counted(counting: Counting, classes: ClassSettings, at_once: int) -> Counter[str]:
    try:
        return counting.count(classes, at_once)
    except GitError:
        return Counter({UNREADABLE: 1})


@dataclass(frozen=True)
class Counting:
    """Counting in one repository at a head of its protected branch."""

    store: Store
    git: Git
    repository: str
    head: str

    def count(self, classes: ClassSettings, at_once: int) -> Counter[str]:
        """Set the columns of all its landed commits; what could not be counted, by reason."""
        paths = self._code_paths(classes)
        found = blobs_of(self.git, ((self.head, path) for path in paths))
        files = {path: blob for (_, path), blob in found.items() if blob.size}
        lines = Standing(blamer_at(self.git, self.head), self.head, at_once).lines(files)
        self.store.judge(LANDED_COMMITS, self._judged(lines))
        return self._left_out(files, set(lines["path"])) + Counter({UNBLAMED: len(paths) - len(found)})

    def _code_paths(self, classes: ClassSettings) -> list[str]:
        """Files of class code, by their names and by the marks of the repository itself."""
        listed = self.git.run("ls-tree", "-r", "-z", "--name-only", self.head).split(b"\0")
        names = [told.decode("utf-8", "replace") for told in listed if told]
        files = classify_files(pl.DataFrame({"path": names}, schema={"path": pl.String}), classes)
        placed = files.with_columns(repository=pl.lit(self.repository)).lazy()
        marked = with_marks(placed, self.store.current(FILE_MARKS.name))
        return marked.filter(file_class="code").collect()["path"].to_list()

    def _judged(self, lines: pl.DataFrame) -> pl.DataFrame:
        counts = lines.group_by(sha="commit").agg(surviving_code_lines=pl.col("line_count").sum())
        landed = self.store.current(LANDED_COMMITS.name).filter(repository=self.repository)
        both = landed.select("repository", "sha").collect().join(counts, on="sha", how="left")
        is_end = pl.col("sha").is_in(list(shallow_commits(self.git)))
        told = pl.when(~is_end).then(pl.col("surviving_code_lines").fill_null(0))
        return both.with_columns(surviving_code_lines=told, surviving_at=pl.lit(self.head)).sort("sha")

    def _left_out(self, files: dict[str, Blob], counted: Collection[str]) -> Counter[str]:
        missing = {path: blob for path, blob in files.items() if path not in counted}
        unblamed = len(countable(self.git, missing))
        return Counter({UNBLAMED: unblamed, UNFIT: len(missing) - unblamed})
