"""Which entries does a nested list hold, and does it go on beyond what was saved?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from ingest.sources.github_export.shapes import (
    ChangedFile,
    CommitEntry,
    Connection,
    Event,
    PullRequest,
    Review,
)

T = TypeVar("T")
COLLECTOR_LIMITS: Final = (30, 50, 100)  # page sizes of GitHub's interfaces: full to the brim means cut


@dataclass(frozen=True)
class Listed(Generic[T]):
    """Entries of a list, whether it was collected at all, and whether it is known to be cut."""

    items: list[T]
    is_known: bool
    is_cut: bool


def listed(given: list[T | None] | Connection[T] | None) -> Listed[T]:
    """Entries in either spelling; without a word on its length, a list of a page's size was cut."""
    if given is None:
        return Listed([], is_known=False, is_cut=False)
    if isinstance(given, list):
        return Listed(_present(given), is_known=True, is_cut=len(given) in COLLECTOR_LIMITS)
    entries = given.nodes
    if entries is None and given.edges is not None:
        entries = [edge.node if edge else None for edge in given.edges]
    is_known = entries is not None
    return Listed(
        _present(entries or []), is_known=is_known, is_cut=is_known and _goes_on(given, entries or [])
    )


def _present(entries: list[T | None]) -> list[T]:
    return [entry for entry in entries if entry is not None]


def _goes_on(given: Connection[T], entries: list[T | None]) -> bool:
    if given.total_count is not None:
        return given.total_count > len(entries)
    if given.page_info is not None:
        return given.page_info.has_next_page
    return len(entries) in COLLECTOR_LIMITS


@dataclass(frozen=True)
class Lists:
    """The nested lists of a node, unwrapped once."""

    files: Listed[ChangedFile]
    reviews: Listed[Review]
    events: Listed[Event]
    commits: Listed[CommitEntry]

    @classmethod
    def of(cls, node: PullRequest) -> Lists:
        """Unwrap the lists of a node."""
        return cls(
            listed(node.files), listed(node.reviews), listed(node.timeline_items), listed(node.commits)
        )

    def cut(self, labels: Listed[Any]) -> list[str]:
        """Names of the tables whose rows are known to be incomplete."""
        named: dict[str, Listed[Any]] = {
            "changed_files": self.files,
            "reviews": self.reviews,
            "review_events": self.events,
        }
        named |= {"commits": self.commits, "labels": labels}
        return [name for name, entries in named.items() if entries.is_cut]
