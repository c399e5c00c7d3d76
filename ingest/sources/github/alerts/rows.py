"""Which row of `alerts` does one alert give, in the shape of its feature?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.redaction import redacted_message
from ingest.sources.github.alerts.decisions import AUTO_DISMISSED, Row
from ingest.sources.github.alerts.told import is_in_code, items, moment, part, text, whole
from ingest.sources.sarif.model import (
    ArtifactLocation,
    Location,
    PhysicalLocation,
    Region,
    Result,
    Rule,
    Run,
)
from ingest.sources.sarif.places import Spot, places
from ingest.sources.sarif.severity import (
    cwes,
    is_security,
    is_security_tool,
    severity,
    severity_of_score,
)

SECRET_TOOL: Final = "GitHub secret scanning"  # noqa: S105 - the name of a scanner
SECRET_SEVERITY: Final = "high"  # noqa: S105 - GitHub gives secrets none: a credential that anybody can read
DEPENDENCY_TOOL: Final = "Dependabot"
ELSEWHERE: Final = "elsewhere"
CODE: Final = "commit"  # of all that secrets are found in (wikis, issues, discussions), the code
_STATES: Final = {"resolved": "dismissed", AUTO_DISMISSED: "dismissed"}
_ADVISORY_WORDS: Final = {"moderate": "medium"}  # older servers
_NO_INSTANCE: Final[Row] = {"refs": [], "ref_categories": [], "ref_states": [], "ref_commits": []}


@dataclass(frozen=True)
class Place:
    """What every alert of a batch shares."""

    repository: str  # name that the tables use
    raw: str  # the batch's name
    security_tools: Sequence[str] = ()  # configured ones
    details: Mapping[tuple[str, int], list[Any]] = field(default_factory=dict)  # kind, number -> its list

    def key(self, alert: Any, kind: str) -> Row:
        """Natural key of an alert and where it was read."""
        number = whole(alert, "number")
        ref = f"raw/{self.raw}#{kind}/{number}"
        return {"repository": self.repository, "kind": kind, "number": number, "raw_ref": ref}


def code_scanning_row(alert: Any, place: Place) -> Row:
    """Alert of a code scanner; where it was seen is told by its instances."""
    latest = part(alert, "most_recent_instance")
    tool = text(alert, "tool", "name")
    result, rule = _as_sarif(alert, latest)
    weaknesses = cwes(result, rule, Run())
    is_about_security = is_security_tool(tool, place.security_tools) or is_security(result, rule, weaknesses)
    message = text(latest, "message", "text") or text(alert, "rule", "description")
    return {
        **place.key(alert, "code_scanning"),
        **_state(alert),
        **_dismissal(alert, "dismissed", "reason"),
        **_spot(places(Run(), tool, None).spot(result)),
        **_instances(alert, place),
        "rule": text(alert, "rule", "id") or text(alert, "rule", "name") or "(none)",
        "cwe": weaknesses,
        "severity": severity(result, rule, Run()),
        "is_security": is_about_security or _security_level(alert) is not None,
        "tool": tool,
        "tool_version": text(alert, "tool", "version"),
        "category": text(latest, "category"),
        "message": redacted_message(message),
    }


def secret_scanning_row(alert: Any, place: Place) -> Row:
    """Secret that was found; its value is not here, and never asked for."""
    kind, first = _first_location(alert, place)
    path, line = text(first, "path"), whole(first, "start_line")
    name = text(alert, "secret_type_display_name") or text(alert, "secret_type")
    return {
        **place.key(alert, "secret_scanning"),
        **_NO_INSTANCE,
        **_state(alert),
        **_dismissal(alert, "resolved", "resolution"),
        "rule": text(alert, "secret_type") or "(none)",
        "cwe": [],
        "severity": SECRET_SEVERITY,
        "is_security": True,
        "tool": SECRET_TOOL,
        "path": path.lstrip("/") if path else None,
        "line": line if line and line > 0 else None,
        "is_blamable": path is not None and kind == CODE,
        "found_in": kind,
        "commit_sha": text(first, "commit_sha"),
        "message": redacted_message(f"{name} found" if name else None),
    }


def dependabot_row(alert: Any, place: Place) -> Row:
    """Dependency with a published weakness: about a package, so no line of code is to blame."""
    advisory = part(alert, "security_advisory")
    package = text(alert, "dependency", "package", "name")
    summary = text(advisory, "summary")
    return {
        **place.key(alert, "dependabot"),
        **_NO_INSTANCE,
        **_state(alert),
        **_dismissal(alert, "dismissed", "reason"),
        "rule": text(advisory, "ghsa_id") or "(none)",
        "cwe": [cwe for each in items(part(advisory, "cwes")) if (cwe := text(each, "cwe_id"))],
        "severity": _advisory_severity(alert),
        "is_security": True,
        "tool": DEPENDENCY_TOOL,
        "path": text(alert, "dependency", "manifest_path"),
        "is_blamable": False,
        "message": redacted_message(": ".join(each for each in (package, summary) if each) or None),
    }


def _state(alert: Any) -> Row:
    state = text(alert, "state")
    return {
        "state": _STATES.get(state or "", state),
        "url": text(alert, "html_url"),
        "created_at": moment(alert, "created_at"),
        "updated_at": moment(alert, "updated_at"),
        "fixed_at": moment(alert, "fixed_at"),
    }


def _dismissal(alert: Any, verb: str, reason: str) -> Row:
    """Dismissal as each feature spells it; what GitHub closed by a rule says so in place of a reason."""
    by_rule = moment(alert, "auto_dismissed_at")
    why = text(alert, reason) or text(alert, f"{verb}_{reason}")
    comment = text(alert, f"{verb}_comment") or text(alert, "resolution_comment")
    return {
        "dismissed_at": moment(alert, f"{verb}_at") or by_rule,
        "dismissed_by": text(alert, f"{verb}_by", "login"),
        "dismissed_reason": why or (AUTO_DISMISSED if by_rule else None),
        "dismissed_comment": redacted_message(comment),
    }


def _as_sarif(alert: Any, latest: Any) -> tuple[Result, Rule]:
    """Say an alert in the words of the standard, so that the same rules judge it."""
    told = Region(start_line=part(latest, "location", "start_line"))
    where = PhysicalLocation(ArtifactLocation(uri=part(latest, "location", "path")), told)
    properties = {"tags": part(alert, "rule", "tags"), "severity": _security_level(alert)}
    result = Result(level=part(alert, "rule", "severity"), locations=[Location(where)])
    return result, Rule(id=part(alert, "rule", "id"), properties=properties)


def _security_level(alert: Any) -> str | None:
    return text(alert, "rule", "security_severity_level")


def _spot(spot: Spot) -> Row:
    return {"path": spot.path, "line": spot.line, "is_blamable": spot.is_blamable}


def _instances(alert: Any, place: Place) -> Row:
    """Where an alert was seen: its instances, and the one that its own entry tells."""
    listed = place.details.get(("code_scanning", whole(alert, "number") or 0), [])
    told = [*listed, part(alert, "most_recent_instance")]
    by_ref = {(ref, text(each, "category")): each for each in told if (ref := text(each, "ref"))}
    ordered = sorted(by_ref.items(), key=lambda entry: (entry[0][0], entry[0][1] or ""))
    return {
        "refs": [ref for (ref, _), _ in ordered],
        "ref_categories": [category or "" for (_, category), _ in ordered],
        "ref_states": [text(each, "state") or "" for _, each in ordered],
        "ref_commits": [text(each, "commit_sha") or "" for _, each in ordered],
    }


def _first_location(alert: Any, place: Place) -> tuple[str | None, Any]:
    """Kind and details of the first place in the code, else of the first place at all."""
    listed = place.details.get(("secret_scanning", whole(alert, "number") or 0), [])
    located = [(text(each, "type"), part(each, "details")) for each in listed]
    first = part(alert, "first_location_detected")
    if is_in_code(first):
        return CODE, first
    if not located:
        return (ELSEWHERE if first else None), first
    return next((entry for entry in located if entry[0] == CODE), located[0])


def _advisory_severity(alert: Any) -> str | None:
    """Severity by the advisory's score, where it has one, else by its word."""
    score = part(alert, "security_advisory", "cvss", "score")
    if isinstance(score, int | float) and score > 0:
        return severity_of_score(score)
    word = text(alert, "security_advisory", "severity") or text(alert, "security_vulnerability", "severity")
    return _ADVISORY_WORDS.get(word or "", word)
