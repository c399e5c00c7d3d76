"""What goes wrong on purpose, and at which request?

What is too much, or can never be answered, is told as `too_much_as`. Requests are counted from 1, over
both interfaces, in the order of their arrival.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

from tests.github_server.cost import Cost
from tests.github_server.world import World

KINDS: Final = (
    "cut", "reset", "500", "502", "504", "slow", "rate_limited", "rate_limited_403", "secondary",
    "secondary_after", "secondary_429", "html", "abuse", "errors",
)  # fmt: skip


@dataclass
class Faults:
    """Everything that a test may want to go wrong; nothing does by default."""

    too_much_above: int | None = None  # pull requests at once
    too_much_as: Literal["502", "504", "errors", "slow"] = "502"
    too_much_if_light: bool = True  # also where the pull requests bring no lists of their own
    unanswerable: set[int] = field(default_factory=set)  # numbers whose lists can never be told
    at: dict[int, str] = field(default_factory=dict)  # ordinal of a request -> one of KINDS
    every: dict[str, int] = field(default_factory=dict)  # one of KINDS -> at every so manieth request
    slow_seconds: float = 1.0
    date_skew: timedelta = timedelta(0)  # of the server's clock: its Date and its reset times
    before: Callable[[int, World], None] | None = None  # changes the world before that request

    def kind_at(self, ordinal: int) -> str | None:
        """What goes wrong at this request."""
        if ordinal in self.at:
            return self.at[ordinal]
        return next((kind for kind, each in self.every.items() if ordinal % each == 0), None)

    def kind_for(self, cost: Cost) -> str | None:
        """What goes wrong with a query of this size."""
        asked = cost.pulls if self.too_much_if_light else cost.heavy_pulls
        is_too_much = self.too_much_above is not None and asked > self.too_much_above
        return self.too_much_as if is_too_much else None
