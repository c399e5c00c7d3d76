"""What did somebody decide by dismissing an alert?

Definitions 4: only an explicit "false positive" says that an alert is wrong. "Won't fix", "used in
tests", "not used" and "no bandwidth" leave a real weakness where it is; a tolerable risk is accepted,
by one person as long as no second one is named; who revokes a secret or starts a fix confirms it.
What GitHub closes by itself (a rule of Dependabot, a pattern that was deleted) is nobody's decision. A
word that is none of these stays as written, so that its row goes to quarantine.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.attribution.alert_identity import alert_finding

AUTO_DISMISSED: Final = "auto_dismissed"
UNKNOWN_PERSON: Final = "unknown"  # a deleted account, or one that the host does not tell
DISPOSITION_OF: Final = {  # GitHub's word, by its letters alone -> ours
    "falsepositive": "false_positive",
    "inaccurate": "false_positive",
    "wontfix": "wont_fix",
    "usedintests": "wont_fix",
    "notused": "wont_fix",
    "nobandwidth": "wont_fix",
    "tolerablerisk": "accepted",
    "revoked": "confirmed",
    "fixstarted": "confirmed",
}
BY_THE_HOST: Final = frozenset({"autodismissed", "patterndeleted", "patternedited"})

Row = dict[str, Any]


def decision(alert: Row, second_person: str | None) -> Row | None:
    """Row of `dispositions` for an alert's row; null when nobody decided anything."""
    told = alert["dismissed_reason"] or ""
    word = _letters(told)
    if alert["dismissed_at"] is None or not word or word in BY_THE_HOST:
        return None
    return {
        "finding_id": alert_finding(alert["repository"], alert["kind"], alert["number"]),
        "decided_at": alert["dismissed_at"],
        "decided_by": alert["dismissed_by"] or UNKNOWN_PERSON,
        "disposition": DISPOSITION_OF.get(word, told),
        "reason": _reason(alert),
        "second_person": second_person,
        "expires_at": None,
        "raw_ref": alert["raw_ref"],
    }


def _letters(word: str) -> str:
    """One spelling of what the three features write differently.

    >>> _letters("won't fix"), _letters("wont_fix"), _letters("Used in tests")
    ('wontfix', 'wontfix', 'usedintests')
    """
    return "".join(each for each in word.casefold() if each.isalpha())


def _reason(alert: Row) -> str:
    comment = alert["dismissed_comment"]
    return f"{alert['dismissed_reason']}: {comment}" if comment else alert["dismissed_reason"]
