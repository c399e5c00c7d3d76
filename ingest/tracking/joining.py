"""Which nodes are one finding, once everything that joins two of them is known?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl


class Groups:
    """Sets of nodes that are one finding each; two that one look reports are never one.

    >>> looks = {"a": {1}, "b": {2}, "c": {2}}
    >>> groups = Groups(looks)
    >>> groups.join("a", "b"), groups.join("a", "c"), groups.root("b")
    (True, False, 'a')
    """

    def __init__(self, looks: Mapping[str, set[int]]) -> None:
        self._above: dict[str, str] = {}
        self._looks = {node: set(each) for node, each in looks.items()}

    def root(self, node: str) -> str:
        """Name of the set that a node is in: its smallest member."""
        top = node
        while top in self._above:
            top = self._above[top]
        while node != top:
            self._above[node], node = top, self._above[node]
        return top

    def join(self, left: str, right: str) -> bool:
        """Make two nodes one finding, unless one look reports both; whether they are one now."""
        first, second = sorted((self.root(left), self.root(right)))
        if first == second:
            return True
        if not self._looks[first].isdisjoint(self._looks[second]):
            return False
        self._above[second] = first
        self._looks[first] = _united(self._looks[first], self._looks.pop(second))
        return True

    def roots(self) -> pl.DataFrame:
        """Nodes that are in a set with another one's name: `node`, `group`."""
        told = {node: self.root(node) for node in sorted(self._above)}
        return pl.DataFrame(
            {"node": list(told), "group": list(told.values())}, schema={"node": pl.String, "group": pl.String}
        )


def groups_of(lines: pl.DataFrame) -> Groups:
    """Sets of one node each, from located reports."""
    looked = lines.select("lane", "scanned_at").unique().sort("lane", "scanned_at").with_row_index("look")
    seen = lines.select("node", "lane", "scanned_at").join(looked, on=["lane", "scanned_at"])
    told = seen.group_by("node").agg(pl.col("look").unique())
    return Groups({node: set(each) for node, each in told.select("node", "look").iter_rows()})


def with_groups(lines: pl.DataFrame, groups: Groups) -> pl.DataFrame:
    """Located reports with `group`: the finding that their node is."""
    joined = lines.drop("group", strict=False).join(groups.roots(), on="node", how="left")
    return joined.with_columns(group=pl.coalesce("group", "node"))


def join_all(groups: Groups, edges: pl.DataFrame) -> None:
    """Join the two ends of each edge, in the order given."""
    for left, right in _pairs(edges):
        groups.join(left, right)


def _pairs(edges: pl.DataFrame) -> Iterable[tuple[str, str]]:
    return edges.select("left", "right").iter_rows()


def _united(one: set[int], other: set[int]) -> set[int]:
    larger, smaller = (one, other) if len(one) >= len(other) else (other, one)
    larger |= smaller
    return larger
