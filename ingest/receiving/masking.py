"""What of a telemetry message is kept: everything but texts, whose length and marker stay?

Agents send commands, prompts and file contents where somebody switched that on. Characters become `x`, so
that sizes stay true; spaces and markers of seeded requests stay. Attributes are told by their names, and
any long text is taken for one: where in doubt, the text loses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import orjson

from ingest.contracts.approvals import MARKER

LONGEST: Final = 200  # characters of a value that can still be a name
_TEXTS: Final = re.compile(
    r"prompt|input|output|parameter|argument|command|path|content|message|text|response|diff|error|cwd|query"
    r"|url|body|stdout|stderr|description|branch|title",
    re.IGNORECASE,
)
_NO_TEXTS: Final = re.compile(
    r"(?:_bytes|_length|_size|_count|_tokens|_ms|[._]id|_uuid|[._]name|[._]type|url\.full|status|level|mode"
    r"|event)$",
    re.IGNORECASE,
)
_MASKED: Final = re.compile(rf"{MARKER}|<REDACTED>|\S")


def masked(text: str) -> str:
    """The same text without its letters.

    >>> masked("rm -rf build  # pilot-canary-7f3a")
    'xx xxx xxxxx  x pilot-canary-7f3a'
    """
    return _MASKED.sub(lambda found: found[0] if len(found[0]) > 1 else "x", text)


def masked_value(text: str) -> str:
    """A text, or JSON in a text: its keys and numbers stay.

    >>> masked_value('{"command": "ls", "timeout": 5}')
    '{"command":"xx","timeout":5}'
    """
    if text[:1] not in "{[":
        return masked(text)
    try:
        return orjson.dumps(_without_texts(orjson.loads(text))).decode()
    except orjson.JSONDecodeError:
        return masked(text)


def is_text(key: str, value: str) -> bool:
    """Whether an attribute holds what somebody wrote.

    >>> is_text("tool_input", "{}"), is_text("prompt_length", "30"), is_text("prompt.id", "a-b")
    (True, False, False)
    """
    return len(value) > LONGEST or bool(_TEXTS.search(key) and not _NO_TEXTS.search(key))


def mask_json(message: Any) -> None:
    """Mask the attributes and long bodies of a decoded OTLP/JSON message, in place."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            _mask_part(part)
        inner = part.values() if isinstance(part, dict) else part
        waiting.extend(each for each in inner if isinstance(each, dict | list))


def mask_message(message: Any) -> None:
    """Mask the attributes and long bodies of a parsed OTLP/protobuf message, in place."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.DESCRIPTOR.name == "KeyValue":
            _mask_field(part.key, part.value)
        elif part.DESCRIPTOR.name == "LogRecord":
            _mask_field("", part.body)
        for field, value in part.ListFields():
            if field.message_type is not None:
                waiting.extend(value if _is_many(value) else (value,))


def _is_many(value: Any) -> bool:
    return not hasattr(value, "DESCRIPTOR")


def _mask_field(key: str, value: Any) -> None:
    if value.WhichOneof("value") == "string_value" and is_text(key, value.string_value):
        value.string_value = masked_value(value.string_value)


def _mask_part(part: dict[str, Any]) -> None:
    """Mask the value of an attribute, or the body of a record."""
    for key, value in _values(part):
        text = value.get("stringValue")
        if isinstance(text, str) and is_text(key, text):
            value["stringValue"] = masked_value(text)


def _values(part: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    key, value, body = part.get("key"), part.get("value"), part.get("body")
    if isinstance(key, str) and isinstance(value, dict):
        yield key, value
    if isinstance(body, dict):
        yield "", body


def _without_texts(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: _without_texts(inner) for name, inner in value.items()}
    return [_without_texts(inner) for inner in value] if isinstance(value, list) else value
