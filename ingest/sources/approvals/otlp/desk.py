"""What has been gathered of a file since the last block: signals, sightings, and what was left out?

Signals are gathered as columns: a row each would cost as much as reading the message.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import polars as pl

from ingest.sources.approvals.base import (
    SAID,
    SIGNAL_SCHEMA,
    UNREADABLE,
    Context,
    Found,
    Record,
    marker_in,
    unreadable,
)
from ingest.sources.approvals.otlp.events import Event, Origin
from ingest.sources.approvals.telling import kept_text

BLOCK: Final = 10_000  # signals
TELEMETRY: Final = "telemetry"
NO_SESSION: Final = "events without a session: they cannot be joined with anything"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86_400_000_000  # microseconds
_MOMENTS: Final = ("at", "ended_at")
Signal = dict[str, Any]
Row = tuple[Any, ...]
ByColumns = Callable[[Mapping[str, Sequence[Row]], Context], pl.DataFrame]
_Fact = tuple[str, str, str, str | None, str | None, int]  # vendor, kind, name, repository, team, day


class Desk:
    """Where the readers of events put what they find."""

    def __init__(self, context: Context, by_columns: ByColumns) -> None:
        self.context = context
        self._by_columns = by_columns
        self.left_out: Counter[str] = Counter()
        self.person = lru_cache(maxsize=10_000)(context.person)
        self._signals: list[Signal] = []
        self._unreadable: list[dict[str, Any]] = []
        self._seen: dict[_Fact, int] = {}
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)  # by kind of signal
        self._row_count = 0
        self._raw_ref = ""
        self._last: dict[tuple[str, str], tuple[Origin, int, int]] = {}  # same fact, from first to midnight

    def begin(self, record: Record) -> None:
        """From here on, what is found comes from this record."""
        self._raw_ref = f"{self.context.name}#{record.offset}"

    def refuse(self, record: Record, vendor: str) -> None:
        """A record, or an event in it, that cannot be read."""
        self._unreadable.append(unreadable(self.context, record, vendor))

    def signal(self, signal: Signal) -> None:
        """One signal, its moments in microseconds."""
        signal["raw_ref"] = self._raw_ref
        self._signals.append(signal)

    def row(self, kind: str, names: tuple[str, ...], event: Event) -> None:
        """An event whose signal is made by columns: its kind, and the attributes of these names."""
        self._row_count += 1
        self._rows[kind].append((self._raw_ref, *event[2:6], *event.origin, *map(event.told.get, names)))

    def sighting(self, vendor: str, kind: str, name: str | None, event: Event) -> None:
        """A fact about an agent; of a day the first time stands."""
        if not name:
            return
        known = self._last.get((kind, name))
        if known and known[0] is event.origin and known[1] <= event.at < known[2]:
            return
        day = event.at // _DAY
        fact = (vendor, kind, name, self.repository(event), self.team(event), day)
        first = self._seen[fact] = min(event.at, self._seen.get(fact, event.at))
        self._last[kind, name] = (event.origin, first, (day + 1) * _DAY)

    def repository(self, event: Event) -> str | None:
        """Repository of the event: what telemetry says goes before what the settings say."""
        return event.origin.repository or self.context.place.repository

    def team(self, event: Event) -> str | None:
        """Team of the event, found in the same order."""
        return event.origin.team or self.context.place.team

    def shown(self, text: str | None) -> dict[str, str | None]:
        """Marker of what was shown; its text, without secrets, only where the settings ask for it."""
        if not text:
            return {}
        return {"canary_id": marker_in(text), "content_text": kept_text(text, self.context)}

    @property
    def is_full(self) -> bool:
        """Whether it is time to hand on what there is."""
        return self._row_count + len(self._signals) + len(self._unreadable) + len(self._seen) >= BLOCK

    def found(self) -> Found:
        """All since the last time."""
        frames = [
            self._by_columns(self._rows, self.context),
            _frame(self._signals),
            pl.DataFrame(self._unreadable, schema=SIGNAL_SCHEMA),
        ]
        signals = pl.concat([frame for frame in frames if len(frame)] or frames[:1])
        self.left_out[NO_SESSION] += signals["session_id"].null_count()
        sightings = [_sighting(*each) for each in self._seen.items()]
        found = Found(_identified(signals.drop_nulls("session_id")), sightings, +self.left_out)
        self._forget()
        return found

    def _forget(self) -> None:
        self._rows.clear()
        self._row_count, self._signals, self._unreadable = 0, [], []
        self._seen, self._last, self.left_out = {}, {}, Counter()


def _sighting(fact: _Fact, at: int) -> dict[str, Any]:
    vendor, kind, name, repository, team, _ = fact
    return {
        "vendor": vendor, "kind": kind, "name": name, "place": TELEMETRY,
        "seen_at": _EPOCH + timedelta(microseconds=at), "repository": repository, "team": team,
    }  # fmt: skip


def _frame(signals: list[Signal]) -> pl.DataFrame:
    if not signals:
        return pl.DataFrame(schema=SIGNAL_SCHEMA)
    told = set().union(*signals)
    columns = [_column(name, signals) for name in SIGNAL_SCHEMA if name in told]
    unsaid = [pl.lit(None, kind).alias(name) for name, kind in SIGNAL_SCHEMA.items() if name not in told]
    return pl.DataFrame(columns).with_columns(unsaid).select(list(SIGNAL_SCHEMA))


def _column(name: str, signals: list[Signal]) -> pl.Series:
    values = [signal.get(name) for signal in signals]
    kind = SIGNAL_SCHEMA[name]
    return pl.Series(name, values, pl.Int64 if name in _MOMENTS else kind).cast(kind)


def _identified(frame: pl.DataFrame) -> pl.DataFrame:
    """The identities that `base.signal_id` gives to rows, made by columns."""
    seconds = pl.Series("run_seconds", map(str, frame["run_seconds"]), pl.String)  # as Python writes numbers
    said = [_as_text(name).fill_null("None") for name in SAID]
    place = pl.when(pl.col("kind") == UNREADABLE).then(pl.format("\x1f{}", "raw_ref")).otherwise(pl.lit(""))
    whole = pl.concat_str([pl.concat_str(said, separator="\x1f"), place])
    texts = frame.with_columns(seconds).select(whole).to_series()
    ids = [blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
    return frame.with_columns(pl.Series("signal_id", ids, pl.String))


def _as_text(name: str) -> pl.Expr:
    """As Python writes the value: a moment has a fraction only where there is one."""
    if name not in _MOMENTS:
        return pl.col(name)
    text = pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
    return pl.concat_str(text.str.strip_suffix(".000000"), pl.lit("+00:00"))
