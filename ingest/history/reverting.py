"""Which commit does a commit say that it takes back?"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

# As git writes it, and what tools make of it when they break lines.
_SAYS: Final = re.compile(r"^\W{0,4}this reverts\s+commit\s+([0-9a-f]{7,64})\b", re.IGNORECASE | re.MULTILINE)


def reverted(message: str) -> str | None:
    r"""Commit, perhaps abbreviated, that a message says is reverted; the first where there are several.

    >>> reverted('Revert "Add login (#12)" (#15)\n\nThis reverts commit 1234567890abcdef.')
    '1234567890abcdef'
    >>> reverted("Explain why this reverts commit hooks") is None
    True
    """
    said = _SAYS.search(message)
    return said.group(1).lower() if said else None


def in_full(commit: str | None, known: Collection[str]) -> str | None:
    """The known commit that an abbreviation means; what is not known, or means several, stays as it is."""
    if commit is None or commit in known:
        return commit
    meant = [sha for sha in known if sha.startswith(commit)]
    return meant[0] if len(meant) == 1 else commit
