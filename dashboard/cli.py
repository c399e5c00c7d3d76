"""The command line: doors only. Each command asks the session and prints frozen objects.

Streamlit is never imported here: `pilot serve` starts it as its own program. What only one
command needs (rich tables, the simulator) is imported when that command runs, so that
`pilot gate` in a build pipeline answers at once.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from polars.exceptions import PolarsError

from dashboard import printing, progressing, visits, wording
from dashboard.composition import Live, Question, Session, open_session
from dashboard.documents import plain, rows, verdict_document
from dashboard.exit_codes import gate_exit_code, ingest_exit_code
from dashboard.stopping import INTERRUPTED, ending_in_order
from ingest.errors import PilotError, StoreError, UsageError
from metrics.segments import WHOLE

app = typer.Typer(
    name="pilot",
    help="May this AI coding agent leave the pilot? Trusted tables, honest numbers, one verdict.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

STOPPED: Final = "pilot: stopped; what was not published is taken up by the next run\n"
DEBUG: Final = "--debug"  # anywhere on the line: show the traceback of an error

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Configuration file (else PILOT_CONFIG, else ./pilot.toml).")
]
PilotOption = Annotated[list[str] | None, typer.Option("--pilot", help="Only this pilot; may be repeated.")]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Judge at this moment: 2026-08-17 or 2026-08-17T12:00Z (default: now)."),
]
KnownAtOption = Annotated[
    str | None, typer.Option("--known-at", help="Use only what had been published by this moment.")
]
AuthorshipOption = Annotated[bool, typer.Option("--authorship", help="List who was classed how and why.")]
TidyOption = Annotated[
    bool, typer.Option("--tidy", help="Then merge small files and drop old versions ([store] keep_days).")
]
FromRawOption = Annotated[
    bool, typer.Option("--from-raw", help="Live sources: parse again what was kept, without a request.")
]
FullOption = Annotated[
    bool, typer.Option("--full", help="Live sources: read everything anew, not only what changed.")
]
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Ask no server: look at configuration, files and tables only.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON for programs (schemas in docs/schemas).")
]


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="File to write.")] = Path("pilot.toml"),
    changes: Annotated[
        int | None,
        typer.Option("--changes", help="Agent changes your team merges per sprint; shows the odds."),
    ] = None,
    require: Annotated[
        str | None,
        typer.Option("--require", help="Reading that allows expansion: as_written, followed_up, proven."),
    ] = None,
) -> None:
    """Write a commented pilot.toml, and show what each reading of the rule would let through."""
    from dashboard import starting  # noqa: PLC0415

    starting.start(path, changes, require)


@app.command()
def ingest(  # noqa: PLR0913, PLR0917 - which sources, how, and what is told of it
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources to run (default: all configured).")
    ] = None,
    config: ConfigOption = None,
    from_raw: FromRawOption = False,  # noqa: FBT002
    full: FullOption = False,  # noqa: FBT002
    tidy: TidyOption = False,  # noqa: FBT002
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Read all that the configuration names into trusted tables; safe to repeat, resumes after a kill."""
    session = open_session(Question(config))
    with progressing.progress(quiet=as_json) as shown:
        hearing = visits.Hearing(shown.live)
        live = Live(from_raw, full, hearing)
        report = session.ingest(sources or (), shown.files, shown.say, live)
        if tidy:
            session.tidy(shown.say)
    visited = visits.visits(session.store, report, hearing.latest)
    printing.show(plain(report.sources), as_json, lambda: printing.print_report(report, visited))
    raise typer.Exit(ingest_exit_code(report.sources))


@app.command()
def gate(
    config: ConfigOption = None,
    pilot: PilotOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """May this pilot expand? Exit 0 allowed, 20 no, 21 cannot tell yet, 22 met but not proven."""
    session = _session(config, pilot, as_of, known_at)
    verdicts = [session.assess(each.name).verdict for each in session.pilots]
    printing.show(
        [verdict_document(each) for each in verdicts], as_json, lambda: printing.print_verdicts(verdicts)
    )
    raise typer.Exit(gate_exit_code(verdicts))


@app.command()
def metrics(  # noqa: PLR0913, PLR0917 - the common options and two forms of output
    config: ConfigOption = None,
    pilot: PilotOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,  # noqa: FBT002
    segment: Annotated[
        str | None,
        typer.Option(
            "--segment", help='Only this: all, "sprint 3", "agent codex" (default: whole, or every).'
        ),
    ] = None,
) -> None:
    """Print every number with its counts, interval, coverage and method."""
    session = _session(config, pilot, as_of, known_at)
    stated = session.results()
    of_detectors = session.detector_results()
    results = [each for each in stated if segment in {None, each.segment}]
    detectors = [each for each in of_detectors if segment in {None, each.segment}]
    if stated and not results and not detectors:
        names = [each.segment for each in of_detectors]
        named = wording.listed(list(dict.fromkeys([*(each.segment for each in stated), *names])))
        raise UsageError(f"--segment {segment!r}: nothing is stated of it; there are: {named}")
    if as_csv:
        printing.print_csv([*results, *detectors])
        return
    printing.show(
        rows([*results, *detectors]),
        as_json,
        lambda: printing.print_measured(results, detectors, segment or WHOLE),
    )


snapshots = typer.Typer(rich_markup_mode=None)
app.add_typer(snapshots, name="snapshot")


@snapshots.callback(invoke_without_command=True)
def snapshot(  # noqa: PLR0913, PLR0917 - the common options, the week and the place
    context: typer.Context,
    week: Annotated[
        str | None, typer.Option("--week", help="ISO week such as 2026-W34 (default: the last that is over).")
    ] = None,
    config: ConfigOption = None,
    pilot: PilotOption = None,
    known_at: KnownAtOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the files there, to look at them, and seal nothing.")
    ] = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Freeze a week: report, verdicts and numbers, sealed so that a later change of a byte is found."""
    context.obj = (config, as_json)
    if context.invoked_subcommand is not None:
        _refuse_beside(context, {"--week": week, "--pilot": pilot, "--known-at": known_at, "--out": out})
        return
    from dashboard.snapshot import commands  # noqa: PLC0415

    session = _session(config, pilot, None, known_at)
    if out is None:
        commands.seal_week(session, week, as_json=as_json)
    else:
        commands.write_week(session, week, out, as_json=as_json)


def _refuse_beside(context: typer.Context, given: dict[str, object]) -> None:
    """What says how to seal means nothing to `list`, `verify` and `diff`."""
    idle = [option for option, value in given.items() if value]
    if idle:
        raise UsageError(
            f"{idle[0]} means nothing to `pilot snapshot {context.invoked_subcommand}`; leave it out"
        )


def _beside(context: typer.Context, config: Path | None, as_json: bool) -> tuple[Session, bool]:  # noqa: FBT001
    """Session and form of output, whether asked for before or after the word `list`, `verify` or `diff`."""
    earlier_config, earlier_json = context.obj
    return open_session(Question(config or earlier_config)), as_json or earlier_json


@snapshots.command("list")
def list_snapshots(
    context: typer.Context,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """List the sealed weeks with what each said."""
    from dashboard.snapshot import commands  # noqa: PLC0415

    session, wants_json = _beside(context, config, as_json)
    commands.list_all(session, as_json=wants_json)


@snapshots.command("verify")
def verify_snapshots(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(help="Snapshots to look at, as 2026-W34 (default: all).")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Check every byte and every link of the chain; exit 14 names what is broken."""
    from dashboard.snapshot import commands  # noqa: PLC0415

    session, wants_json = _beside(context, config, as_json)
    commands.verify_all(session, names or (), as_json=wants_json)


@snapshots.command("diff")
def diff_snapshots(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="Snapshot, or a folder that --out has written.")],
    after: Annotated[str, typer.Argument(help="Snapshot to compare it with.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Say what differs between two snapshots: verdicts, policies, numbers, table versions."""
    from dashboard.snapshot import commands  # noqa: PLC0415

    session, wants_json = _beside(context, config, as_json)
    commands.compare(session, before, after, as_json=wants_json)


audit = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Draw changes for a deep review, list the draws, record what reviewers found.",
)
app.add_typer(audit, name="audit")

ByOption = Annotated[str, typer.Option("--by", help="Who draws or reviews: a name or a login.")]


@audit.command("draw")
def draw_audit(  # noqa: PLR0913, PLR0917 - what is drawn from what, and where it goes
    pilot: Annotated[str, typer.Option("--pilot", help="Pilot whose agent changes are drawn from.")],
    by: ByOption,
    size: Annotated[int, typer.Option("--size", help="Changes to draw.")] = 300,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Draw the same changes again (default: by chance).")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Changes merged from this day on (default: the start).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Changes merged before this day (default: now).")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write a CSV for the reviewers there.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the draw and record nothing.")] = False,  # noqa: FBT002
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Draw agent changes for a deep review, by chance, and say beforehand what the sample can show."""
    from dashboard import auditing, auditing_commands  # noqa: PLC0415

    asked = auditing.Asked(pilot, size, by, seed, _day("--from", since), _day("--until", until))
    output = auditing_commands.Output(out, dry_run, as_json)
    auditing_commands.draw(open_session(Question(config)), asked, output)


@audit.command("list")
def list_audits(
    config: ConfigOption = None,
    pilot: PilotOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """List every draw: how many changes were reviewed, what was found, how many wait."""
    from dashboard import auditing_commands  # noqa: PLC0415

    auditing_commands.list_all(open_session(Question(config, tuple(pilot or ()))), as_json=as_json)


@audit.command("record")
def record_audit(  # noqa: PLR0913, PLR0917 - one review has that many parts
    what: Annotated[str, typer.Argument(help="CSV that reviewers filled in, or a change: owner/name#12.")],
    outcome: Annotated[str | None, typer.Argument(help="Of a change: clean, finding or unclear.")] = None,
    by: Annotated[
        str, typer.Option("--by", help="Who reviewed; in a file, of the lines that do not say it.")
    ] = "",
    audit_id: Annotated[
        str | None, typer.Option("--audit", help="The draw (default: the only one that holds the change).")
    ] = None,
    severity: Annotated[
        str | None, typer.Option("--severity", help="How bad: critical, high, medium, low, none.")
    ] = None,
    cwe: Annotated[str | None, typer.Option("--cwe", help="What it is, as CWE-89.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="Where it is, as path:line.")] = None,
    notes: Annotated[str | None, typer.Option("--notes", help="In words.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Record what reviewers found; a finding counts at once."""
    from dashboard import auditing_commands  # noqa: PLC0415

    said = auditing_commands.Said(outcome, audit_id, by, severity, cwe, at, notes)
    auditing_commands.enter(open_session(Question(config)), what, said, as_json=as_json)


@app.command()
def erase(
    account: Annotated[
        str, typer.Argument(help="Account, e-mail address or login of the person, or their pseudonym.")
    ],
    by: Annotated[str, typer.Option("--by", help="Who erases: a name or a login.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether this is meant.")] = False,  # noqa: FBT002
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Forget a person: take their pseudonym out of the lake and never take it in again."""
    from dashboard import erasing_commands  # noqa: PLC0415

    said = erasing_commands.Said(account, by, yes, as_json)
    erasing_commands.erase(open_session(Question(config)), said, typer.confirm)


canary = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Register seeded requests that are known to be bad, and list them.",
)
app.add_typer(canary, name="canary")


@canary.command("add")
def add_canary(  # noqa: PLR0913, PLR0917 - what is seeded, and where
    what: Annotated[str, typer.Option("--what", help="What is wrong with it, in words.")],
    by: Annotated[str, typer.Option("--by", help="Who registers it: a name or a login.")],
    kind: Annotated[
        str | None, typer.Option("--kind", help="What carries it: prompt or pull_request.")
    ] = None,
    repository: Annotated[str | None, typer.Option("--repository", help="Where, as owner/name.")] = None,
    number: Annotated[int | None, typer.Option("--number", help="Pull request that carries it.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Register a seeded request under a new marker, and say how to plant it."""
    from dashboard import canary_commands  # noqa: PLC0415

    asked = canary_commands.Asked(what, by, kind, repository, number)
    canary_commands.add(open_session(Question(config)), asked, as_json=as_json)


@canary.command("list")
def list_canaries(
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """List every seeded request that is registered."""
    from dashboard import canary_commands  # noqa: PLC0415

    canary_commands.list_all(open_session(Question(config)), as_json=as_json)


label = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Find out what a detector missed: draw items, label them blind, settle, export.",
)
app.add_typer(label, name="label")

DesignOption = Annotated[str, typer.Option("--draw", help="The draw, as `pilot label list` names it.")]
AnnotatorOption = Annotated[str, typer.Option("--by", help="Who labels: a name or a login.")]
FamilyOption = Annotated[str, typer.Option("--family", help="Kind of attack.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in words.")]
ChoiceOption = Annotated[str, typer.Option("--choice", help="The guideline's own word.")]
GuidelineOption = Annotated[str, typer.Option("--guideline", help="Version of the guideline.")]


@label.command("draw")
def draw_labels(  # noqa: PLR0913, PLR0917 - what is drawn from what, and where it goes
    pilot: Annotated[str, typer.Option("--pilot", help="Pilot whose detector is audited.")],
    detector: Annotated[str, typer.Option("--detector", help="Detector whose misses are looked for.")],
    by: Annotated[str, typer.Option("--by", help="Who draws: a name or a login.")],
    size: Annotated[int, typer.Option("--size", help="Items to draw.")] = 300,
    version: Annotated[
        str | None, typer.Option("--version", help="Its version, if there are several.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Its threshold, if there are several.")
    ] = None,
    second: Annotated[
        str | None, typer.Option("--second", help="Detector by whose verdicts strata are made.")
    ] = None,
    near: Annotated[  # noqa: FBT002
        bool, typer.Option("--near", help="Make what scored near the threshold a stratum of its own.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Draw the same items again (default: by chance).")
    ] = None,
    cohort: Annotated[
        str | None, typer.Option("--cohort", help="Only this cohort (default: all without a set's labels).")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="Verdicts from this day on.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Verdicts before this day.")] = None,
    assumed_fnr: Annotated[
        float | None, typer.Option("--assume", help="Share of attacks that pass, for the promise (0.2).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the draw and record nothing.")] = False,  # noqa: FBT002
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Draw items that a detector let pass, by chance, and say beforehand what the sample can show."""
    from dashboard import label_commands  # noqa: PLC0415

    asked = label_commands.Asked(
        pilot, detector, by, size, version, threshold, second, near, seed, cohort,
        _day("--from", since), _day("--until", until), assumed_fnr,
    )  # fmt: skip
    output = label_commands.Output(None, dry_run, as_json)
    label_commands.draw(open_session(Question(config)), asked, output)


@label.command("list")
def list_labels(
    config: ConfigOption = None,
    pilot: PilotOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """List every draw: items settled, labels per person, disagreements, what they show so far."""
    from dashboard import label_commands  # noqa: PLC0415

    label_commands.list_all(open_session(Question(config, tuple(pilot or ()))), as_json=as_json)


@label.command("queue")
def queue_labels(  # noqa: PLR0913, PLR0917 - whose queue of what, and where it goes
    draw: DesignOption,
    by: AnnotatorOption,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Items to print.")] = 5,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a CSV of all that wait there, to fill in.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Show an annotator's next items, blind: no verdict, no score, and nobody's label."""
    from dashboard import label_commands  # noqa: PLC0415

    output = label_commands.Output(out, as_json=as_json)
    label_commands.queue(open_session(Question(config)), draw, by, limit, output)


@label.command("add")
def add_label(  # noqa: PLR0913, PLR0917 - one label has that many parts
    item: Annotated[str, typer.Argument(help="Event's id, sha256:<hash> or seed:<name>.")],
    label: Annotated[str, typer.Argument(help="attack, benign or unsure.")],
    by: AnnotatorOption,
    draw: Annotated[str | None, typer.Option("--draw", help="The draw that it is of.")] = None,
    family: FamilyOption = "",
    choice: ChoiceOption = "",
    reason: ReasonOption = "",
    guideline: GuidelineOption = "",
    saw_score: Annotated[
        bool | None, typer.Option("--saw-score/--blind", help="Whether a verdict was known (default: blind).")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Record what somebody says an item is; earlier labels are kept, the later one stands."""
    from dashboard import label_commands, labelling  # noqa: PLC0415

    given = labelling.Given(item, by, label, draw, family, choice, reason, guideline, saw_score)
    label_commands.add(open_session(Question(config)), given, as_json=as_json)


@label.command("import")
def import_labels(
    file: Annotated[Path, typer.Argument(help="Sheet that was filled in, or what `export` has written.")],
    by: Annotated[str, typer.Option("--by", help="Who labelled the lines that do not say it.")] = "",
    draw: Annotated[str, typer.Option("--draw", help="Draw of the lines that do not say it.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Record the labels, or the draws, of a file: all of them or none; again changes nothing."""
    from dashboard import label_commands  # noqa: PLC0415

    label_commands.enter(open_session(Question(config)), file, by, draw, as_json=as_json)


@label.command("export")
def export_labels(
    draw: Annotated[str | None, typer.Option("--draw", help="Only this draw.")] = None,
    draws: Annotated[bool, typer.Option("--draws", help="The drawn items, not their labels.")] = False,  # noqa: FBT002
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the CSV there (default: print it).")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Write labels, or draws, as CSV that another store imports."""
    from dashboard import label_commands  # noqa: PLC0415

    output = label_commands.Output(out, as_json=as_json)
    label_commands.export(open_session(Question(config)), draw, draws=draws, output=output)


@label.command("disagreements")
def label_disagreements(
    draw: DesignOption,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """List items whose annotators do not agree, and who settled them."""
    from dashboard import label_commands  # noqa: PLC0415

    label_commands.disagreements(open_session(Question(config)), draw, as_json=as_json)


@label.command("adjudicate")
def adjudicate_label(  # noqa: PLR0913, PLR0917 - as many parts as a label has
    item: Annotated[str, typer.Argument(help="Item that its annotators disagree about.")],
    label: Annotated[str, typer.Argument(help="attack or benign.")],
    by: Annotated[str, typer.Option("--by", help="Who settles it: none of those who disagree.")],
    draw: Annotated[str | None, typer.Option("--draw", help="The draw that it is of.")] = None,
    family: FamilyOption = "",
    choice: ChoiceOption = "",
    reason: ReasonOption = "",
    guideline: GuidelineOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Settle a disagreement; one of those who disagree needs a reason."""
    from dashboard import label_commands, labelling  # noqa: PLC0415

    settled = labelling.Given(item, by, label, draw, family, choice, reason, guideline)
    label_commands.adjudicate(open_session(Question(config)), settled, as_json=as_json)


@label.command("agreement")
def label_agreement(
    draw: DesignOption,
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Print how far the annotators of a draw agree beyond chance (kappa), by what they said blind."""
    from dashboard import label_commands  # noqa: PLC0415

    label_commands.agreement(open_session(Question(config)), draw, as_json=as_json)


@label.command("seed")
def seed_label(
    what: Annotated[str, typer.Argument(help="Planted item's name, the SHA-256 of its text, or a CSV.")],
    by: Annotated[str, typer.Option("--by", help="Who planted it: a name or a login.")],
    family: FamilyOption = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Register planted attacks; they are in no rate of traffic and are never drawn."""
    from dashboard import label_commands  # noqa: PLC0415

    label_commands.register(open_session(Question(config)), what, family, by, as_json=as_json)


@app.command()
def doctor(
    config: ConfigOption = None,
    authorship: AuthorshipOption = False,  # noqa: FBT002
    offline: OfflineOption = False,  # noqa: FBT002
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Say what is wrong or missing, and how to mend it."""
    from dashboard import doctoring  # noqa: PLC0415

    session = open_session(Question(config))
    if authorship:
        preview = doctoring.authorship_preview(session)
        printing.show(plain(preview), as_json, lambda: doctoring.print_authorship(preview))
        return
    found = doctoring.examine(session, offline=offline)
    printing.show(plain(found), as_json, lambda: doctoring.print_examination(found))
    raise typer.Exit(doctoring.exit_code(found))


@app.command()
def describe(
    what: Annotated[
        str, typer.Argument(help="metrics, criteria, tables, settings, sources, states, or one name.")
    ] = "metrics",
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Explain what numbers, criteria, tables, sources and settings mean."""
    from dashboard import describing  # noqa: PLC0415

    described = describing.describe(what)
    printing.show(plain(described), as_json, lambda: printing.print_descriptions(described))


@app.command()
def serve(
    config: ConfigOption = None,
    port: Annotated[int, typer.Option("--port", envvar="PORT", help="Port on the loopback address.")] = 8501,
) -> None:
    """Serve the dashboard on this machine only."""
    from dashboard import serving  # noqa: PLC0415

    session = open_session(Question(config))
    serving.serve(session.path, port)


@app.command()
def receive(
    config: ConfigOption = None,
    port: Annotated[int, typer.Option("--port", help="Port on the loopback address.")] = 4318,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where messages go (default: telemetry beside pilot.toml)."),
    ] = None,
    keep_days: Annotated[
        int, typer.Option("--keep-days", min=1, help="Files of telemetry that are older are removed.")
    ] = 90,
) -> None:
    """Receive OpenTelemetry of coding agents (OTLP/HTTP) on this machine, into files for `pilot ingest`."""
    from dashboard import receiving  # noqa: PLC0415

    receiving.receive(open_session(Question(config)), receiving.Wanted(port, folder, keep_days))


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="Folder to write raw files to.")],
    pulls: Annotated[int, typer.Option("--pulls", min=1, help="Pull requests to invent.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 1,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Write raw inputs of any size from a known truth."""
    from data.simulator import write  # noqa: PLC0415

    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: is not empty; choose a new folder so that nothing is overwritten")
    with progressing.progress(quiet=as_json) as shown:
        planted = write(out, pulls, seed, lambda done: shown.files("simulate", done, pulls))
    printing.show(plain(planted), as_json, lambda: printing.say(f"wrote {pulls:,} pull requests to {out}"))


def _session(
    config: Path | None, pilots: Sequence[str] | None, as_of: str | None, known_at: str | None
) -> Session:
    question = Question(
        config, tuple(pilots or ()), _moment("--as-of", as_of), _moment("--known-at", known_at)
    )
    return open_session(question)


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is no moment; write 2026-08-17 or 2026-08-17T12:00Z") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text!r} is no day; write 2026-08-17") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; every error is one line on stderr and its class's exit code."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    with ending_in_order() as ending:
        code = _answered([word for word in asked if word != DEBUG], wants_traceback=DEBUG in asked)
    if code != INTERRUPTED:
        return code
    sys.stderr.write(STOPPED)
    return ending.exit_code


def _answered(words: list[str], *, wants_traceback: bool) -> int:
    try:
        code = app(words, prog_name="pilot", standalone_mode=False)
    except KeyboardInterrupt:  # before or after typer's own care
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, people get one line and --debug the rest
        if wants_traceback:
            traceback.print_exc()
        return _report(error)
    return code if isinstance(code, int) else 0


def _report(error: Exception) -> int:
    if isinstance(error, typer.TyperException):
        sys.stderr.write(f"pilot: {error} (`pilot --help` lists what there is)\n")
        return UsageError.exit_code
    if isinstance(error, typer.Abort):
        sys.stderr.write(STOPPED)
        return PilotError.exit_code
    if isinstance(error, PolarsError):
        error = StoreError(
            f"a table cannot be read ({error}); restore the store, or move it away and ingest again"
        )
    sys.stderr.write(f"pilot: {' '.join(str(error).split()) or type(error).__name__}\n")
    return error.exit_code if isinstance(error, PilotError) else PilotError.exit_code


def run() -> None:
    """Entry point of the `pilot` program."""
    sys.exit(main())
