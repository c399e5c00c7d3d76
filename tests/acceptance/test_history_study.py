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
from ingest.history.origins import trace
from ingest.history.surviving import count_surviving
from ingest.settings import ClassSettings, GitSettings, IngestSettings, SourcesSettings
from ingest.store import Store

FOLDER: Final = os.environ.get("PILOT_STUDY_MIRRORS", "")
REPOSITORIES: Final = ("Aider-AI/aider", "simonw/datasette", "OpenHands/OpenHands")
AT: Final = datetime(2026, 11, 21, tzinfo=UTC)
MIGRATIONS: Final = ["**/migrations/**", "**/alembic/versions/**"]

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(not FOLDER, reason="PILOT_STUDY_MIRRORS names no folder of mirrors"),
]


@dataclass(frozen=True)
class Study:
    """One repository: what landed, and where the findings of its head come from."""

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
    settings = IngestSettings(
        sources=SourcesSettings(git=GitSettings(repositories=[repository])), classes=only_python(git)
    )
    write_scan(store, repository, git, scanned(git, folder / "tree"))
    remarks = land(store, mirrors, settings, AT)
    remarks |= trace(store, mirrors, settings, AT) | count_surviving(store, mirrors, settings, AT)
    results = production(store.current("scan_results").collect(), settings.classes)
    found = results.join(store.current("line_origins").collect(), on=("path", "line"), how="left")
    return Study(store.current("landed_commits").collect(), found, remarks)


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


def production(results: pl.DataFrame, classes: ClassSettings) -> pl.DataFrame:
    return classify_files(results, classes).filter(file_class="code")


@pytest.fixture(scope="module", params=REPOSITORIES)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    made = studied(request.param, tmp_path_factory.mktemp("study"))
    print(f"\n{request.param}: {made.findings.height} findings, {made.remarks}\n{made.table}")
    return made
