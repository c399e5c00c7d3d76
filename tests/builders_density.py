"""Builders for tables about vulnerabilities: say who added how many lines with how many findings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from metrics.arms import Arm
from metrics.gate.case import Ask, Case
from metrics.measures import Slice
from metrics.measuring import Measuring
from metrics.segments import Segment, Window
from metrics.slices import Slicer
from metrics.tables import Tables
from tests.builders_metrics import (
    LATER,
    START,
    Row,
    changed_file,
    decision,
    finding,
    pilot,
    policy,
    pull_request,
    scan,
    tables,
)


@dataclass(frozen=True)
class Work:
    """What one authorship did in one repository: changes of equal size, and the findings of each."""

    authorship: str
    repository: str
    lines: int  # added by each change
    findings: tuple[int, ...]  # of each change; its length is how many changes there are
    extension: str = "py"
    confirmed: bool = True


def world(*works: Work, scanned: tuple[str, ...] | None = None) -> Tables:
    """Tables of that work; every repository is scanned after the merges unless only some are named."""
    rows: dict[str, list[Row]] = {name: [] for name in ("pull_requests", "changed_files", "findings")}
    decisions: list[Row] = []
    numbers = count(1)
    for work in works:
        for findings in work.findings:
            number, where = next(numbers), {"repository": work.repository}
            rows["pull_requests"].append(_change(number, work))
            rows["changed_files"].append(changed_file(number, f"a.{work.extension}", **where))
            ids = [f"finding-{number}-{place}" for place in range(findings)]
            rows["findings"] += [finding(each, number, **where) for each in ids]
            decisions += [decision(each) for each in ids if work.confirmed]
    names = scanned if scanned is not None else tuple(sorted({work.repository for work in works}))
    scans = [scan(f"scan-{name}", 5, repository=name) for name in names]
    return tables(**rows, scans=scans, dispositions=decisions)


def _change(number: int, work: Work) -> Row:
    return pull_request(
        number,
        repository=work.repository,
        authorship=work.authorship,
        code_additions=work.lines,
        head_branch=f"branch-{number}",
    )


def side(made: Tables, *authorships: str, measuring: Measuring | None = None) -> Slice:
    """The slice of some classes of authorship over the whole time."""
    measured = measuring or Measuring()
    case = Case(made, pilot(), policy(), Ask(LATER), measured)
    whole = Segment("all", Window("epoch", START, LATER))
    return Slicer(case).slice(Arm("side", authorships), whole)
