"""Where the token or the key is looked for, in which order, and that nobody sees it by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.secret_places import Secret, is_open_to_others, secret_of
from ingest.errors import SourceError
from ingest.settings import GitHubSettings

PLANTED = "ghp_planted0000000000000000000000000000000"
ENVIRON = {"GITHUB_TOKEN": f" {PLANTED}\n", "OTHER": "other"}


def settings(**given: object) -> GitHubSettings:
    return GitHubSettings.model_validate(given)


def app(key: Path) -> dict[str, object]:
    return {"app_id": 1, "installation_id": 2, "private_key_path": key.name}


def test_the_environment_is_asked_when_no_file_is_named(tmp_path: Path) -> None:
    assert secret_of(settings(), tmp_path, ENVIRON) == Secret("token", PLANTED)
    assert secret_of(settings(token_env="OTHER"), tmp_path, ENVIRON) == Secret("token", "other")  # noqa: S106


@pytest.mark.parametrize("environ", [{}, {"GITHUB_TOKEN": ""}, {"GITHUB_TOKEN": " \n"}])
def test_a_variable_that_is_missing_or_blank_is_no_secret(tmp_path: Path, environ: dict[str, str]) -> None:
    assert secret_of(settings(), tmp_path, environ) is None


def test_a_file_wins_over_the_environment_and_an_app_over_both(tmp_path: Path) -> None:
    token, key = tmp_path / "token", tmp_path / "app.pem"
    token.write_text("from-file\n", encoding="utf-8-sig")
    key.write_text("from-key\n", encoding="utf-8")
    by_file = settings(token_file="token")  # noqa: S106 - a file's name
    assert secret_of(by_file, tmp_path, ENVIRON) == Secret("token", "from-file", token)
    by_app = settings(token_file="token", **app(key))  # noqa: S106 - a file's name
    assert secret_of(by_app, tmp_path, ENVIRON) == Secret("private_key", "from-key", key)


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("from-file", encoding="utf-8")
    assert secret_of(settings(token_file=str(token)), Path("/nowhere"), {}) == Secret(
        "token", "from-file", token
    )


def test_a_file_that_is_not_there_is_said_and_nothing_else_is_tried(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"token_file gone: cannot be read .*looked at .*gone"):
        secret_of(settings(token_file="gone"), tmp_path, ENVIRON)  # noqa: S106 - a file's name


def test_an_empty_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "app.pem").write_text("\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"private_key_path app\.pem: is empty; expected the private key"):
        secret_of(settings(**app(tmp_path / "app.pem")), tmp_path, ENVIRON)


def test_a_file_that_is_no_text_is_said_without_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe" + PLANTED.encode())
    with pytest.raises(SourceError, match="is no text") as caught:
        secret_of(settings(token_file="token"), tmp_path, ENVIRON)  # noqa: S106 - a file's name
    assert PLANTED not in str(caught.value)
    assert caught.value.__suppress_context__


def test_printing_a_secret_does_not_show_it(tmp_path: Path) -> None:
    assert PLANTED not in repr(secret_of(settings(), tmp_path, ENVIRON))


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o640, True), (0o604, True), (0o700, False)])
def test_a_file_that_others_may_read_is_open(tmp_path: Path, mode: int, is_open: bool) -> None:  # noqa: FBT001
    path = tmp_path / "token"
    path.write_text("x", encoding="utf-8")
    path.chmod(mode)
    assert is_open_to_others(Secret("token", "x", path)) is is_open


def test_the_environment_is_open_to_nobody() -> None:
    assert not is_open_to_others(Secret("token", "x"))
