"""Which traces of agents do names, branches, descriptions and commit messages carry?

A trace is kept as ``rule id: quoted text``: at most 80 characters, addresses of people
removed. Nothing is decided here; `ingest.authorship` weighs the traces of a whole change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from ingest.authorship_rules import (
    FOREIGN_BLOCKS,
    INSTALLING,
    MACHINE_ADDRESSES,
    MODEL,
    REVIEW_BOTS,
    RULES,
    Grade,
    Rule,
    Signal,
)

QUOTE_CHARS: Final = 80
BY_ID: Final = {rule.id: rule for rule in RULES}
LABEL: Final = "labelled"  # not a trace: a table of the organisation itself names the agent
ASSIGNER, ASSIGNEE, REQUESTER = "driver-assigner", "driver-assignee", "driver-requester"
CO_AUTHOR, ISSUE_AUTHOR = "driver-co-author", "driver-issue-author"
DRIVERS: Final = (ASSIGNER, ASSIGNEE, REQUESTER, CO_AUTHOR, ISSUE_AUTHOR)  # strongest first


def _flagged(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.IGNORECASE | re.MULTILINE | re.DOTALL)


def _of(*signals: Signal) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if rule.signal in signals)


_LOGINS: Final = {rule.pattern: rule for rule in _of("login")}
_COMMIT_LOGINS: Final = {rule.pattern: rule for rule in _of("commit_login")}
_NUMERIC_IDS: Final = {rule.pattern: rule for rule in _of("numeric_id")}
_COMPILED: Final = {
    rule.id: re.compile(rule.pattern, re.IGNORECASE | re.MULTILINE)
    for rule in _of("branch", "body", "trailer", "author_name", "author_email", "committer_name", "subject")
}
_BRANCHES, _BODIES, _TRAILERS, _SUBJECTS = _of("branch"), _of("body"), _of("trailer"), _of("subject")
_NAMES, _EMAILS, _COMMITTERS = _of("author_name"), _of("author_email"), _of("committer_name")
_BLOCKS: Final = tuple((hint, _flagged(expression)) for hint, expression in FOREIGN_BLOCKS)
_INSTALLING: Final = re.compile(INSTALLING, re.IGNORECASE)
_MODEL: Final = re.compile(MODEL, re.IGNORECASE)
_NOREPLY: Final = re.compile(r"<?\b(\d+)\+([\w-]+)(\[bot\])?@users\.noreply\.github\.com\b>?", re.IGNORECASE)
_PLAIN_NOREPLY: Final = re.compile(r"<([\w-]+)@users\.noreply\.github\.com>", re.IGNORECASE)
_EMAIL: Final = re.compile(r"\s*<?([^\s<>@()]+@[^\s<>@()]+)>?")
_MACHINE: Final = re.compile(MACHINE_ADDRESSES, re.IGNORECASE)
_ACCOUNT: Final = re.compile(r"\(@([\w-]+(?:\[bot\])?)\)")
_TRAILER: Final = re.compile(
    r"^[ \t]*((?:co-authored|assisted|generated)-by|replit-commit-author)[ \t]*:[ \t]*(\S.*?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_REQUESTED_BY: Final = re.compile(r"^\W*requested by:?\W*@([\w-]+)", re.IGNORECASE | re.MULTILINE)
# Machine accounts of type User: `acme-bot`, `AcmeBot`; surnames such as Talbot stay people.
_MACHINE_NAME: Final = re.compile(r"[-_]bot$|(?<=[a-z0-9])Bot$")
_LOGIN_LIKE: Final = re.compile(r"[A-Za-z0-9](?:[\w-]{0,38})")
_KINDS: Final = {"User": "user", "Bot": "bot", "Mannequin": "mannequin", "Organization": "user",
                 "EnterpriseUserAccount": "user", "App": "bot"}  # fmt: skip


@dataclass(frozen=True)
class People:
    """Corrections of what a login is: the settings' lists, lower case."""

    human: frozenset[str] = frozenset()
    automation: frozenset[str] = frozenset()


NOBODY: Final = People()


@dataclass(frozen=True)
class CommitEvidence:
    """What one commit says about its making, in the words of the `commits` contract."""

    signals: list[str]
    trailers: list[str]
    authorship: str
    agent: str | None
    model: str | None


@lru_cache(maxsize=100_000)
def actor(login: str | None, typename: str | None = None, people: People = NOBODY) -> tuple[str | None, str]:
    """One spelling of an account, and what kind of account it is.

    Deleted accounts (null, or ``ghost``) have no login. The type that a source names is
    believed, except for machine accounts that GitHub counts among its users.

    >>> actor("dependabot[bot]"), actor("app/dependabot"), actor("dependabot", "Bot")
    (('dependabot', 'bot'), ('dependabot', 'bot'), ('dependabot', 'bot'))
    >>> actor(None), actor("octocat", "User")
    ((None, 'deleted'), ('octocat', 'user'))
    """
    if not login or login == "ghost":
        return None, "deleted"
    name = login.removeprefix("app/").removesuffix("[bot]")
    if name.lower() in people.human:
        return name, "user"
    is_machine = name != login or _is_machine(name) or name.lower() in people.automation
    return name, "bot" if is_machine else _KINDS.get(typename or "User", "unknown")


def _is_machine(name: str) -> bool:
    lowered = name.lower()
    return lowered in _LOGINS or lowered in REVIEW_BOTS or _MACHINE_NAME.search(name) is not None


def pull_request_signals(
    login: str | None, kind: str, branch: str | None, title: str | None, body: str | None
) -> list[str]:
    """Traces of agents on a pull request itself; `login` and `kind` as `actor` gives them.

    >>> pull_request_signals("jane", "user", "codex/fix-tests", "Fix tests", None)
    ['codex-branch-codex: codex/fix-tests']
    """
    found = _login_signals(login, kind)
    if branch:
        found += _matches(_BRANCHES, branch)
    if body:
        found += _body_signals(title or "", body)
    return found


def driver_signals(
    assignees: Iterable[str], assigners: Iterable[str] = (), issue_authors: Iterable[str] = ()
) -> list[str]:
    """Who may have set an agent going, kept as traces.

    People assigned to look after a change, people who assigned the agent's account, and people who
    wrote the issue that the change closes.

    >>> driver_signals(["eve"], assigners=["ann"])
    ['driver-assigner: ann', 'driver-assignee: eve']
    """
    told = ((ASSIGNER, assigners), (ASSIGNEE, assignees), (ISSUE_AUTHOR, issue_authors))
    return [f"{kind}: {login}" for kind, logins in told for login in logins]


def is_agent(login: str | None, kind: str) -> bool:
    """Whether an account is a coding agent's; `login` and `kind` as `actor` gives them.

    >>> is_agent("copilot-swe-agent", "bot"), is_agent("dependabot", "bot"), is_agent("claude", "user")
    (True, False, False)
    """
    return any(grade_of(signal) == "agent" for signal in _login_signals(login, kind))


def label_signals(agent: str | None) -> list[str]:
    """What an organisation's own table says of who made a change, kept as evidence like any trace.

    >>> label_signals("codex")
    ['labelled: codex']
    """
    return [f"{LABEL}: {agent}"] if agent else []


def commit_signals(
    login: str | None,
    name: str | None,
    email: str | None,
    message: str | None,
    committer: str | None = None,
) -> CommitEvidence:
    r"""Traces of agents on one commit, and what the commit is by them alone.

    Null arguments are unknown; `committer` is the name of who committed, which says something only where it
    is not the author's. Without any trace a commit counts as human work; whether its
    author is known to use agents is a question about the whole change.

    >>> made = commit_signals(None, "Jane", None, "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>")
    >>> made.authorship, made.agent, made.signals
    ('assisted', 'claude-code', ['claude-code-trailer: Co-authored-by: Claude <noreply@anthropic.com>'])
    """
    signals = list(_author_signals(login, name, email))
    trailers: list[str] = []
    if message:
        trailers, told = _message_signals(message)
        signals += told
    if committer and committer != name:
        signals += _matches(_COMMITTERS, committer)
    return _weighed(signals, trailers)


def as_of_its_day(made: CommitEvidence, on: date | None) -> CommitEvidence:
    r"""The evidence without traces that are older than their rule: what nobody could have meant then.

    >>> made = commit_signals(None, "Jane", None, "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>")
    >>> as_of_its_day(made, date(2019, 5, 1)).authorship, as_of_its_day(made, None).authorship
    ('human', 'assisted')
    """
    kept = [signal for signal in made.signals if on is None or not _is_too_early(signal, on)]
    return made if len(kept) == len(made.signals) else _weighed(kept, made.trailers)


def _is_too_early(signal: str, on: date) -> bool:
    rule = BY_ID.get(signal.partition(":")[0])
    return rule is not None and on < rule.since


@lru_cache(maxsize=100_000)
def _author_signals(login: str | None, name: str | None, email: str | None) -> tuple[str, ...]:
    spelled, kind = actor(login)
    found = _login_signals(spelled, kind)
    rule = _COMMIT_LOGINS.get(spelled.lower()) if spelled else None
    if rule is not None and not found:
        found.append(f"{rule.id}: {spelled}")
    if name:
        found += _matches(_NAMES, name)
    if email:
        found += _id_signals(email) + _matches(_EMAILS, email)
    if kind == "bot" and not found:
        found.append(f"bot-account: {spelled}")
    return tuple(found)


def _login_signals(login: str | None, kind: str) -> list[str]:
    if login is None:
        return []
    lowered = login.lower()
    rule = _LOGINS.get(lowered) or (_LOGINS.get(f"{lowered}[bot]") if kind == "bot" else None)
    return [f"{rule.id}: {login}"] if rule else []


def _body_signals(title: str, body: str) -> list[str]:
    text = _own_words(body)
    lowered = text.lower()
    found = [] if _INSTALLING.search(title) else _hinted(_BODIES, text, lowered)
    if "-by:" in lowered:
        found += _trailer_signals(text)[1]
    if "requested by" in lowered:
        found += [f"{REQUESTER}: {login}" for login in _REQUESTED_BY.findall(text)]
    return list(dict.fromkeys(found))


def _own_words(body: str) -> str:
    """Take away the blocks that review bots add to descriptions."""
    if "<!--" not in body:
        return body
    lowered = body.lower()
    for hint, block in _BLOCKS:
        if hint in lowered:
            body = block.sub("", body)
    return body


def _message_signals(message: str) -> tuple[list[str], list[str]]:
    lowered = message.lower()
    has_trailers = "-by:" in lowered or "-author:" in lowered
    trailers, found = _trailer_signals(message) if has_trailers else ([], [])
    markers = _hinted(_BODIES, message, lowered)
    subjects = _hinted(_SUBJECTS, message.partition("\n")[0], lowered)
    return trailers, list(dict.fromkeys([*subjects, *markers, *found]))


def _trailer_signals(text: str) -> tuple[list[str], list[str]]:
    """Trailers without addresses of people, and the traces among them."""
    kept, found = [], []
    for key, value in _TRAILER.findall(text):
        line = f"{key}: {value}"
        told = _id_signals(line) or _matches(_TRAILERS, line)[:1]
        kept.append(_redacted(line))
        found += told or _co_author(key, value)
    return list(dict.fromkeys(kept)), list(dict.fromkeys(found))


def _co_author(key: str, value: str) -> list[str]:
    """Name the account of a human co-author, where told: who asked an agent for the work."""
    if not key.lower().startswith("co-"):
        return []
    account = _ACCOUNT.search(_redacted(value))
    spelled, kind = actor(account.group(1) if account else _EMAIL.sub("", value).strip())
    is_person = kind == "user" and _LOGIN_LIKE.fullmatch(spelled or "") is not None
    return [f"{CO_AUTHOR}: {spelled}"] if is_person else []


def _id_signals(text: str) -> list[str]:
    if "+" not in text:
        return []
    rules = [_NUMERIC_IDS.get(account.group(1)) for account in _NOREPLY.finditer(text)]
    return [f"{rule.id}: {_quoted(text)}" for rule in rules if rule is not None]


def _hinted(rules: tuple[Rule, ...], text: str, lowered: str) -> list[str]:
    likely = tuple(rule for rule in rules if rule.hint in lowered)
    return _matches(likely, text) if likely else []


def _matches(rules: tuple[Rule, ...], text: str) -> list[str]:
    """Collect the traces of the rules that match; names are quoted whole, texts where they match."""
    found = []
    for rule in rules:
        match = _COMPILED[rule.id].search(text)
        if match is not None:
            is_name = rule.signal in ("branch", "author_name", "author_email", "committer_name")
            found.append(f"{rule.id}: {_quoted(text if is_name else match.group())}")
    return found


def _quoted(text: str) -> str:
    return " ".join(_redacted(text).split())[:QUOTE_CHARS]


def _redacted(text: str) -> str:
    """Write accounts instead of no-reply addresses, and no address of a person at all."""
    if "@" not in text:
        return text
    spelled = _NOREPLY.sub(lambda account: f"(@{account.group(2)}{account.group(3) or ''})", text)
    return _EMAIL.sub(_without_people, _PLAIN_NOREPLY.sub(r"(@\1)", spelled))


def _without_people(address: re.Match[str]) -> str:
    return address.group() if _MACHINE.fullmatch(address.group(1)) else ""


def grade_of(signal: str) -> Grade | None:
    """Weight of a trace; null for traces of people and for rules that no longer exist."""
    rule = BY_ID.get(signal.partition(":")[0])
    return rule.grade if rule else None


def model_of(signals: list[str]) -> str | None:
    """Model or version of an agent that the traces name, as they spell it; null where none does.

    >>> model_of(["unnamed-trailer: Assisted-by: Codex:gpt-5.4 sparse"])
    'gpt-5.4'
    """
    for signal in signals:
        match = _MODEL.search(signal.partition(": ")[2])
        if match is not None:
            return next(name for name in match.groups() if name).rstrip(".")
    return None


def _weighed(signals: list[str], trailers: list[str]) -> CommitEvidence:
    graded = [(grade_of(signal), signal) for signal in signals]
    for wanted in ("agent", "assisted"):
        ids = [signal.partition(":")[0] for grade, signal in graded if grade == wanted]
        if ids:
            return CommitEvidence(signals, trailers, wanted, BY_ID[ids[0]].agent, model_of(signals))
    is_machine = any(signal.startswith("bot-account") or grade == "automation" for grade, signal in graded)
    return CommitEvidence(signals, trailers, "automation" if is_machine else "human", None, None)
