"""How is it said what a code host shows of a repository?"""

from __future__ import annotations

from typing import Final

from metrics.refusals import REFUSAL_WORDS

FEATURE_WORDS: Final[dict[str, str]] = {
    "code_scanning": "Code scanning",
    "secret_scanning": "Secret scanning",
    "dependabot": "Dependency alerts",
    "rule_suites": "Bypassed rules",
    "checks": "Checks",
}
STATUS_WORDS: Final[dict[str, str]] = {"ok": "read", **REFUSAL_WORDS}
