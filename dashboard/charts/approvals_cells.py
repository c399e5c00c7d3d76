"""How are the words in the cells of a heat map written, so that the light and the dark page can show them?

The words of plotly's own cells take no notice of the page behind a pale cell; captions take its ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.charts import look


def cell_words(texts: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Captions in the middle of cells, rows from above; empty ones are left out.

    >>> [(each["text"], each["x"], each["y"]) for each in cell_words([["a", ""], ["", "b"]])]
    [('a', 0, 0), ('b', 1, 1)]
    """
    return [
        {
            "text": text, "x": column, "y": row, "xref": "x", "yref": "y", "showarrow": False,
            "font": {"size": look.LABEL_SIZE},
        }
        for row, words in enumerate(texts)
        for column, text in enumerate(words)
        if text
    ]  # fmt: skip
