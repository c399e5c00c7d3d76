"""From pilot.toml to mirrors and back: settings, secrets, doctor, guide."""

from __future__ import annotations

import os
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import main
from dashboard.complaints import Complaint
from dashboard.composition import Question, Session, open_session
from dashboard.describing import describe
from dashboard.doctoring import examine
from dashboard.starting import TEMPLATE
from ingest.errors import ConfigurationError
from ingest.settings import FilesSettings, GitRepository, GitSettings
from ingest.sources.git.cloning import FETCHED
from tests.builders_git import GitRepo

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "history.md").read_text(encoding="utf-8")
TOKEN = "ghp_" + "a1B2" * 9
CONFIG = """
[[pilot]]
name = "pay"
repositories = ["acme/pay"]
start_on = 2026-01-01

[sources.git]
{more}
[[sources.git.repository]]
name = "acme/pay"
url = "served/pay.git"
"""


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = GitRepo(tmp_path / "work")
    made.commit_file("a.py", "1\n", "Begin")
    made.bare(tmp_path / "served" / "pay.git")
    return made


def configured(folder: Path, more: str = "") -> Path:
    path = folder / "pilot.toml"
    path.write_text(CONFIG.format(more=more), encoding="utf-8")
    return path


def said(config: Path, about: str, *, offline: bool = True) -> list[Complaint]:
    return [each for each in examine(session(config), offline=offline) if each.about == about]


def session(config: Path) -> Session:
    return open_session(Question(config))


# -- joining ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("repo")
def test_paths_to_clone_from_start_at_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(tmp_path)
    monkeypatch.chdir("/")
    assert main(["ingest", "git", "--config", str(config)]) == 0
    assert (tmp_path / "lake" / "git" / "acme+pay.git" / "HEAD").is_file()
    assert session(config).tables.landed_commits.collect().height == 1


@pytest.mark.usefixtures("repo")
def test_the_folder_of_mirrors_is_the_one_that_is_named(tmp_path: Path) -> None:
    config = configured(tmp_path, 'folder = "mirrors"')
    assert main(["ingest", "--config", str(config)]) == 0
    assert (tmp_path / "mirrors" / "acme+pay.git" / "HEAD").is_file()


@pytest.mark.usefixtures("repo")
def test_a_second_run_without_news_publishes_nothing_new(tmp_path: Path) -> None:
    config = configured(tmp_path)
    assert main(["ingest", "--config", str(config)]) == 0
    first = session(config).published
    assert main(["ingest", "--config", str(config)]) == 0
    second = session(config).published
    assert first is not None
    assert second is not None
    assert first.versions == second.versions


def test_a_repository_that_cannot_be_cloned_gives_exit_code_11(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path)
    assert main(["ingest", "--config", str(config)]) == 11
    assert "acme/pay: there is no repository at its address" in " ".join(capsys.readouterr().out.split())


def test_addresses_stay_and_paths_become_absolute(tmp_path: Path) -> None:
    config = configured(tmp_path, 'url = "git@git.acme.example:{repository}.git"')
    git = session(config).ingest_settings.sources.git
    assert git is not None
    assert git.url == "git@git.acme.example:{repository}.git"
    assert git.repository[0].url == str(tmp_path / "served" / "pay.git")


def test_the_token_is_read_for_this_source_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLONE_TOKEN", TOKEN)
    secret = session(configured(tmp_path, 'token_env = "CLONE_TOKEN"')).git_secret()
    assert secret is not None
    assert (secret.kind, secret.text) == ("git_token", TOKEN)
    assert TOKEN not in repr(secret)


def test_a_token_file_that_is_not_there_is_an_error_and_no_other_secret_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    config = configured(tmp_path, 'token_file = "keys/token"')
    assert main(["ingest", "--config", str(config)]) == 11
    assert "[sources.git] token_file keys/token: cannot be read" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "line",
    [
        f'token_env = "{TOKEN}"',
        f'token_file = "{TOKEN}"',
        f'token = "{TOKEN}"',
        f'url = ["https://x:{TOKEN}@h"]',
    ],
)
def test_a_secret_in_the_settings_is_never_shown(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        session(configured(tmp_path, line))
    assert "sources.git" in str(error.value)
    assert TOKEN not in str(error.value)


# -- doctor -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("repo")
def test_doctor_says_that_there_is_no_mirror_yet_and_how_to_get_one(tmp_path: Path) -> None:
    (seen,) = said(configured(tmp_path), "mirror")
    assert (seen.level, seen.remedy) == ("warning", "run `pilot ingest git`")
    assert seen.seen == "acme/pay: none yet; its history is not known"


def test_doctor_tells_branch_head_size_and_age(tmp_path: Path, repo: GitRepo) -> None:
    config = configured(tmp_path)
    main(["ingest", "--config", str(config)])
    (seen,) = said(config, "mirror")
    assert seen.level == "ok"
    assert re.fullmatch(
        rf"acme/pay: main at {repo.head[:12]}, 1 MB, brought up to date 20\d\d-\S+ \S+ UTC", seen.seen
    )
    fetched = tmp_path / "lake" / "git" / "acme+pay.git" / FETCHED
    long_ago = (datetime.now(UTC) - timedelta(days=9)).timestamp()
    os.utime(fetched, (long_ago, long_ago))
    (seen,) = said(config, "mirror")
    assert (seen.level, seen.remedy) == ("warning", "run `pilot ingest git`")


@pytest.mark.deep
@pytest.mark.usefixtures("repo")
def test_doctor_sees_damage_cuts_and_a_branch_that_is_not_there(tmp_path: Path) -> None:
    config = configured(tmp_path)
    main(["ingest", "--config", str(config)])
    mirror = tmp_path / "lake" / "git" / "acme+pay.git"
    (mirror / "shallow").write_text("")
    (seen,) = said(config, "mirror")
    assert (seen.level, "not whole" in seen.seen) == ("warning", True)
    (mirror / "HEAD").write_text("ref: refs/heads/gone\n")
    (seen,) = said(config, "mirror")
    assert (seen.level, seen.seen) == ("error", "acme/pay: has no protected branch")
    (mirror / "HEAD").write_text("nonsense")
    (seen,) = said(config, "mirror")
    assert (seen.level, seen.remedy) == ("error", "run `pilot ingest git --full`")


def test_doctor_asks_each_repository_unless_it_is_offline(tmp_path: Path, repo: GitRepo) -> None:
    config = configured(tmp_path)
    assert said(config, "git", offline=False)[-1].seen == "acme/pay: may be cloned"
    assert not any("cloned" in each.seen for each in said(config, "git")[1:] if "token" not in each.seen)
    (repo.path.parent / "served").rename(repo.path.parent / "elsewhere")
    seen = said(config, "git", offline=False)[-1]
    assert (seen.level, seen.remedy) == ("error", "see docs/history.md")


def test_doctor_warns_of_a_token_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o644)
    seen = said(configured(tmp_path, 'token_file = "token"'), "git")[-1]
    assert (seen.level, TOKEN in seen.seen) == ("warning", False)


# -- guide, demo and template -----------------------------------------------------------------------

WITHOUT_DEFAULT = {"token_file", "folder", "repositories", "repository"}
FILLED = {"start_on": "2026-06-01", "ends_on": "2026-12-01", "require": "proven", "pad": ""}
TEXTS = {
    "guide": GUIDE,
    "demo": (ROOT / "data" / "pilot.toml").read_text(encoding="utf-8"),
    "template": TEMPLATE.format(**FILLED),
}


def section(text: str, heading: str) -> dict[str, Any]:
    """Settings of a section in a text, commented out or not."""
    rest = re.split(rf"^(?:# )?\[{heading}\]", text, maxsplit=1, flags=re.MULTILINE)[1]
    lines = rest.partition("\n")[2].splitlines()
    end = next(index for index, line in enumerate([*lines, ""]) if not re.match(r"(# )?[\[\w]", line))
    told = "\n".join(line.removeprefix("# ") for line in lines[:end])
    return tomllib.loads(told.replace("[[sources.git.repository]]", "[[repository]]"))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_setting_is_there_with_its_default(text: str) -> None:
    told = section(text, r"sources\.git")
    assert set(told) == set(GitSettings.model_fields)
    assert set(told["repository"][0]) == set(GitRepository.model_fields)
    settings, defaults = GitSettings(**told), GitSettings()
    assert {name for name in told if getattr(settings, name) != getattr(defaults, name)} == WITHOUT_DEFAULT


@pytest.mark.parametrize("name", ["demo", "template"])
def test_incidents_can_be_had_by_taking_the_marks_away(name: str) -> None:
    assert FilesSettings(**section(TEXTS[name], r"sources\.incidents")).paths == ["incidents.csv"]


@pytest.mark.parametrize("name", sorted({*GitSettings.model_fields} - {"repository"}))
def test_every_setting_is_described_in_words(name: str) -> None:
    (told,) = describe("[sources.git]")
    assert not dict(told.lines)[name].startswith("default ")
