"""The whole demo in a bucket (S3, emulated on the loopback): the same answers as in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import copy_demo
from tests.acceptance.helpers_pilot import assert_same_content, content, ingest, run, versions
from tests.builders_bucket import served_bucket
from tests.marks import deep

LOCAL = 'uri = "lake"'


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """Serve an empty bucket and point the usual environment variables at it."""
    with served_bucket("pilot") as variables, pytest.MonkeyPatch.context() as environment:
        for name, value in variables.items():
            environment.setenv(name, value)
        yield "s3://pilot"


def configured(folder: Path, uri: str) -> Path:
    config = copy_demo(folder)
    text = config.read_text(encoding="utf-8")
    assert LOCAL in text
    config.write_text(text.replace(LOCAL, f'uri = "{uri}"'), encoding="utf-8")
    return config


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory, bucket: str) -> Path:
    """pilot.toml of a demo that was ingested into the bucket."""
    config = configured(tmp_path_factory.mktemp("remote"), f"{bucket}/lake")
    ingest(config)
    return config


@pytest.mark.deep
@pytest.mark.parametrize("command", ["gate", *deep("metrics")])
def test_the_bucket_gives_the_same_document_as_the_folder(remote: Path, demo: Path, command: str) -> None:
    in_bucket, in_folder = run(command, remote, "--json"), run(command, demo, "--json")
    assert in_bucket == in_folder
    assert in_folder[1]


@pytest.mark.deep
def test_the_bucket_holds_the_same_tables(remote: Path, demo: Path) -> None:
    assert_same_content(content(remote), content(demo))
    assert not (remote.parent / "lake").exists()


@pytest.mark.deep
def test_a_second_ingest_into_the_bucket_publishes_nothing(remote: Path) -> None:
    before = versions(remote)
    code, text, _ = run("ingest", remote)
    assert code == 0
    assert "nothing new: the published data is unchanged" in text
    assert versions(remote) == before


@pytest.mark.deep
def test_doctor_finds_the_bucket_healthy(remote: Path) -> None:
    code, text, _ = run("doctor", remote)
    assert code == 0
    assert "error" not in text


def test_a_bucket_with_nothing_published_says_what_to_run(tmp_path: Path, bucket: str) -> None:
    code, out, err = run("gate", configured(tmp_path, f"{bucket}/empty"))
    assert (code, out, len(err.splitlines())) == (13, "", 1)
    assert "pilot ingest" in err


def test_a_bucket_that_is_not_there_is_one_clear_line(
    tmp_path: Path, bucket: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert bucket
    code, out, err = run("ingest", configured(tmp_path, "s3://nowhere/lake"), "--json")
    capfd.readouterr()
    assert (code, out, len(err.splitlines())) == (13, "", 1)
