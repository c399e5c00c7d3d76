"""Which row of `scans` does one analysis give, so that its silence means what it means and no more?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Final

from ingest.settings import IngestSettings
from ingest.sources.github.alerts.decisions import Row
from ingest.sources.github.alerts.told import moment, text, whole
from ingest.sources.sarif.origin import normal_ref, pull_request_of

USUAL_BRANCHES: Final = ("main", "master")  # where neither the pilots nor GitHub name the branch
MOST_RESULTS: Final = 5_000  # GitHub keeps the worst of a run, docs: "SARIF results exceed limits"
REMEDY: Final = (
    "a later ok analysis of the same category makes it good; if that category was given up, delete the "
    "analysis on GitHub and run `pilot ingest github --full`"
)


@dataclass(frozen=True)
class Branches:
    """Branches of a repository, as full refs."""

    protected: Sequence[str]
    default: str | None
    listed: frozenset[str] = frozenset()  # those beside the default one whose alerts were listed

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

    def listing(self, refs: Iterable[str]) -> Branches:
        """The same, where the alerts of these branches were listed."""
        return replace(self, listed=frozenset(refs))

    @property
    def beside_default(self) -> tuple[str, ...]:
        """Protected branches whose alerts GitHub lists only when asked for by name."""
        others = [ref for ref in self.protected if ref != self.default]
        return tuple(dict.fromkeys(others)) if self.default else ()

    def stage(self, ref: str | None) -> str:
        """Before or after merge."""
        if pull_request_of(ref) is not None:
            return "pre_merge"
        return "post_merge" if ref in self.protected else "unknown"

    def has_unread_alerts(self, ref: str | None) -> bool:
        """Whether it is a protected branch whose alerts were not listed."""
        return ref in self.beside_default and ref not in self.listed


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
        return "failed", f"GitHub says: {error}; {REMEDY}"
    if warning:
        return "partial", f"GitHub says: {warning}; {REMEDY}"
    if results >= MOST_RESULTS:
        return (
            "partial",
            f"GitHub keeps the worst {MOST_RESULTS:,} results of a run, this one has {results:,}; {REMEDY}",
        )
    if has_unread_alerts:
        return (
            "partial",
            "GitHub lists the alerts of the default branch only unless asked, and for this one it was not",
        )
    return "ok", None
