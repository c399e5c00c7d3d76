"""`python -m tests.documenting` prints the catalogue into README.md; a test holds the two together."""

from __future__ import annotations

import re
from pathlib import Path

from metrics.catalogue import EVERY, FAMILIES

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"(<!-- metrics:.*?-->\n).*?(<!-- /metrics -->)", re.DOTALL)


def metrics_table() -> str:
    """The catalogue as Markdown, one table per family."""
    families = (FAMILIES[family] for family in dict.fromkeys(metric.family for metric in EVERY))
    return "\n".join(family_table(family) for family in families)


def family_table(family: str) -> str:
    """One family under its heading."""
    own = [metric for metric in EVERY if FAMILIES[metric.family] == family]
    rows = [f"| `{each.id}` | {each.title} | {each.numerator} | {each.denominator} |" for each in own]
    head = ["| metric | what it says | counted | of |", "|---|---|---|---|"]
    return "\n".join([f"**{family}**", "", *head, *rows]) + "\n"


def main() -> None:
    text = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda found: found[1] + metrics_table() + found[2], text), encoding="utf-8")


if __name__ == "__main__":
    main()
