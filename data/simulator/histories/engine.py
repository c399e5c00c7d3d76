"""One history: from a truth and a seed to a repository, its pull requests, its scans and what is true.

::

    out/repository.git                                bare, with main, release/1 and every refs/pull/N/head
    out/pull_requests/<owner+name>/page-00001.json    GraphQL pages
    out/scans/0001.sarif                              runs over the main branch and over heads, in order
    out/truth.json                                    what is true of it; no source reads it
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Final

from data.simulator.files import as_line, write_page, write_sarif
from data.simulator.histories.adding import MACHINE_FILES
from data.simulator.histories.growing import Growth
from data.simulator.histories.importing import write_bare
from data.simulator.histories.pages import pull_request
from data.simulator.histories.scanning import portions
from data.simulator.histories.truth import HistoryTruth, PlantedScan, WrittenHistory
from data.simulator.scans import folder

PAGE: Final = 100
MARKS: Final = tuple(zip(MACHINE_FILES, ("generated", "generated", "vendored"), strict=True))


def write(out: Path, seed: int, truth: HistoryTruth) -> WrittenHistory:
    """Write a history into a folder that has none yet, and say what is true of it.

    Raises
    ------
    GitError
        Git is missing, or the folder holds a repository already.
    """
    growth = Growth(truth, seed)
    growth.grow()
    write_bare(growth.shop.history, out / "repository.git")
    _write_pages(growth, out / "pull_requests" / folder(truth.repository))
    _write_scans(growth, out / "scans")
    written = _told(growth, out)
    (out / "truth.json").write_bytes(as_line(asdict(written) | {"folder": None}) + b"\n")
    return written


def _write_pages(growth: Growth, out: Path) -> None:
    repository = growth.truth.repository
    nodes = [pull_request(pull, repository) for pull in growth.pulls]
    for place, start in enumerate(range(0, len(nodes), PAGE), 1):
        has_next = start + PAGE < len(nodes)
        write_page(out / f"page-{place:05d}.json", repository, nodes[start : start + PAGE], has_next=has_next)


def _write_scans(growth: Growth, out: Path) -> None:
    planted, repository = growth.shop.writer.planted, growth.truth.repository
    for place, scans in enumerate(portions(growth.scans, growth.truth.runs_per_file), 1):
        write_sarif(out / f"{place:04d}.sarif", (scan.run(planted, repository) for scan in scans))


def _told(growth: Growth, out: Path) -> WrittenHistory:
    told, tree = growth.told, growth.shop.tree
    scans = tuple(
        PlantedScan(scan.tool.name, scan.commit.sha, scan.pull_request, scan.at, len(scan.seen(told.planted)))
        for scan in growth.scans
    )
    lines = sum(len(file.lines) for file in tree.values())
    return WrittenHistory(
        out, growth.truth.repository, told.arrived[-1].commit.sha, growth.clock, tuple(told.weaknesses()),
        tuple(told.commits(tree)), scans, MARKS, lines,
    )  # fmt: skip
