"""What does Lakera Guard answer? Five levels of confidence, and no number."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from data.simulator.detectors.planted import PlantedVerdict
from data.simulator.draws import stream


def guard(one: PlantedVerdict) -> dict[str, Any]:
    """The answer of /v2/guard with its breakdown: a verdict of the policy, and one of each detector type."""
    flags = one.verdict == "flag"
    part = {"detector_type": "prompt_attack", "detected": flags, "confidence": one.level}
    uuid = UUID(int=stream("request", one.item.event_id).getrandbits(128), version=4)  # type: ignore[arg-type]
    return {"flagged": flags, "breakdown": [part], "metadata": {"request_uuid": str(uuid)}}


def results(one: PlantedVerdict) -> dict[str, Any]:
    """The answer of /v2/guard/results: levels only, whatever the policy flags."""
    return {"results": [{"detector_type": "prompt_attack", "result": one.level}]}
