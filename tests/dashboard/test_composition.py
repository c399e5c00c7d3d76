from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.composition import Question, changes_in, find_config, open_session
from ingest.errors import ConfigurationError, StoreError, UsageError

TWO_PILOTS = """
[store]
uri = "tables"
[[pilot]]
name = "one"
repositories = ["acme/one"]
start_on = 2026-06-01
protected_branch = "release"
[[pilot]]
name = "two"
repositories = ["acme/two-*"]
start_on = 2026-06-01
[pilot.gate]
require = "as_written"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "pilot.toml"
    path.write_text(TWO_PILOTS, encoding="utf-8")
    return path


def test_the_option_wins_over_the_environment_and_that_over_the_folder(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)
    assert find_config(None, {}) == config
    assert find_config(None, {"PILOT_CONFIG": "/elsewhere/a.toml"}) == Path("/elsewhere/a.toml")
    assert find_config(Path("b.toml"), {"PILOT_CONFIG": "/elsewhere/a.toml"}) == config.parent / "b.toml"


def test_nothing_to_read_names_the_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"--config .* PILOT_CONFIG .* \./pilot\.toml"):
        find_config(None, {})


def test_relative_paths_start_at_the_configuration_wherever_one_stands(
    config: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert open_session(Question(config)).store.uri == str(config.parent / "tables")


def test_all_pilots_are_meant_unless_some_are_named(config: Path) -> None:
    assert [pilot.name for pilot in open_session(Question(config)).pilots] == ["one", "two"]
    assert [pilot.name for pilot in open_session(Question(config, ("two",))).pilots] == ["two"]
    with pytest.raises(UsageError, match="there are: one, two"):
        _ = open_session(Question(config, ("three",))).pilots


def test_each_pilot_has_its_own_policy_and_its_digest(config: Path) -> None:
    session = open_session(Question(config))
    assert (session.policy("one").require, session.policy("two").require) == ("proven", "as_written")
    digests = session.policy_digests()
    assert digests["one"] != digests["two"]


def test_the_moment_asked_for_wins_over_the_configured_one(config: Path) -> None:
    config.write_text("as_of = 2026-08-17\n" + TWO_PILOTS, encoding="utf-8")
    fixed = open_session(Question(config))
    assert (fixed.as_of, fixed.as_of_fixed) == (datetime(2026, 8, 17, tzinfo=UTC), True)
    asked = open_session(Question(config, as_of=datetime(2026, 7, 1, tzinfo=UTC)))
    assert (asked.as_of, asked.as_of_fixed) == (datetime(2026, 7, 1, tzinfo=UTC), False)


def test_without_a_configured_moment_the_clock_is_read_once(config: Path) -> None:
    before = datetime.now(UTC)
    session = open_session(Question(config))
    assert before <= session.as_of <= datetime.now(UTC)
    assert session.as_of == session.as_of


def test_ingestion_learns_the_protected_branches_of_the_pilots(config: Path) -> None:
    assert open_session(Question(config)).ingest_settings.protected_branches == {"acme/one": "release"}


def test_tables_before_the_first_ingest_are_an_error_with_a_remedy(config: Path) -> None:
    with pytest.raises(StoreError, match="run `pilot ingest` first"):
        _ = open_session(Question(config)).tables


def test_a_source_that_is_not_configured_cannot_be_run(config: Path) -> None:
    with pytest.raises(ConfigurationError, match="no source is configured"):
        open_session(Question(config)).ingest()


def test_changes_are_the_days_on_which_a_value_became_another() -> None:
    days = [date(2026, 1, day) for day in (1, 2, 3, 4)]
    assert changes_in(list(zip(days, "aabc", strict=True))) == (days[2], days[3])
    assert changes_in([]) == ()
    assert changes_in([(days[0], "a")]) == ()


def test_a_moment_that_has_not_come_cannot_be_judged(config: Path) -> None:
    with pytest.raises(UsageError, match="has not come yet"):
        open_session(Question(config, as_of=datetime.now(UTC) + timedelta(days=1)))


def test_moving_the_start_of_a_pilot_changes_its_digest_as_a_new_policy_would(config: Path) -> None:
    before = open_session(Question(config)).policy_digests()["one"]
    config.write_text(TWO_PILOTS.replace("2026-06-01", "2026-07-01", 1), encoding="utf-8")
    assert open_session(Question(config)).policy_digests()["one"] != before
