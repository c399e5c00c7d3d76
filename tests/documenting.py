"""`python -m tests.documenting` prints the catalogue into README.md; a test holds the two together."""

from __future__ import annotations

import re
from pathlib import Path

from metrics.catalogue import CATALOGUE

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"(<!-- metrics:.*?-->\n).*?(<!-- /metrics -->)", re.DOTALL)


def metrics_table() -> str:
    """The catalogue as a Markdown table."""
    rows = [f"| `{each.id}` | {each.title} | {each.numerator} | {each.denominator} |" for each in CATALOGUE]
    return "\n".join(["| metric | what it says | counted | of |", "|---|---|---|---|", *rows]) + "\n"


def main() -> None:
    text = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda found: found[1] + metrics_table() + found[2], text), encoding="utf-8")


if __name__ == "__main__":
    main()
