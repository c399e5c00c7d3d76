"""From real histories to findings: what commits do to a flagged line makes no second finding of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ingest.checking import check
from ingest.contracts import BY_NAME
from ingest.deriving import derive
from ingest.history.mirrors import Mirrors
from ingest.identity import Sighting, bare_text, finding_keys, line_text_key
from ingest.pipeline import _judging
from ingest.settings import GitSettings, IngestSettings, SourcesSettings
from ingest.store import Store
from tests.builders_git import BASE, GitRepo, lines
from tests.builders_sarif import REPOSITORY, Row
from tests.builders_sarif import scan as scan_row

FLAGGED = "danger("
GIT = SourcesSettings(git=GitSettings(surviving=False))
SETTINGS = IngestSettings(sources=GIT, repositories=[REPOSITORY])
AT = BASE + timedelta(days=90)
START = lines(["import os", "", "def go(command):", "    danger(command, check=True)", "    return command"])


@dataclass
class Project:
    """A repository, a scanner that flags every call of danger, and the product that looks at both."""

    folder: Path
    repo: GitRepo = field(init=False)
    store: Store = field(init=False)
    scan_count: int = 0

    def __post_init__(self) -> None:
        self.repo = GitRepo(self.folder / "work")
        self.store = Store(str(self.folder / "lake"))

    def scan(self, tool: str = "Probe", **facts: object) -> None:
        """Scan what is checked out."""
        self.scan_count += 1
        name = f"s{self.scan_count}"
        made = {
            "commit_sha": self.repo.head,
            "scanned_at": self.repo.clock + timedelta(minutes=5),
            "tool": tool,
        }
        self.put("scans", [scan_row(name, 1, **{**made, **facts})])
        self.put("scan_results", self._results(name, f"{tool}-rule"))

    def _results(self, name: str, rule: str) -> list[Row]:
        found = [
            (path.relative_to(self.repo.path).as_posix(), number, text)
            for path in sorted(self.repo.path.rglob("*.py"))
            for number, text in enumerate(path.read_text().splitlines(), 1)
            if FLAGGED in text
        ]
        keys = finding_keys([Sighting(rule, path, bare_text(text), number) for path, number, text in found])
        return [
            {
                "scan_id": name, "position": place, "finding_key": key, "rule": rule, "cwe": ["CWE-78"],
                "severity": "high", "is_security": True, "path": path, "line": number, "is_blamable": True,
                "text_key": line_text_key(text), "raw_ref": f"{name}#{place}",
            }
            for place, ((path, number, text), key) in enumerate(zip(found, keys, strict=True))
        ]  # fmt: skip

    def pull(self, number: int, merge_sha: str, **facts: object) -> None:
        """A pull request that merged just now, as that commit."""
        at = self.repo.clock
        times = dict.fromkeys(("created_at", "updated_at", "merged_at", "closed_at"), at)
        row = {
            "repository": REPOSITORY, "number": number, "author_kind": "user", "merge_sha": merge_sha,
            "base_branch": "main", "raw_ref": "page", "authorship": "unknown", **times, **facts,
        }  # fmt: skip
        self.put("pull_requests", [row])

    def put(self, name: str, rows: list[Row]) -> None:
        """Bring rows into the store, checked."""
        if rows:
            made = pl.DataFrame(rows, infer_schema_length=None)
            stamped = made.with_columns(source=pl.lit("test"), ingested_at=pl.lit(AT))
            checked = check(stamped, BY_NAME[name])
            assert checked.rejected_by_rule == {}
            self.store.write(BY_NAME[name], checked.valid)

    def findings(self) -> list[Row]:
        """Findings that follow, with a mirror that is up to date."""
        mirrors = Mirrors(self.folder / "git")
        self.repo.bare(mirrors.path(REPOSITORY))
        derive(self.store, SETTINGS, AT, mirrors)
        return self.store.current("findings").sort("first_seen_at", "line").collect().to_dicts()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One flagged line that pull request 1 brought in, reported once."""
    made = Project(tmp_path)
    made.repo.commit_file("README.md", "hello\n", "begin")
    made.pull(1, made.repo.commit_file("app.py", START, "Run commands (#1)"))
    made.scan()
    return made


def add_lines(repo: GitRepo) -> None:
    repo.commit_file("app.py", "# one\n# two\n\n" + repo.read("app.py"))


def rename(repo: GitRepo) -> None:
    repo.move("app.py", "lib/running.py").commit("move")


def rename_and_change(repo: GitRepo) -> None:
    rename(repo)
    repo.commit_file("lib/running.py", repo.read("lib/running.py").replace("import os", "import sys"))


def indent(repo: GitRepo) -> None:
    repo.commit_file("app.py", repo.read("app.py").replace("    danger", "        danger"))


def reformat(repo: GitRepo) -> None:
    wrapped = "    danger(\n        command,\n        check=True,\n    )"
    repo.commit_file("app.py", repo.read("app.py").replace("    danger(command, check=True)", wrapped))


def edit(repo: GitRepo) -> None:
    repo.commit_file("app.py", repo.read("app.py").replace("command, check", "other, check"))


@pytest.mark.parametrize("change", [add_lines, rename, rename_and_change, indent, reformat, edit])
def test_what_happens_to_the_line_makes_no_second_finding(
    project: Project, change: Callable[[GitRepo], None]
):
    (before,) = project.findings()
    change(project.repo)
    project.scan()
    (after,) = project.findings()
    told = (after["finding_id"], after["introduced_by"], after["method"], after["gone_at"])
    assert told == (before["finding_id"], 1, "blame", None)


def test_all_that_happens_one_after_the_other_makes_no_second_finding(project: Project):
    for change in (add_lines, reformat, edit, rename):
        change(project.repo)
        project.scan()
    (row,) = project.findings()
    assert (row["introduced_by"], row["introduced_line"], row["path"]) == (1, 4, "app.py")


def test_a_second_scanner_that_looks_late_finds_what_the_change_brought_in(project: Project):
    add_lines(project.repo)
    project.scan("Deep")
    (row,) = project.findings()
    assert (row["tools"], row["introduced_by"]) == (["Probe", "Deep"], 1)


def test_looking_again_at_the_same_history_changes_nothing(project: Project):
    rename(project.repo)
    project.scan()
    assert project.findings() == project.findings()


def test_a_direct_push_is_named(project: Project):
    pushed = project.repo.commit_file("app.py", project.repo.read("app.py") + "danger(now)\n", "quick")
    project.scan()
    rows = project.findings()
    assert [(row["introduced_by"], row["method"]) for row in rows] == [(1, "blame"), (None, "blame")]
    assert rows[1]["introduced_commit"] == pushed


def test_a_head_that_is_squashed_is_one_finding_of_its_pull_request(project: Project):
    project.repo.branch("feature").commit_file("new.py", "x = 1\ndanger(x)\n", "work")
    project.repo.pull_head(2, "feature")
    project.scan(ref="refs/pull/2/head", pull_request=2, stage="pre_merge")
    project.repo.checkout("main")
    project.pull(2, project.repo.squash("feature", "Work (#2)"))
    project.scan()
    old, row = project.findings()
    told = (row["introduced_by"], row["first_seen_stage"], row["introduced_commit"], old["introduced_by"])
    assert told == (2, "pre_merge", project.repo.head, 1)


def test_a_fix_ends_the_finding_and_its_revert_reopens_it(project: Project):
    fix = project.repo.commit_file("app.py", START.replace("danger", "safe"), "Fix")
    project.scan()
    assert [row["gone_at"] is None for row in project.findings()] == [False]
    project.repo.commit_file("app.py", START, f'Revert "Fix"\n\nThis reverts commit {fix}.')
    project.scan()
    (row,) = project.findings()
    assert (row["gone_at"], row["introduced_by"]) == (None, 1)


def test_other_settings_of_history_are_a_reason_to_derive_again():
    def told(**git: object) -> list[object]:
        return _judging(
            IngestSettings(sources=SourcesSettings(git=GitSettings(**git)), repositories=[REPOSITORY])
        )

    assert told() == told(at_once=2)
    assert told() != told(exclude=[REPOSITORY])
    assert told() != _judging(IngestSettings(repositories=[REPOSITORY]))
