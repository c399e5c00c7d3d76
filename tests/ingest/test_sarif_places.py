from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingest.sources.sarif.places import plain_path
from tests.builders_sarif import Row, location, only_result, result


def place(folder: Path, uri: str, line: int | None = 3, *, where: Row | None = None, **parts: Any):
    row = only_result(folder, result(locations=[location(uri, line, **(where or {}))]), **parts)
    return row["path"], row["line"], row["is_blamable"]


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a.py", "src/a.py"),
        ("./src/../src/a.py", "src/a.py"),
        ("src\\win\\a.py", "src/win/a.py"),
        ("src/my%20file%2Bx.py", "src/my file+x.py"),
        ("src/with space.py", "src/with space.py"),
        ("file:///home/runner/work/payments/payments/src/a.py", "src/a.py"),
        ("/github/workspace/src/a.py", "src/a.py"),
        ("file:///D:/a/payments/payments/src/a.py", "src/a.py"),
        ("/builds/acme/payments/src/a.py", "src/a.py"),
        ("file:////src//a.py", "/src/a.py"),
        ("/unknown/root/a.py", "/unknown/root/a.py"),
    ],
)
def test_path_is_plain_and_inside_the_repository_where_that_is_known(tmp_path: Path, uri: str, path: Any):
    assert place(tmp_path, uri)[0] == path


def test_host_of_a_file_address_is_no_part_of_the_path():
    assert plain_path("file://build.example/work/a.py") == "/work/a.py"


def test_root_that_the_working_directory_names_is_taken_off(tmp_path: Path):
    invocations = [{"workingDirectory": {"uri": "file:///srv/checkout"}}]
    assert place(tmp_path, "file:///srv/checkout/src/a.py", invocations=invocations)[0] == "src/a.py"


def test_root_that_the_provenance_names_is_taken_off(tmp_path: Path):
    provenance = [{"repositoryUri": "https://h.example/acme/x", "mappedTo": {"uriBaseId": "ROOT"}}]
    bases = {"ROOT": {"uri": "file:///srv/x/"}}
    parts = {"versionControlProvenance": provenance, "originalUriBaseIds": bases}
    assert place(tmp_path, "/srv/x/src/a.py", **parts)[0] == "src/a.py"


def test_base_inside_the_repository_is_part_of_the_path(tmp_path: Path):
    bases = {"ROOT": {"uri": "file:///srv/x/"}, "SRC": {"uri": "src/", "uriBaseId": "ROOT"}}
    provenance = [{"repositoryUri": "https://h.example/acme/x", "mappedTo": {"uriBaseId": "ROOT"}}]
    parts = {"versionControlProvenance": provenance, "originalUriBaseIds": bases}
    assert place(tmp_path, "a.py", where={"uriBaseId": "SRC"}, **parts)[0] == "src/a.py"


@pytest.mark.parametrize("bases", [None, {"SRC": {"uri": "file:///anywhere/"}}, {"SRC": None}])
def test_base_that_is_not_known_to_the_repository_is_its_root(tmp_path: Path, bases: Any):
    parts = {"originalUriBaseIds": bases}
    assert place(tmp_path, "src/a.py", where={"uriBaseId": "SRC"}, **parts)[0] == "src/a.py"


def test_bases_that_refer_to_each_other_do_not_hang(tmp_path: Path):
    bases = {"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "A"}}
    assert place(tmp_path, "x.py", where={"uriBaseId": "A"}, originalUriBaseIds=bases)[0].endswith("a/x.py")


def test_file_named_by_its_place_in_the_artifacts_is_found(tmp_path: Path):
    where = {"artifactLocation": {"index": 1}, "region": {"startLine": 3}}
    found = result(locations=[{"physicalLocation": where}])
    artifacts = [{"location": {"uri": "no.py"}}, {"location": {"uri": "yes.py"}}]
    assert only_result(tmp_path, found, artifacts=artifacts)["path"] == "yes.py"


@pytest.mark.parametrize("locations", [[], None, [{}], [location("")]])
def test_result_without_a_place_is_kept_without_a_path(tmp_path: Path, locations: Any):
    row = only_result(tmp_path, result(locations=locations))
    assert (row["path"], row["is_blamable"]) == (None, False)


def test_first_location_that_names_a_file_counts(tmp_path: Path):
    row = only_result(tmp_path, result(locations=[location(""), location("b.py"), location("c.py")]))
    assert row["path"] == "b.py"


@pytest.mark.parametrize(
    ("line", "expected"), [(3, 3), ("03", 3), (3.0, 3), (0, None), (-1, None), (2.5, None), (True, None)]
)
def test_line_is_a_whole_number_above_zero_or_unknown(tmp_path: Path, line: Any, expected: Any):
    where = {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": line}}
    assert only_result(tmp_path, result(locations=[{"physicalLocation": where}]))["line"] == expected


@pytest.mark.parametrize(
    ("uri", "line", "expected"),
    [
        ("src/a.py", 1, True),
        ("src/a.py", None, False),
        ("pom.xml", 1, False),
        ("pom.xml", 14, True),
        ("app/requirements-dev.txt", 1, False),
        ("registry.example/acme/app:1.2", 1, False),
        ("https://host.example/a.py", 3, False),
    ],
)
def test_only_lines_of_files_can_be_blamed(tmp_path: Path, uri: str, line: Any, expected: Any):
    assert place(tmp_path, uri, line)[2] is expected


def test_package_scanner_that_names_an_image_cannot_be_blamed_on_a_line(tmp_path: Path):
    tool = {"driver": {"name": "Trivy"}}
    assert place(tmp_path, "library/alpine", 1, tool=tool)[2] is False
    assert place(tmp_path, "Dockerfile", 4, tool=tool)[2] is True


def test_finding_keeps_its_identity_on_every_runner(tmp_path: Path):
    uris = ["src/a.py", "src\\a.py", "file:///home/runner/work/x/x/src/a.py", "/github/workspace/src/a.py"]
    keys = {only_result(tmp_path, result(locations=[location(uri)]))["finding_key"] for uri in uris}
    assert len(keys) == 1
