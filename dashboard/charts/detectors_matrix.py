"""What did a detector say of attacks, and what of benign items? Counts and shares of each truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts import look
from dashboard.charts.detectors_look import AT_EDGE, CAUGHT, FALSE_ALARMS, MISSES

ROW: Final = 66  # px: what the row is, counts and shares
FRAME: Final = 70  # px: title and the names of the columns
PALEST: Final = 0.06
DARKEST: Final = 0.4  # words must stay readable on it
COLUMNS: Final = ("flagged", "passed")


@dataclass(frozen=True)
class TruthRow:
    """Items of which the same is true."""

    name: str  # "attack", "labelled benign", "presumed benign"
    flagged: int
    passed: int | None  # None = nobody labelled what passed by design, so that it is not known
    is_attack: bool
    guess: float | None = None  # how many passed, as an audit estimates

    @property
    def total(self) -> int | None:
        """Items of this truth; None where it is not known how many passed."""
        return None if self.passed is None else self.flagged + self.passed

    @property
    def cells(self) -> tuple[tuple[int | None, str, look.Side], ...]:
        """Count, what it is called, and its hue: flagged, then passed."""
        if self.is_attack:
            return (self.flagged, "caught", CAUGHT), (self.passed, "missed", MISSES)
        return (self.flagged, "false alarm", FALSE_ALARMS), (self.passed, "rightly passed", CAUGHT)


def confusion(rows: Sequence[TruthRow], title: str) -> go.Figure:
    """Draw counts and shares by truth and verdict; what is right has one hue, each error its own."""
    drawn = look.figure(title, ROW * len(rows) + FRAME)
    cells = [(x, y, row) for y, row in enumerate(rows) for x in range(len(COLUMNS))]
    drawn.update_layout(shapes=[_box(x, y, row) for x, y, row in cells])
    heads = [_words(name, x, -0.62) for x, name in enumerate(COLUMNS)]
    drawn.layout.annotations = [*heads, *(_words(_told(row, x), x, y) for x, y, row in cells)]
    drawn.add_trace(
        go.Scatter(
            x=[x for x, _, _ in cells], y=[y for _, y, _ in cells], mode="markers",
            marker={"size": 30, "opacity": 0}, hoverinfo="text", showlegend=False,
            hovertext=[_hover(row, x) for x, _, row in cells],
        )
    )  # fmt: skip
    drawn.update_xaxes(visible=False, range=[-0.5, 1.5], fixedrange=True)
    drawn.update_yaxes(
        range=[len(rows) - 0.5, -0.8], fixedrange=True, showgrid=False, zeroline=False,
        tickvals=list(range(len(rows))), ticktext=[_tick(row) for row in rows],
    )  # fmt: skip
    drawn.update_layout(title=AT_EDGE, margin={"l": 96, "r": 4, "t": 34, "b": 4})
    return drawn


def _tick(row: TruthRow) -> str:
    count = "" if row.total is None else f"<br>n {row.total:,}"
    return f"{row.name.replace(' ', '<br>')}{count}"


def _box(x: int, y: int, row: TruthRow) -> dict[str, Any]:
    count, _, side = row.cells[x]
    share = count / row.total if count and row.total else 0.0
    fill = look.pale(side.colour, PALEST + (DARKEST - PALEST) * share)
    ends = {"x0": x - 0.49, "x1": x + 0.49, "y0": y - 0.47, "y1": y + 0.47}
    return {"type": "rect", **ends, "fillcolor": fill, "line": {"width": 1, "color": side.colour}}


def _told(row: TruthRow, x: int) -> str:
    """Counts, and shares of enough items; where it is not known what passed there is no share at all."""
    count, name, _ = row.cells[x]
    if count is None:
        guessed = "not known" if row.guess is None else f"about <b>{row.guess:,.0f}</b>"
        return f"{name}:<br>{guessed}"
    is_share = row.total is not None and row.total >= wording.SMALL
    share = f"<br>{wording.percent(count / row.total)}" if is_share and row.total else ""
    return f"<b>{count:,}</b> {name}{share}"


def _hover(row: TruthRow, x: int) -> str:
    count, name, _ = row.cells[x]
    if count is None or row.total is None:
        return f"{row.name}, {name}: {'not known' if count is None else f'{count:,}'}"
    return f"{row.name}, {name}: {wording.share(count, row.total)}"


def _words(text: str, x: float, y: float) -> dict[str, Any]:
    place = {"x": x, "y": y, "xref": "x", "yref": "y"}
    return {"text": text, **place, "showarrow": False, "font": {"size": look.LABEL_SIZE}}
