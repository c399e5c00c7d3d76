"""Hugging Face text classification: which label won, and how likely is an attack?

The score of an answer with one label is the probability of *that* label: where a benign label won, the risk
is 1 minus it. Where all labels are told, the risk is the sum of the attacks', and the label with the highest
score is the verdict (an attack wins a tie). With two labels that is decided at 0.5; an answer of one label
does not say how many there are, and a model of three has no such threshold: it is said of two labels only,
and as a default, because an application that flags from another score on says so in the settings.
Bare `LABEL_1` is only read of Prompt Guard 2, which publishes no other names. The model, where the log
names it beside the answer, is detector and version in one.
Shape: answers of transformers' pipelines as protectai/llm-guard (input_scanners/prompt_injection.py) and
deadbits/vigil-llm (scanners/transformer.py) read them; `LABEL_0` and `LABEL_1` of Prompt Guard 2 as in
mozilla-ai/any-guardrail guardrails/prompt_guard. The names under which a log keeps model and list are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import scored
from ingest.sources.detections.formats.told import has, is_listing, part, raw, share, text, wanted
from ingest.sources.detections.formats.words import verdict_of

_LISTS: Final = ("labels", "predictions", "outputs", "output", "results", "result", "scores")
_MODELS: Final = ("model", "model_id", "model_name")
_NAMELESS: Final = {"LABEL_0": "benign", "LABEL_1": "malicious"}
_PROMPT_GUARD: Final = "prompt-guard-2"
_CLASSES: Final = 2
_DIGITS: Final = 12  # of a risk that is reckoned, so that 1 - 0.1 is 0.9 and reaches a threshold of 0.9
_ROUNDING: Final = 1e-3  # scores are written with few digits; their sum need not be 1 exactly


def _recognises(answer: Answer) -> bool:
    return bool(_labels(answer))


def _labels(answer: Any) -> Sequence[Mapping[str, Any]]:
    """The answer's labels, of which there may be one; none where it is something else."""
    if isinstance(answer, list):
        inner = answer[0] if len(answer) == 1 and isinstance(answer[0], list) else answer
        return inner if is_listing(inner, "label", "score") else ()
    if has(answer, "label", "score"):
        return (answer,) if _is_plain(answer) else ()
    found = (_labels(part(answer, name)) for name in _LISTS if isinstance(part(answer, name), list))
    return next((each for each in found if each), ())


def _is_plain(answer: Mapping[str, Any]) -> bool:
    """Whether it may be a pipeline's: a text and a number, which other formats have, too, but not alone."""
    return isinstance(answer["label"], str) and _is_number(answer["score"])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read(answer: Answer) -> Iterator[Said]:
    model = next((told for name in _MODELS if (told := text(part(answer, name)))), None)
    risks = [_Label(each, model) for each in _labels(answer)]
    said = _all(risks) if len(risks) > 1 else _one(risks[0])
    yield replace(said, detector=model, version=model)


class _Label:
    """One label with what it says and how likely it is."""

    def __init__(self, told: Mapping[str, Any], model: str | None) -> None:
        name = wanted(told, "label")
        is_nameless = name in _NAMELESS if isinstance(name, str) else False
        is_known = is_nameless and _PROMPT_GUARD in (model or "").casefold()
        self.verdict = verdict_of(_NAMELESS[name] if is_known else name)
        self.name, self.written = text(name), raw(told["score"])
        score = share(wanted(told, "score"), "score")
        if score is None:
            raise ValueError("score of a label is null; expected a number from 0 to 1")
        self.score = score


def _one(label: _Label) -> Said:
    risk = label.score if label.verdict == "flag" else round(1 - label.score, _DIGITS)
    return scored(Said(label.verdict, label.name, score_raw=label.written), risk, "probability")


def _all(labels: Sequence[_Label]) -> Said:
    winner = max(labels, key=lambda each: (each.score, each.verdict == "flag"))
    total = sum(each.score for each in labels)
    if abs(total - 1) > _ROUNDING * len(labels):
        raise ValueError(
            f"the labels' scores sum to {total:.3f}; expected 1, as of labels that exclude each other"
        )
    said = Said(winner.verdict, winner.name, score_raw=winner.written)
    if len(labels) == _CLASSES:
        said = replace(said, threshold=0.5, threshold_op=">=", is_default_threshold=True)
    return scored(said, _risk(labels), "probability")


def _risk(labels: Sequence[_Label]) -> float:
    risk = sum(each.score for each in labels if each.verdict == "flag")
    return min(round(risk, _DIGITS), 1.0)


HUGGING_FACE: Final = Format(
    "hugging_face",
    "Hugging Face: labels and scores of a text classification, as of Prompt Guard, PIGuard or ProtectAI",
    "text classification",
    _recognises,
    _read,
)
