"""The key of pseudonyms: made once, for its owner alone, outside the lake, and never made anew by mistake."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.composition import Question, open_session
from dashboard.configuration import PrivacySettings, load
from dashboard.privacy import Key, is_open, key_of_people, key_path, known_key
from ingest.errors import ConfigurationError, SourceError
from ingest.pseudonyms import pseudonym
from metrics.fatigue.rules import FatigueRules
from tests.dashboard.builders_approvals import log, project

USUAL = PrivacySettings()
GOOD = "0123456789abcdef"
IN_ENVIRONMENT = PrivacySettings(key_env="PILOT_PSEUDONYMS")


def test_it_is_made_on_first_need_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pseudonyms.key"
    assert known_key(USUAL, path, {}) is None
    made = key_of_people(USUAL, path, {})
    assert len(made.text) == 64
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_of_people(USUAL, path, {}) == made == known_key(USUAL, path, {})
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_two_who_need_it_at_once_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "pseudonyms.key"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _n: key_of_people(USUAL, path, {}).text, range(32)))
    assert len(set(keys)) == 1


def test_printing_it_does_not_show_it() -> None:
    assert GOOD not in repr(Key(GOOD))


def test_the_environment_is_asked_where_it_is_named_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "pseudonyms.key"
    assert key_of_people(IN_ENVIRONMENT, path, {"PILOT_PSEUDONYMS": f" {GOOD}\n"}) == Key(GOOD)
    with pytest.raises(SourceError, match=r"key_env PILOT_PSEUDONYMS: holds nothing"):
        key_of_people(IN_ENVIRONMENT, path, {})
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "short", " \n"])
def test_a_damaged_file_is_said_and_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pseudonyms.key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"expected a key of at least 16; restore"):
        key_of_people(USUAL, path, {})
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_is_no_text_is_said_without_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "pseudonyms.key"
    path.write_bytes(b"\xff\xfe" + GOOD.encode())
    with pytest.raises(SourceError, match="cannot be read") as caught:
        known_key(USUAL, path, {})
    assert GOOD not in str(caught.value)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match=r"cannot be .*"):
        key_of_people(USUAL, tmp_path / "file" / "pseudonyms.key", {})


@pytest.mark.parametrize("name", ["lake/pseudonyms.key", "lake/../lake/keys/a", "other/../lake/x"])
def test_it_never_lies_in_the_lake(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\[privacy\] key_file .*lies in the lake"):
        key_path(PrivacySettings(key_file=name), tmp_path, tmp_path / "lake")


def test_nor_does_it_by_a_link_into_it(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "keys").symlink_to(tmp_path / "lake", target_is_directory=True)
    with pytest.raises(ConfigurationError, match="lies in the lake"):
        key_path(PrivacySettings(key_file="keys/a.key"), tmp_path, tmp_path / "lake")


@pytest.mark.parametrize(("mode", "expected"), [(0o600, False), (0o640, True), (0o602, True), (0o400, False)])
def test_a_file_that_others_can_read_or_change_is_open(tmp_path: Path, mode: int, expected: object) -> None:
    path = tmp_path / "pseudonyms.key"
    path.write_text(GOOD, encoding="utf-8")
    path.chmod(mode)
    assert is_open(Key(GOOD, path)) is expected


def test_the_key_never_stands_in_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in (f'key = "{GOOD}"', "smallest_group = 1"):
        path = project(tmp_path, tail=f"\n[privacy]\n{line}\n")
        assert main(["doctor", "--config", str(path)]) == 10
    told = capsys.readouterr().err
    assert GOOD not in told
    assert "the key never stands in this file; name a file for it by key_file" in told
    assert "smallest_group" in told


def test_an_ingest_makes_the_key_and_stores_nobody_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project(tmp_path)
    log(tmp_path, "a.csv", "rosa@acme.example", "ali")
    assert main(["ingest", "approvals", "--config", str(path)]) == 0
    session = open_session(Question(path))
    key = session.known_key()
    assert key is not None
    people = set(session.tables.approvals.collect()["reviewer"])
    assert people == {pseudonym(key.text, "rosa@acme.example"), pseudonym(key.text, "ali")}
    assert key.text not in str(capsys.readouterr())
    told = session.store.runs()["cursor"].str.join("").item()
    assert "rosa" not in told
    assert key.text not in told


def test_a_lost_key_is_asked_for_before_everybody_gets_another_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project(tmp_path)
    log(tmp_path, "a.csv", "rosa")
    assert main(["ingest", "approvals", "--config", str(path)]) == 0
    (tmp_path / "pseudonyms.key").unlink()
    assert main(["ingest", "approvals", "--config", str(path)]) == 11
    assert "restore the old key" in capsys.readouterr().err


# -- the settings beside it ------------------------------------------------------------------------


def test_the_defaults_are_those_of_the_definitions(tmp_path: Path) -> None:
    configuration = load(project(tmp_path))
    assert configuration.measuring(configuration.pilot[0]).fatigue == FatigueRules()


def test_every_setting_reaches_the_numbers(tmp_path: Path) -> None:
    tail = "\n[approvals]\nfloor_seconds = 3\nrushed_minutes = 30\n[privacy]\nsmallest_group = 8\n"
    configuration = load(project(tmp_path, tail=tail))
    told = configuration.measuring(configuration.pilot[0]).fatigue
    assert told == FatigueRules(floor_seconds=3.0, rushed_minutes=30, minimum_people=8)


@pytest.mark.parametrize(
    "line",
    [
        "floor_seconds = 600.0",
        "floor_seconds = -1",
        "longest_seconds = inf",
        "chars_per_second = 0",
        "review_warning_lines_per_hour = 2000",
        "minimum_approvals = 1",
        "minimum_people = 3",
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigurationError, match="approvals"):
        load(project(tmp_path, tail=f"\n[approvals]\n{line}\n"))
