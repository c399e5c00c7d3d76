"""What is measured, and what stands beside it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import polars as pl

from dashboard.cli import main
from data import simulator
from data.simulator import frames
from ingest.contracts import BY_NAME
from ingest.store import Store
from tests.benchmarks import decisions, detectors, history, otlp
from tests.benchmarks.scan_files import write_scan
from tests.builders_store import run

ROOT = Path(__file__).parents[2]
TEN = 10
PULLS_OF_TEN = 2_000
IDENTIFIERS = ("scan_id", "finding_id", "event_id", "review_id")
PILOT_OF_TEN = """
[[pilot]]
name = "team-{place}"
repositories = ["acme/team-{place}"]
start_on = 2026-03-02
"""
LIVE = os.environ.get("BENCH_LIVE", "1000")
PULLS = int(os.environ.get("BENCH_PULLS", "100000"))
MILLION = int(os.environ.get("BENCH_MILLION", "1000000"))

CONFIGURATION = """
as_of = 2026-08-17
[store]
uri = "lake"
[[pilot]]
name = "all"
repositories = ["*"]
start_on = 2026-03-02
[sources.github_export]
paths = ["raw/pull_requests/**/*.json"]
"""
SCAN_SIZES = {"small": 104_000_000, "big": 500_000_000}  # bytes; the first is the biggest that is kept
SCAN_CONFIGURATION = """
[store]
uri = "lake"
[[pilot]]
name = "all"
repositories = ["*"]
start_on = 2026-03-02
[sources.sarif]
paths = ["{name}.sarif"]
"""


@dataclass(frozen=True)
class Case:
    """One command, how often it runs, and what its pace is counted in."""

    title: str
    command: Callable[[Path], Sequence[str]]
    before: Callable[[Path], None] | None = None
    rows: int = 0
    goal: str = ""
    runs: int = 0
    tells: bool = False  # prints figures of its own
    config: Callable[[Path], Path] = lambda folder: folder / "pilot.toml"
    expected_codes: tuple[int, ...] = (0,)
    python: Path = Path(sys.executable)

    def environment(self, folder: Path) -> dict[str, str]:
        return {**os.environ, "PILOT_CONFIG": str(self.config(folder))}


@dataclass(frozen=True)
class Group:
    name: str
    meaning: str
    prepare: Callable[[Path], None]
    cases: tuple[Case, ...]


def pilot(*words: str) -> Callable[[Path], Sequence[str]]:
    return lambda _folder: ("-m", "dashboard", *words)


def beside(name: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: ("-m", "tests.benchmarks.beside", name, str(folder))


def blames(way: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: ("-m", "tests.benchmarks.history", way, str(folder))


def live(folder: Path) -> Sequence[str]:
    return ("-m", "tests.benchmarks.live", str(folder))


def scans(name: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: ("-m", "tests.benchmarks.scans", name, str(folder))


def nothing(_folder: Path) -> None:
    """A group whose cases prepare for themselves."""


def demo(_folder: Path) -> Path:
    return ROOT / "data" / "pilot.toml"


def write_raw(folder: Path) -> None:
    simulator.write(folder / "raw", PULLS, 1, None)
    (folder / "pilot.toml").write_text(CONFIGURATION)


def forget(folder: Path) -> None:
    shutil.rmtree(folder / "lake", ignore_errors=True)
    (folder / "beside.duckdb").unlink(missing_ok=True)


def change_one_percent(folder: Path) -> None:
    """One pull request of a hundred is delivered again, a moment newer and with another title."""
    left = PULLS // 100
    for path in sorted((folder / "raw" / "pull_requests").rglob("*.json")):
        page = orjson.loads(path.read_bytes())
        for node in page["data"]["repository"]["pullRequests"]["nodes"][:left]:
            node["title"] += "."
            node["updatedAt"] = "2026-08-16T23:59:59Z"
            left -= 1
        path.write_bytes(orjson.dumps(page))
        if left <= 0:
            return


def write_frames(folder: Path) -> None:
    target = folder / "frames"
    target.mkdir(exist_ok=True)
    for name, frame in frames.tables(MILLION, 1).items():
        frame.write_parquet(target / f"{name}.parquet")


def write_scans(folder: Path) -> None:
    (folder / "scans").mkdir(exist_ok=True)
    for name, size in SCAN_SIZES.items():
        write_scan(folder / "scans" / f"{name}.sarif", size)
        (folder / "scans" / f"{name}.toml").write_text(SCAN_CONFIGURATION.format(name=name))


def forget_scans(folder: Path) -> None:
    shutil.rmtree(folder / "scans" / "lake", ignore_errors=True)


def scan_configuration(name: str) -> Callable[[Path], Path]:
    return lambda folder: folder / "scans" / f"{name}.toml"


def ingest_demo(_folder: Path) -> None:
    main(["ingest", "--json", "--config", str(demo(_folder))])


def ingest_ten(folder: Path) -> None:
    """Ten pilots of one repository each, straight into published tables."""
    store = Store(str(folder / "ten" / "lake"))
    for place in range(TEN):
        made = frames.tables(PULLS_OF_TEN, place)
        for name, frame in made.items():
            store.write(BY_NAME[name], _of_pilot(frame, place))
    store.publish(run("run-1", "2026-08-17T06:00:00Z"))
    pilots = "".join(PILOT_OF_TEN.format(place=place) for place in range(TEN))
    (folder / "ten" / "pilot.toml").write_text(f'as_of = 2026-08-17\n[store]\nuri = "lake"\n{pilots}')


def _of_pilot(frame: pl.DataFrame, place: int) -> pl.DataFrame:
    """The same rows under a repository, and with identifiers, of their own."""
    own = {"repository": pl.lit(f"acme/team-{place}")}
    ids = [name for name in IDENTIFIERS if name in frame.columns]
    owned = {name: value for name, value in own.items() if name in frame.columns}
    return frame.with_columns(**owned, **{name: pl.format(f"{place}-{{}}", name) for name in ids})


def unseal_ten(folder: Path) -> None:
    shutil.rmtree(folder / "ten" / "lake" / "snapshots", ignore_errors=True)
    shutil.rmtree(folder / "ten" / "lake" / "tables" / "snapshots", ignore_errors=True)


def ten(folder: Path) -> Path:
    return folder / "ten" / "pilot.toml"


def otlp_files(way: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: ("-m", "tests.benchmarks.otlp", way, str(folder))


def decided(name: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: ("-m", "tests.benchmarks.decisions", name, str(folder))


def verdicts(module: str, name: str) -> Callable[[Path], Sequence[str]]:
    return lambda folder: ("-m", f"tests.benchmarks.{module}", name, str(folder))


GROUPS: tuple[Group, ...] = (
    Group(
        "ingest",
        f"{PULLS:,} pull requests with reviews, from GitHub's GraphQL pages to published tables",
        write_raw,
        (
            Case(
                "pilot ingest (contracts, quarantine, authorship, publish)",
                pilot("ingest"),
                forget,
                PULLS,
                runs=1,
            ),
            Case("  again, nothing new", pilot("ingest"), None, PULLS),
            Case("  again, 1 % of the pull requests changed", pilot("ingest"), change_one_percent, runs=1),
            Case(
                "DuckDB read_json + insert or replace (pull requests and reviews only)",
                beside("duckdb"),
                forget,
                PULLS,
                runs=1,
            ),
        ),
    ),
    Group(
        "scans",
        "SARIF files of two scanners: 100 MB with 130,000 results, 500 MB with 625,000; and real ones",
        write_scans,
        (
            Case(
                "100 MB by turns with a bare typed decoder (the readings are printed)",
                scans("beside_decoder"),
                runs=1,
                goal="1.5 times the bare decoder",
                tells=True,
            ),
            Case("file to rows, 100 MB, whole process with imports", scans("parse_small"), rows=130_000),
            Case("file to rows, 500 MB", scans("parse_big"), rows=625_000, goal="under 400 MB", runs=1),
            Case(
                "pilot ingest, 500 MB",
                pilot("ingest"),
                forget_scans,
                625_000,
                runs=1,
                config=scan_configuration("big"),
            ),
            Case(
                "real files by this product and by sarif-tools (the counts are printed)",
                scans("real"),
                runs=1,
                tells=True,
            ),
        ),
    ),
    Group(
        "github",
        f"{int(LIVE):,} pull requests read live; a point is one of the 5,000 that an hour has, by either way",
        nothing,
        (
            Case(
                "all readings at both latencies (the readings are printed)",
                live,
                runs=1,
                tells=True,
            ),
        ),
    ),
    Group(
        "demo",
        "whole process with imports, on the demo",
        ingest_demo,
        (
            Case(
                "pilot gate --json",
                pilot("gate", "--json"),
                goal="under 2.5 s",
                config=demo,
                expected_codes=(0, 20, 21, 22),
            ),
            Case("pandas: read the same pages, escapes per sprint only", beside("pandas_demo"), config=demo),
        ),
    ),
    Group(
        "gate",
        f"verdict over {MILLION:,} pull requests",
        write_frames,
        (
            Case(
                "gate: all sprints, criteria, baselines, evidence",
                beside("gate"),
                rows=MILLION,
                goal="under 5 s and 2 GB",
            ),
            Case("pandas: escapes per sprint only", beside("pandas_gate"), rows=MILLION),
        ),
    ),
    Group(
        "metrics",
        f"numbers over {MILLION:,} pull requests",
        write_frames,
        (
            Case(
                "every metric: each sprint, the whole, each agent, every comparison",
                beside("metrics"),
                rows=MILLION,
                goal="under 8 s and 3 GB",
            ),
            Case("medians to approval, merge, rejection, with intervals", beside("medians"), rows=MILLION),
            Case("pandas: the same medians only", beside("pandas_medians"), rows=MILLION),
        ),
    ),
    Group(
        "snapshot",
        f"the sealed week of {TEN} pilots, {TEN * PULLS_OF_TEN:,} pull requests, whole process with imports",
        ingest_ten,
        (
            Case("pilot snapshot", pilot("snapshot"), unseal_ten, goal="under 10 s", config=ten),
            Case("  again, nothing new", pilot("snapshot"), config=ten),
        ),
    ),
    Group(
        "pages",
        "server time of each page of the demo; the second and later looks are warm",
        ingest_demo,
        (
            Case(
                "all pages twice, whole process (the looks are printed)",
                beside("pages"),
                runs=1,
                tells=True,
                config=demo,
            ),
        ),
    ),
    Group(
        "history",
        f"origins of {history.FINDINGS:,} lines in {history.FILES} files of {history.COMMITS:,} commits",
        history.prepare,
        (
            Case("traced, walked back and written", blames("traced"), history.forget, rows=history.FINDINGS),
            Case("  blame alone, by files", blames("batched"), rows=history.FINDINGS),
            Case("  blame alone, line by line", blames("one_by_one"), rows=history.FINDINGS, runs=1),
        ),
    ),
    Group(
        "approvals",
        "100 MB of OTLP JSON lines, file to frames, beside a bare orjson walk",
        otlp.prepare,
        (
            Case(
                "by turns in one process", otlp_files("beside"), runs=1, tells=True, goal="within 1.5 times"
            ),
            Case("  reading alone, for its memory", otlp_files("read"), goal="flat memory"),
        ),
    ),
    Group(
        "decisions",
        "permission decisions judged and counted; python -m tests.benchmarks.decisions growth 1 10 100",
        decisions.prepare,
        (
            Case("counted, and the headline", decided("summary"), tells=True),
            Case("grid, heat map, curves, trend", decided("page"), tells=True),
        ),
    ),
    Group(
        "detectors",
        f"{detectors.UNITS} detectors x {detectors.MILLION:,} labelled verdicts: FPR, FNR, AUC, precision;"
        " python -m tests.benchmarks.detectors growth 1 10 100",
        detectors.prepare,
        (
            Case(
                "with intervals, from the tables of verdicts and labels",
                verdicts("detectors", "ours"),
                rows=detectors.UNITS * detectors.MILLION,
                goal="faster than both below, under 2 GB",
                tells=True,
            ),
            Case(
                "pandas and scikit-learn, no intervals",
                verdicts("detectors_beside", "sklearn"),
                rows=detectors.UNITS * detectors.MILLION,
                tells=True,
            ),
            Case(
                "polars and scikit-learn, no intervals",
                verdicts("detectors_bare", "sklearn"),
                rows=detectors.UNITS * detectors.MILLION,
                tells=True,
            ),
            Case(
                "evidently, no intervals and no average precision",
                verdicts("detectors_beside", "evidently"),
                rows=detectors.UNITS * detectors.MILLION,
                runs=1,
                tells=True,
                python=detectors.PYTHON,
            ),
        ),
    ),
)
