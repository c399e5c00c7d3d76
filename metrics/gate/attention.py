"""What has to be done, and by whom, before the answer can get better?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from metrics.arrivals import KEY
from metrics.calendar import EpochWindow, epoch_at
from metrics.features import SCANS_UNREAD
from metrics.findings import unattributed
from metrics.gate.policy import Policy
from metrics.gate.states import Attention, SprintCount
from metrics.history import PUSHED
from metrics.pilot import Pilot

REVIEWERS: Final = "security reviewers"
SCANNING: Final = "whoever runs the scans"
OWNERS: Final = "owners of the pilot"
OPERATORS: Final = "whoever runs `pilot ingest`"


def undeclared(changes: pl.DataFrame, pilot: Pilot, windows: Sequence[EpochWindow]) -> tuple[str, ...]:
    """Agents and models that came later than a sprint into their epoch and that no epoch names.

    >>> from datetime import date
    >>> from metrics.calendar import epochs
    >>> columns = {"agent": pl.String, "model": pl.String, "merged_at": pl.Datetime("us", "UTC")}
    >>> pilot = Pilot("p", ("a/b",), date(2026, 6, 1))
    >>> undeclared(pl.DataFrame(schema=columns), pilot, epochs(pilot))
    ()
    """
    declared = {name.lower() for window in windows for name in window.agents}
    grace = timedelta(days=pilot.sprint_days)
    first_seen = (
        changes.filter(pl.col("agent").is_not_null() | pl.col("model").is_not_null())
        .group_by("agent", "model")
        .agg(pl.col("merged_at").min())
        .sort("merged_at", "agent", "model")
    )
    return tuple(
        " ".join(name for name in (agent, model) if name)
        for agent, model, first in first_seen.iter_rows()
        if first - epoch_at(windows, first).start_at > grace and (model or agent).lower() not in declared
    )


def from_findings(findings: pl.DataFrame) -> tuple[Attention, ...]:
    """Findings that wait for a decision, or for somebody to say where they come from."""
    untriaged = findings.filter(pl.col("is_escape") & (pl.col("status") == "unreviewed"))
    nobodys = unattributed(findings)
    is_pushed = pl.col("unexplained") == PUSHED
    bypasses = findings.filter(pl.col("is_bypass"))
    merged_over = sorted(
        {f"{name}#{number}" for name, number in bypasses.select("repository", "number").rows()}
    )
    return _present(
        _of_rows("Decide about untriaged escapes", REVIEWERS, untriaged, "first_seen_at"),
        _of_rows(
            "Say which change introduced unattributed findings",
            REVIEWERS,
            nobodys.filter(~is_pushed),
            "first_seen_at",
        ),
        _of_rows(
            "Decide about findings pushed past review", OWNERS, nobodys.filter(is_pushed), "first_seen_at"
        ),
        Attention(
            "Explain changes merged over a reported finding",
            OWNERS,
            _since(bypasses, "merged_at"),
            tuple(merged_over),
        ),
    )


def from_scans(
    unusable: pl.DataFrame, sprints: Iterable[SprintCount], policy: Policy
) -> tuple[Attention, ...]:
    """Scans that say nothing, and sprints at which too little looked."""
    files = tuple(dict.fromkeys(unusable["file"]))
    blind = [sprint for sprint in sprints if sprint.mature and _is_blind(sprint, policy)]
    names = tuple(f"sprint {sprint.number}: {sprint.detected} of {sprint.changes}" for sprint in blind)
    return _present(
        Attention("Mend or withdraw scans that say nothing", SCANNING, _since(unusable, "scanned_at"), files),
        Attention(
            "Scan the protected branch after merges", SCANNING, blind[0].start if blind else None, names
        ),
    )


def from_rules(changes: pl.DataFrame) -> tuple[Attention, ...]:
    """Changes whose merge bypassed a rule of their repository."""
    bypassing = changes.filter(pl.col("rules_bypassed").fill_null(value=False))
    names = tuple(f"{name}#{number}" for name, number in bypassing.select(KEY).rows())
    return _present(
        Attention("Explain changes merged past a rule", OWNERS, _since(bypassing, "merged_at"), names)
    )


def from_features(changes: pl.DataFrame) -> tuple[Attention, ...]:
    """Repositories whose code scanning the code host does not show, and that no other scan is of."""
    refused = tuple(changes[SCANS_UNREAD].drop_nulls().unique().sort())
    return _present(Attention("Let code scanning be read, or add SARIF files", SCANNING, None, refused))


def from_agents(names: tuple[str, ...]) -> tuple[Attention, ...]:
    """Agents or models at work that nobody declared."""
    return _present(Attention("Declare new agents or models as an epoch", OWNERS, None, names))


def from_gaps(gaps: tuple[str, ...]) -> tuple[Attention, ...]:
    """Files and rows that were delivered and could not be taken in."""
    return _present(Attention("Mend files that were refused, and ingest again", OPERATORS, None, gaps))


def _is_blind(sprint: SprintCount, policy: Policy) -> bool:
    return sprint.changes > 0 and sprint.detected / sprint.changes < policy.detection_share


def _of_rows(what: str, who: str, rows: pl.DataFrame, since: str) -> Attention:
    return Attention(what, who, _since(rows, since), tuple(rows["finding_id"]))


def _since(rows: pl.DataFrame, column: str) -> datetime | None:
    oldest = rows[column].min()
    return oldest if isinstance(oldest, datetime) else None


def _present(*items: Attention) -> tuple[Attention, ...]:
    return tuple(item for item in items if item.rows)
