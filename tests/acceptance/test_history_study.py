"""Real repositories end to end: who brought in what a scanner finds today, per thousand lines.

Needs mirrors that are no part of the product: PILOT_STUDY_MIRRORS names a folder of `<owner+name>/repo`.
They are copied, scanned with bandit, and counted through the product's own modules; without them these
tests are skipped. `-s` prints the tables.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import polars as pl
import pytest

from ingest.contracts import SCAN_RESULTS, SCANS, Table
from ingest.file_classes import classify_files
from ingest.history.git import Git
from ingest.history.landing import land
from ingest.history.mirrors import Mirrors
from ingest.history.origins import NO_BLAME, trace
from ingest.history.surviving import count_surviving
from ingest.settings import ClassSettings, GitSettings, IngestSettings, SourcesSettings
from ingest.store import Store

FOLDER: Final = os.environ.get("PILOT_STUDY_MIRRORS", "")
AT: Final = datetime(2026, 11, 21, tzinfo=UTC)
MIGRATIONS: Final = ["**/migrations/**", "**/alembic/versions/**"]


@dataclass(frozen=True)
class Expected:
    """What was measured at one head with bandit 1.9."""

    head: str
    commit_count: int  # that are no merges
    finding_count: int  # in production code, without the rule about assertions
    unblamed_count: int
    step_count: int  # findings whose line a later commit only moved or wrote in another form


EXPECTED: Final = {
    "Aider-AI/aider": Expected("5dc9490bb35f", 12_461, 122, 0, 23),
    "simonw/datasette": Expected("481df7ff6d78", 3_374, 127, 0, 12),
    "OpenHands/OpenHands": Expected("d6fab190bfb5", 5_547, 263, 9, 23),
}

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(not FOLDER, reason="PILOT_STUDY_MIRRORS names no folder of mirrors"),
]


@dataclass(frozen=True)
class Study:
    """One repository: what landed, and where the findings of its head come from."""

    expected: Expected
    landed: pl.DataFrame
    findings: pl.DataFrame  # one row per finding, with the columns of its line's origin
    remarks: dict[str, int]

    @property
    def table(self) -> pl.DataFrame:
        """Per class of commits: how many, findings, and thousands of lines added and standing."""
        made = self.landed.filter(~pl.col("is_merge")).with_columns(made_by=arm())
        lines = made.group_by("made_by").agg(
            commits=pl.len(),
            added=pl.col("code_additions").sum() / 1000,
            standing=pl.col("surviving_code_lines").sum() / 1000,
        )
        made_by = self.landed.select(introduced_commit="sha", made_by=arm())
        found = self.findings.join(made_by, on="introduced_commit").group_by("made_by").agg(findings=pl.len())
        both = lines.join(found, on="made_by", how="left").with_columns(pl.col("findings").fill_null(0))
        rates = {f"per_{name}": pl.col("findings") / pl.col(name) for name in ("added", "standing")}
        return both.with_columns(**rates).sort("made_by")


def arm() -> pl.Expr:
    """Commits with any mark of an agent are one class here, as in the study that this is compared with."""
    return pl.col("authorship").replace({"assisted": "agent", "automation": "bot"})


def studied(repository: str, folder: Path) -> Study:
    mirrors = Mirrors(folder / "git")
    copytree(Path(FOLDER) / repository.replace("/", "+") / "repo", mirrors.path(repository))
    git, store = Git(mirrors.path(repository)), Store(str(folder / "lake"))
    source = GitSettings(repositories=[repository])
    settings = IngestSettings(sources=SourcesSettings(git=source), classes=only_python(git))
    write_scan(store, repository, git, scanned(git, folder / "tree"))
    remarks: dict[str, int] = {}
    for look in (land, trace, count_surviving):
        remarks |= look(store, mirrors, settings, AT)
    results = classify_files(store.current("scan_results").collect(), settings.classes)
    origins = store.current("line_origins").collect()
    found = results.filter(file_class="code").join(origins, on=("path", "line"), how="left")
    return Study(EXPECTED[repository], store.current("landed_commits").collect(), found, remarks)


def only_python(git: Git) -> ClassSettings:
    """Settings under which nothing but Python counts as code, as far as the repository's history goes."""
    names = git.run("log", "--format=", "--name-only", "-z", "--no-renames").split(b"\0")
    leaves = {name.decode(errors="replace").rpartition("/")[2].strip() for name in names}
    others = {pattern_of(leaf) for leaf in leaves if leaf and not leaf.endswith(".py")}
    return ClassSettings(docs=sorted(others), generated=MIGRATIONS)


def pattern_of(leaf: str) -> str:
    suffix = Path(leaf).suffix
    return f"*{suffix}" if suffix else leaf


def scanned(git: Git, tree: Path) -> list[dict[str, Any]]:
    """Results of bandit on the head, without the rule about assertions."""
    archive = git.run("archive", "HEAD", "--", "*.py")
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(tree, filter="data")
    command = ["-m", "bandit", "-r", "-q", "-f", "json", "--skip", "B101", "."]
    done = subprocess.run([sys.executable, *command], cwd=tree, capture_output=True, check=False)
    return json.loads(done.stdout)["results"]


def write_scan(store: Store, repository: str, git: Git, results: Iterable[dict[str, Any]]) -> None:
    own = {"scan_id": "s1", "tool": "bandit", "repository": repository, "status": "ok", "stage": "post_merge",
           "commit_sha": git.text("rev-parse", "HEAD"), "scanned_at": AT, "file": "bandit.json", "cwe": [],
           "source": "study", "ingested_at": AT, "raw_ref": "bandit.json", "is_blamable": True,
           "is_security": True}  # fmt: skip
    store.write(SCANS, rows(SCANS, [own]))
    told = [
        {**own, "position": at, "finding_key": str(at), "rule": result["test_id"],
         "severity": result["issue_severity"].lower(), "path": result["filename"].removeprefix("./"),
         "line": result["line_number"]}
        for at, result in enumerate(results)
    ]  # fmt: skip
    store.write(SCAN_RESULTS, rows(SCAN_RESULTS, told))


def rows(table: Table, given: list[dict[str, Any]]) -> pl.DataFrame:
    filled = [{name: row.get(name) for name in table.columns} for row in given]
    return pl.DataFrame(filled, schema=table.polars_schema)


@pytest.fixture(scope="module", params=EXPECTED)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    head = Git(Path(FOLDER) / request.param.replace("/", "+") / "repo").text("rev-parse", "HEAD")
    if not head.startswith(EXPECTED[request.param].head):
        pytest.skip(f"the mirror of {request.param} is at {head}, which was not measured")
    made = studied(request.param, tmp_path_factory.mktemp("study"))
    print(f"\n{request.param}: {made.findings.height} findings, {made.remarks}\n{made.table}")
    return made


def test_every_commit_is_of_one_class(study: Study) -> None:
    assert study.table["commits"].sum() == study.expected.commit_count


def test_every_finding_of_production_code_has_a_commit_or_is_said_to_have_none(study: Study) -> None:
    assert study.findings.height == study.expected.finding_count
    assert study.findings["introduced_commit"].null_count() == study.expected.unblamed_count
    assert study.remarks.get(NO_BLAME, 0) == study.expected.unblamed_count


def test_no_finding_comes_from_a_merge_or_from_what_never_landed(study: Study) -> None:
    landed = study.landed.filter(~pl.col("is_merge"))["sha"]
    assert set(study.findings["introduced_commit"].drop_nulls()) <= set(landed)


def test_what_was_only_moved_or_reformatted_is_looked_past(study: Study) -> None:
    assert study.findings.filter(pl.col("steps").list.len() > 0).height == study.expected.step_count


def test_no_class_has_more_lines_standing_than_it_added(study: Study) -> None:
    assert study.table.filter(pl.col("standing") > pl.col("added")).is_empty()
    assert study.table["standing"].sum() > 0
