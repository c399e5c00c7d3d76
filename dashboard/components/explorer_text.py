"""How is it said what a finding is, how its change was found, and what was decided about it?"""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from urllib.parse import quote, urlsplit

from dashboard import wording

STAGE_WORDS: Final[dict[str, str]] = {
    "pre_merge": "before merge",
    "post_merge": "after merge",
    "unknown": "stage unknown",
}
STATUS_WORDS: Final[dict[str, str]] = {
    "confirmed": "confirmed",
    "dismissed": "dismissed",
    "unreviewed": "not decided",
}
METHOD_WORDS: Final[dict[str, str]] = {
    "explicit": "named by a file or a person",
    "pull_request_head": "new in a scan of that pull request",
    "sole_merge": "the only merge since the scan before",
    "sole_path": "the only merge that touched the file",
    "commit": "its commit belongs to that pull request",
    "blame": "the history of the line names the commit",
    "baseline": "was there when looking began",
    "unattributed": "no single change explains it",
}
DISPOSITION_WORDS: Final[dict[str, str]] = {
    "confirmed": "Confirmed: it is real",
    "false_positive": "False positive",
    "accepted": "Risk accepted",
    "wont_fix": "Won't fix",
    "fixed": "Fixed",
    "reopened": "Reopened: decide again",
}
REPORTER_WORDS: Final[dict[str, str]] = {"scan": "a scan", "audit": "an audit", "incident": "an incident"}
NO_ARM: Final = "no known change"
OUTSIDE: Final = "outside"
NO_TOOL: Final = "a person"
NO_PLACE: Final = "no place told"
NOT_YET: Final = "after the moment that this page shows: it counts from then on"


def place(path: str | None, line: int | None) -> str:
    """Where in a repository, as people write it.

    >>> place("src/app.py", 3), place("src/app.py", None), place(None, None)
    ('src/app.py:3', 'src/app.py', 'no place told')
    """
    if path is None:
        return NO_PLACE
    return path if line is None else f"{path}:{line}"


def change(repository: str, number: int | None) -> str:
    """A pull request as people write it, or that there is none."""
    return NO_ARM if number is None else f"{repository}#{number}"


def line_address(page: str | None, commit: str | None, at: tuple[str | None, int | None]) -> str | None:
    """Address of a line of a commit on the code host; None where something of it is not known.

    `page` is the address of any pull request of the repository.

    >>> line_address("https://example.org/acme/pay/pull/12", "4f2a", ("src/a b.py", 3))
    'https://example.org/acme/pay/blob/4f2a/src/a%20b.py#L3'
    >>> line_address("javascript:alert(1)/pull/1", "4f2a", ("a.py", 3)) is None
    True
    """
    path, line = at
    home, is_pull, _ = (page or "").partition("/pull/")
    is_web = urlsplit(home).scheme in {"http", "https"}
    if not (is_web and is_pull and commit and path):
        return None
    anchor = f"#L{line}" if line else ""
    return f"{home}/blob/{quote(commit)}/{quote(path)}{anchor}"


def decided(row: dict[str, Any]) -> str:
    """One decision in a sentence: who, what, why, who agreed and until when."""
    words = DISPOSITION_WORDS.get(row["disposition"], row["disposition"])
    why = f": {row['reason']}" if row["reason"] else ""
    agreed = f"; agreed by {row['second_person']}" if row["second_person"] else ""
    ends = f"; until {wording.day(row['expires_at'])}" if row["expires_at"] else ""
    return f"{words}, by {row['decided_by']}{why}{agreed}{ends}"


def introduced(row: dict[str, Any]) -> str:
    """Which change brought a finding in, and who had made it."""
    if row["number"] is None:
        commit = f"commit {row['introduced_commit'][:12]}" if row["introduced_commit"] else "unknown"
        return f"{commit}{': ' + row['unexplained'] if row['unexplained'] else ''}"
    maker = f" ({row['arm']}{', ' + row['agent'] if row['agent'] else ''})"
    return f"{change(row['repository'], row['number'])}{maker}{titled(row['title'])}"


def seen_before(tool: str, repository: str, number: int | None) -> str:
    """A report that does not count as the first one of its finding.

    >>> seen_before("DeepScan", "acme/pay", 7)
    'seen by DeepScan on the head of acme/pay#7; not its first report'
    """
    where = "" if number is None else f" on the head of {change(repository, number)}"
    return f"seen by {tool}{where}; not its first report"


def titled(title: str | None) -> str:
    """A title behind the name of what has it; nothing where there is none."""
    return f": {title}" if title else ""


def known_by(row: dict[str, Any]) -> str:
    """How the change was found, and how sure that is."""
    return f"{METHOD_WORDS.get(row['method'], row['method'])}; confidence {row['confidence'] or 'none'}"


def later(on: date) -> str:
    """What to say where a configuration fixes a moment that decisions of today come after."""
    return (
        f"The configuration fixes the moment of judgement at {wording.day(on)}. What you decide is "
        "of today: it is recorded and listed, and counts in what is judged at a later moment."
    )
