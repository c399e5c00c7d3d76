"""Which answers of detectors are known? The first that recognises an answer reads it."""

from __future__ import annotations

from typing import Final

from ingest.sources.detections.base import Answer, Format
from ingest.sources.detections.formats.agentdojo import AGENTDOJO
from ingest.sources.detections.formats.annotations import ANNOTATIONS
from ingest.sources.detections.formats.any_guardrail import ANY_GUARDRAIL
from ingest.sources.detections.formats.azure_prompt_shields import AZURE_PROMPT_SHIELDS
from ingest.sources.detections.formats.bedrock_guardrails import BEDROCK_GUARDRAILS
from ingest.sources.detections.formats.garak import GARAK
from ingest.sources.detections.formats.hugging_face import HUGGING_FACE
from ingest.sources.detections.formats.lakera import LAKERA
from ingest.sources.detections.formats.litellm import LITELLM
from ingest.sources.detections.formats.llamafirewall import LLAMAFIREWALL
from ingest.sources.detections.formats.llm_guard import LLM_GUARD
from ingest.sources.detections.formats.model_armor import MODEL_ARMOR
from ingest.sources.detections.formats.nemo_guardrails import NEMO_GUARDRAILS
from ingest.sources.detections.formats.rebuff import REBUFF
from ingest.sources.detections.formats.vigil import VIGIL

# What tells itself by names that nobody else uses comes first, a bare label with a score last.
FORMATS: Final[tuple[Format, ...]] = (
    MODEL_ARMOR,
    AZURE_PROMPT_SHIELDS,
    BEDROCK_GUARDRAILS,
    LITELLM,
    GARAK,
    AGENTDOJO,
    NEMO_GUARDRAILS,
    REBUFF,
    VIGIL,
    ANNOTATIONS,
    LAKERA,
    LLM_GUARD,
    LLAMAFIREWALL,
    ANY_GUARDRAIL,
    HUGGING_FACE,
)


def format_of(answer: Answer) -> Format | None:
    """The format of an answer; None when nobody knows it.

    >>> format_of({"decision": "block", "score": 0.97, "reason": "", "status": "success"}).name
    'llamafirewall'
    >>> format_of({"label": 3}) is None
    True
    """
    return next((each for each in FORMATS if each.recognises(answer)), None)
