"""Who wrote the changes, and which of them were looked at? Shares of a whole, per repository."""

from __future__ import annotations

from typing import Final

import plotly.graph_objects as go
import polars as pl

from dashboard import wording
from dashboard.charts import look

ROW: Final = 46  # px: caption and bar
BAR: Final = 0.42


def authorship_mix(mix: pl.DataFrame) -> go.Figure:
    """Draw one bar per repository, split by who wrote; takes repository, authorship, merged."""
    totals = mix.group_by("repository").agg(pl.col("merged").sum()).sort("repository")
    names = totals["repository"].to_list()
    drawn = look.figure("Merged pull requests by who wrote them, in %", ROW * len(names) + 132)
    for kind, colour in look.AUTHORSHIP_COLOURS.items():
        rows = mix.filter(pl.col("authorship") == kind)
        counts = dict(rows.group_by("repository").agg(pl.col("merged").sum()).iter_rows())
        drawn.add_trace(
            _part(kind, colour, [counts.get(name, 0) for name in names], totals["merged"].to_list())
        )
    for place, (name, total) in enumerate(totals.iter_rows()):
        look.note(drawn, f"<b>{name}</b>  {wording.plural(total, 'pull request')}", (0, place - 0.42), "left")
    _percent_axis(drawn, len(names))
    drawn.update_layout(barmode="stack", margin={"l": 4, "r": 24, "t": 98, "b": 30})
    return drawn


def _part(kind: str, colour: str, counts: list[int], totals: list[int]) -> go.Bar:
    return go.Bar(
        x=[count / total if total else 0 for count, total in zip(counts, totals, strict=True)],
        y=list(range(len(counts))),
        orientation="h",
        width=BAR,
        name=f"{kind} ({sum(counts):,})",
        marker={"color": colour},
        hovertext=[f"{kind}: {wording.share(*pair)}" for pair in zip(counts, totals, strict=True)],
        hoverinfo="text",
    )


def shares_by_repository(rows: pl.DataFrame, title: str) -> go.Figure:
    """Draw covered of total per repository; takes repository, covered (null = not measured), total."""
    ordered = rows.sort("repository")
    drawn = look.figure(title, ROW * ordered.height + 76)
    pairs = list(ordered.select("covered", "total").iter_rows())
    values = [_value(*pair) for pair in pairs]
    drawn.add_trace(
        go.Bar(
            x=values, y=list(range(len(values))), orientation="h", width=BAR, marker={"color": look.BLUE},
            hovertext=[_covered(*pair) for pair in pairs], hoverinfo="text", showlegend=False,
        )
    )  # fmt: skip
    for place, (name, covered, total) in enumerate(
        ordered.select("repository", "covered", "total").iter_rows()
    ):
        look.note(drawn, f"<b>{name}</b>  {_covered(covered, total)}", (0, place - 0.42), "left")
    _percent_axis(drawn, len(values))
    drawn.update_layout(margin={"l": 4, "r": 24, "t": 40, "b": 30})
    return drawn


def _value(covered: int | None, total: int) -> float | None:
    """Length of a bar; None where nothing was measured."""
    share = (covered or 0) / total if total else 0.0
    return None if covered is None else share


def _covered(covered: int | None, total: int) -> str:
    return f"not measured, {total:,} in all" if covered is None else wording.share(covered, total)


def _percent_axis(drawn: go.Figure, rows: int) -> None:
    drawn.update_xaxes(
        range=[-0.015, 1.02],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        tickformat=".0%",
        fixedrange=True,
        gridcolor=look.GRID,
    )
    drawn.update_yaxes(range=[rows - 0.5, -0.75], visible=False, fixedrange=True)
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"}
    drawn.update_layout(legend=legend | {"itemclick": False, "itemdoubleclick": False, "title": {"text": ""}})
