from __future__ import annotations

import ast
import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.attribution.alert_identity import alert_finding
from ingest.checking import Checked, check
from ingest.contracts import ALERTS, BY_NAME, DISPOSITIONS_TABLE
from ingest.errors import RefusedFileError
from ingest.identity import finding_id
from ingest.sources.base import Parsed, SourceFile
from ingest.sources.sarif.native import decisions_of, read_alert_page
from ingest.sources.sarif.native.alert_pages import NO_ALERT
from tests.builders_alerts import code_alert, instance
from tests.builders_sarif import REPOSITORY, Row, day, parse, settings
from tests.ingest.test_native_formats import baseline

API = Path(__file__).parents[2] / ".." / "shared" / "real" / "findings" / "api"
MANIFEST = API / "manifest.csv"
ROWS = list(csv.DictReader(MANIFEST.read_text().splitlines())) if MANIFEST.exists() else []
PAGES = [row for row in ROWS if row["file"].startswith(("pygithub_", "webhook_", "dd_github_"))]
OURS = {"resolved": "dismissed", "auto_dismissed": "dismissed"}
# Of this one alert nobody tells when it was created, so its row cannot hold the contract.
WITHOUT_CREATION = "webhook_secret_scanning_alert_reopened.json"
# PyGithub's tests invent a reason that no host knows.
INVENTED_REASON = "pygithub_Repository.testCodeScanAlerts_1.json"

needs_real_files = pytest.mark.skipif(not ROWS, reason="the real files are not beside this checkout")


def source(folder: Path, document: Any, name: str = "alerts.json") -> SourceFile:
    path = folder / name
    path.write_text(json.dumps(document))
    return SourceFile(path, name)


def read(folder: Path, document: Any, **sarif: Any) -> Parsed:
    parsed = read_alert_page(source(folder, document), settings(**sarif))
    assert parsed is not None
    return parsed


def only(folder: Path, document: Any) -> Row:
    (row,) = read(folder, document).frames["alerts"].to_dicts()
    return row


def checked(parsed: Parsed, name: str) -> Checked:
    now = pl.lit(datetime(2026, 7, 1, tzinfo=UTC)).dt.cast_time_unit("us")
    return check(parsed.frames[name].with_columns(source=pl.lit("sarif"), ingested_at=now), BY_NAME[name])


def webhook(alert: Row, **payload: Any) -> Row:
    told = {"action": "created", "repository": {"full_name": REPOSITORY}}
    return {**told, "alert": alert, **payload}


# -- the shapes that alerts come in ----------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        [code_alert(17)], [[code_alert(17)]], code_alert(17), webhook(code_alert(17)),
    ],
    ids=["a page", "pages", "alone", "in a webhook"],
)  # fmt: skip
def test_an_alert_gives_the_same_row_in_every_shape(document: Any, tmp_path: Path):
    row = only(tmp_path, document)

    assert (row["repository"], row["kind"], row["number"]) == (REPOSITORY, "code_scanning", 17)
    assert (row["rule"], row["severity"], row["cwe"]) == ("py/sql-injection", "high", ["CWE-89"])
    assert (row["path"], row["line"], row["refs"]) == ("app/db.py", 12, ["refs/heads/main"])
    assert (row["created_at"], row["raw_ref"]) == (day(5), "alerts.json#code_scanning/17")


def test_a_dismissal_is_a_decision_about_the_same_finding_as_live(tmp_path: Path):
    dismissal = {
        "state": "dismissed", "dismissed_at": "2026-06-07T12:00:00Z", "dismissed_by": {"login": "jane"},
        "dismissed_reason": "false positive", "dismissed_comment": "no input reaches it",
    }  # fmt: skip
    (row,) = checked(read(tmp_path, [code_alert(17, **dismissal)]), "dispositions").valid.to_dicts()

    assert row["finding_id"] == alert_finding(REPOSITORY, "code_scanning", 17)
    assert (row["disposition"], row["decided_by"], row["decided_at"]) == ("false_positive", "jane", day(7))
    assert row["reason"] == "false positive: no input reaches it"


def test_the_instances_of_a_webhook_tell_where_it_was_seen(tmp_path: Path):
    alert = code_alert(17, most_recent_instance=None)
    bare = {name: told for name, told in instance("refs/pull/3/merge").items() if name != "commit_sha"}
    row = only(tmp_path, webhook(alert | {"instances": [bare]}, ref="refs/pull/3/merge", commit_oid="c9"))

    assert (row["refs"], row["ref_commits"], row["path"]) == (["refs/pull/3/merge"], ["c9"], "app/db.py")


def test_the_word_none_is_no_value(tmp_path: Path):
    row = only(tmp_path, code_alert(17, fixed_at="None", dismissed_by="None", dismissed_reason="None"))

    assert (row["fixed_at"], row["dismissed_by"], row["dismissed_reason"]) == (None, None, None)


def test_the_value_of_a_secret_is_in_no_row(tmp_path: Path):
    secret = {
        "number": 3, "created_at": "2026-06-01T12:00:00Z", "state": "open", "secret_type": "adafruit_io_key",
        "secret": "aio_XXXXXXXXXXXXXXXXXXXXXXXXXXXX", "html_url": "https://h.example/acme/pay/security/3",
    }  # fmt: skip
    parsed = read(tmp_path, [secret])

    assert parsed.frames["alerts"]["repository"].to_list() == ["acme/pay"]
    assert "aio_XXXX" not in parsed.frames["alerts"].write_ndjson()


def test_the_later_change_of_the_same_alert_wins_whatever_the_order(tmp_path: Path):
    old, new = code_alert(17, changed=5), code_alert(17, changed=8, state="fixed")
    for page in ([old, new], [new, old]):
        assert checked(read(tmp_path, page), "alerts").valid["state"].to_list() == ["fixed"]


def test_an_answer_without_alerts_is_still_a_page(tmp_path: Path):
    nothing = {"data": {"repository": {"vulnerabilityAlerts": {"nodes": []}}}}
    parsed = read(tmp_path, nothing)

    assert {name: frame.height for name, frame in parsed.frames.items()} == {
        "scans": 0, "scan_results": 0, "alerts": 0, "dispositions": 0,
    }  # fmt: skip


def test_entries_that_are_no_alerts_are_counted(tmp_path: Path):
    assert read(tmp_path, [code_alert(17), {"number": 3}, 7]).left_out == {NO_ALERT: 2}


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        7,
        [7],
        {"number": 1},
        {"rule": {}, "tool": {}},
        {"alert": {}, "action": "x"},
        {"data": {}},
    ],
    ids=json.dumps,
)
def test_other_json_is_no_page_of_alerts(document: Any, tmp_path: Path):
    assert read_alert_page(source(tmp_path, document), settings()) is None


# -- which repository ------------------------------------------------------------------------------


def nameless() -> Row:
    return code_alert(17, html_url=None)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"repository": {"full_name": "acme/own"}, "url": "https://api/repos/acme/other/x"}, "acme/own"),
        ({"url": "https://ghes.example/api/v3/repos/acme/one/code-scanning/alerts/17"}, "acme/one"),
        ({"html_url": "https://ghes.example/acme/two/security/code-scanning/17"}, "acme/two"),
    ],
    ids=["itself", "its address", "its page"],
)
def test_an_alert_tells_its_repository(told: Row, name: str, tmp_path: Path):
    assert only(tmp_path, [nameless() | told])["repository"] == name


def test_a_sidecar_tells_the_repository_of_alerts_that_do_not(tmp_path: Path):
    (tmp_path / "alerts.json.meta.json").write_text('{"repository": "https://h.example/acme/pay.git"}')

    assert only(tmp_path, [nameless()])["repository"] == "acme/pay"


def test_a_place_of_the_settings_tells_the_repository(tmp_path: Path):
    parsed = read(tmp_path, [nameless()], place=[{"paths": ["alerts.json"], "repository": "acme/pay"}])

    assert parsed.frames["alerts"]["repository"].to_list() == ["acme/pay"]


def test_alerts_of_nobody_knows_which_repository_are_refused(tmp_path: Path):
    with pytest.raises(RefusedFileError, match="alert 17 does not say of which repository it is"):
        read_alert_page(source(tmp_path, [nameless()]), settings())


# -- GraphQL and older webhooks --------------------------------------------------------------------


def node(**told: Any) -> Row:
    advisory = {
        "summary": "deserialisation", "identifiers": [{"type": "GHSA", "value": "GHSA-1"}],
        "cwes": {"nodes": [{"cweId": "CWE-502"}]}, "cvss": {"score": 9.8},
    }  # fmt: skip
    weakness = {"severity": "MODERATE", "package": {"name": "spring-web"}, "advisory": advisory}
    return {
        "number": 4, "state": "OPEN", "createdAt": "2026-06-01T12:00:00Z",
        "vulnerableManifestPath": "pom.xml", "securityVulnerability": weakness, **told,
    }  # fmt: skip


def graph(*nodes: Row) -> Row:
    return {
        "data": {"repository": {"nameWithOwner": REPOSITORY, "vulnerabilityAlerts": {"nodes": list(nodes)}}}
    }


def test_a_node_of_graphql_is_an_alert_of_dependabot(tmp_path: Path):
    row = only(tmp_path, graph(node()))

    assert (row["repository"], row["kind"], row["state"]) == (REPOSITORY, "dependabot", "open")
    assert (row["rule"], row["cwe"], row["severity"]) == ("GHSA-1", ["CWE-502"], "critical")
    assert (row["path"], row["is_blamable"]) == ("pom.xml", False)


def test_an_old_reason_of_a_dismissal_is_understood(tmp_path: Path):
    told = {
        "state": "DISMISSED", "dismissedAt": "2026-06-07T12:00:00Z", "dismisser": {"login": "jane"},
        "dismissReason": "Vulnerable code is not actually used",
    }  # fmt: skip
    (row,) = checked(read(tmp_path, graph(node(**told))), "dispositions").valid.to_dicts()

    assert (row["disposition"], row["reason"], row["decided_by"]) == ("wont_fix", "not_used", "jane")


# -- decisions in baselines ------------------------------------------------------------------------


def decisions(folder: Path, document: Any, sidecar: str | None = None) -> pl.DataFrame | None:
    if sidecar:
        (folder / "scans").mkdir()
        (folder / "scans" / "a.json.meta.json").write_text(sidecar)
    parsed = parse(folder, json.dumps(document).encode(), "scans/a.json")
    file = SourceFile(folder / "scans" / "a.json", "scans/a.json")
    return decisions_of(file, parsed.frames["scans"], parsed.frames["scan_results"])


PLACED = '{"repository": "acme/payments", "ref": "main"}'


def test_an_audit_of_detect_secrets_decides_about_its_findings(tmp_path: Path):
    decided = decisions(tmp_path, baseline(), PLACED)
    results = parse(tmp_path, json.dumps(baseline()).encode(), "scans/a.json").frames["scan_results"]
    keys = dict(results.select("line", "finding_key").rows())

    assert decided is not None
    assert decided.select("finding_id", "disposition").rows() == [
        (finding_id(REPOSITORY, keys[40]), "confirmed"),
        (finding_id(REPOSITORY, keys[51]), "false_positive"),
    ]
    assert decided["decided_at"].to_list() == [datetime(2026, 6, 1, 12, tzinfo=UTC)] * 2


def test_decisions_of_a_baseline_hold_their_contract(tmp_path: Path):
    decided = decisions(tmp_path, baseline(), PLACED)
    assert decided is not None

    assert checked(Parsed({"dispositions": decided}), "dispositions").rejected.is_empty()


def test_a_decision_whose_moment_nobody_tells_goes_to_quarantine(tmp_path: Path):
    decided = decisions(tmp_path, baseline(generated_at=None), PLACED)
    assert decided is not None

    assert checked(Parsed({"dispositions": decided}), "dispositions").rejected.height == 2


def test_a_baseline_without_a_place_decides_about_nothing(tmp_path: Path):
    assert decisions(tmp_path, baseline()) is None


def test_other_files_hold_no_decisions(tmp_path: Path):
    assert decisions(tmp_path, [code_alert(1)], PLACED) is None


# -- real files ------------------------------------------------------------------------------------


def real(name: str) -> Parsed:
    parsed = read_alert_page(SourceFile(API / name, name), settings())
    assert parsed is not None
    return parsed


@needs_real_files
@pytest.mark.parametrize("row", PAGES, ids=lambda row: row["file"])
def test_a_real_page_holds_the_alerts_of_the_manifest(row: Row):
    parsed = real(row["file"])
    rows = checked(parsed, "alerts")

    if row["n"]:
        assert parsed.frames["alerts"].height == int(row["n"])
    assert rows.rejected.height == (row["file"] == WITHOUT_CREATION)
    assert not parsed.left_out


@needs_real_files
@pytest.mark.parametrize(
    "row", [row for row in PAGES if row["file"].startswith("pygithub_")], ids=lambda row: row["file"]
)
def test_a_real_page_tells_the_states_and_reasons_of_the_manifest(row: Row):
    alerts = real(row["file"]).frames["alerts"]
    states, reasons = Counter[str](), Counter[str]()
    for told, count in ast.literal_eval(row["states"]).items():
        states[OURS.get(told, told)] += count
    for told, count in ast.literal_eval(row["reasons"]).items():
        reasons[told] += count

    assert Counter(alerts["state"].to_list()) == states
    by_rule = (pl.col("dismissed_reason") == "auto_dismissed").fill_null(value=False)
    told_reasons = alerts.with_columns(dismissed_reason=pl.when(~by_rule).then("dismissed_reason"))
    assert Counter(str(each) for each in told_reasons["dismissed_reason"].to_list()) == reasons


@needs_real_files
@pytest.mark.parametrize("row", PAGES, ids=lambda row: row["file"])
def test_the_decisions_of_a_real_page_hold_their_contract(row: Row):
    parsed = real(row["file"])
    if parsed.frames["dispositions"].height:
        rejected = checked(parsed, "dispositions").rejected.height
        assert rejected == (row["file"] == INVENTED_REASON)


@needs_real_files
def test_every_real_webhook_has_the_state_that_its_action_says():
    states = {
        row["file"].removeprefix("webhook_"): real(row["file"]).frames["alerts"]["state"].item()
        for row in PAGES
        if row["file"].startswith("webhook_")
    }

    assert states == {
        "code_scanning_alert_closed-by-user.json": "dismissed",
        "code_scanning_alert_created.json": "open",
        "code_scanning_alert_fixed.json": "fixed",
        "code_scanning_alert_reopened.json": "open",
        "dependabot_alert_created.json": "open",
        "dependabot_alert_fixed.json": "fixed",
        "repository_vulnerability_alert_dismiss.json": "dismissed",
        "secret_scanning_alert_reopened.json": "open",
    }


@needs_real_files
def test_a_sample_that_writes_none_for_null_has_no_dismissals():
    parsed = real("dd_github_sast_github_sast_many_vul.json")

    assert parsed.frames["alerts"]["dismissed_reason"].to_list() == [None, None]
    assert parsed.frames["dispositions"].is_empty()


def test_the_tables_of_a_page_are_those_of_their_contracts(tmp_path: Path):
    frames = read(tmp_path, [code_alert(17)]).frames

    for table in (ALERTS, DISPOSITIONS_TABLE):
        assert set(frames[table.name].columns) < set(table.polars_schema)
