from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contracts import FILE_CLASSES, SENSITIVE_AREAS
from ingest.file_classes import AREAS, BUILT_IN, ORDER, classify_files, classify_path, shell_regex
from ingest.settings import ClassSettings

PATHS = st.lists(st.text("abcXY._-/ $1é", min_size=1, max_size=12), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/totals.py", "code"),
        ("Dockerfile", "code"),
        ("requirements.txt", "code"),
        ("CMakeLists.txt", "code"),
        ("tests/test_totals.py", "test"),
        ("src/totals.spec.ts", "test"),
        ("pkg/totals_test.go", "test"),
        ("src/test/java/TotalsTest.java", "test"),
        ("src/contest/latest.py", "code"),
        ("docs/guide.html", "docs"),
        ("README.md", "docs"),
        ("assets/logo.svg", "docs"),
        ("package-lock.json", "lock"),
        ("services/pay/go.sum", "lock"),
        ("web/app.min.js", "minified"),
        ("api/totals.pb.go", "generated"),
        ("web/dist/app.js", "generated"),
        ("tests/__snapshots__/a.snap", "generated"),
        ("vendor/github.example/lib/lib.go", "vendored"),
        ("web/node_modules/lib/README.md", "vendored"),
    ],
)
def test_a_path_has_the_class_that_its_names_say(path: str, expected: str):
    assert classify_path(path)[0] == expected


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("src/auth/totals.py", "identity"),
        ("src/LoginController.java", "identity"),
        ("app/user_session.rb", "identity"),
        ("src/author.py", None),
        ("src/sessional.py", None),
        ("config/secrets.yaml", "secrets"),
        (".env.production", "secrets"),
        ("deploy/server.pem", "secrets"),
        ("src/PasswordReset.ts", "secrets"),
        ("k8s/ingress.yaml", "network"),
        ("src/corsPolicy.ts", "network"),
        ("tests/auth/test_login.py", None),
        ("docs/auth.md", None),
        ("src/totals.py", None),
    ],
)
def test_an_area_needs_a_whole_word_of_a_code_path(path: str, area: str | None):
    assert classify_path(path)[1] == area


def test_patterns_of_the_settings_come_before_the_built_in_ones():
    configured = ClassSettings(generated=["src/api/**"], test=["*.md"])

    assert classify_path("src/api/client.py", configured)[0] == "generated"
    assert classify_path("README.md", configured)[0] == "test"
    assert classify_path("src/totals.py", configured)[0] == "code"


def test_code_among_the_settings_wins_over_everything():
    configured = ClassSettings(code=["vendor/ours/**"], vendored=["vendor/**"])

    assert classify_path("vendor/ours/a.go", configured)[0] == "code"
    assert classify_path("vendor/theirs/a.go", configured)[0] == "vendored"


def test_areas_of_the_settings_come_first_and_can_stand_alone():
    configured = ClassSettings(network=["src/auth/**"])
    alone = ClassSettings(network=["src/wire/**"], built_in=False)

    assert classify_path("src/auth/a.py", configured) == ("code", "network")
    assert classify_path("src/wire/a.py", alone) == ("code", "network")
    assert classify_path("src/auth/a.py", alone) == ("code", None)
    assert classify_path("tests/a.py", alone) == ("code", None)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.py", "a/b/c.py", True),
        ("*.py", "a/b/c.pyi", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/a/b.py", False),
        ("src/**/*.py", "src/a/b.py", True),
        ("src/**/*.py", "src/b.py", True),
        ("src/**", "src/a/b.py", True),
        ("src/**", "lib/src/a.py", False),
        ("/src/?.py", "src/a.py", True),
        ("a+b(c).py", "a+b(c).py", True),
    ],
)
def test_shell_patterns_mean_what_shells_mean(pattern: str, path: str, matches: bool):  # noqa: FBT001
    assert (re.search(shell_regex(pattern), path) is not None) is matches
    assert pl.select(pl.lit(path).str.contains(shell_regex(pattern))).item() is matches


def test_a_frame_keeps_its_rows_their_order_and_other_columns():
    files = pl.DataFrame(
        {"path": ["b.md", None, "a.py", "b.md"], "additions": [1, 2, 3, 4], "file_class": ["x"] * 4}
    )
    found = classify_files(files)

    assert found["additions"].to_list() == [1, 2, 3, 4]
    assert found["file_class"].to_list() == ["docs", None, "code", "docs"]


def test_a_frame_without_rows_gets_the_columns():
    found = classify_files(pl.DataFrame(schema={"path": pl.String}))

    assert (found.height, found.columns) == (0, ["path", "file_class", "sensitive_area"])


def test_words_are_those_of_the_contract():
    assert set(ORDER) == set(BUILT_IN) == set(FILE_CLASSES)
    assert set(AREAS) == set(SENSITIVE_AREAS)


@given(paths=st.lists(PATHS, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_many_paths_at_once_are_judged_as_each_alone(paths: list[str]):
    found = classify_files(pl.DataFrame({"path": paths}))

    assert list(found.select("file_class", "sensitive_area").iter_rows()) == [
        classify_path(path) for path in paths
    ]
