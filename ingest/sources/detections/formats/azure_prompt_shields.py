"""Azure AI Content Safety, Prompt Shields: was the user's prompt an attack, was one of the documents?

The prompt and each document are items of their own. There is no score and no threshold, and the answer tells
no version: the api-version stands in the request, and is taken where the log keeps it beside the answer.
Shape: Microsoft's quickstart for Prompt Shields (api-version 2024-09-01) and clients in public repositories
that read `userPromptAnalysis.attackDetected` and `documentsAnalysis[].attackDetected`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ingest.sources.detections.base import Answer, Format, Said
from ingest.sources.detections.formats.saying import flagged_or_passed
from ingest.sources.detections.formats.told import has, objects, part, raw, text, truth, wanted

_PROMPT: Final = "userPromptAnalysis"
_DOCUMENTS: Final = "documentsAnalysis"
_VERSION: Final = ("api-version", "api_version", "apiVersion")


def _recognises(answer: Answer) -> bool:
    is_prompt = has(part(answer, _PROMPT))
    return is_prompt or isinstance(part(answer, _DOCUMENTS), list)


def _read(answer: Answer) -> Iterator[Said]:
    version = next((told for name in _VERSION if (told := text(answer.get(name)))), None)
    if answer.get(_PROMPT) is not None:
        yield _said(answer[_PROMPT], "user", version, "prompt")
    for place, each in enumerate(objects(answer.get(_DOCUMENTS) or [], _DOCUMENTS)):
        yield _said(each, "document", version, f"document {place}")


def _said(analysis: Any, surface: str, version: str | None, item: str) -> Said:
    detected = truth(wanted(analysis, "attackDetected"), "attackDetected")
    return Said(
        flagged_or_passed(detected), raw(detected), surface=surface, version=version, item=item
    )  # fmt: skip


AZURE_PROMPT_SHIELDS: Final = Format(
    "azure_prompt_shields",
    "Azure AI Content Safety: the answer of Prompt Shields",
    "Azure Prompt Shields",
    _recognises,
    _read,
)
