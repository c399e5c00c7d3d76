"""Wrong files, cut files, empty files, no configuration, unknown names: one clear line and the right code."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.cli import main
from tests.acceptance.conftest import copy_demo
from tests.marks import deep


def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(list(words))
    return code, capsys.readouterr().err


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PILOT_CONFIG", raising=False)
    return tmp_path


def test_without_a_configuration_the_error_names_the_three_places(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = complaint(capsys, "gate")
    assert code == 10
    assert all(word in text for word in ("--config", "PILOT_CONFIG", "pilot.toml", str(nowhere)))
    assert len(text.splitlines()) == 1


def test_a_gate_before_any_ingest_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = complaint(capsys, "gate", "--config", str(copy_demo(tmp_path)))
    assert code == 13
    assert "pilot ingest" in text


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("gate", "--pilot", "nobody"), 2, "payments, search, checkout"),
        (("gate", "--as-of", "soon"), 2, "2026-08-17"),
        (("ingest", "github"), 10, "configured:"),
        (("describe", "nonsense"), 2, "kinds:"),
        (("gates",), 2, "gates"),
        (("gate", "--nonsense"), 2, "nonsense"),
    ],
)
def test_a_wrong_word_is_one_line_with_what_there_is(
    demo: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, expected: str
) -> None:
    takes_config = words[0] in {"gate", "ingest"}
    seen, text = complaint(capsys, *words, *(("--config", str(demo)) if takes_config else ()))
    assert (seen, len(text.splitlines())) == (code, 1)
    assert expected in text


def test_debug_shows_the_traceback_and_keeps_the_code(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = complaint(capsys, "gate", "--debug")
    assert nowhere.is_dir()
    assert code == 10
    assert "Traceback" in text


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "not JSON": lambda _content: b"<html>502 Bad Gateway</html>",
    "another JSON": lambda _content: b'{"hello": "world"}',
}


@pytest.mark.deep
@pytest.mark.parametrize("how", ["cut", *deep(*(how for how in SPOILED if how != "cut"))])
def test_a_spoiled_pull_request_file_is_refused_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    config = copy_demo(tmp_path)
    victim = min((tmp_path / "demo" / "pull_requests").rglob("*.json"))
    victim.write_bytes(SPOILED[how](victim.read_bytes()))
    capsys.readouterr()
    assert main(["ingest", "--config", str(config), "--json"]) == 12
    rows = {row["source"]: row for row in json.loads(capsys.readouterr().out)}
    refused = json.loads(rows["github_export"]["files_refused"])
    assert list(refused) == [victim.relative_to(tmp_path).as_posix()]
    assert rows["github_export"]["rows_valid"] > 0


@pytest.mark.parametrize("how", ["cut", *deep("empty", "not JSON")])
def test_a_spoiled_scan_never_lets_a_pilot_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    config = copy_demo(tmp_path)
    last = max((tmp_path / "demo" / "scans").rglob("*.sarif"))
    last.write_bytes(SPOILED[how](last.read_bytes()))
    assert main(["ingest", "--config", str(config)]) == 0
    capsys.readouterr()
    main(["gate", "--config", str(config), "--json"])
    verdicts = json.loads(capsys.readouterr().out)
    repositories_hit = [each for each in verdicts if each["state"] == "NOT_MEASURABLE"]
    assert repositories_hit or all(each["state"] == "NOT_MET" for each in verdicts if not each["allowed"])
    assert any(
        last.name in " ".join(item["rows"]) + item["what"] for each in verdicts for item in each["attention"]
    )


@pytest.mark.deep
def test_a_pattern_that_finds_no_file_is_an_error_and_not_an_empty_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = copy_demo(tmp_path)
    config.write_text(config.read_text().replace("demo/pull_requests", "demo/pull_request"))
    code, text = complaint(capsys, "ingest", "--config", str(config))
    assert code == 11
    assert "demo/pull_request" in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_that_may_not_be_written_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = copy_demo(tmp_path)
    (tmp_path / "lake").mkdir(mode=0o500)
    code, text = complaint(capsys, "ingest", "--config", str(config))
    assert code == 13
    assert "lake" in text


def test_init_writes_a_file_that_loads_and_never_overwrites_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pilot.toml"
    assert main(["init", str(path), "--changes", "40"]) == 0
    assert "as written" in capsys.readouterr().out
    assert main(["doctor", "--config", str(path)]) == 11  # no source yet: an error that says how to get one
    assert "take the # off [sources.github]" in " ".join(capsys.readouterr().out.split())
    code, text = complaint(capsys, "init", str(path))
    assert code == 2
    assert "exists already" in text


def test_simulate_refuses_a_folder_that_holds_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    code, text = complaint(capsys, "simulate", str(tmp_path))
    assert code == 2
    assert "not empty" in text
    assert (tmp_path / "mine.txt").read_text() == "precious"
