"""What do the scanners see of a history, and into which files does it go?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from data.simulator.histories.commits import Commit
from data.simulator.histories.kinds import Kind, rule_of
from data.simulator.histories.lines import Flagged, flagged
from data.simulator.sarif import Run
from data.simulator.truth import Tool
from data.simulator.weaknesses import Weakness


@dataclass(frozen=True)
class Scanned:
    """One run of a tool over one commit."""

    tool: Tool
    commit: Commit
    ref: str
    at: datetime
    pull_request: int | None = None

    def seen(self, planted: Sequence[Kind]) -> list[Flagged]:
        """Weaknesses that the tool reports: those that are in the commit and that it has a rule for."""
        return [one for one in flagged(self.commit.tree) if rule_of(self.tool, planted[one.weakness - 1])]

    def run(self, planted: Sequence[Kind], repository: str) -> Run:
        """The run as the tool writes it."""
        label = self.ref.removeprefix("refs/").replace("/", "-")
        found = [self._weakness(one, planted[one.weakness - 1]) for one in self.seen(planted)]
        return Run(self.tool, repository, self.commit.sha, self.ref, self.at, label, found)

    def _weakness(self, one: Flagged, kind: Kind) -> Weakness:
        rule = rule_of(self.tool, kind) or self.tool.rules[0]
        # Present from this very moment: the line is where the commit has it.
        return Weakness("", self.tool, rule, one.path, one.text.strip(), one.line, self.at, None)


def portions(scans: Sequence[Scanned], size: int) -> Iterator[Sequence[Scanned]]:
    """Runs that go into one file each, in their order."""
    for start in range(0, len(scans), size):
        yield scans[start : start + size]
