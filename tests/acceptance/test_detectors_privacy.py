"""No word that somebody wrote to a model leaves a log of detectors, whatever becomes of it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from tests.acceptance.helpers_pilot import run
from tests.acceptance.test_approvals_faults import damaged
from tests.acceptance.test_approvals_privacy import TOKEN, Words, kept, leaks, lines, put
from tests.ingest.detections.examples import EXAMPLES

CONFIG = """
as_of = 2026-11-20T00:00:00Z
[store]
uri = "lake"
[[pilot]]
name = "one"
repositories = ["acme/*"]
start_on = 2026-06-01
[sources.detections]
paths = ["logs/**/*"]
exclude = ["logs/labels/*"]
keep_text = {keep_text}
[[sources.detections.mapping]]
paths = ["logs/**/table.*"]
rename = {{ event_id = "id", verdict = "said", score = "risk", content = "ask", occurred_at = "when" }}
constants = {{ detector = "G" }}
[sources.labels]
paths = ["logs/labels/*"]
"""
ENVELOPES = ("input", "prompt", "text", "content", "message", "query", "user_input", "request", "notes")


def planted(value: Any, words: Words) -> Any:
    """An example of an answer with texts of somebody in the place of its own."""
    if isinstance(value, dict):
        return {name: planted(each, words) for name, each in value.items()}
    if isinstance(value, list):
        return [planted(each, words) for each in value]
    is_text = isinstance(value, str) and (value == "SECRET" or " " in value)
    return words.text() if is_text and value != "Prompt injection" else value  # that is a label


def answers(words: Words) -> bytes:
    """Every known answer inside a line full of texts, and on lines of their own."""
    told = [{"request_id": f"r-{place}", name: words.text(), "response": planted(each.answer, words)}
            for place, each in enumerate(EXAMPLES) for name in ENVELOPES[place % 9 :][:1]]  # fmt: skip
    odd = [
        {"request_id": "e-1", "error": words.text(), "input": words.text()},
        {"request_id": "e-2", "error": f"busy with {words('prompt')}"},
        {"request_id": "e-3", "exception": {"message": words.text()}},
        {"request_id": "e-4", "response": {"decision": words.text(), "score": 0.5, "status": "success"}},
        {"request_id": "e-5", "response": {"decision": "block", "score": words.text(), "status": "success"}},
        {"request_id": "e-6", "response": {words("key"): words.text()}, "input": {"prompt": words.text()}},
        {"request_id": "e-7", "response": [{"label": words.text(), "score": 0.5}]},
        {"request_id": "e-8", "timestamp": words.text(), "response": {"label": "SAFE", "score": 0.5}},
    ]
    return lines(*told, *odd) + f'{{"input": "{words.text()}"'.encode() + b"\n"


def langfuse(words: Words) -> bytes:
    said = {"id": "t-1", "input": words.text(), "output": words.text(), "scores": [
        {"name": "injection", "source": "EVAL", "value": 1, "dataType": "BOOLEAN", "comment": words.text(),
         "timestamp": "2026-11-02T10:00:00Z"},
        {"name": "injection", "source": "EVAL", "stringValue": words.text(), "traceId": "t-2"},
    ]}  # fmt: skip
    return lines(said)


def telemetry(words: Words) -> bytes:
    told = {
        "event.name": "gen_ai.evaluation.result", "gen_ai.evaluation.name": "injection",
        "gen_ai.evaluation.score.label": "fail", "gen_ai.evaluation.explanation": words.text(),
        "gen_ai.input.messages": words.text(), "gen_ai.response.id": "m-1", "user.email": words.email(),
    }  # fmt: skip
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in told.items()]
    record = {"timeUnixNano": "1793613604000000000", "body": {"stringValue": words.text()},
              "eventName": "gen_ai.evaluation.result", "attributes": attributes}  # fmt: skip
    return lines({"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": [record]}]}]})


def rows(words: Words) -> list[dict[str, Any]]:
    return [
        {"id": "m-1", "said": "flag", "risk": "0.9", "ask": words.text(), "when": None, "note": words.text()},
        {"id": "m-2", "said": words.text(), "risk": "0.9", "ask": words.text(), "when": None, "note": ""},
        {"id": "m-3", "said": "pass", "risk": words.text(), "ask": words.text(), "when": None, "note": ""},
        {"id": "m-4", "said": "pass", "risk": "0.9", "ask": None, "when": words.text(), "note": ""},
    ]


def put_all(folder: Path, words: Words) -> None:
    put(folder, "answers.jsonl", answers(words))
    put(folder, "answers.jsonl.gz", gzip.compress(answers(words), mtime=0))
    put(folder, "langfuse.jsonl", langfuse(words))
    put(folder, "otel.jsonl", telemetry(words))
    put(folder, "table.csv", pl.DataFrame(rows(words)).write_csv().encode())
    put(folder, "table.jsonl", lines(*rows(words)))
    pl.DataFrame(rows(words)).write_parquet(folder / "logs" / "table.parquet")
    put(folder, "strange.json", lines({words("key"): words.text()}))
    put(folder, "labels/l.csv", labels(words).encode())


def labels(words: Words) -> str:
    """Labels beside the items' texts, one of them in the place of a label."""
    head = "event_id,annotator,labelled_at,label,text,reason\n"
    at = "2026-11-02T10:00:00Z"
    return (
        f'{head}m-1,rosa,{at},attack,"{words.text()}","{TOKEN}"\nm-2,rosa,{at},"{words.text()}",,\n'
        f'm-3,{words.email()},{at},benign,"{words.text()}",\nm-4,rosa,"{words.text()}",benign,,\n'
    )


@pytest.fixture
def words() -> Words:
    return Words()


def project(folder: Path, *, keep_text: bool = False) -> Path:
    path = folder / "pilot.toml"
    path.write_text(CONFIG.format(keep_text=str(keep_text).lower()), encoding="utf-8")
    return path


def put_damaged(folder: Path, seed: int) -> None:
    """A damaged copy beside each log; not of labels, whose reasons are kept wherever a cut moves them."""
    chance = Random(seed)  # noqa: S311 - damages are drawn, not secrets
    for path in sorted((folder / "logs").glob("*.*")):
        put(folder, f"damaged/{path.name}", damaged(path.read_bytes(), chance))


def test_no_word_of_any_log_whole_or_damaged_stands_anywhere_after_it_was_read(
    tmp_path: Path, words: Words
) -> None:
    config = project(tmp_path)
    put_all(tmp_path, words)
    put_damaged(tmp_path, 1)
    told = [("said", str(run("ingest", config, "--debug"))), ("doctor", str(run("doctor", config)))]
    told += kept(tmp_path)
    assert leaks(words, told) == []
    stored = "".join(text for where, text in told if "tables/detections" in where)
    events = [f'"r-{place}' for place, each in enumerate(EXAMPLES) if each.name != "eval"]
    assert [each for each in (*events, '"e-1"', '"t-1"', '"m-1"') if each not in stored] == []
    assert "tables/labels" in str([where for where, _ in told])


def test_with_texts_kept_they_stand_in_one_column_without_secrets(tmp_path: Path, words: Words) -> None:
    config = project(tmp_path, keep_text=True)
    put_all(tmp_path, words)
    assert leaks(words, [("said", str(run("ingest", config, "--debug")))]) == []
    columns = [(column.name, json.dumps(column.to_list(), default=str))
               for path in (tmp_path / "lake").rglob("*.parquet")
               for column in pl.read_parquet(path).iter_columns()]  # fmt: skip
    assert leaks(words, [each for each in columns if each[0] != "content_text"]) == []
    texts = "".join(text for name, text in columns if name == "content_text")
    assert "zq" in texts
    assert TOKEN not in texts
    assert "corp.example" not in texts


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(100, 130))
def test_no_word_of_many_damaged_logs_stands_anywhere(tmp_path: Path, words: Words, seed: int) -> None:
    config = project(tmp_path)
    put_all(tmp_path, words)
    put_damaged(tmp_path, seed)
    told = [("said", str(run("ingest", config, "--debug"))), ("doctor", str(run("doctor", config)))]
    found = leaks(words, [*told, *kept(tmp_path)])
    assert found == [], found


def test_an_unforeseen_error_says_nothing_of_the_log(
    tmp_path: Path, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = words.text()

    def fail(*_given: object) -> Any:
        raise ValueError(secret)

    monkeypatch.setattr("ingest.sources.detections.pulling.parsed", fail)
    config = project(tmp_path)
    put(tmp_path, "answers.jsonl", answers(words))
    said = str(run("ingest", config, "--debug"))
    assert leaks(words, [("said", said), *kept(tmp_path)]) == []
    assert "ValueError" in said
