"""any-guardrail: did a guardrail find its item valid?

`valid` is true where the item is safe; null is no verdict, an error. The score is from 0 to 1, higher =
riskier, or null where the guardrail has none: it stays null. It is no probability in general: levels of
hosted services are mapped onto it, and yes or no to 1 and 0. The model behind it is detector and version
in one: `usage.model_id`. Explanations, modified texts and raw answers are not kept; the action is a
provider's advice, not what was done.
Shape: GuardrailOutput in mozilla-ai/any-guardrail src/any_guardrail/types.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed, scored
from ingest.sources.detections.formats.told import has, joined, objects, part, raw, share, text, truth


def _recognises(answer: Answer) -> bool:
    return has(answer, "valid", "explanation", "score")


def _read(answer: Answer) -> Iterator[Said]:
    valid, model = answer["valid"], text(part(answer, "usage", "model_id"))
    verdict = "error" if valid is None else flagged_or_passed(not truth(valid, "valid"))
    score = share(answer["score"], "score")
    said = Said(
        verdict, raw(valid), score_raw=raw(score), category=_categories(answer.get("categories")),
        detector=model, version=model,
    )  # fmt: skip
    yield said if valid is None else scored(said, score, "other")


def _categories(told: Any) -> str | None:
    """Names of the categories that were triggered."""
    return joined(
        [each.get("name") for each in objects(told or [], "categories") if each.get("triggered") is True]
    )


ANY_GUARDRAIL: Final = Format(
    "any_guardrail",
    "any-guardrail: the output of a guardrail",
    "any-guardrail",
    _recognises,
    _read,
)
