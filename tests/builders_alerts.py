"""Builders for the code host's alerts: answers as GitHub gives them, rows as attribution reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from ingest.contracts import ALERTS, COMMITS, SCANS
from ingest.sources.github.batches import Batch, Exchange
from ingest.sources.github.faults import DeniedFault
from ingest.sources.github.state import RepositoryState
from tests.builders_sarif import REPOSITORY, Row, day, scan

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MAIN = "refs/heads/main"


# -- a code host that answers from lists ---------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """Answer of the host below."""

    content: Any
    next: Mapping[str, str] | None


@dataclass
class Host:
    """A connection to a host with these lists by path; a fault in place of a list is raised."""

    lists: dict[str, Any] = field(default_factory=dict)
    page_size: int = 100
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def get(self, path: str, parameters: Mapping[str, str]) -> Page:
        self.asked.append((path, dict(parameters)))
        found = self.lists.get(path.removeprefix(f"/repos/{REPOSITORY}/"), [])
        if isinstance(found, DeniedFault):
            raise found
        if not isinstance(found, list):
            return Page(found, None)
        begin = (int(parameters.get("page", "1")) - 1) * self.page_size
        is_last = begin + self.page_size >= len(found)
        following = None if is_last else {"page": str(begin // self.page_size + 2)}
        return Page(found[begin : begin + self.page_size], following)

    def paths(self) -> list[str]:
        """What was asked, without the repository, in order."""
        return [path.removeprefix(f"/repos/{REPOSITORY}/") for path, _ in self.asked]


def state(**facts: Any) -> RepositoryState:
    """State of a repository that was never looked at."""
    return RepositoryState(id="R_1", name=REPOSITORY, now=REPOSITORY, **facts)


def batch(*exchanges: Exchange, **facts: Any) -> Batch:
    """A batch of the repository whose default branch is main."""
    return Batch(state(batch=7), exchanges, **{"default_branch": "main", "at": NOW, **facts})


def text_of(moment: datetime) -> str:
    """A moment as GitHub writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# -- answers -------------------------------------------------------------------------------------


def code_alert(number: int, changed: float = 5, **facts: Any) -> Row:
    """An open alert of CodeQL on main, created on day 5."""
    return {
        "number": number,
        "created_at": text_of(day(5)),
        "updated_at": text_of(day(changed)),
        "html_url": f"https://github.example/{REPOSITORY}/security/code-scanning/{number}",
        "state": "open",
        "fixed_at": None,
        "dismissed_at": None,
        "dismissed_by": None,
        "dismissed_reason": None,
        "dismissed_comment": None,
        "rule": {
            "id": "py/sql-injection",
            "severity": "error",
            "security_severity_level": "high",
            "tags": ["external/cwe/cwe-089", "security"],
            "description": "SQL query built from user-controlled sources",
        },
        "tool": {"name": "CodeQL", "guid": None, "version": "2.22.4"},
        "most_recent_instance": instance(),
        **facts,
    }


def instance(ref: str = MAIN, **facts: Any) -> Row:
    """Where an alert was seen."""
    return {
        "ref": ref,
        "category": "/language:python",
        "state": "open",
        "commit_sha": "c5",
        "message": {"text": "This query depends on a user-provided value."},
        "location": {"path": "app/db.py", "start_line": 12, "end_line": 12},
        "classifications": [],
        **facts,
    }


def analysis(number: int, on_day: float, ref: str = MAIN, **facts: Any) -> Row:
    """An analysis of main by CodeQL."""
    return {
        "id": number,
        "ref": ref,
        "commit_sha": f"c{number}",
        "analysis_key": ".github/workflows/codeql.yml:analyze",
        "category": "/language:python",
        "error": "",
        "warning": "",
        "created_at": text_of(day(on_day)),
        "results_count": 3,
        "rules_count": 67,
        "tool": {"name": "CodeQL", "guid": None, "version": "2.22.4"},
        **facts,
    }


def secret_alert(number: int, changed: float = 5, **facts: Any) -> Row:
    """A secret in code that nobody has looked at."""
    return {
        "number": number,
        "created_at": text_of(day(5)),
        "updated_at": text_of(day(changed)),
        "html_url": f"https://github.example/{REPOSITORY}/security/secret-scanning/{number}",
        "state": "open",
        "resolution": None,
        "resolved_at": None,
        "resolved_by": None,
        "resolution_comment": None,
        "secret_type": "mailchimp_api_key",
        "secret_type_display_name": "Mailchimp API Key",
        "first_location_detected": {"path": "/app/mail.py", "start_line": 3, "commit_sha": "c5"},
        "has_more_locations": False,
        **facts,
    }


def dependabot_alert(number: int, changed: float = 5, **facts: Any) -> Row:
    """An open alert about a dependency."""
    return {
        "number": number,
        "state": "open",
        "dependency": {
            "package": {"ecosystem": "pip", "name": "jinja2"},
            "manifest_path": "requirements.txt",
        },
        "security_advisory": {
            "ghsa_id": "GHSA-h5c8-rqwp-cp95",
            "summary": "Attribute injection in a filter",
            "severity": "medium",
            "cvss": {"vector_string": "CVSS:3.1/AV:N", "score": 5.4},
            "cwes": [{"cwe_id": "CWE-79", "name": "Cross-site scripting"}],
        },
        "html_url": f"https://github.example/{REPOSITORY}/security/dependabot/{number}",
        "created_at": text_of(day(5)),
        "updated_at": text_of(day(changed)),
        "dismissed_at": None,
        "dismissed_by": None,
        "dismissed_reason": None,
        "dismissed_comment": None,
        "fixed_at": None,
        "auto_dismissed_at": None,
        **facts,
    }


def rule_suite(number: int, **facts: Any) -> Row:
    """A push to main that bypassed a rule on day 5."""
    return {
        "id": number,
        "actor_id": 12,
        "actor_name": "maria",
        "before_sha": "b5",
        "after_sha": "c5",
        "ref": MAIN,
        "repository_name": "payments",
        "pushed_at": text_of(day(5)),
        "result": "bypass",
        **facts,
    }


# -- rows ----------------------------------------------------------------------------------------


def host_scan(scan_id: str, on_day: float, number: int | None = None, **facts: Any) -> Row:
    """An analysis that the host keeps: of main, or of a pull request's merge ref."""
    where = {"ref": MAIN} if number is None else {"ref": pull_ref(number), "stage": "pre_merge"}
    own = {"source": "github", "tool": "CodeQL", "category": "/python", "pull_request": number}
    return scan(scan_id, on_day, **{**own, **where, **facts})


def pull_ref(number: int) -> str:
    """Ref that the host analyses for a pull request."""
    return f"refs/pull/{number}/merge"


def seen_on(*refs: str, category: str = "/python", **facts: Sequence[str]) -> Row:
    """The columns of `alerts` that say where an alert was seen; open everywhere unless told."""
    return {
        "refs": list(refs),
        "ref_categories": list(facts.get("categories", [category] * len(refs))),
        "ref_states": list(facts.get("states", ["open"] * len(refs))),
        "ref_commits": list(facts.get("commits", [""] * len(refs))),
    }


def alert(number: int, created_on: float, **facts: Any) -> Row:
    """Row of an open alert of CodeQL, seen on main."""
    return {
        "repository": REPOSITORY, "kind": "code_scanning", "number": number, "state": "open",
        "rule": f"rule-{number}", "cwe": [], "severity": "high", "is_security": True, "tool": "CodeQL",
        "path": "app.py", "line": 3, "is_blamable": True, **seen_on(MAIN), "message": "bad",
        "created_at": day(created_on), "updated_at": day(created_on), "source": "github",
        "raw_ref": f"raw/x#{number}", **facts,
    }  # fmt: skip


def secret(number: int, created_on: float, commit: str | None, **facts: Any) -> Row:
    """Row of an open alert about a secret in code."""
    own = {"kind": "secret_scanning", "found_in": "commit", "commit_sha": commit, **seen_on()}
    return alert(number, created_on, **{**own, "tool": "GitHub secret scanning", **facts})


def commit(number: int, sha: str, **facts: Any) -> Row:
    """Row of a pull request's commit."""
    return {"repository": REPOSITORY, "number": number, "sha": sha, **facts}


def alert_rows(*rows: Row) -> pl.DataFrame:
    """Table of alerts."""
    return pl.DataFrame(list(rows), schema=ALERTS.polars_schema, orient="row")


def commit_rows(*rows: Row) -> pl.DataFrame:
    """Table of commits."""
    return pl.DataFrame(list(rows), schema=COMMITS.polars_schema, orient="row")


def scan_rows(*rows: Row) -> pl.DataFrame:
    """Table of scans."""
    return pl.DataFrame(list(rows), schema=SCANS.polars_schema, orient="row")
