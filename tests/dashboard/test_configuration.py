from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.cli import main
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


GITHUB = MINIMAL + "[sources.github]\n"
PLANTED = "ghp_PlantedPlantedPlantedPlantedPlanted42"
PLANTED_KEY = "-----BEGIN RSA PRIVATE KEY-----"
OLD_TOKEN = "ab" * 20
EXPLAINED = "`pilot describe settings` explains it"
NO_VARIABLE = (
    "sources.github.token_env: is no name of an environment variable, such as GITHUB_TOKEN (its value is not "
    "shown, as it may be a token). A token never stands in this file: put it into the environment variable"
)
NO_PATH = (
    "is no path but looks like a secret (its value is not shown). A secret never stands in this file: put it "
    "into a file of its own, and write that one's path"
)
WITH_USER = (
    "sources.github.url: has a user's name, a password or a token before the host (its value is not shown); "
    "write the address alone, such as https://api.github.com, and put the token into the environment "
    "variable GITHUB_TOKEN"
)
NO_ADDRESS = "is no address; write https://api.github.com, or https://<your server>/api/v3"


@pytest.mark.parametrize(
    "value",
    [
        PLANTED,
        "gho_x",
        "ghs_x",
        "ghu_x",
        "ghr_x",
        "github_pat_x",
        "1GITHUB",
        "GITHUB-TOKEN",
        "",
        " A",
        OLD_TOKEN,
    ],
)
def test_a_token_in_the_place_of_a_variables_name_is_refused_and_not_repeated(
    tmp_path: Path, value: str
) -> None:
    told = refusal(tmp_path, GITHUB + f'token_env = "{value}"\n')
    assert told == f"{tmp_path / 'pilot.toml'}: {NO_VARIABLE}; {EXPLAINED}"


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "_t1", "GHP_TOKEN", "token_of_ghp_"])
def test_a_variables_name_is_taken(tmp_path: Path, name: str) -> None:
    settings = load(written(tmp_path, GITHUB + f'token_env = "{name}"\n')).sources.github
    assert settings is not None
    assert settings.token_env == name


@pytest.mark.parametrize("setting", ["token_file", "private_key_path"])
@pytest.mark.parametrize("value", [PLANTED, PLANTED_KEY, OLD_TOKEN])
def test_a_secret_in_the_place_of_a_path_is_refused_and_not_repeated(
    tmp_path: Path, setting: str, value: str
) -> None:
    told = refusal(tmp_path, GITHUB + f'{setting} = "{value}"\n')
    assert f"sources.github.{setting}: {NO_PATH}" in told
    assert value not in told


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            f'token = "{PLANTED}"',
            (
                "sources.github.token: a token never stands in this file; put it into the environment "
                "variable GITHUB_TOKEN, or name a file that holds it by token_file"
            ),
        ),
        (
            f'private_key = "{PLANTED_KEY}"',
            (
                "sources.github.private_key: a private key never stands in this file; put it into a file, "
                "and name that by private_key_path"
            ),
        ),
    ],
)
def test_a_secret_itself_is_told_where_it_belongs(tmp_path: Path, line: str, sentence: str) -> None:
    assert refusal(tmp_path, f"{GITHUB}{line}\n") == f"{tmp_path / 'pilot.toml'}: {sentence}"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://jo:hunter2@github.acme.example/api/v3", WITH_USER),
        (f"https://{PLANTED}@api.github.com", WITH_USER),
        ("http://127.0.0.1@github.acme.example/api/v3", WITH_USER),
        ("//jo:hunter2@github.acme.example", f"sources.github.url: {NO_ADDRESS}"),
    ],
)
def test_an_address_with_a_user_is_refused_and_not_repeated(tmp_path: Path, url: str, sentence: str) -> None:
    told = refusal(tmp_path, GITHUB + f'url = "{url}"\n')
    assert told == f"{tmp_path / 'pilot.toml'}: {sentence}; {EXPLAINED}"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://api.github.com", "would send the token unencrypted; write https:// in the place of http://"),
        (
            "http://10.0.0.1/api/v3",
            "would send the token unencrypted; write https:// in the place of http://",
        ),
        (
            "http://localhost.acme.example",
            "would send the token unencrypted; write https:// in the place of http://",
        ),
        (
            "https://github.com",
            "is the address of the website; write https://api.github.com, or leave the line out",
        ),
        (
            "https://github.com/acme/x",
            "is the address of the website; write https://api.github.com, or leave the line out",
        ),
        ("http://[::1", NO_ADDRESS),
        ("api.github.com", NO_ADDRESS),
        ("ftp://api.github.com", NO_ADDRESS),
    ],
)
def test_an_address_that_cannot_be_meant_says_which_one_can(tmp_path: Path, url: str, sentence: str) -> None:
    told = refusal(tmp_path, GITHUB + f'url = "{url}"\n')
    assert told == f"{tmp_path / 'pilot.toml'}: sources.github.url: {sentence}, seen '{url}'; {EXPLAINED}"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com",
        "https://api.acme.ghe.com",
        "HTTPS://github.acme.example/api/v3",
        "http://localhost:8080/api/v3",
        "http://127.8.9.1/api/v3",
        "http://[::1]:8080/api/v3",
    ],
)
def test_an_address_that_is_encrypted_or_of_this_machine_is_taken(tmp_path: Path, url: str) -> None:
    settings = load(written(tmp_path, GITHUB + f'url = "{url}/"\n')).sources.github
    assert settings is not None
    assert settings.url == url


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("https://github.com/acme/payments", "acme/payments"),
        ("https://github.com/acme/payments/pulls", "acme/payments"),
        ("github.com/acme/payments", "acme/payments"),
        ("git@github.com:acme/payments.git", "acme/payments"),
        ("ssh://git@github.com/acme/payments.git", "acme/payments"),
        ("acme/payments.git", "acme/payments"),
        ("payments.git", "acme/payments"),
        ("https://github.com/acme", "acme/*"),
    ],
)
@pytest.mark.parametrize("place", ["pilot", "github"])
def test_a_repository_named_by_its_address_is_told_its_name(
    tmp_path: Path, name: str, meant: str, place: str
) -> None:
    of_pilot = MINIMAL.replace('["acme/payments"]', f'["{name}"]')
    text = of_pilot if place == "pilot" else GITHUB + f'repositories = ["{name}"]\n'
    key = "pilot.0.repositories.0" if place == "pilot" else "sources.github.repositories.0"
    assert refusal(tmp_path, text) == (
        f"{tmp_path / 'pilot.toml'}: {key}: names a repository by its address; write owner/name, here "
        f"probably {meant}, seen '{name}'; {EXPLAINED}"
    )


@pytest.mark.parametrize(
    "line",
    [
        f'exclude = ["https://jo:{PLANTED}@github.com/acme/x"]',
        f'app_id = "{PLANTED}"',
        f'{PLANTED} = "x"',
        f'overlap_days = "{PLANTED}"',
    ],
)
def test_a_token_is_repeated_from_nowhere_below_the_source(tmp_path: Path, line: str) -> None:
    assert PLANTED not in refusal(tmp_path, f"{GITHUB}{line}\n")


def test_a_value_in_the_place_of_the_section_is_not_repeated(tmp_path: Path) -> None:
    told = refusal(tmp_path, MINIMAL + '[sources]\ngithub = "hunter2"\n')
    assert "sources.github: " in told
    assert "hunter2" not in told


@pytest.mark.parametrize("words", [[], ["--debug"]])
def test_no_command_repeats_a_token_of_the_file_not_even_with_a_traceback(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, GITHUB + f'token_env = "{PLANTED}"\n')
    assert main(["ingest", *words, "--config", str(path)]) == 10
    told = capsys.readouterr()
    assert "is no name of an environment variable" in told.err
    assert PLANTED not in told.out + told.err


@pytest.mark.parametrize("key", ["catch_rates", "false_positive_rates"])
def test_a_rate_that_no_number_would_be_stated_at_is_refused(tmp_path: Path, key: str) -> None:
    told = refusal(tmp_path, MINIMAL + f"[detectors]\n{key} = [0.9, 0.95, 0.99]\n")
    assert f"detectors.{key}" in told
    assert "3 rates are given, and numbers are stated at 2 at most" in told
    one = load(written(tmp_path, MINIMAL + f"[detectors]\n{key} = [0.9]\n")).detectors
    assert getattr(one.value(), key) == (0.9,)
