"""Which weeks were sealed, and what differs between two of them? The parts of the Snapshots page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from html import escape
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboard import wording
from dashboard.components import chrome, markup
from dashboard.snapshot.comparing import Difference
from dashboard.snapshot.files import REPORT
from dashboard.snapshot.listing import Entry
from dashboard.snapshot.manifest import MANIFEST, Manifest
from dashboard.snapshot.printing import in_words
from dashboard.snapshot.verifying import Verification, Verified
from metrics.catalogue import BY_ID

JUDGED: Final = ("pilot", "state", "policy", "setting", "criterion", "escapes")  # what no number says
SNAPSHOT_KEY: Final = "snapshot"  # also the names in the URL
OTHER_KEY: Final = "against"
AS_SEALED: Final = ("●", "good")
BROKEN: Final = ("✕", "bad")


def standing(verification: Verification) -> None:
    """Say first whether everything is as it was sealed."""
    many, first = len(verification.snapshots), verification.first_broken
    if first is None:
        st.html(markup.badge(AS_SEALED, f"{wording.plural(many, 'snapshot')}, every byte and link as sealed"))
    else:
        st.error(
            f"The first that does not verify is **{first.name}**: {first.broken[0]}. "
            "Restore it from a copy that was sent.",
            icon=":material/error:",
        )
    if verification.without_store:
        st.warning(f"Without the store's list: {verification.without_store}", icon=":material/warning:")


def listing(verification: Verification, entries: Sequence[Entry]) -> None:
    """List all snapshots, the newest first."""
    known = {entry.name: entry for entry in entries}
    rows = (markup.row(_cells(each, known.get(each.name))) for each in reversed(verification.snapshots))
    head = markup.row(("Snapshot", "Files and chain", "Pilots", "Sealed"), "pm-head")
    st.html(f'<div class="pm-pilots">{head}{"".join(rows)}</div>')


def _cells(verified: Verified, entry: Entry | None) -> tuple[str, ...]:
    name = f"<b>{escape(verified.name)}</b>"
    if entry is None or entry.problem:
        return (name, _verified(verified), "", "")
    restated = f"<br>{markup.small(f'restatement {entry.restatement}')}" if entry.restatement > 1 else ""
    pilots = "<br>".join(f"{escape(each['name'])} {_state(each)}" for each in entry.pilots)
    return (name + restated, _verified(verified), pilots, markup.small(_moment(entry.sealed_at)))


def _state(pilot: dict[str, Any]) -> str:
    as_of = markup.small(f"as of {_moment(pilot['as_of'])}")
    return f"{markup.state(pilot['state'])} {as_of}"


def _moment(told: str) -> str:
    return wording.moment(datetime.fromisoformat(told))


def _verified(verified: Verified) -> str:
    if not verified.broken:
        return markup.badge(AS_SEALED, "as sealed")
    return "<br>".join(markup.badge(BROKEN, sentence) for sentence in verified.broken)


def choose(entries: Sequence[Entry]) -> tuple[Entry, Entry | None]:
    """Choose a snapshot, the newest at first, and one to hold it against, the one before it at first."""
    known = {entry.name: entry for entry in entries}
    names = list(reversed(known))
    left, right = st.columns(2)
    with left:
        chosen = _kept("Snapshot", names, SNAPSHOT_KEY, names[0]) or names[0]
    others = [name for name in names if name != chosen]
    before = known[chosen].previous
    usual = before if before in others else next(iter(others), None)
    with right:
        against = _kept("Compared with", others, OTHER_KEY, usual)
    return known[chosen], known.get(against or "")


def _kept(label: str, options: Sequence[str], key: str, usual: str | None) -> str | None:
    """Choose, and keep what is chosen in the address: a default would be left out, and change with time."""
    if st.session_state.get(key, st.query_params.get(key)) not in options:
        st.session_state[key] = usual
    return st.selectbox(
        label, options, None, key=key, bind="query-params", placeholder="there is no other",
        disabled=not options,
    )  # fmt: skip


def files(manifest: Manifest, read: Callable[[str], bytes]) -> None:
    """Offer every file of a snapshot, with what `sha256sum` must print for it."""
    st.header(f"Files of {manifest.name}", anchor=False)
    names = sorted([*manifest.files, MANIFEST], key=lambda name: name != REPORT)  # people open this one
    for column, name in zip(st.columns(len(names)), names, strict=True):
        column.download_button(
            name, partial(read, name), f"{manifest.name}-{name}", key=f"file_{name}", on_click="ignore",
            width="stretch",
        )  # fmt: skip
    with st.expander("Digests, for checking without this product"):
        rows = [(name, f"{file['size']:,}", file["sha256"]) for name, file in manifest.files.items()]
        st.html(markup.table(("File", "Bytes", "SHA-256"), [*rows, (MANIFEST, "", manifest.digest)]))


def differences(names: tuple[str, str], found: Sequence[Difference]) -> None:
    """Show what differs from one snapshot to another: verdicts and policies, numbers, table versions."""
    before, after = names
    st.header(f"From {before} to {after}", anchor=False)
    numbers = [each for each in found if each.kind == "number"]
    versions = [each for each in found if each.kind == "version"]
    judged = [each for each in found if each.kind in JUDGED]
    st.html(
        markup.facts(_judged(each) for each in judged)
        if judged
        else markup.small("Every verdict, criterion, policy and setting is the same.")
    )
    st.markdown(f"**{wording.plural(len(numbers), 'number reads', 'numbers read')} differently**")
    if numbers:
        widths = dict.fromkeys(names, st.column_config.TextColumn(width="medium"))  # both ends in sight
        st.dataframe(
            table(numbers, names), width="stretch", height=320, hide_index=True, key="numbers_table",
            column_config=widths,
        )  # fmt: skip
    with st.expander(f"Table versions ({len(versions)} differ)"):
        st.html(
            markup.table(
                ("Table", before, after),
                ((*each.of, in_words(each.before), in_words(each.after)) for each in versions),
            )
        )


def _judged(difference: Difference) -> tuple[str, str]:
    ends = (difference.before, difference.after)
    words = [wording.state(end) if difference.kind == "state" else in_words(end) for end in ends]
    pilot, *what = difference.of
    return f"{pilot}: {' '.join((difference.kind, *map(str, what)))}", f"{words[0]} → {words[1]}"


def table(numbers: Sequence[Difference], names: tuple[str, str]) -> pl.DataFrame:
    """One row per number that reads differently, those of the whole epoch first."""
    rows = [
        (
            pilot,
            BY_ID[metric].title if metric in BY_ID else metric,
            arm,
            segment,
            in_words(each.before),
            in_words(each.after),
        )
        for each in sorted(numbers, key=lambda each: each.of[3] != "all")
        for pilot, metric, arm, segment in (each.of,)
    ]
    columns = ("Pilot", "Metric", "Arm", "Segment", *names)
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def none_yet(*, has_data: bool) -> None:
    """Say how the first snapshot comes about."""
    first = "" if has_data else "Run `pilot ingest`, then `pilot snapshot`: it"
    chrome.empty(
        "No week has been sealed yet.", f"{first or '`pilot snapshot`'} seals the last week that is over."
    )
