"""SARIF files of any size for measuring: what two common scanners would write, drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson

BYTES_PER_RESULT: Final = 800  # of the real outputs that these are modelled on
_RULES: Final = 150  # of each scanner
_FILES: Final = 4_000
_BLOCK: Final = 2_000  # results written at once
_CWES: Final = (20, 22, 78, 79, 89, 94, 200, 259, 295, 327, 330, 377, 400, 502, 601, 611, 703, 732, 798, 918)
_LEVELS: Final = (("error", "HIGH"), ("warning", "MEDIUM"), ("note", "LOW"))
_WORDS: Final = (
    "account", "batch", "cache", "client", "command", "cursor", "event", "folder", "handler", "invoice",
    "job", "ledger", "message", "order", "payload", "query", "record", "request", "session", "ticket",
)  # fmt: skip

Json = dict[str, Any]


def write_scan(path: Path, size: int, seed: int = 1) -> int:
    """A file of two runs and about that many bytes; answers how many results are in it."""
    chance = Random(seed)  # noqa: S311 - drawn anew each time, and the same
    count = size // BYTES_PER_RESULT
    folders = [
        f"src/{chance.choice(_WORDS)}_{at % 60}/{chance.choice(_WORDS)}_{at}.py" for at in range(_FILES)
    ]
    with path.open("wb") as stream:
        stream.write(b'{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[')
        _write_run(stream.write, _by_line_checker(chance, folders, count // 2), _line_checker())
        stream.write(b",")
        _write_run(stream.write, _by_pattern_checker(chance, folders, count - count // 2), _pattern_checker())
        stream.write(b"]}")
    return count


def _write_run(write: Any, results: Iterator[Json], tool: Json) -> None:
    """The tool stands after its results, as one of the two scanners writes it."""
    write(b'{"results":[')
    for at, result in enumerate(results):
        write((b"," if at else b"") + orjson.dumps(result))
    write(b'],"tool":' + orjson.dumps(tool) + b"," + orjson.dumps(_place())[1:])


def _place() -> Json:
    return {
        "invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-06-01T12:00:00Z"}],
        "versionControlProvenance": [
            {"repositoryUri": "https://host.example/acme/payments", "revisionId": "c1", "branch": "main"}
        ],
    }


def _line_checker() -> Json:
    rules = [
        {
            "id": f"B{at + 100}",
            "name": f"{_WORDS[at % 20]}_used",
            "properties": {"tags": ["security", f"external/cwe/cwe-{_CWES[at % 20]}"], "precision": "high"},
            "helpUri": f"https://docs.example/rules/b{at + 100}.html",
        }
        for at in range(_RULES)
    ]
    return {"driver": {"name": "Bandit", "semanticVersion": "1.9.4", "version": "1.9.4", "rules": rules}}


def _pattern_checker() -> Json:
    rules = [
        {
            "id": _pattern_rule(at),
            "defaultConfiguration": {"level": _LEVELS[at % 3][0]},
            "shortDescription": {"text": f"Finding of {_pattern_rule(at)}"},
            "fullDescription": {"text": f"What reaches the {_WORDS[at % 20]} was never checked. " * 8},
            "properties": {"precision": "very-high", "tags": [f"CWE-{_CWES[at % 20]}: weakness", "security"]},
        }
        for at in range(_RULES)
    ]
    return {"driver": {"name": "Semgrep OSS", "semanticVersion": "1.182.0", "rules": rules}}


def _pattern_rule(at: int) -> str:
    return f"python.lang.security.audit.{_WORDS[at % 20]}-{at}"


def _by_line_checker(chance: Random, paths: list[str], count: int) -> Iterator[Json]:
    for _ in range(count):
        rule, line = chance.randrange(_RULES), chance.randrange(1, 2_000)
        level, severity = _LEVELS[rule % 3]
        code = _code(chance)
        told = {"level": level} if level != "warning" else {}  # the default is left out
        yield {
            "message": {"text": _message(chance, rule)},
            **told,
            "locations": [{"physicalLocation": {
                "region": {"snippet": {"text": f"{code}\n"}, "endColumn": 60, "endLine": line + 1,
                           "startColumn": 5, "startLine": line},
                "artifactLocation": {"uri": chance.choice(paths)},
                "contextRegion": {"snippet": {"text": f"{_code(chance)}\n{code}\n{_code(chance)}\n"},
                                  "endLine": line + 2, "startLine": line - 1},
            }}],
            "properties": {"issue_confidence": "HIGH", "issue_severity": severity},
            "ruleId": f"B{rule + 100}",
            "ruleIndex": rule,
        }  # fmt: skip


def _by_pattern_checker(chance: Random, paths: list[str], count: int) -> Iterator[Json]:
    for _ in range(count):
        rule, line = chance.randrange(_RULES), chance.randrange(1, 2_000)
        yield {
            "fingerprints": {"matchBasedId/v1": f"{chance.getrandbits(512):0128x}_0"},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": chance.choice(paths), "uriBaseId": "%SRCROOT%"},
                "region": {"endColumn": 63, "endLine": line, "snippet": {"text": _code(chance)},
                           "startColumn": 9, "startLine": line},
            }}],
            "message": {"text": f"{_message(chance, rule)} {_message(chance, rule + 1)}"},
            "properties": {},
            "ruleId": _pattern_rule(rule),
        }  # fmt: skip


def _code(chance: Random) -> str:
    """A line of code that is seldom written twice, or an idiom that is."""
    if chance.random() < 0.03:
        return "        assert response is not None"
    first, second = chance.choices(_WORDS, k=2)
    indent = " " * (4 * chance.randrange(1, 5))
    call = f"run_{second}({second}.{first}, limit={chance.randrange(500)})"
    return f"{indent}{first}_{chance.randrange(10_000)} = {call}"


def _message(chance: Random, rule: int) -> str:
    first, second = chance.choices(_WORDS, k=2)
    if chance.random() < 0.01:
        return f"Possible hardcoded password: '{first}{chance.randrange(1_000)}'"
    return (
        f"Found a call to `run_{second}` whose {first}_{chance.randrange(10_000)} is built from what a user "
        f"sent; check the {second} before it reaches the {_WORDS[rule % 20]}, or take a prepared one."
    )
