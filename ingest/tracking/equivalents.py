"""Which rules of different scanners say the same of a line?

Scanners name one weakness each in their own way. What they share is its CWE, or here a name of its own:

* ruff and flake8-bandit took bandit's checks over with their numbers: S102 is B102
  (https://docs.astral.sh/ruff/rules/#flake8-bandit-s).
* A line on which two scanners for secrets report something holds one secret, whatever each calls it.
"""

from __future__ import annotations

import re
from typing import Final

SECRET: Final = "hard-coded secret"  # noqa: S105 - the name of a weakness
_BANDITS: Final = frozenset({"bandit"})
_PORTS: Final = frozenset({"ruff", "flake8", "flake8-bandit"})
_SECRET_SCANNERS: Final = frozenset(
    {"gitleaks", "detect-secrets", "trufflehog", "github secret scanning", "secretlint", "whispers"}
)
_BANDIT_SECRETS: Final = frozenset({"B105", "B106", "B107"})
_BANDIT_RULE: Final = re.compile(r"^B([1-7]\d\d)\b")
_PORTED_RULE: Final = re.compile(r"^S([1-7]\d\d)\b")


def shared_names(tool: str, rule: str) -> list[str]:
    """Names that a rule shares with rules of other scanners; none where nothing safe is known.

    >>> shared_names("ruff", "S102") == shared_names("Bandit", "B102")
    True
    >>> shared_names("gitleaks", "aws-access-token")
    ['hard-coded secret']
    >>> shared_names("SonarQube", "S102")
    []
    """
    scanner = tool.lower()
    checks = [name for name in [_bandit_check(scanner, rule)] if name]
    is_secret = scanner in _SECRET_SCANNERS or bool(_BANDIT_SECRETS & set(checks))
    return [*checks, *([SECRET] if is_secret else [])]


def _bandit_check(scanner: str, rule: str) -> str | None:
    pattern = _BANDIT_RULE if scanner in _BANDITS else _PORTED_RULE if scanner in _PORTS else None
    found = pattern.match(rule) if pattern else None
    return f"B{found[1]}" if found else None
