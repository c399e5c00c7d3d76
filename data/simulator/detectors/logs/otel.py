"""How do OpenTelemetry events tell of an evaluation (`gen_ai.evaluation.result`), as OTLP/JSON?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from data.simulator.detectors.planted import PlantedVerdict

EVENT: Final = "gen_ai.evaluation.result"
OBSERVED_AT: Final = datetime(2026, 6, 1, tzinfo=UTC)  # of items without a moment: telemetry has always one
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def evaluation_messages(planted: Iterable[PlantedVerdict]) -> list[dict[str, Any]]:
    """One export request per verdict."""
    return [{"resourceLogs": [_resource(one)]} for one in planted]


def _resource(one: PlantedVerdict) -> dict[str, Any]:
    service = {"key": "service.name", "value": {"stringValue": one.item.cohort}}
    scope = {"scope": {"name": "guard"}, "logRecords": [_record(one)]}
    return {"resource": {"attributes": [service]}, "scopeLogs": [scope]}


def _record(one: PlantedVerdict) -> dict[str, Any]:
    seconds = int(((one.item.occurred_at or OBSERVED_AT) - EPOCH).total_seconds())
    at = str(seconds * 10**9)
    return {"timeUnixNano": at, "observedTimeUnixNano": at, "eventName": EVENT, "attributes": _told(one)}


def _told(one: PlantedVerdict) -> list[dict[str, Any]]:
    words = {"gen_ai.evaluation.name": one.detector.name, "gen_ai.response.id": one.item.event_id}
    if one.has_answer:
        words["gen_ai.evaluation.score.label"] = one.verdict
    else:
        words["error.type"] = "timeout"
    told = [{"key": name, "value": {"stringValue": value}} for name, value in words.items()]
    if one.score is not None:
        told.append({"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": one.score}})
    return told
