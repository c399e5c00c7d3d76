from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.configuration import Configuration, load
from ingest.errors import ConfigurationError

MINIMAL = """
[[pilot]]
name = "payments"
repositories = ["acme/payments"]
start_on = 2026-06-01
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "pilot.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(written(folder, text))
    return str(caught.value)


def test_a_minimal_file_takes_the_defaults_of_the_definitions(tmp_path: Path) -> None:
    configuration = load(written(tmp_path, MINIMAL))
    pilot = configuration.pilot[0]
    policy = configuration.policy(pilot)
    assert pilot.value().sprint_days == 14
    assert (policy.require, policy.escape_rate, policy.follow_up_days, policy.proof) == (
        "proven",
        0.01,
        30,
        20.0,
    )
    assert policy.blocking == ("no_bypass", "independent_detection")


def test_one_pilot_may_differ_from_the_gate_of_all(tmp_path: Path) -> None:
    text = MINIMAL + 'gate = { require = "followed_up" }\n[gate]\nescape_rate = 0.02\n'
    configuration = load(written(tmp_path, text))
    policy = configuration.policy(configuration.pilot[0])
    assert (policy.require, policy.escape_rate) == ("followed_up", 0.02)


def test_a_bare_date_means_its_first_moment_in_utc(tmp_path: Path) -> None:
    configuration = load(written(tmp_path, "as_of = 2026-08-17\n" + MINIMAL))
    assert configuration.as_of_at == datetime(2026, 8, 17, tzinfo=UTC)


def test_a_misspelt_key_is_named_with_what_was_probably_meant(tmp_path: Path) -> None:
    text = refusal(tmp_path, MINIMAL + "\n[gate]\nescape_rat = 0.01\n")
    assert "gate.escape_rat" in text
    assert "did you mean escape_rate" in text
    assert str(tmp_path) in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[pilot]\n", "not valid TOML"),
        ("", "pilot is missing"),
        (MINIMAL + 'timezone = "Mars/Olympus"\n', "IANA time zone"),
        (MINIMAL + "sprint_days = 0\n", "sprint_days"),
        (MINIMAL + MINIMAL, "'payments' is used twice"),
        (MINIMAL + '\n[gate]\nrequire = "maybe"\n', "seen 'maybe'"),
        (MINIMAL + "gate = { escape_rate = 2 }\n", "escape_rate"),
        (MINIMAL + '\n[gate]\nblocking = ["no_bypas"]\n', "no criterion is called 'no_bypas'"),
        (MINIMAL.replace("acme/payments", "payments"), "'payments' has no owner"),
        (MINIMAL + "ends_on = 2026-05-01\n", "lies before start_on"),
        (MINIMAL + "\n[sources.sarif]\npaths = []\n", "sources.sarif.paths"),
        (
            MINIMAL + "\n[velocity]\nsize_bands = []\n",
            "velocity.size_bands: List should have at least 1 item",
        ),
        (MINIMAL + "\n[velocity]\nsize_bands = [5, 2]\n", "velocity.size_bands: size bands must rise"),
        (MINIMAL + "\n[velocity]\nworking_to = 09:00:00\n", "is the same as working_from 09:00:00"),
        (MINIMAL + "\n[velocity]\nworking_to = 08:00:00\n", "lies before working_from 09:00:00"),
        (MINIMAL + '\n[velocity]\nworking_to = "five"\n', "; write 17:00:00, seen 'five'"),
        (MINIMAL + '\n[velocity]\nholidays = ["1 May"]\n', "; write 2026-05-01, seen '1 May'"),
        (MINIMAL + "\n[velocity]\nholidays = [true]\n", "; write 2026-05-01"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_key_and_value(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in refusal(tmp_path, text)


@pytest.mark.parametrize("line", ["size_bands = [5, 2]", "approved_within_hours = [9, 3]"])
def test_a_refusal_speaks_of_the_value_and_not_of_the_library(tmp_path: Path, line: str) -> None:
    assert "Value error" not in refusal(tmp_path, f"{MINIMAL}\n[velocity]\n{line}\n")


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="pilot init"):
        load(tmp_path / "nowhere.toml")


def test_a_file_that_is_no_text_is_refused_and_not_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "pilot.toml"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load(path)


def test_settings_cannot_be_changed_after_they_were_read(tmp_path: Path) -> None:
    configuration: Configuration = load(written(tmp_path, MINIMAL))
    with pytest.raises(ValueError, match="frozen"):
        configuration.gate.escape_rate = 0.5  # type: ignore[misc]
