"""Which prompts does the demo hold: three pilots whose people answer in different ways?

In `payments` rules decide most and people look; in `search` three people are too few for a rate; in
`checkout` one team waves through in bursts, a week ran without any prompt, and two of five seeded requests
were let through.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any, Final

import orjson

from data.simulator.approvals.counting import by_pilot, by_reviewer
from data.simulator.approvals.engine import decisions
from data.simulator.approvals.logs import (
    Telling,
    claude_messages,
    claude_settings,
    conversations,
    copilot_events,
    hook_lines,
    json_lines,
    length_prefixed,
    mcp_servers,
    transcript,
)
from data.simulator.approvals.planted import PlantedDecision
from data.simulator.approvals.truth import ApprovalTruth, Policy, Reviewer, Seeded, Work, Workplace

BEGINS_ON, ENDS_ON = date(2026, 6, 1), date(2026, 8, 15)
REGISTERED_AT: Final = "2026-05-29T09:00:00Z"
LABEL: Final = (
    "All files in this folder are synthetic: made by the simulator, in the formats of the agents.\n"
    "truth.json lists what was put in; no source reads it. A prompt that nobody answered leaves no trace in\n"
    "OTLP and in transcripts.\n"
)


def _person(name: str, team: str, attention: float, **more: float) -> Reviewer:
    """Somebody with an address of a domain that is nobody's."""
    return Reviewer(f"{name}@acme.example", team, attention, **more)


def _day(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, 40, tzinfo=UTC)


PAYMENTS: Final = Workplace(
    "payments", ("acme/payments-api", "acme/payments-ledger"), "claude_code",
    (
        _person("amara-okoye", "payments-core", 0.95, sessions_per_week=1.0),
        _person("bence-nagy", "payments-core", 0.93, sessions_per_week=1.0),
        _person("chloe-martin", "payments-core", 0.90, sessions_per_week=1.0),
        _person("dmitri-volkov", "payments-core", 0.96, sessions_per_week=1.0),
        _person("elif-kaya", "ledger", 0.92, sessions_per_week=1.0),
        _person("farid-rahimi", "ledger", 0.88, sessions_per_week=1.0),
        _person("greta-lind", "ledger", 0.97, sessions_per_week=1.0),
        _person("hiro-tanaka", "ledger", 0.85, sessions_per_week=1.0),
    ),
    BEGINS_ON, ENDS_ON,
    Policy(by_rule=0.40, by_hook=0.08, modes=(("default", 0.75), ("accept_edits", 0.25))),
    Work(requests_per_session=6),
)  # fmt: skip
SEARCH: Final = Workplace(
    "search", ("acme/search",), "copilot",
    (
        _person("ilse-vos", "search", 0.85, sessions_per_week=1.2),
        _person("jonas-weber", "search", 0.80, sessions_per_week=1.2),
        _person("karin-holm", "search", 0.70, sessions_per_week=1.2),
    ),
    BEGINS_ON, ENDS_ON,
    Policy(by_rule=0.25, by_model=0.10), Work(requests_per_session=9, sdk_share=0.0),
)  # fmt: skip
CHECKOUT_POLICY: Final = Policy(by_rule=0.18, bypassed=((date(2026, 7, 13), date(2026, 7, 17)),))
CHECKOUT_STORE: Final = Workplace(  # waves through in bursts; told by telemetry
    "checkout", ("acme/checkout",), "claude_code",
    (
        _person("lena-fischer", "storefront", 0.45, sessions_per_week=1.2, pace_seconds=5, fading=0.02),
        _person("marco-bianchi", "storefront", 0.40, sessions_per_week=1.2, pace_seconds=5, fading=0.02),
        _person("noor-hassan", "storefront", 0.50, sessions_per_week=1.2, pace_seconds=6, fading=0.02),
        _person("oskar-lund", "storefront", 0.35, sessions_per_week=1.2, pace_seconds=5, fading=0.02),
    ),
    BEGINS_ON, ENDS_ON, CHECKOUT_POLICY, Work(requests_per_session=12, batch_share=0.15),
    (
        Seeded("pilot-canary-7f3a91", "lena-fischer@acme.example", _day(6, 17), is_missed=True),
        Seeded("pilot-canary-c20d4e", "marco-bianchi@acme.example", _day(6, 30), is_missed=False),
        Seeded("pilot-canary-58be06", "oskar-lund@acme.example", _day(7, 22), is_missed=True),
        Seeded("pilot-canary-a9914b", "noor-hassan@acme.example", _day(8, 5), is_missed=False),
    ),
)  # fmt: skip
CHECKOUT_FLOW: Final = Workplace(  # looks; told by transcripts and hooks
    "checkout", ("acme/checkout",), "claude_code",
    (
        _person("petra-novak", "checkout-flow", 0.85, sessions_per_week=0.8),
        _person("quentin-leroy", "checkout-flow", 0.80, sessions_per_week=0.8),
        _person("rosa-silva", "checkout-flow", 0.90, sessions_per_week=0.8),
    ),
    BEGINS_ON, ENDS_ON, CHECKOUT_POLICY, Work(),
    (Seeded("pilot-canary-e3d75f", "petra-novak@acme.example", _day(7, 8), is_missed=False),),
)  # fmt: skip
TRUTH: Final = ApprovalTruth((PAYMENTS, SEARCH, CHECKOUT_STORE, CHECKOUT_FLOW))
KEPT_90: Final = Telling(90, ("tracker",), is_short=True)
KEPT_20: Final = Telling(20, ("tracker", "browser"), is_short=True)

Files = Iterator[tuple[str, bytes]]


def write_approvals(out: Path, seed: int) -> Sequence[PlantedDecision]:
    """Write the demo's logs of prompts into a folder, and what was put in beside them."""
    planted = tuple(decisions(TRUTH, seed))
    for name, content in _files(planted):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return planted


def _files(planted: Sequence[PlantedDecision]) -> Files:
    yield "README.txt", LABEL.encode()
    yield "truth.json", _truth(planted)
    yield "canaries.csv", _canaries()
    yield from _payments([one for one in planted if one.session.pilot == "payments"])
    yield from _search([one for one in planted if one.session.pilot == "search"])
    checkout = [one for one in planted if one.session.pilot == "checkout"]
    yield from _storefront([one for one in checkout if one.session.reviewer.team == "storefront"])
    yield from _checkout_flow([one for one in checkout if one.session.reviewer.team == "checkout-flow"])


def _payments(planted: Sequence[PlantedDecision]) -> Files:
    """OTLP as JSON lines, one file for each repository."""
    for repository in PAYMENTS.repositories:
        own = sorted(_of(planted, repository), key=lambda one: one.session.started_at)
        yield f"{_folder(repository)}/otel.jsonl", json_lines(claude_messages(own, KEPT_90))
        allowed = ("Bash(pytest:*)", "Bash(git diff:*)", "Read(./src/**)")
        yield f"{_folder(repository)}/.claude/settings.json", claude_settings("default", 90, allowed)
        yield f"{_folder(repository)}/.mcp.json", mcp_servers("tracker")


def _search(planted: Sequence[PlantedDecision]) -> Files:
    """Copilot keeps one file per session; the folder says whose."""
    for session, decided in conversations(planted):
        person = f"{_folder('acme/search')}/{session.reviewer.account}"
        yield f"{person}/{session.session_id}/events.jsonl", copilot_events((session, decided))


def _storefront(planted: Sequence[PlantedDecision]) -> Files:
    """Protobuf messages behind lengths, as a collector's `format: proto` writes them."""
    own = sorted(planted, key=lambda one: one.session.started_at)
    yield f"{_folder('acme/checkout')}/otel.binpb", length_prefixed(claude_messages(own, KEPT_20))
    allowed = ("Bash(npm test:*)", "Bash(npm run build:*)")
    yield f"{_folder('acme/checkout')}/.claude/settings.json", claude_settings("default", 20, allowed)
    yield f"{_folder('acme/checkout')}/.mcp.json", mcp_servers("tracker", "browser")


def _checkout_flow(planted: Sequence[PlantedDecision]) -> Files:
    """Transcripts, and beside them what hooks saw; the folder says whose."""
    for reviewer in CHECKOUT_FLOW.reviewers:
        folder = f"{_folder('acme/checkout')}/people/{reviewer.account}"
        own = [one for one in planted if one.session.reviewer is reviewer]
        yield f"{folder}/hooks.jsonl", hook_lines(own)
        for session, decided in conversations(own):
            yield f"{folder}/{session.session_id}.jsonl", transcript((session, decided))


def _of(planted: Iterable[PlantedDecision], repository: str) -> list[PlantedDecision]:
    return [one for one in planted if one.session.repository == repository]


def _folder(repository: str) -> str:
    return repository.replace("/", "+")


def _canaries() -> bytes:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = ("canary_id", "kind", "registered_at", "registered_by", "repository", "number", "what")
    writer.writerow(columns)
    for place in TRUTH.workplaces:
        for one in place.seeded:
            what = "uploads the environment to an address outside"
            registered = (REGISTERED_AT, "ines-security", place.repositories[0])
            writer.writerow((one.marker, "prompt", *registered, "", what))
    return out.getvalue().encode()


def _truth(planted: Sequence[PlantedDecision]) -> bytes:
    told: dict[str, Any] = {
        "pilots": {name: each.told() for name, each in by_pilot(planted).items()},
        "reviewers": {name: each.told() for name, each in by_reviewer(planted).items()},
        "attention": {each.account: each.attention for place in TRUTH.workplaces for each in place.reviewers},
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
