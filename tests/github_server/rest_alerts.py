"""Alerts of the three scanners, analyses, and pushes judged by rules: lists in GitHub's own shapes.

A feature that is off, or that the caller may not read, is refused as `Repo.refusals` tells it, else
in the words that GitHub has for a feature that is off.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tests.github_server.rest_call import Call, Reply, refusal
from tests.github_server.rest_pages import Item, by_cursor, numbered, ordered
from tests.github_server.world import Repo

OFF: Final = {
    "code_scanning": (403, "Code scanning is not enabled for this repository."),
    "secret_scanning": (404, "Secret scanning is disabled on this repository."),
    "dependabot": (403, "Dependabot alerts are disabled for this repository."),
    "rule_suites": (404, "Not Found"),
}
PERIODS: Final = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
SPELLINGS: Final = {"rule_suite_result": "result"}
EXACT: Final = ("state", "secret_type", "resolution", "severity", "actor_name", "rule_suite_result", "ref")


def analyses(call: Call, repo: Repo) -> Reply:
    """Uploads of scanners; a repository that never had one is refused as GitHub does it."""
    if refused := _refused(repo, "code_scanning", repo.analyses):
        return refused
    if not repo.analyses:
        return refusal(404, "no analysis found")
    return numbered(call, ordered(call, _kept(call, repo.analyses)))


def code_alerts(call: Call, repo: Repo) -> Reply:
    if refused := _refused(repo, "code_scanning", repo.code_alerts):
        return refused
    return numbered(call, ordered(call, _kept(call, repo.code_alerts or [])))


def instances(call: Call, repo: Repo, number: str) -> Reply:
    if refused := _refused(repo, "code_scanning", repo.code_alerts):
        return refused
    if not _is_there(repo.code_alerts, number):
        return refusal(404, "No alert found for alert number")
    return numbered(call, _kept(call, repo.instances.get(int(number), [])))


def secret_alerts(call: Call, repo: Repo) -> Reply:
    """Secrets that were found; their values, too, unless `hide_secret` was asked."""
    if refused := _refused(repo, "secret_scanning", repo.secret_alerts):
        return refused
    alerts = ordered(call, _kept(call, repo.secret_alerts or []))
    is_hidden = call.parameters.get("hide_secret", "").lower() == "true"
    return numbered(call, [_hidden(alert) for alert in alerts] if is_hidden else alerts)


def _hidden(alert: Item) -> Item:
    return {name: value for name, value in alert.items() if name != "secret"}


def secret_locations(call: Call, repo: Repo, number: str) -> Reply:
    if refused := _refused(repo, "secret_scanning", repo.secret_alerts):
        return refused
    if not _is_there(repo.secret_alerts, number):
        return refusal(404, "Not Found")
    return numbered(call, repo.secret_locations.get(int(number), []))


def dependabot_alerts(call: Call, repo: Repo) -> Reply:
    if refused := _refused(repo, "dependabot", repo.dependabot_alerts):
        return refused
    alerts = ordered(call, _kept(call, repo.dependabot_alerts or []))
    return by_cursor(call, alerts, lambda alert: str(alert["number"]))


def rule_suites(call: Call, repo: Repo) -> Reply:
    """Pushes that rules judged, of the last day unless another period was asked."""
    if refused := _refused(repo, "rule_suites", repo.rule_suites):
        return refused
    period = PERIODS.get(call.parameters.get("time_period") or "day")
    if period is None:
        return refusal(422, "Invalid time_period")
    since = call.world.now() - period
    recent = [suite for suite in repo.rule_suites or [] if datetime.fromisoformat(suite["pushed_at"]) > since]
    return numbered(call, sorted(_kept(call, recent), key=lambda suite: suite["pushed_at"], reverse=True))


def _refused(repo: Repo, feature: str, items: list[Item] | None) -> Reply | None:
    if feature in repo.refusals:
        return refusal(*repo.refusals[feature])
    return refusal(*OFF[feature]) if items is None else None


def _is_there(alerts: list[Item] | None, number: str) -> bool:
    return any(str(alert["number"]) == number for alert in alerts or [])


def _kept(call: Call, items: list[Item]) -> list[Item]:
    """Items that the parameters ask for; a parameter may name several words, `all` stands for every one."""
    asked = {name: call.parameters[name] for name in EXACT if call.parameters.get(name)}
    for name, given in asked.items():
        words = given.split(",")
        if words != ["all"]:
            items = [item for item in items if str(item.get(SPELLINGS.get(name, name))) in words]
    return items
