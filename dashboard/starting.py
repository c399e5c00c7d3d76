"""What does a new organisation begin with: a commented pilot.toml, and the odds of each reading."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import typer
from rich.table import Table

from dashboard import printing, wording
from dashboard.printing import console
from ingest.errors import UsageError
from metrics.gate.policy import READINGS, Policy
from metrics.operating import odds

USUAL_CHANGES: Final = 40  # agent changes per sprint when nobody says
SPRINTS_AHEAD: Final = 12  # the odds look half a year ahead at two-week sprints
TRUE_RATES: Final = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05)

TEMPLATE: Final = """\
# Pilot Metrics: which pilots to judge, by which rule, from which files.
# Relative paths start at this file. Secrets never stand here. `pilot describe settings` lists all keys.

[store]
uri = "lake"                        # a folder, or s3://bucket/prefix, abfss://..., gs://...
# keep_days = 90                    # `pilot ingest --tidy` drops older versions that no snapshot rests on

# Set `repositories` and `start_on` before the first ingest: changing them later restarts the evidence.
[[pilot]]
name = "payments"
repositories = ["acme/payments-*"]  # owner/name, shell patterns
# exclude = ["acme/payments-sandbox"]
# paths = ["services/pay/**"]       # only changes that touch these files (monorepos)
# protected_branch = "main"         # default: the repository's default branch
start_on = {start_on}               # first day of sprint 1
# ends_on = {ends_on}
sprint_days = 14
timezone = "UTC"                    # sprints begin at midnight here, e.g. "Europe/Berlin"

# Evidence restarts at every declared change of agent, model or permission policy:
# [[pilot.epoch]]
# on = {ends_on}
# what = "model upgrade"
# agents = ["claude"]               # agents or models that this change brings in

[gate]
require = "{require}"{pad}# as_written | followed_up | proven: the reading that allows expansion
escape_rate = 0.01                  # a sprint must stay strictly below
sprints = 2                         # consecutive
follow_up_days = 30                 # a sprint is watched this long before it is mature
confidence = 0.95
minimum_severity = "medium"         # critical | high | medium | low
blocking = ["no_bypass", "independent_detection"]   # `pilot describe criteria`

# How waiting for approval is measured; hours of work are in the pilot's zone:
# [velocity]
# clock = "ready"                   # ready (for review) | created: what starts the wait
# working_days = ["mon", "tue", "wed", "thu", "fri"]
# working_from = 09:00:00
# working_to = 17:00:00
# holidays = [{start_on}]

# When an approval is too fast to have been a look:
# [approvals]
# floor_seconds = 2.0               # nobody reads anything faster
# chars_per_second = 100.0          # nobody reads faster than this
# short_command_chars = 200         # commands up to here are judged by the floor alone
# longest_seconds = 600.0           # whoever waited longer was away: not measurable
# review_floor_seconds = 60.0       # the floor of reviews of pull requests
# review_lines_per_hour = 1000.0    # nobody reviews faster than this
# review_warning_lines_per_hour = 500.0   # above it a warning band begins
# review_smallest_lines = 10        # smaller changes are not judged
# rushed_lines = 1000               # approved by one person within rushed_minutes: the silent ones are rushed
# rushed_minutes = 60
# minimum_approvals = 30            # no rate is stated below, only counts

# How detectors of prompt injection are measured:
# [detectors]
# thresholds = []                   # further thresholds at which numbers are stated, e.g. [0.5, 0.8]
# catch_rates = [0.95, 0.99]        # at most two shares of attacks caught at which false alarms are stated
# false_positive_rates = [0.01, 0.001]   # at most two rates of false alarms at which the catch is stated
# presumed_benign = []              # cohorts whose unlabelled items pass for benign; said beside each number
# prevalence = [0.0001, 0.01]       # share of attacks in traffic, from and to
# events_per_day = 100000           # volume for the base rates; default: as measured
# miss_cost = 100.0                 # what a missed attack costs, in units of
# false_alarm_cost = 1.0            # what a false alarm costs
# half_width = 0.05                 # precision of the miss rate that an audit sample aims at
# known_half_width = 0.10           # misses are known when the interval is no wider to either side
# smallest_sample = 30              # families with fewer items are marked
# annotators = 2                    # blind labels that a drawn item needs

# People stand in the tables by pseudonyms (docs/privacy.md); keep a copy of their key, outside the lake:
# [privacy]
# key_file = "pseudonyms.key"       # made by the first ingest of logs; restore it if it is lost
# key_env = "PILOT_PSEUDONYMS"      # or an environment variable that holds a key
# smallest_group = 5                # of fewer people no rate is stated, only counts

# [snapshot]
# folder = "reports"                # where sealed weeks are kept; default: snapshots, in the store's folder

# Where the data come from: take the # off the sources that you have.

# Pull requests, checks and security alerts live from GitHub or a server of your own (docs/github.md).
# The line [sources.github] and a token in GITHUB_TOKEN are enough; these are the defaults:
# [sources.github]
# url = "https://api.github.com"    # or https://github.acme.example/api/v3
# repositories = ["acme/payments-*"]   # default: those of the pilots
# exclude = []                      # names or patterns of repositories that are not read after all
# token_env = "GITHUB_TOKEN"        # environment variable that holds a token; the token never stands here
# token_file = "keys/token"         # or a file that holds one
# app_id = 123456                   # or a GitHub App: these three together
# installation_id = 12345678        # number at the end of the address of the App's installation
# private_key_path = "keys/app.pem"   # file with the App's private key
# ca_bundle = "keys/house-ca.pem"   # certificates of an authority of the house
# created_after = {start_on}        # leave older pull requests alone
# overlap_days = 7                  # look this far behind the last look: GitHub's order is not strict
# reread_open = true                # ask for open ones each time: a check's result moves no date
# sweep_days = 7                    # list all numbers this often, to find what was missed or deleted
# alerts = ["code_scanning", "secret_scanning", "dependabot"]   # kinds that are read; [] = none
# alerts_every_hours = 12           # alerts are read this often; 0 = at every run
# incident_labels = []              # issues with one of these labels are security incidents
# rule_bypasses = true              # pushes that bypassed a repository's rules, read weekly
# at_once = 4                       # repositories read at the same time
# timeout_seconds = 30              # longest silence before a request is given up
# max_wait_minutes = 90             # wait no longer than this for a limit; resume later
# keep_raw_days = 400               # how long answers are kept for `pilot ingest --from-raw`

# Or pull requests as exported from GitHub's GraphQL API, pages or plain lists of nodes:
# [sources.github_export]
# paths = ["exports/pull_requests/**/*.json"]

# Scanner output. Where a file does not say what it scanned, a sidecar <file>.meta.json or a place does:
# [sources.sarif]
# paths = ["scans/**/*.sarif"]
# [[sources.sarif.place]]
# paths = ["scans/nightly/*"]
# repository = "acme/payments-api"
# ref = "refs/heads/main"

# Decisions about findings: finding, disposition, at, by, reason
# [sources.triage]
# paths = ["triage.csv"]

# Security incidents: id, detected_at, repository, severity (docs/scans.md):
# [sources.incidents]
# paths = ["incidents.csv"]

# Logs of permission prompts of coding agents; what each is, its content tells (docs/telemetry.md):
# [sources.approvals]
# paths = ["telemetry/**/*.json*", "~/.claude/projects/**/*.jsonl"]
# exclude = []
# keep_text = false                 # true stores what was shown, secrets removed (docs/privacy.md)
# [[sources.approvals.place]]       # what logs do not say themselves
# paths = ["telemetry/payments/**"]
# repository = "acme/payments-api"
# team = "payments"
# person = "rosa"                   # whose machine they come from; kept as a pseudonym
# interactive = true                # a person sat before the agent
# path_pattern = "machines/(?P<person>[^/]+)/"   # or found in the file's name, by named groups of the above
# [[sources.approvals.mapping]]     # a table of one's own, CSV or JSON lines: our column -> theirs
# paths = ["decisions/*.csv"]
# rename = {{ decided_at = "time", decision = "answer", session_id = "run" }}

# Seeded requests that are known to be bad: canary_id, kind, registered_at, registered_by (docs/canaries.md):
# [sources.canaries]
# paths = ["canaries.csv"]

# Logs of detectors of prompt injection; what each is, its content tells (docs/detectors.md):
# [sources.detections]
# paths = ["detectors/**/*.jsonl"]
# keep_text = false                 # true stores the items, secrets removed; else only their hash
# [[sources.detections.place]]      # what logs do not say themselves
# paths = ["detectors/guard/*.jsonl"]
# detector = "PromptGuard"
# version = "2-86m"
# threshold = 0.9

# Labels of items: event_id, annotator, labelled_at, label[, family, ...] (docs/labels.md):
# [sources.labels]
# paths = ["labels/*.csv"]

# The history of the repositories, kept as bare mirrors: which change brought a line in (docs/history.md).
# The line [sources.git] is enough where the token of GitHub may read the code; these are the defaults:
# [sources.git]
# repositories = ["acme/payments-*"]   # default: those of the pilots
# exclude = []                      # names or patterns of repositories that are not cloned after all
# url = "https://github.com/{{repository}}.git"   # of those without an entry of their own
# folder = "mirrors"                # where mirrors are kept; default: git, in the store's folder
# token_env = "GITHUB_TOKEN"        # environment variable that holds a token; the token never stands here
# token_file = "keys/token"         # or a file that holds one
# surviving = true                  # count the lines that still stand, by blame of every file
# at_once = 4                       # blames made at the same time
# timeout_minutes = 60              # longest time for one clone or fetch
# [[sources.git.repository]]
# name = "acme/payments-api"
# url = "../payments-api"           # an address, or a path from this file on: a clone or a bundle will do
# branch = "main"                   # protected branch; default: the pilot's, else the repository's HEAD

# Rows from a warehouse (docs/your-own-files.md):
# [[sources.tables]]
# table = "pull_requests"
# paths = ["warehouse/prs.parquet"]
# rename = {{ number = "pr_number", author_login = "user" }}

# Corrections of who made a change; `pilot doctor --authorship` shows who was classed how and why:
[authorship]
override = [
  # {{ login = "release-robot", authorship = "automation" }},
]
"""


def start(path: Path, changes: int | None, require: str | None) -> None:
    """Write the configuration, after showing what each reading would let through."""
    if path.exists():
        raise UsageError(f"{path}: exists already; name another file, or move it away first")
    if require is not None and require not in READINGS:
        raise UsageError(f"--require {require!r}: expected one of {', '.join(READINGS)}")
    is_asked = sys.stdin.isatty()
    volume = changes or (_ask_volume() if is_asked else USUAL_CHANGES)
    _print_odds(volume)
    chosen = require or (_ask_reading() if is_asked else Policy().require)
    _write(path, chosen)
    printing.say(
        f"wrote {path}; next, in that file: set `repositories` and `start_on` before the first ingest, as "
        "changing them later restarts the evidence; take the # off [sources.github], and put a token into "
        "GITHUB_TOKEN, or off the sources of your files; then `pilot doctor`, `pilot ingest`"
    )


def _ask_volume() -> int:
    return int(
        typer.prompt("Agent changes that your team merges per sprint", default=USUAL_CHANGES, type=int)
    )


def _ask_reading() -> str:
    return str(
        typer.prompt(f"Which reading allows expansion ({', '.join(READINGS)})", default=Policy().require)
    )


def _write(path: Path, require: str) -> None:
    today = datetime.now(UTC).date()
    text = TEMPLATE.format(
        start_on=today, ends_on=today + timedelta(days=182), require=require, pad=" " * (24 - len(require))
    )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); choose a folder that exists"
        ) from error


def _print_odds(changes: int) -> None:
    volume = wording.plural(changes, "change")
    table = Table(
        title=f"Odds that a pilot passes within {SPRINTS_AHEAD} sprints of {volume}",
        title_justify="left",
        box=None,
        padding=(0, 3, 0, 0),
    )
    for heading in ("true escape rate", "as written", "followed up", "proven"):
        table.add_column(heading, justify="right")
    for rate in TRUE_RATES:
        chance = odds(rate, changes, SPRINTS_AHEAD, Policy())
        passes = (chance.as_written, chance.followed_up, chance.proven)
        table.add_row(wording.percent(rate), *(wording.percent(share) for share in passes))
    console.print(table)
