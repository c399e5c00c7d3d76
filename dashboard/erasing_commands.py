"""What does `pilot erase` do, once its words are read?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboard import wording
from dashboard.composition import Session
from dashboard.printing import aside, say, show
from ingest.deciding import person
from ingest.erasing import Erased, named_in
from ingest.errors import UsageError
from ingest.pseudonyms import is_pseudonym, pseudonym

NOBODY: Final = "not told"  # who erased, where nobody says so
ANOTHER_NAME: Final = (
    "Logs that are read later will not name them. If you expected rows: logs may know the person by another "
    "account, as Claude Code's telemetry does by the account's id before the address; erase that too"
)
NOT_REACHED: Final = (
    "the logs themselves: delete or keep them by the rules of your house",
    "copies and backups of the lake",
    "logins of the code host, which stand in pull requests and reviews in clear",
    "sealed snapshots: they hold no pseudonyms",
)


@dataclass(frozen=True)
class Said:
    """The words of the command line."""

    account: str  # account, address, login, or a pseudonym
    by: str = ""
    is_sure: bool = False  # ask nothing
    as_json: bool = False


def erase(session: Session, said: Said, confirm: Callable[[str], bool]) -> None:
    """Forget a person after asking; UsageError where it is not clear who is meant."""
    name = pseudonym_of(session, said.account)
    by = person(said.by, "--by") if said.by else NOBODY
    rows = named_in(session.store, name)
    if not said.is_sure and not _is_confirmed(question(name, rows), confirm):
        raise UsageError("nothing was erased")
    erased = session.erase(name, by, lambda text: aside.print(text, markup=False))
    show(_document(name, erased), said.as_json, lambda: _print(name, erased))


def pseudonym_of(session: Session, account: str) -> str:
    """Under which name the tables know a person.

    Raises
    ------
    UsageError
        Nobody is named, or there is no key to know an account by, or it is not that of the tables.
    """
    if is_pseudonym(account):
        return account.strip()
    key = session.known_key()
    if key is None:
        raise UsageError(
            "there is no key of pseudonyms yet ([privacy] key_file), so nobody stands in the tables by one; "
            "if the key was lost, give the pseudonym itself, as p-..."
        )
    if not session.is_key_of_tables(key):
        raise UsageError(
            "[privacy]: this is another key than the one of the stored pseudonyms, so the person would not "
            "be found; restore the old key, or give the pseudonym itself, as p-..."
        )
    name = pseudonym(key.text, account)
    if name is None:
        raise UsageError("who is to be forgotten? give an account, an address, a login or a pseudonym")
    return name


def question(name: str, rows: Mapping[str, int]) -> str:
    """What people are asked before it is too late."""
    told = ", ".join(f"{wording.plural(count, 'row')} of {table}" for table, count in rows.items() if count)
    where = f"stands in {told}" if told else "stands in no row; logs that are read later will not name them"
    return f"{name} {where}. Forget this person for good?"


def _is_confirmed(text: str, confirm: Callable[[str], bool]) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"{text} Nobody can be asked here; add --yes")
    return confirm(text)


def _document(name: str, erased: Erased) -> dict[str, Any]:
    return {
        "pseudonym": name, "rows": dict(erased.rows), "known_already": erased.is_known,
        "run_id": erased.published.run_id, "not_reached": list(NOT_REACHED),
    }  # fmt: skip


def outcome(name: str, erased: Erased) -> str:
    """What an erasure has done; that nobody was found must not read like a success."""
    count = sum(erased.rows.values())
    if count:
        return f"{name} is forgotten: taken out of {wording.plural(count, 'row')} and of the lake's past"
    before = "was forgotten before, and " if erased.is_known else ""
    return f"{name} {before}stands in no row: nothing was taken out. {ANOTHER_NAME}"


def _print(name: str, erased: Erased) -> None:
    say(outcome(name, erased))
    say("Not reached:")
    for each in NOT_REACHED:
        say(f"  {each}")
