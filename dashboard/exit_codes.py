"""Which exit code does a verdict, or a run, give a build pipeline?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from json import loads
from typing import Any, Final

from ingest.errors import RefusedFileError, SourceError
from ingest.sources import SOURCES
from ingest.sources.base import LiveSource
from metrics.gate.states import Verdict

ALLOWED: Final = 0
RULE_BROKEN: Final = 20
CANNOT_TELL: Final = 21
NOT_PROVEN: Final = 22
WORST_FIRST: Final = (RULE_BROKEN, CANNOT_TELL, NOT_PROVEN, ALLOWED)


def gate_exit_code(verdicts: Iterable[Verdict]) -> int:
    """The worst answer of the selected pilots: 20 before 21 before 22 before 0."""
    codes = {exit_code(verdict) for verdict in verdicts}
    return next((code for code in WORST_FIRST if code in codes), ALLOWED)


def exit_code(verdict: Verdict) -> int:
    """0 allowed; 20 rule broken or a blocking criterion not met; 21 cannot tell yet; 22 not proven."""
    blocking = [outcome for outcome in verdict.criteria if outcome.blocking]
    is_broken = verdict.state in {"ABOVE_PROVEN", "NOT_MET"}
    is_refused = any(outcome.state == "not_met" for outcome in blocking)
    is_unknown = any(outcome.state in {"not_enough_evidence", "not_measurable"} for outcome in blocking)
    if verdict.allowed:
        return ALLOWED
    if is_broken or is_refused:
        return RULE_BROKEN
    is_only_proof_missing = verdict.blocked_by == ("proven",) and verdict.readings.proven is False
    return NOT_PROVEN if is_only_proof_missing and not is_unknown else CANNOT_TELL


def ingest_exit_code(rows: Iterable[Mapping[str, Any]]) -> int:
    """11 if a source, or a place of a live one, was refused; else 12 if a file was; rows are ledger rows."""
    refused = {row["source"]: loads(row["files_refused"]) for row in rows}
    live = {source.name for source in SOURCES if isinstance(source, LiveSource)}
    if any(places and (name in live or name in places) for name, places in refused.items()):
        return SourceError.exit_code
    return RefusedFileError.exit_code if any(refused.values()) else ALLOWED
