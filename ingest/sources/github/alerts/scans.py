"""Which row of `scans` does one analysis give, so that its silence means what it means and no more?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from ingest.settings import IngestSettings
from ingest.sources.github.alerts.decisions import Row
from ingest.sources.github.alerts.told import moment, text, whole
from ingest.sources.sarif.origin import normal_ref, pull_request_of

USUAL_BRANCHES: Final = ("main", "master")  # where neither the pilots nor GitHub name the branch
MOST_RESULTS: Final = 5_000  # GitHub keeps the worst of a run, docs: "SARIF results exceed limits"


@dataclass(frozen=True)
class Branches:
    """Branches of a repository, as full refs."""

    protected: Sequence[str]
    default: str | None

    @classmethod
    def of(cls, repository: str, default: str | None, settings: IngestSettings) -> Branches:
        """Branches that the pilots protect, else the default branch, else the usual names."""
        by_pilot = [
            branch
            for pattern, branch in settings.protected_branches.items()
            if fnmatchcase(repository, pattern)
        ]
        names = by_pilot or ([default] if default else USUAL_BRANCHES)
        return cls([ref for name in names if (ref := normal_ref(name))], normal_ref(default))

    def stage(self, ref: str | None) -> str:
        """Before or after merge."""
        if pull_request_of(ref) is not None:
            return "pre_merge"
        return "post_merge" if ref in self.protected else "unknown"

    def has_unread_alerts(self, ref: str | None) -> bool:
        """Whether a protected branch is not the one whose alerts GitHub lists."""
        return self.default is not None and self.stage(ref) == "post_merge" and ref != self.default


def scan_row(analysis: Any, repository: str, raw: str, branches: Branches) -> Row:
    """One analysis as a scan.

    Its version of the rules is the tool's, as for SARIF files: a new version that reports old code is no
    news of whoever merged last (definitions 2).
    """
    ref = normal_ref(text(analysis, "ref"))
    number, version = whole(analysis, "id"), text(analysis, "tool", "version")
    status, reason = _status(analysis, has_unread_alerts=branches.has_unread_alerts(ref))
    return {
        "scan_id": f"github-analysis-{number}",
        "tool": text(analysis, "tool", "name") or text(analysis, "tool_name"),
        "tool_version": version,
        "rules_version": version,
        "category": text(analysis, "category") or text(analysis, "analysis_key"),
        "repository": repository,
        "commit_sha": text(analysis, "commit_sha"),
        "ref": ref,
        "pull_request": pull_request_of(ref),
        "stage": branches.stage(ref),
        "status": status,
        "status_reason": reason,
        "scanned_at": moment(analysis, "created_at"),
        "result_count": whole(analysis, "results_count"),
        "file": f"raw/{raw}",
        "raw_ref": f"raw/{raw}#code_scanning/analyses/{number}",
    }


def _status(analysis: Any, *, has_unread_alerts: bool) -> tuple[str, str | None]:
    error, warning = text(analysis, "error"), text(analysis, "warning")
    results = whole(analysis, "results_count") or 0
    if error:
        return "failed", f"GitHub says: {error}"
    if warning:
        return "partial", f"GitHub says: {warning}"
    if results >= MOST_RESULTS:
        return (
            "partial",
            f"GitHub keeps the worst {MOST_RESULTS:,} results of a run, this one has {results:,}",
        )
    if has_unread_alerts:
        return "partial", "GitHub lists the alerts of the default branch only, and this is another one"
    return "ok", None
