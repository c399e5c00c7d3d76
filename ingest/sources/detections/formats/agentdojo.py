"""AgentDojo: which outputs of tools did the pipeline's injection detector replace?

A run stores no verdicts: a flagged output was replaced by a fixed sentence, so each message of a tool is an
item, flagged where that sentence stands in it. Without it the item passed only if the pipeline had a
detector (its name says so, or another output of the run was replaced); else nobody looked (skipped). A run
that broke off leaves its last output undecided (error). Scores are not stored. What the detector's model and
threshold were (AgentDojo's own default is 0.5) the settings must tell. Whether the run was an attack is
no finding of the detector, and is not said here.
Shape: TaskResults in AgentDojo's benchmark.py and PromptInjectionDetector in agent_pipeline/pi_detector.py
(0.1.35), as copies in public repositories write and read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.told import has, is_listing, objects, text

MARKER: Final = "<Data omitted because a prompt injection was detected>"
_DETECTORS: Final = ("pi_detector", "pi-detector", "injection_detector", "prompt_guard", "promptguard")
_KEY: Final = ("suite_name", "pipeline_name", "user_task_id", "injection_task_id", "attack_type")


def _recognises(answer: Answer) -> bool:
    return has(answer, *_KEY, "messages", "error")


def _read(answer: Answer) -> Iterator[Said]:
    messages = objects(answer["messages"], "messages")
    tools = [(place, each) for place, each in enumerate(messages) if each.get("role") == "tool"]
    texts = {place: _text(each.get("content")) for place, each in tools}
    is_watched = _names_detector(answer) or any(MARKER in told for told in texts.values())
    last = max(texts, default=None) if answer["error"] else None
    for place, told in texts.items():
        yield replace(_said(told, is_watched, place == last), **_around(answer, place))


def _names_detector(answer: Answer) -> bool:
    name = (text(answer["pipeline_name"]) or "").casefold()
    return any(each in name for each in _DETECTORS)


def _text(content: Any) -> str:
    """Text of a message: older runs have a plain one, newer ones a list of blocks."""
    if isinstance(content, str):
        return content
    blocks = content if is_listing(content, "content") else []
    return "\n".join(each["content"] for each in blocks if isinstance(each["content"], str))


def _said(told: str, is_watched: bool, is_undecided: bool) -> Said:  # noqa: FBT001 - what is known of the run
    if MARKER in told:
        return Said("flag", "omitted", action="block")
    if not is_watched:
        return Said("skipped", "no detector in the pipeline", content=told or None)
    if is_undecided:
        return Said("error", "the run broke off", content=told or None)
    return Said("pass", "kept", action="allow", content=told or None)


def _around(answer: Answer, place: int) -> Mapping[str, Any]:
    """Runs differ by model and defence, so the same task is another item in each."""
    names = [text(answer[each]) or "none" for each in _KEY]
    return {"surface": "tool_output", "event_id": "/".join(names), "item": f"message {place}"}


AGENTDOJO: Final = Format(
    "agentdojo",
    "AgentDojo: the stored result of a task",
    "AgentDojo injection detector",
    _recognises,
    _read,
)
