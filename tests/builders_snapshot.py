"""A small world for snapshots: what was published when, and the moment at which people look."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from dashboard.cli import main
from dashboard.composition import Question, Session, open_session
from dashboard.snapshot.content import Content
from ingest.contracts import BY_NAME
from ingest.store import Published, Store
from tests.builders_metrics import Row, day, finding, head_scan, pull_request, review, scan, tables
from tests.builders_store import run as ledger_row

WEEK = "2026-W26"  # days 21 to 28 after the start, in UTC
MONDAY = 28.2  # early on the day after it
NAMES = {"report.html", "gate.json", "metrics.json", "metrics.parquet", "metrics.csv", "metrics.xlsx"}
CONFIG = """
as_of = {as_of}
[store]
uri = "{uri}"
keep_days = 0
[[pilot]]
name = "pay"
repositories = ["acme/*"]
start_on = 2026-06-01
{more}
"""


def words_of(content: Content) -> str:
    """A stand-in for the report where its looks are not what is tested."""
    said = [f"{each.pilot} {each.verdict.state} {len(each.restated)}" for each in content.pilots]
    return f"{content.week} {content.published.run_id} {content.digest} {' '.join(said)}"


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def week_of_changes(first: int, merged: float, count: int = 12) -> dict[str, list[Row]]:
    """Approved changes of one day, scanned before and a week after their merge."""
    numbers = range(first, first + count)
    return {
        "pull_requests": [pull_request(number, merged) for number in numbers],
        "reviews": [review(number, merged - 0.05) for number in numbers],
        "scans": [
            *(head_scan(f"pre-{number}", number, merged - 0.1) for number in numbers),
            scan(f"post-{first}", merged + 3, tool="scan-b"),
        ],
    }


class World:
    """One configuration with its store; publications are made at moments of the test's choosing."""

    def __init__(self, folder: Path, uri: str = "lake", more: str = "") -> None:
        self.config = folder / "pilot.toml"
        self._uri, self._more = uri, more
        self.look(MONDAY + 0.1)

    def look(self, days: float) -> None:
        """Let people look so many days after the start."""
        text = CONFIG.format(as_of=stamp(day(days)), uri=self._uri, more=self._more)
        self.config.write_text(text, encoding="utf-8")

    def configure(self, more: str) -> None:
        """Put other settings behind the pilot's."""
        text = self.config.read_text(encoding="utf-8").rsplit("start_on = 2026-06-01\n", 1)[0]
        self._more = more
        self.config.write_text(f"{text}start_on = 2026-06-01\n{more}\n", encoding="utf-8")

    @property
    def session(self) -> Session:
        return open_session(Question(self.config))

    @property
    def store(self) -> Store:
        return self.session.store

    @property
    def root(self) -> Path:
        """Where its snapshots are."""
        return self.session.snapshot_folder

    def deliver(self, days: float, **rows: Iterable[Row]) -> Published:
        """Write rows and publish them so many days after the start."""
        store, frames = self.store, tables(**rows)
        with store.lock("deliver"):  # once: a bucket's lock costs many requests
            for name in rows:
                store.write(BY_NAME[name], getattr(frames, name).collect())
            return store.publish(ledger_row(f"run-{days}", stamp(day(days))))

    def four_weeks(self) -> Published:
        """Publish each Monday what the week before brought, up to the end of WEEK; the last publication."""
        last = None
        for week in range(4):
            merged = 7 * week + 2.0
            last = self.deliver(7 * week + 7.2 - 0.3 * (week < 3), **week_of_changes(1 + 20 * week, merged))
        assert last is not None
        return last

    def later_news(self) -> None:
        """Three more weeks, with a late finding about a change of WEEK."""
        self.deliver(35.2, **week_of_changes(101, 30.0))
        self.deliver(42.2, findings=[finding("late", 61, seen=26.0)], scans=[scan("x", 41, tool="scan-b")])
        self.deliver(49.2, **week_of_changes(121, 44.0))

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of `pilot snapshot` with these words."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(["snapshot", *words, "--config", str(self.config)])
        return code, out.getvalue(), err.getvalue()

    def json(self, *words: str) -> Any:
        """What the command prints with --json."""
        code, out, err = self.run(*words, "--json")
        assert out, (code, err)
        return json.loads(out)

    def seal(self, week: str = WEEK, *words: str) -> Any:
        """Seal a week."""
        return self.json("--week", week, *words)

    def manifest(self, name: str = WEEK) -> Any:
        """Read a manifest."""
        return json.loads((self.root / name / "manifest.json").read_bytes())


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the manifest."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "manifest.json"}
