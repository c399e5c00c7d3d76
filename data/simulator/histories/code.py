"""What does the code of a generated repository look like?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Final

from data.simulator.draws import pick
from data.simulator.histories.kinds import KINDS, Kind
from data.simulator.histories.lines import Line
from data.simulator.names import AREAS, NOUNS

VERBS: Final = ("read", "check", "merge", "price", "route", "store", "close", "split")
UNITS: Final = ("orders", "refunds", "parcels", "minutes", "vouchers", "entries")
BODY_LINES: Final = (2, 3, 3, 4, 5)


@dataclass
class Writer:
    """Writes new lines, each with a key of its own, and remembers which weaknesses it planted."""

    rng: Random
    keys: Iterator[int] = field(default_factory=lambda: count(1))
    planted: list[Kind] = field(default_factory=list)

    def unique(self) -> str:
        """Four letters and digits that make a name one of its kind."""
        return f"{self.rng.getrandbits(16):04x}"

    def line(self, text: str) -> Line:
        """A new line outside of functions."""
        return Line(next(self.keys), text)

    def lines(self, *texts: str) -> tuple[Line, ...]:
        """New lines outside of functions."""
        return tuple(map(self.line, texts))

    def module(self, functions: int) -> tuple[Line, ...]:
        """A new file: what it is about, what it needs, and some functions."""
        about = f'"""{pick(self.rng, VERBS).title()} {pick(self.rng, UNITS)} for case {self.unique()}."""'
        head = self.lines(about, "", "import subprocess", f"from service import {pick(self.rng, NOUNS)}")
        return (*head, *(line for _ in range(functions) for line in self.function()))

    def function(self, kind: Kind | None = None) -> tuple[Line, ...]:
        """A new function, after two empty lines; with a kind it holds a new weakness of that kind."""
        name, other = f"value_{self.unique()}", f"{pick(self.rng, NOUNS)}_{self.unique()}"
        head = self.lines(*self._head(name, other))
        weak = (self.weak_line(kind, name),) if kind else ()
        body = [self.line(f"    {self._statement(name, other)}") for _ in range(pick(self.rng, BODY_LINES))]
        at = int(self.rng.random() * (len(body) + 1))
        end = self.line(f"    return {other}.closed({name}, {self.rng.getrandbits(10)})")
        return _of_one_block((*head, *body[:at], *weak, *body[at:], end), head[2].key)

    def weak_line(self, kind: Kind, name: str) -> Line:
        """A line with a new weakness."""
        return self.weak_text(kind, f"    {kind.statement.format(name=name, unique=self.unique())}")

    def weak_text(self, kind: Kind, text: str) -> Line:
        """A line of a given text with a new weakness."""
        self.planted.append(kind)
        return replace(self.line(text), weakness=len(self.planted))

    def kind(self) -> Kind:
        """A kind of weakness."""
        return pick(self.rng, KINDS)

    def _head(self, name: str, other: str) -> tuple[str, ...]:
        verb, unit = pick(self.rng, VERBS), pick(self.rng, UNITS)
        about = f'    """{verb.title()} the {unit} of {pick(self.rng, AREAS)}, as {self.unique()} asks."""'
        return "", "", f"def {verb}_{unit}_{self.unique()}({name}, {other}):", about

    def _statement(self, name: str, other: str) -> str:
        rng, word = self.rng, pick(self.rng, NOUNS)
        return f"{word}_{self.unique()} = {other}.{pick(rng, VERBS)}({name}, '{word}', {rng.getrandbits(10)})"


def _of_one_block(lines: tuple[Line, ...], key: int) -> tuple[Line, ...]:
    return tuple(replace(line, block=key) for line in lines)
