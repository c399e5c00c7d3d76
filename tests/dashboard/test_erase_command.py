"""`pilot erase` for people: it asks, says what it reaches and what not, and later ingests keep its word."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

from dashboard import erasing_commands
from dashboard.cli import main
from dashboard.composition import Question, Session, open_session
from ingest.pseudonyms import pseudonym
from tests.dashboard.builders_approvals import log, project


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ingested")
    path = project(folder)
    log(folder, "a.csv", "rosa", "ali")
    assert main(["ingest", "approvals", "--config", str(path)]) == 0
    return folder


@pytest.fixture
def config(ingested: Path, tmp_path: Path) -> Path:
    shutil.copytree(ingested, tmp_path / "project")
    return tmp_path / "project" / "pilot.toml"


def of(config: Path, account: str) -> str:
    key = open_session(Question(config)).known_key()
    assert key is not None
    return str(pseudonym(key.text, account))


def reviewers(session: Session) -> list[str | None]:
    return session.tables.approvals.sort("session_id", "call_id").collect()["reviewer"].to_list()


def test_a_person_is_forgotten_by_their_account_and_stays_so(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ali = of(config, "ali")
    capsys.readouterr()
    assert main(["erase", " Rosa", "--by", "maria", "--yes", "--json", "--config", str(config)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pseudonym"] == of(config, "rosa")
    assert told["rows"]["approvals"] == 2
    assert any("the logs themselves" in each for each in told["not_reached"])
    assert reviewers(open_session(Question(config))) == [ali, ali, None, None]
    log(config.parent, "b.csv", "rosa")
    assert main(["ingest", "approvals", "--full", "--config", str(config)]) == 0
    session = open_session(Question(config))
    assert reviewers(session) == [ali, ali, None, None, None, None]
    kept = session.store.current("erasures").collect()
    assert kept["erased_by"].to_list() == ["maria"]


def test_what_was_known_before_can_still_be_asked_for_without_the_person(config: Path) -> None:
    before = open_session(Question(config)).published
    assert before is not None
    assert main(["erase", "rosa", "--yes", "--config", str(config)]) == 0
    session = open_session(Question(config, known_at=before.at))
    assert reviewers(session).count(None) == 2
    assert session.tables.approval_sessions.select(pl.len()).collect().item() == 2


def test_a_pseudonym_will_do_without_the_key(config: Path) -> None:
    rosa = of(config, "rosa")
    (config.parent / "pseudonyms.key").unlink()
    assert main(["erase", rosa, "--yes", "--config", str(config)]) == 0
    assert reviewers(open_session(Question(config))).count(None) == 2


def test_without_a_key_an_account_cannot_be_known(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "pseudonyms.key").unlink()
    assert main(["erase", "rosa", "--yes", "--config", str(config)]) == 2
    assert "no key of pseudonyms yet" in capsys.readouterr().err


def test_with_another_key_nobody_is_said_to_be_forgotten(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config.parent / "pseudonyms.key").write_text("another key of enough characters", encoding="utf-8")
    assert main(["erase", "rosa", "--yes", "--config", str(config)]) == 2
    assert "another key" in capsys.readouterr().err
    assert None not in reviewers(open_session(Question(config)))


def test_an_account_that_no_row_names_does_not_read_like_a_success(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["erase", "nobody@acme.example", "--yes", "--config", str(config)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "stands in no row: nothing was taken out" in told
    assert "is forgotten" not in told
    assert main(["erase", "nobody@acme.example", "--yes", "--config", str(config)]) == 0
    assert "was forgotten before, and stands in no row" in " ".join(capsys.readouterr().out.split())


def test_nothing_happens_where_nobody_can_be_asked(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["erase", "rosa", "--config", str(config)]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "stands in 4 rows of approval_signals, 2 rows of approvals" in told
    assert "add --yes" in told
    assert None not in reviewers(open_session(Question(config)))


@pytest.mark.parametrize(("answer", "code", "forgotten"), [(True, 0, 2), (False, 2, 0)])
def test_people_are_asked_whether_they_mean_it(
    config: Path, monkeypatch: pytest.MonkeyPatch, answer: object, code: int, forgotten: int
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda _text: answer)
    assert main(["erase", "rosa", "--config", str(config)]) == code
    assert reviewers(open_session(Question(config))).count(None) == forgotten


@pytest.mark.parametrize("account", ["", " ", "<REDACTED>"])
def test_nobody_cannot_be_forgotten(config: Path, account: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["erase", account, "--yes", "--config", str(config)]) == 2
    assert "who is to be forgotten?" in capsys.readouterr().err


def test_an_address_is_not_kept_as_the_name_of_who_erased(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["erase", "rosa", "--by", "m@acme.example", "--yes", "--config", str(config)]) == 2
    assert "seen an e-mail address" in capsys.readouterr().err


def test_the_question_names_rows_or_says_that_there_are_none() -> None:
    none = erasing_commands.question("p-x", {"approvals": 0})
    assert (
        none
        == "p-x stands in no row; logs that are read later will not name them. Forget this person for good?"
    )
