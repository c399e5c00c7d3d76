"""Spans that GitHub Copilot exports to a file, in the shape of the JavaScript SDK."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sources.approvals.copilot_otel import COPILOT_OTEL
from tests.ingest.approvals.reading import SHARED, at, lines, read
from tests.ingest.approvals.spoiling import spoilt

RESOURCE = {"attributes": {"service.name": "github-copilot", "service.version": "1.0.78"}}


def span(**attributes: Any) -> dict[str, Any]:
    return {
        "type": "span", "name": "chat m", "startTime": [1785772223, 288000000], "attributes": attributes,
        "resource": RESOURCE,
    }  # fmt: skip


def test_spans_tell_versions_and_models_and_no_decision() -> None:
    told = read(
        COPILOT_OTEL,
        lines(span(**{"gen_ai.request.model": "m-1"}), {"type": "metric", "name": "github.copilot.x"}),
    )
    assert not told.signals
    assert {(row["kind"], row["name"]) for row in told.sightings} == {
        ("agent_version", "1.0.78"),
        ("model", "m-1"),
    }
    assert told.sightings[0]["seen_at"] == at("2026-08-03T15:50:23Z")
    assert told.left_out["spans of Copilot carry no permission"] == 1
    assert sum(told.left_out.values()) == 2


def test_spans_are_known_by_the_name_of_their_service() -> None:
    assert COPILOT_OTEL.recognises(lines(span())[0], "any")
    assert not COPILOT_OTEL.recognises(
        lines({"type": "span", "resource": {"attributes": {"service.name": "shop"}}})[0], "any"
    )
    assert not COPILOT_OTEL.recognises(lines({"resourceSpans": []})[0], "any")


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_no_spoilt_value_stops_reading(data: st.DataObject) -> None:
    told = read(COPILOT_OTEL, lines(data.draw(spoilt(span(**{"gen_ai.request.model": "m"})))))
    assert not told.signals
    assert sum(told.left_out.values()) == 1


@pytest.mark.skipif(not SHARED.exists(), reason="the corpus of real logs is not here")
@pytest.mark.parametrize(("name", "spans"), [("1550-2169", 42), ("1648-2146", 162)])
def test_real_spans_carry_no_permission(name: str, spans: int) -> None:
    content = (SHARED / "copilot_otel" / f"phase2-otel-20260803-{name}.jsonl").read_bytes()
    assert COPILOT_OTEL.recognises(content[:65536], name)
    told = read(COPILOT_OTEL, content.splitlines())
    assert told.left_out["spans of Copilot carry no permission"] == spans
    assert (told.names("agent_version"), told.names("model")) == (["1.0.78-2"], ["claude-opus-4.6"])
