"""Which alerts are in a document, in the one shape of GitHub's REST lists?

Alerts come as pages of a list, alone, inside a webhook's payload, or as nodes of a GraphQL answer; older
webhooks and GraphQL spell the same facts in words of their own. Some exports write "None" for null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingest.sources.github.alerts.told import items, part, text, whole
from ingest.sources.sarif.model import bag

CODE_SCANNING: Final = "code_scanning"
SECRET_SCANNING: Final = "secret_scanning"  # noqa: S105 - the name of a feature
DEPENDABOT: Final = "dependabot"
_NO_VALUE: Final = "None"
_DEEPEST: Final = 12  # levels of an alert that are looked into; more of them say nothing
_API_ADDRESS: Final = re.compile(r"/repos/(?P<name>[^/\s]+/[^/\s]+)(?:/|$)")
_PAGE_ADDRESS: Final = re.compile(r"^https?://[^/\s]+/(?P<name>[^/\s]+/[^/\s]+)/")
# Reasons of the alerts that were dismissed before Dependabot had words for them.
_OLD_REASONS: Final = {
    "a fix has already been started": "fix_started",
    "no bandwidth to fix this": "no_bandwidth",
    "risk is tolerable to this project": "tolerable_risk",
    "this alert is inaccurate or incorrect": "inaccurate",
    "vulnerable code is not actually used": "not_used",
}
Alert = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One alert as the REST lists tell it."""

    kind: str
    alert: Alert
    repository: str | None  # owner/name; null = the document does not tell
    instances: tuple[Any, ...] = ()  # where a code scanner saw it, beside the most recent one


@dataclass(frozen=True)
class Found:
    """What a document holds."""

    alerts: tuple[Told, ...]
    others_count: int = 0  # entries between the alerts that are none


def found_in(document: Any) -> Found | None:
    """Alerts of a document; null where it holds none and is no list of any."""
    nodes = part(document, "data", "repository", "vulnerabilityAlerts", "nodes")
    if isinstance(nodes, list):
        return _found(nodes, text(document, "data", "repository", "nameWithOwner"))
    found = _found(list(_entries(document)), None)
    return found if found.alerts else None


def _found(entries: list[Any], repository: str | None) -> Found:
    told = [_told(_without_no_values(entry), repository) for entry in entries]
    alerts = tuple(each for each in told if each is not None)
    return Found(alerts, len(told) - len(alerts))


def _entries(document: Any) -> Iterator[Any]:
    """Entries of a page, of a list of pages, or the document itself."""
    for page in document if isinstance(document, list) else [document]:
        yield from page if isinstance(page, list) else [page]


def _without_no_values(value: Any, depth: int = _DEEPEST) -> Any:
    if isinstance(value, list) and depth:
        return [_without_no_values(each, depth - 1) for each in value]
    if isinstance(value, dict) and depth:
        return {name: _without_no_values(each, depth - 1) for name, each in value.items()}
    return None if value == _NO_VALUE else value


def _told(entry: Any, repository: str | None) -> Told | None:
    payload = bag(entry)
    is_webhook = isinstance(payload.get("alert"), dict) and "action" in payload
    alert = dict(payload["alert"] if is_webhook else payload)
    shape = next((each for each in _SHAPES if whole(alert, "number") is not None and each[0](alert)), None)
    if shape is None:
        return None
    _, kind, spelled = shape
    instances = tuple(_instances(alert, payload))
    name = text(payload, "repository", "full_name") or repository or _named(alert)
    return Told(kind, spelled(alert, instances), name, instances)


def _instances(alert: Any, payload: Mapping[str, Any]) -> Iterator[Any]:
    """Instances that a webhook lists; the commit of its own ref stands beside them."""
    for each in items(part(alert, "instances")):
        is_own = text(each, "ref") == text(payload, "ref")
        beside = {"commit_sha": text(payload, "commit_oid")} if is_own else {}
        yield {**beside, **bag(each)}


def _named(alert: Any) -> str | None:
    """Repository by the addresses of an alert."""
    by_api = _API_ADDRESS.search(text(alert, "url") or "")
    pages = (text(alert, "html_url"), text(alert, "dependabotUpdate", "pullRequest", "permalink"))
    by_page = (_PAGE_ADDRESS.search(page or "") for page in pages)
    named = next((found for found in (by_api, *by_page) if found), None)
    return named["name"] if named else None


def _code_alert(alert: Alert, instances: tuple[Any, ...]) -> Alert:
    latest = part(alert, "most_recent_instance") or (instances[-1] if instances else None)
    return {**alert, "most_recent_instance": latest}


def _secret_alert(alert: Alert, _instances: tuple[Any, ...]) -> Alert:
    """A secret without its value; webhooks leave the state to be told by the resolution."""
    state = text(alert, "state") or ("resolved" if text(alert, "resolution") else "open")
    return {**{name: told for name, told in alert.items() if name != "secret"}, "state": state}


def _dependency_alert(alert: Alert, _instances: tuple[Any, ...]) -> Alert:
    return alert


def _old_dependency_alert(alert: Alert, _instances: tuple[Any, ...]) -> Alert:
    """Alert of the feature's first years (webhook `repository_vulnerability_alert`)."""
    advisory = text(alert, "ghsa_id") or text(alert, "external_identifier")
    return {
        **alert,
        "dependency": {"package": {"name": text(alert, "affected_package_name")}},
        "security_advisory": {"ghsa_id": advisory, "severity": text(alert, "severity")},
        "dismissed_by": part(alert, "dismisser"),
        "dismissed_reason": _reason(text(alert, "dismiss_reason")),
    }


def _node_alert(node: Alert, _instances: tuple[Any, ...]) -> Alert:
    """Alert as GraphQL tells it."""
    weakness = part(node, "securityVulnerability")
    return {
        "number": node["number"],
        "state": (text(node, "state") or "").lower() or None,
        "created_at": text(node, "createdAt"),
        "fixed_at": text(node, "fixedAt"),
        "dismissed_at": text(node, "dismissedAt"),
        "auto_dismissed_at": text(node, "autoDismissedAt"),
        "dismissed_by": part(node, "dismisser"),
        "dismissed_reason": _reason(text(node, "dismissReason")),
        "dismissed_comment": text(node, "dismissComment"),
        "dependency": {
            "package": part(weakness, "package"),
            "manifest_path": text(node, "vulnerableManifestPath"),
        },
        "security_advisory": _advisory(weakness),
    }


def _advisory(weakness: Any) -> Alert:
    advisory = part(weakness, "advisory")
    ids = {text(each, "type"): text(each, "value") for each in items(part(advisory, "identifiers"))}
    cwes = items(part(advisory, "cwes", "nodes"))
    return {
        "ghsa_id": text(advisory, "ghsaId") or ids.get("GHSA") or ids.get("CVE"),
        "summary": text(advisory, "summary"),
        "severity": (text(weakness, "severity") or "").lower() or None,
        "cvss": part(advisory, "cvss"),
        "cwes": [{"cwe_id": text(each, "cweId")} for each in cwes],
    }


def _reason(told: str | None) -> str | None:
    """Today's word for an old reason; any other stays as it is.

    >>> _reason("No bandwidth to fix this"), _reason("tolerable_risk")
    ('no_bandwidth', 'tolerable_risk')
    """
    return _OLD_REASONS.get((told or "").casefold(), told)


def _is_code_alert(alert: Any) -> bool:
    return isinstance(part(alert, "rule"), dict) and isinstance(part(alert, "tool"), dict)


def _is_secret_alert(alert: Any) -> bool:
    return text(alert, "secret_type") is not None


def _is_dependency_alert(alert: Any) -> bool:
    return isinstance(part(alert, "security_advisory"), dict)


def _is_old_dependency_alert(alert: Any) -> bool:
    return text(alert, "affected_package_name") is not None


def _is_node_alert(alert: Any) -> bool:
    return isinstance(part(alert, "securityVulnerability"), dict)


_Shape = tuple[Callable[[Any], bool], str, Callable[[Alert, tuple[Any, ...]], Alert]]
_SHAPES: Final[tuple[_Shape, ...]] = (
    (_is_code_alert, CODE_SCANNING, _code_alert),
    (_is_secret_alert, SECRET_SCANNING, _secret_alert),
    (_is_dependency_alert, DEPENDABOT, _dependency_alert),
    (_is_old_dependency_alert, DEPENDABOT, _old_dependency_alert),
    (_is_node_alert, DEPENDABOT, _node_alert),
)
