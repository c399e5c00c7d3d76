"""Who made each change: an agent, a person with an agent's help, automation, or a person?

Evidence is weighed in this order, and the first that applies decides: a correction from the
settings; an agent's account or branch, or a label in the organisation's own table; an update
bot's account; a "generated with" marker; more than half of the commits carry agent evidence (all
*agent*, but for the bot); any agent evidence at all (*assisted*); a machine account
(*automation*); an author who is known to use agents, because of an earlier agent-marked change
or by the settings (*unknown*: no evidence is not evidence of none); the rest is *human*. Update
bots come before markers because they quote the release notes of others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import polars as pl

from ingest.authorship_rules import MODEL, RULES
from ingest.authorship_signals import DRIVERS, LABEL, model_of
from ingest.errors import ConfigurationError
from ingest.settings import AuthorshipOverride, AuthorshipSettings

KEY: Final = ["repository", "number"]
CHANGE: Final = "change"  # place of a pull request among the rows: joins on it are cheap
JUDGED: Final = ("authorship", "agent", "model", "driver", "evidence", "rule")
MOST: Final = 0.5  # a change is an agent's if more than this share of its commits is
QUOTED_COMMIT_TRACES: Final = 5  # a long history repeats itself
_IDENTITY, _UPDATE_BOT, _MARKER, _ASSISTED = 0, 1, 2, 3  # weights, strongest first
_RULES: Final = pl.DataFrame(
    {
        "rule": [rule.id for rule in RULES],
        "since": [rule.since for rule in RULES],
        "rule_agent": [rule.agent or None for rule in RULES],
        "grade": [rule.grade for rule in RULES],
        "signal": [rule.signal for rule in RULES],
        "rank": range(len(RULES)),
    }
)

Frame = pl.DataFrame | pl.LazyFrame


def classify(pull_requests: Frame, commits: Frame, settings: AuthorshipSettings) -> pl.DataFrame:
    """Judge every pull request from its own traces, its commits' and its author's history.

    Returns one row per pull request: repository, number, authorship, agent, model, driver,
    evidence (list of ``rule: quoted text``) and the rule that decided; null where there is none.
    """
    changes = _changes(pull_requests.lazy().collect(), settings)
    placed = commits.lazy().collect().join(changes.select(*KEY, CHANGE), on=KEY, how="left")
    traces = _traces(changes.select(CHANGE, "signals", at="created_at"))
    made = _commit_traces(placed)
    facts = (
        changes.join(_own_evidence(traces, changes), on=CHANGE, how="left", maintain_order="left")
        .join(_commit_evidence(made, placed), on=CHANGE, how="left", maintain_order="left")
        .join(_drivers(traces, made), on=CHANGE, how="left", maintain_order="left")
    )
    decided = _decide(facts, settings)
    with_history = _with_history(decided, _first_uses(decided, made), settings)
    return _corrected(_finished(with_history), settings).select(*KEY, *JUDGED)


def _changes(pull_requests: pl.DataFrame, settings: AuthorshipSettings) -> pl.DataFrame:
    login = pl.col("author_login").str.to_lowercase()
    kind = pl.when(login.is_in(_lowered(settings.human))).then(pl.lit("user")).otherwise("author_kind")
    return pull_requests.select(
        *KEY, "created_at", "author_login", "head_branch", "signals", login=login, kind=kind
    ).with_row_index(CHANGE)


def _lowered(logins: list[str]) -> list[str]:
    return [login.lower().removeprefix("app/").removesuffix("[bot]") for login in logins]


def _traces(rows: pl.DataFrame) -> pl.DataFrame:
    """Give one row per trace with its rule, without traces older than their rule."""
    told = rows.explode("signals").drop_nulls("signals").rename({"signals": "trace"})
    named = told.with_columns(rule=pl.col("trace").str.extract(r"^([^:]+)"))
    judged = named.join(_RULES, on="rule", how="left", maintain_order="left").with_columns(_labelled())
    too_early = (pl.col("at").dt.date() < pl.col("since")).fill_null(value=False)
    return judged.filter(~too_early)


def _labelled() -> list[pl.Expr]:
    """Grade what is no rule's trace but a label: the agent is the one that it names."""
    is_label = pl.col("rule") == LABEL
    told = {
        "rule_agent": pl.col("trace").str.extract(r": (.+)$"),
        "grade": pl.lit("agent"),
        "signal": pl.lit("label"),
        "rank": pl.lit(-1),
    }
    return [pl.when(is_label).then(value).otherwise(name).alias(name) for name, value in told.items()]


def _commit_traces(commits: pl.DataFrame) -> pl.DataFrame:
    told = commits.filter(pl.col("signals").list.len() > 0)
    return _traces(told.select(CHANGE, "sha", "author_login", "model", "signals", at="committed_at"))


def _weight() -> pl.Expr:
    """Say how much a trace weighs; null = none (suggestions, people, rules that are gone)."""
    is_agent, is_automation = pl.col("grade") == "agent", pl.col("grade") == "automation"
    is_identity = pl.col("signal").is_in(["login", "branch", "numeric_id", "label"])
    return (
        pl.when(is_agent & is_identity).then(_IDENTITY)
        .when(is_automation).then(_UPDATE_BOT)
        .when(is_agent).then(_MARKER)
        .when(pl.col("grade") == "assisted").then(_ASSISTED)
    )  # fmt: skip


def _own_evidence(traces: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Find the strongest trace of each change, all that weigh something, and the model they name."""
    people = changes.filter(kind="user").select(CHANGE, is_person=pl.lit(True))
    weighed = traces.with_columns(weight=_weight()).drop_nulls("weight")
    # An account's name is no evidence where the settings say that it is a person's.
    machine_named = weighed.join(people, on=CHANGE, how="left").filter(
        ~((pl.col("signal") == "login") & pl.col("is_person").fill_null(value=False))
    )
    strongest = machine_named.sort("weight", "rank", "trace").group_by(CHANGE, maintain_order=True)
    return strongest.agg(
        weight=pl.col("weight").first(),
        own_rule=pl.col("rule").first(),
        own_agent=pl.col("rule_agent").first(),
        own=pl.col("trace").unique(maintain_order=True),
    ).with_columns(own_model=_models("own"))  # fmt: skip


def _models(column: str) -> pl.Expr:
    """Read the model from lists of traces; only the few that name any are looked at."""
    joined = pl.col(column).list.join("\n")
    told = pl.when(joined.str.contains(f"(?i){MODEL}")).then(pl.col(column))
    return told.map_elements(lambda traces: model_of(list(traces)), return_dtype=pl.String)


def _commit_evidence(made: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Count the commits of each change with agent evidence: of which agent, and what it says."""
    counted = placed.drop_nulls(CHANGE).group_by(CHANGE).agg(commit_count=pl.col("sha").n_unique())
    agents = made.filter(pl.col("grade").is_in(["agent", "assisted"])).sort(CHANGE, "rank", "trace", "sha")
    told = agents.group_by(CHANGE, maintain_order=True).agg(
        evident_count=pl.col("sha").n_unique(),
        made_rule=pl.col("rule").first(),
        made=pl.col("trace").unique(maintain_order=True).head(QUOTED_COMMIT_TRACES),
    )
    counts = counted.join(told, on=CHANGE, how="left")
    with_agent = counts.join(_most_frequent(agents, "rule_agent", "made_agent"), on=CHANGE, how="left")
    return with_agent.join(_most_frequent(agents, "model", "made_model"), on=CHANGE, how="left")


def _most_frequent(rows: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """Find the value that most commits of a change share; the first in the alphabet among equals."""
    counted = rows.drop_nulls(column).group_by(CHANGE, column).agg(times=pl.col("sha").n_unique())
    ordered = counted.sort(CHANGE, "times", column, descending=[False, True, False])
    return ordered.unique(CHANGE, keep="first", maintain_order=True).select(
        CHANGE, pl.col(column).alias(name)
    )


def _drivers(traces: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Find the person whom a change's traces name, by the strongest kind of trace, then most often."""
    told = pl.concat([traces.select(CHANGE, "rule", "trace"), made.select(CHANGE, "rule", "trace")])
    people = told.filter(pl.col("rule").is_in(DRIVERS)).group_by(CHANGE, "rule", "trace").len()
    rank = pl.col("rule").replace_strict({name: place for place, name in enumerate(DRIVERS)})
    ordered = people.sort(CHANGE, rank, -pl.col("len").cast(pl.Int64), "trace")
    first = ordered.unique(CHANGE, keep="first", maintain_order=True)
    return first.select(CHANGE, told_driver=pl.col("trace").str.extract(r": (\S+)"))


def _decide(facts: pl.DataFrame, settings: AuthorshipSettings) -> pl.DataFrame:
    """Name the first statement of the module's list that holds, history and corrections apart."""
    share = pl.col("evident_count").fill_null(0) / pl.col("commit_count")
    has_some = (pl.col("weight") == _ASSISTED) | (pl.col("evident_count") > 0)
    is_listed = pl.col("login").is_in(_lowered(settings.automation))
    cases = (
        (is_listed, "automation", pl.lit("automation-list")),
        (pl.col("weight") == _IDENTITY, "agent", pl.col("own_rule")),
        (pl.col("weight") == _UPDATE_BOT, "automation", pl.col("own_rule")),
        (pl.col("weight") == _MARKER, "agent", pl.col("own_rule")),
        (share > MOST, "agent", pl.lit("most-commits")),
        (has_some, "assisted", pl.coalesce("own_rule", "made_rule")),
        (pl.col("kind") == "bot", "automation", pl.lit("bot-account")),
    )
    return facts.with_columns(
        authorship=pl.coalesce(*(pl.when(case).then(pl.lit(arm)) for case, arm, _ in cases)),
        rule=pl.coalesce(*(pl.when(case).then(rule) for case, _, rule in cases)),
    )


def _first_uses(decided: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Find when each person first used an agent: by a change or by a commit."""
    uses_agent = pl.col("authorship").is_in(["agent", "assisted"])
    changes = decided.filter(uses_agent, pl.col("kind") == "user").select("login", at="created_at")
    agents = made.filter(pl.col("grade").is_in(["agent", "assisted"]))
    commits = agents.select(pl.col("author_login").str.to_lowercase().alias("login"), "at")
    return pl.concat([changes, commits]).drop_nulls().group_by("login").agg(first_use_at=pl.col("at").min())


def _with_history(
    decided: pl.DataFrame, first_uses: pl.DataFrame, settings: AuthorshipSettings
) -> pl.DataFrame:
    is_open = pl.col("authorship").is_null()
    used_before = pl.col("first_use_at") < pl.col("created_at")
    is_named = pl.col("login").is_in(_lowered(settings.agent_users))
    is_unknown = is_open & (used_before.fill_null(value=False) | is_named.fill_null(value=False))
    why = pl.when(is_named).then(pl.lit("agent-user: named in the settings")).otherwise(
        pl.format("agent-user: an earlier agent-marked change, {}", pl.col("first_use_at").dt.date())
    )  # fmt: skip
    return decided.join(first_uses, on="login", how="left", maintain_order="left").with_columns(
        authorship=pl.when(is_unknown).then(pl.lit("unknown")).otherwise(
            pl.col("authorship").fill_null("human")
        ),
        rule=pl.when(is_unknown).then(pl.lit("agent-user")).otherwise("rule"),
        history=pl.when(is_unknown).then(why),
    )  # fmt: skip


def _finished(decided: pl.DataFrame) -> pl.DataFrame:
    """Fill agent, model, driver and evidence from what decided."""
    is_agents = pl.col("authorship").is_in(["agent", "assisted"])
    by_hand = pl.when(pl.col("rule").is_in(["bot-account", "automation-list"])).then(
        pl.col("rule") + ": " + pl.col("author_login")
    )
    share = pl.format("most-commits: {} of {} commits", "evident_count", "commit_count")
    said = [by_hand, pl.when(rule="most-commits").then(share), pl.col("history")]
    lists = [
        pl.concat_list(said).list.drop_nulls(),
        *(pl.col(name).fill_null([]) for name in ("own", "made")),
    ]
    person = pl.when(kind="user").then("author_login")
    by_commits = pl.col("rule") == "most-commits"
    own_first, made_first = pl.coalesce("own_agent", "made_agent"), pl.coalesce("made_agent", "own_agent")
    agent = pl.when(by_commits).then(made_first).otherwise(own_first)
    return decided.with_columns(
        agent=pl.when(is_agents).then(agent),
        model=pl.when(is_agents).then(pl.coalesce("made_model", "own_model")),
        driver=pl.when(is_agents).then(pl.coalesce(person, "told_driver")),
        evidence=pl.concat_list(lists).list.unique(maintain_order=True),
    )


def _corrected(judged: pl.DataFrame, settings: AuthorshipSettings) -> pl.DataFrame:
    """Apply the corrections: the first that matches a change replaces what the rules said."""
    entries = [(_matcher(entry, place), entry) for place, entry in enumerate(settings.override, start=1)]
    if not entries:
        return judged
    is_corrected = pl.any_horizontal(matched for matched, _ in entries)
    is_agents = _first_of(entries, lambda entry: entry.authorship).is_in(["agent", "assisted"])
    person = pl.when(kind="user").then("author_login")
    why = _first_of(entries, lambda entry: f"override: {entry.why or 'by the settings'}")
    new = {
        "authorship": _first_of(entries, lambda entry: entry.authorship),
        "agent": _first_of(entries, lambda entry: entry.agent),
        "model": pl.when(is_agents).then("model"),
        "driver": pl.when(is_agents).then(pl.coalesce("driver", person, "told_driver")),
        "rule": pl.lit("override"),
        "evidence": pl.concat_list(why),
    }
    corrected = {name: pl.when(is_corrected).then(value).otherwise(name) for name, value in new.items()}
    return judged.with_columns(**corrected)


def _first_of(
    entries: list[tuple[pl.Expr, AuthorshipOverride]], value: Callable[[AuthorshipOverride], str | None]
) -> pl.Expr:
    chain: pl.Expr = pl.lit(None, pl.String)
    for matched, entry in reversed(entries):
        chain = pl.when(matched).then(pl.lit(value(entry), pl.String)).otherwise(chain)
    return chain


def _matcher(entry: AuthorshipOverride, place: int) -> pl.Expr:
    told = {
        "login": pl.col("login") == _lowered([entry.login])[0] if entry.login else None,
        "branch": pl.col("head_branch").str.contains(_shell(entry.branch)) if entry.branch else None,
        "repository": pl.col("repository").str.contains(_shell(entry.repository))
        if entry.repository
        else None,
        "number": pl.col("number") == entry.number if entry.number else None,
    }
    conditions = [condition.fill_null(value=False) for condition in told.values() if condition is not None]
    if not conditions:
        raise ConfigurationError(
            f"[[authorship.override]] number {place} matches nothing: expected at least one of "
            f"{', '.join(told)}; add one, or remove the entry"
        )
    return pl.all_horizontal(conditions)


def _shell(pattern: str) -> str:
    meaning = {"*": ".*", "?": "."}
    return f"^{''.join(meaning.get(letter) or re.escape(letter) for letter in pattern)}$"
