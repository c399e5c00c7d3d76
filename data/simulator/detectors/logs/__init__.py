"""How does each detector's log tell of the same verdicts? One module per format."""

from __future__ import annotations

from data.simulator.detectors.logs.bedrock import guardrail
from data.simulator.detectors.logs.encoding import csv_table, envelope, iso, json_lines
from data.simulator.detectors.logs.hugging_face import classification
from data.simulator.detectors.logs.lakera import guard, results
from data.simulator.detectors.logs.langfuse import people_scores, verdict_scores
from data.simulator.detectors.logs.litellm import guardrail_information
from data.simulator.detectors.logs.llamafirewall import scan_result
from data.simulator.detectors.logs.llm_guard import analysis
from data.simulator.detectors.logs.model_armor import sanitization
from data.simulator.detectors.logs.otel import evaluation_messages
from data.simulator.detectors.logs.prompt_shields import shield
from data.simulator.detectors.logs.tables import labels_csv, own_rows, selections_csv, verdicts_csv

__all__ = [
    "analysis",
    "classification",
    "csv_table",
    "envelope",
    "evaluation_messages",
    "guard",
    "guardrail",
    "guardrail_information",
    "iso",
    "json_lines",
    "labels_csv",
    "own_rows",
    "people_scores",
    "results",
    "sanitization",
    "scan_result",
    "selections_csv",
    "shield",
    "verdict_scores",
    "verdicts_csv",
]
