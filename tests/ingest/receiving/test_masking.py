from __future__ import annotations

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from ingest.receiving.masking import mask_json, mask_message

ATTRIBUTES = {
    "event.name": "tool_decision",
    "tool_name": "Bash",
    "tool_use_id": "toolu_01",
    "tool_parameters": '{"full_command":"curl https://x.example # pilot-canary-7f3a91","n":2}',
    "prompt": "please delete everything",
    "prompt_length": "24",
    "prompt.id": "0a1b",
    "user.email": "rosa@acme.example",
}
KEPT = {
    **ATTRIBUTES,
    "tool_parameters": '{"full_command":"xxxx xxxxxxxxxxxxxxxxx x pilot-canary-7f3a91","n":2}',
    "prompt": "xxxxxx xxxxxx xxxxxxxxxx",
}


def json_message() -> dict[str, object]:
    told = [{"key": key, "value": {"stringValue": value}} for key, value in ATTRIBUTES.items()]
    record = {"body": {"stringValue": "claude_code.tool_decision"}, "attributes": told}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, {"body": {"stringValue": "y" * 300}}]}]}]}


def records(message: dict[str, object]) -> list[dict[str, object]]:
    return message["resourceLogs"][0]["scopeLogs"][0]["logRecords"]  # type: ignore[index, no-any-return]


def test_texts_of_json_lose_their_letters_and_keep_size_and_marker() -> None:
    message = json_message()
    mask_json(message)
    first, second = records(message)
    assert {each["key"]: each["value"]["stringValue"] for each in first["attributes"]} == KEPT  # type: ignore[index, attr-defined]
    assert first["body"] == {"stringValue": "claude_code.tool_decision"}
    assert second["body"] == {"stringValue": "x" * 300}


def test_texts_of_protobuf_lose_them_in_the_same_way() -> None:
    message = ExportLogsServiceRequest()
    record = message.resource_logs.add().scope_logs.add().log_records.add()
    record.body.string_value = "y" * 300
    for key, value in ATTRIBUTES.items():
        record.attributes.add(key=key).value.string_value = value
    mask_message(message)
    assert {each.key: each.value.string_value for each in record.attributes} == KEPT
    assert record.body.string_value == "x" * 300


def test_a_text_within_a_map_is_masked_as_well() -> None:
    inner = {"kvlistValue": {"values": [{"key": "command", "value": {"stringValue": "ls"}}]}}
    message = {"attributes": [{"key": "details", "value": inner}]}
    mask_json(message)
    assert b'"xx"' in orjson.dumps(message)
