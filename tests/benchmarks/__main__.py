"""`make bench`: how fast is it, beside what one would use instead, in one run?

Every case runs in a process of its own, a few times; the median and the largest peak memory are
printed. These are measurements for people: no test asserts a time.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.benchmarks import cases

ROOT = Path(__file__).parents[2]
RUNS = 3


@dataclass(frozen=True)
class Measured:
    """One case: median wall seconds and peak memory of its processes."""

    seconds: float
    peak_mb: float


def measure(case: cases.Case, folder: Path) -> Measured:
    """Run a case in fresh processes; what prepares it is not timed."""
    runs = [run_once(case, folder) for _ in range(case.runs or RUNS)]
    return Measured(median(run.seconds for run in runs), max(run.peak_mb for run in runs))


def run_once(case: cases.Case, folder: Path) -> Measured:
    if case.before is not None:
        apart(case.before, folder)
    command = [str(case.python), *case.command(folder)]
    began = perf_counter()
    out = None if case.tells else subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL, env=case.environment(folder)
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in case.expected_codes:
        sys.exit(f"bench: {case.title} ended with {os.waitstatus_to_exitcode(status)}: {command}")
    return Measured(seconds, usage.ru_maxrss / 1024)


def apart(work: Callable[[Path], None], folder: Path) -> None:
    """Prepare in a process of its own: a child's peak memory begins at that of the parent it leaves."""
    process = get_context("spawn").Process(target=work, args=(folder,))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"bench: {work.__name__} ended with {process.exitcode}")


def report(case: cases.Case, measured: Measured) -> None:
    pace = f"{case.rows / measured.seconds:>12,.0f} rows/s" if case.rows else " " * 19
    goal = f"   goal {case.goal}" if case.goal else ""
    print(
        f"{case.title:<72} {measured.seconds:>8.2f} s {measured.peak_mb:>7,.0f} MB {pace}{goal}", flush=True
    )


def main() -> None:
    wanted = sys.argv[1:]
    print(f"{platform.python_version()} on {os.cpu_count()} cores; median of {RUNS} processes", flush=True)
    with tempfile.TemporaryDirectory(prefix="pilot-bench-") as folder:
        for group in cases.GROUPS:
            if wanted and group.name not in wanted:
                continue
            print(f"\n{group.name}: {group.meaning}", flush=True)
            apart(group.prepare, Path(folder))
            for case in group.cases:
                report(case, measure(case, Path(folder)))


if __name__ == "__main__":
    main()
