"""What a newcomer sees: the demo's three pilots, through the command line, as JSON and as text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dashboard.cli import main
from tests.acceptance.conftest import copy_demo

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schemas"


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(list(words))
    return code, capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(printed(capsys, *words, "--json")[1])


def verdicts(capsys: pytest.CaptureFixture[str], config: Path, *words: str) -> dict[str, Any]:
    return {each["pilot"]: each for each in document(capsys, "gate", "--config", str(config), *words)}


def test_the_three_pilots_show_the_three_answers(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    states = {name: each["state"] for name, each in verdicts(capsys, demo).items()}
    assert states == {"payments": "MET_PROVEN", "search": "MET_UNPROVEN", "checkout": "NOT_MET"}


@pytest.mark.parametrize(("pilot", "code"), [("payments", 0), ("search", 22), ("checkout", 20)])
def test_each_answer_has_its_exit_code(
    demo: Path, capsys: pytest.CaptureFixture[str], pilot: str, code: int
) -> None:
    assert printed(capsys, "gate", "--config", str(demo), "--pilot", pilot)[0] == code


def test_the_worst_pilot_decides_the_exit_code(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "gate", "--config", str(demo))[0] == 20
    both = ("--pilot", "payments", "--pilot", "search")
    assert printed(capsys, "gate", "--config", str(demo), *both)[0] == 22


def test_the_late_escape_reopened_a_sprint_that_closed_clean(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sprints = verdicts(capsys, demo)["checkout"]["sprints"]
    reopened = [each for each in sprints if each["escapes_low"] and each["mature"]]
    assert reopened
    assert all(each["first_published"]["escapes_low"] < each["escapes_low"] for each in reopened)


def test_before_the_late_escape_the_same_pilot_had_met_the_rule(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states = [
        verdicts(capsys, demo, "--pilot", "checkout", "--as-of", f"2026-08-{day:02}")["checkout"]["state"]
        for day in (1, 17)
    ]
    assert states[-1] == "NOT_MET"
    assert states[0] != "NOT_MET"


def test_one_finding_waits_for_triage_and_is_asked_for(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = verdicts(capsys, demo)["checkout"]
    untriaged = sum(each["escapes_high"] - each["escapes_low"] for each in checkout["sprints"])
    assert untriaged == 1
    (asked_for,) = [each for each in checkout["attention"] if "triage" in each["what"].lower()]
    _, text = printed(capsys, "gate", "--config", str(demo), "--pilot", "checkout")
    assert asked_for["rows"][0] in text


@pytest.mark.parametrize("command", ["gate", "metrics"])
def test_the_json_holds_its_schema(demo: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    schema = json.loads((SCHEMAS / f"{command}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document(capsys, command, "--config", str(demo)), schema)


def test_the_text_shows_rule_and_evidence_of_every_pilot(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, text = printed(capsys, "gate", "--config", str(demo))
    assert text.count("Rule") >= 3
    assert text.count("Evidence") >= 3
    assert all(name in text for name in ("payments", "search", "checkout"))


def test_every_number_comes_with_counts_or_with_a_reason(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = document(capsys, "metrics", "--config", str(demo))
    assert {row["pilot"] for row in rows} == {"payments", "search", "checkout"}
    for row in rows:
        is_known = row["value"] is not None
        assert is_known == (row["undefined_reason"] is None)
        assert not is_known or row["denominator"] is not None


@pytest.mark.deep
def test_the_csv_has_as_many_rows_as_the_json(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = document(capsys, "metrics", "--config", str(demo))
    _, text = printed(capsys, "metrics", "--config", str(demo), "--csv")
    assert len(text.splitlines()) == len(rows) + 1


@pytest.mark.deep
def test_the_same_tables_and_moment_give_the_same_bytes(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("metrics", "--config", str(demo), "--json")
    assert printed(capsys, *words)[1] == printed(capsys, *words)[1]


def test_a_second_ingest_publishes_no_new_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = copy_demo(tmp_path)
    assert printed(capsys, "ingest", "--config", str(config))[0] == 0
    code, text = printed(capsys, "ingest", "--config", str(config))
    assert code == 0
    assert "nothing new" in text


def test_bad_rows_of_the_demo_are_named_by_their_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = copy_demo(tmp_path)
    _, text = printed(capsys, "ingest", "--config", str(config))
    assert "quarantined" in text
    assert (config.parent / "lake" / "quarantine").is_dir()


def test_the_gate_never_loads_what_only_pages_need(demo: Path) -> None:
    code = (
        "import sys; from dashboard.cli import main; main(['gate', '--json']);"
        "loaded = {'streamlit', 'scipy.stats', 'plotly', 'pandas'} & set(sys.modules);"
        "sys.exit(str(loaded) if loaded else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PILOT_CONFIG": str(demo), "PATH": ""}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr


def test_doctor_finds_the_demo_healthy(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = printed(capsys, "doctor", "--config", str(demo))
    assert code == 0
    assert "error" not in text


def test_doctor_lists_who_was_classed_how_and_why(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    preview = document(capsys, "doctor", "--authorship", "--config", str(demo))
    listed = preview["pull_requests"]
    assert {each["authorship"] for each in listed} >= {"agent", "human", "automation"}
    assert all(each["evidence"] for each in listed if each["authorship"] == "agent")


@pytest.mark.deep
def test_one_line_of_configuration_corrects_a_classification(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = copy_demo(tmp_path)
    printed(capsys, "ingest", "--config", str(config))
    before = document(capsys, "doctor", "--authorship", "--config", str(config))["pull_requests"]
    wrong = next(each for each in before if each["authorship"] == "agent")
    line = wrong["correct_with"]
    with config.open("a", encoding="utf-8") as file:
        file.write(f"\n[authorship]\noverride = [\n  {line}\n]\n")
    assert printed(capsys, "ingest", "--config", str(config))[0] == 0
    after = document(capsys, "doctor", "--authorship", "--config", str(config))["pull_requests"]
    corrected = next(each for each in after if each["pull_request"] == wrong["pull_request"])
    assert (corrected["authorship"], corrected["rule"]) == ("human", "override")
