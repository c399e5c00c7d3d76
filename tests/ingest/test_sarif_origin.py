from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import ConfigurationError
from ingest.settings import IngestSettings, SarifSettings, ScanPlace, SourcesSettings
from ingest.sources.base import SourceFile
from ingest.sources.sarif import SARIF
from ingest.sources.sarif.origin import normal_ref, pull_request_of, repository_name
from tests.builders_sarif import DAY_ONE, location, log, parse, result, results_of, run, scans_of, settings

BARE = {"versionControlProvenance": None, "invocations": None}
PLACE = {"repository": "acme/search", "scanned_at": "2026-07-01T00:00:00Z"}


def sidecar(folder: Path, name: str = "scans/a.sarif", **content: Any):
    path = folder / f"{name}.meta.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def scan_with(folder: Path, content: Any = None, **sarif: Any):
    (scan,) = scans_of(parse(folder, content or log(run([result()], **BARE)), **sarif))
    return scan


def test_file_tells_its_own_place(tmp_path: Path):
    scan = scan_with(tmp_path, log(run([result()])))
    assert (scan["repository"], scan["ref"], scan["commit_sha"]) == ("acme/payments", "refs/heads/main", "c1")
    assert (scan["scanned_at"], scan["stage"]) == (DAY_ONE, "post_merge")


def test_start_stands_in_for_a_missing_end(tmp_path: Path):
    told = run(invocations=[{"startTimeUtc": "2026-06-01T12:00:00.123Z"}, {"startTimeUtc": "no time"}])
    assert scan_with(tmp_path, log(told))["scanned_at"] == DAY_ONE.replace(microsecond=123000)


def test_unplaced_scan_is_kept_without_a_place(tmp_path: Path):
    scan = scan_with(tmp_path)
    assert (scan["status"], scan["repository"], scan["scanned_at"], scan["stage"]) == (
        "ok",
        None,
        None,
        "unknown",
    )


def test_settings_place_what_the_file_does_not(tmp_path: Path):
    scan = scan_with(tmp_path, place=[ScanPlace(paths=["scans/**/*.sarif"], ref="main", **PLACE)])
    assert (scan["repository"], scan["stage"]) == ("acme/search", "post_merge")


def test_settings_win_over_the_file_and_the_sidecar_over_both(tmp_path: Path):
    place = [ScanPlace(paths=["scans/*"], ref="pull/7/head", category="nightly", **PLACE)]
    sidecar(tmp_path, repository="acme/checkout")
    scan = scan_with(tmp_path, log(run([result()])), place=place)
    assert (scan["repository"], scan["pull_request"], scan["category"]) == ("acme/checkout", 7, "nightly")
    assert (scan["commit_sha"], scan["stage"]) == ("c1", "pre_merge")


def test_first_matching_entry_that_tells_a_fact_counts(tmp_path: Path):
    place = [
        ScanPlace(paths=["other/*"], repository="acme/wrong"),
        ScanPlace(paths=["scans/*"], commit="abc"),
        ScanPlace(paths=["**/*"], repository="acme/right", commit="later"),
    ]
    scan = scan_with(tmp_path, place=place)
    assert (scan["repository"], scan["commit_sha"]) == ("acme/right", "abc")


def test_pattern_reads_the_place_from_the_files_name(tmp_path: Path):
    pattern = r"scans/(?P<repository>[^/]+/[^/]+)/pr-(?P<pull_request>\d+)-(?P<scanned_at>\d{8}T\d{6}Z)"
    content = log(run([result()], **BARE))
    place = [ScanPlace(paths=["scans/**"], path_pattern=pattern)]
    parsed = parse(tmp_path, content, "scans/acme/web/pr-12-20260601T120000Z.sarif", place=place)
    (scan,) = scans_of(parsed)
    assert (scan["repository"], scan["pull_request"], scan["stage"]) == ("acme/web", 12, "pre_merge")
    assert scan["scanned_at"] == DAY_ONE


@pytest.mark.parametrize(
    "entry", [{"path_pattern": "("}, {"scanned_at": "2026-07-01"}, {"path_pattern": "(?P<x>scans)"}]
)
def test_entry_that_cannot_be_understood_is_a_configuration_error(tmp_path: Path, entry: Any):
    with pytest.raises(ConfigurationError, match=r"sources\.sarif\.place"):
        scan_with(tmp_path, place=[ScanPlace(paths=["scans/*"], **entry)])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"repo": "acme/x"}', "repo"),
        ("{", "sidecar"),
        ('["acme/x"]', "sidecar"),
        ('{"scanned_at": "2026-07-01T00:00:00"}', "scanned_at"),
        ('{"pull_request": "seven"}', "pull_request"),
    ],
)
def test_sidecar_that_cannot_be_understood_makes_the_scan_unreadable(
    tmp_path: Path, content: Any, words: str
):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans/a.sarif.meta.json").write_text(content)
    parsed = parse(tmp_path, log(run([result()])))
    (scan,) = scans_of(parsed)
    assert scan["status"] == "unreadable"
    assert "sidecar scans/a.sarif.meta.json" in scan["status_reason"]
    assert words in scan["status_reason"]
    assert results_of(parsed) == []


def test_unreadable_file_has_the_place_that_its_sidecar_tells(tmp_path: Path):
    sidecar(tmp_path, ref="refs/heads/main", **PLACE)
    scan = scan_with(tmp_path, b"crash")
    assert (scan["status"], scan["repository"], scan["stage"]) == ("unreadable", "acme/search", "post_merge")


def test_checkout_root_of_the_sidecar_is_taken_off_the_paths(tmp_path: Path):
    sidecar(tmp_path, checkout_root="/srv/ci/build-7")
    parsed = parse(tmp_path, log(run([result(locations=[location("/srv/ci/build-7/src/a.py")])])))
    assert results_of(parsed)[0]["path"] == "src/a.py"


def test_rules_version_of_the_sidecar_wins(tmp_path: Path):
    sidecar(tmp_path, rules_version="2026-06")
    assert scan_with(tmp_path)["rules_version"] == "2026-06"


@pytest.mark.parametrize(
    "explicit", [9, {"app.py": 9}, {"app.py:3": 9, "app.py": 1}, {"B1": 9}, {"app.py": 9, "B1": 1}]
)
def test_sidecar_names_who_introduced_a_result_the_most_precise_name_first(tmp_path: Path, explicit: Any):
    sidecar(tmp_path, introduced_by=explicit)
    assert results_of(parse(tmp_path, log(run([result()]))))[0]["introduced_by"] == 9


def test_finding_key_is_the_most_precise_name_of_all(tmp_path: Path):
    (row,) = results_of(parse(tmp_path, log(run([result()]))))
    sidecar(tmp_path, introduced_by={row["finding_key"]: 9, "app.py:3": 1})
    assert results_of(parse(tmp_path, log(run([result()]))))[0]["introduced_by"] == 9


def test_result_that_the_sidecar_does_not_name_has_no_introducer(tmp_path: Path):
    sidecar(tmp_path, introduced_by={"other.py": 9})
    assert results_of(parse(tmp_path, log(run([result()]))))[0]["introduced_by"] is None


@pytest.mark.parametrize(
    ("ref", "stage"),
    [
        ("refs/heads/main", "post_merge"),
        ("origin/main", "post_merge"),
        ("master", "post_merge"),
        ("refs/heads/feature", "unknown"),
        ("refs/tags/main", "unknown"),
        ("refs/pull/7/merge", "pre_merge"),
        ("refs/merge-requests/7/head", "pre_merge"),
        ("refs/heads/gh-readonly-queue/main/pr-7-0a1b2c", "pre_merge"),
    ],
)
def test_stage_follows_from_the_ref(tmp_path: Path, ref: Any, stage: Any):
    sidecar(tmp_path, ref=ref, **PLACE)
    assert scan_with(tmp_path)["stage"] == stage


def test_pilots_protected_branch_counts_for_its_repositories(tmp_path: Path):
    base = settings()
    own = IngestSettings(sources=base.sources, protected_branches={"acme/pay*": "trunk"})
    path = tmp_path / "a.sarif"
    path.write_bytes(
        log(run(versionControlProvenance=[{"repositoryUri": "acme/payments", "branch": "trunk"}]))
    )
    (scan,) = scans_of(SARIF.parse(SourceFile(path, "a.sarif"), own))
    assert scan["stage"] == "post_merge"


def test_scan_of_the_branch_made_for_a_pull_request_is_after_its_merge(tmp_path: Path):
    sidecar(tmp_path, ref="main", pull_request=7, **PLACE)
    scan = scan_with(tmp_path)
    assert (scan["stage"], scan["pull_request"]) == ("post_merge", 7)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://host.example/acme/payments", "acme/payments"),
        ("https://host.example/acme/payments.git", "acme/payments"),
        ("ssh://git@host.example:22/acme/payments.git", "acme/payments"),
        ("git@host.example:acme/payments.git", "acme/payments"),
        ("https://host.example/group/sub/payments/", "sub/payments"),
        ("https://host.example/org/project/_git/payments", "project/payments"),
        ("acme/payments", "acme/payments"),
        ("payments", None),
        ("https://host.example/", None),
        (None, None),
    ],
)
def test_repository_is_owner_and_name(address: Any, name: str):
    assert repository_name(address) == name


def test_ref_is_spelled_in_full_and_only_once():
    for ref in ("main", "heads/main", "refs/heads/main", "refs/remotes/origin/main"):
        assert normal_ref(ref) == "refs/heads/main"
    assert normal_ref(" ") is None
    assert pull_request_of("refs/pull/0/head") is None


@pytest.mark.parametrize(
    ("identifier", "category"),
    [
        ("a/b/run-1", "a/b"),
        ("a/", "a"),
        ("/language:python/", "language:python"),
        ("no slash", None),
        (7, None),
    ],
)
def test_category_is_the_automation_id_up_to_the_last_slash(tmp_path: Path, identifier: Any, category: Any):
    scan = scan_with(tmp_path, log(run(automationDetails={"id": identifier})))
    assert scan["category"] == category


def test_fetch_finds_the_files_and_leaves_sidecars_and_excluded_ones_out(tmp_path: Path):
    for name in ("b.sarif", "deep/er/a.sarif", "old/x.sarif", "note.txt"):
        (tmp_path / "scans" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "scans" / name).write_bytes(b"")
    sidecar(tmp_path, "scans/b.sarif")
    sarif = SarifSettings(paths=["scans/**/*.sarif*", "scans/b.*"], exclude=["scans/old/*"])
    found = SARIF.fetch(IngestSettings(sources=SourcesSettings(sarif=sarif)), tmp_path)
    assert [file.name for file in found] == ["scans/b.sarif", "scans/deep/er/a.sarif"]


def test_source_that_is_not_configured_has_no_files(tmp_path: Path):
    assert list(SARIF.fetch(IngestSettings(), tmp_path)) == []


def test_changed_sidecar_or_setting_makes_the_file_need_another_reading(tmp_path: Path):
    path = tmp_path / "a.sarif"
    path.write_bytes(b"")
    file = SourceFile(path, "a.sarif")
    keys = [SARIF.settings_key(settings(), file), SARIF.settings_key(settings(security_tools=["x"]), file)]
    keys.append(SARIF.settings_key(settings(place=[ScanPlace(paths=["*.sarif"], ref="main")]), file))
    sidecar(tmp_path, "a.sarif", ref="main")
    keys.append(SARIF.settings_key(settings(), file))
    assert len({json.dumps(key, sort_keys=True) for key in keys}) == 4


def test_entry_for_other_files_does_not_make_this_one_need_another_reading(tmp_path: Path):
    file = SourceFile(tmp_path / "a.sarif", "a.sarif")
    other = settings(place=[ScanPlace(paths=["b.sarif"], ref="main")])
    assert SARIF.settings_key(settings(), file) == SARIF.settings_key(other, file)
