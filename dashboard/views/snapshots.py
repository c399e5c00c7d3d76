"""Which weeks were sealed, do they still stand, and how do they differ? One page."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import loading, wording
from dashboard.components import chrome, markup, snapshots
from dashboard.snapshot.listing import Entry
from dashboard.snapshot.verifying import Verification
from ingest.errors import SnapshotError


def figures(verification: Verification, entries: tuple[Entry, ...]) -> None:
    """Show what stands first, then one snapshot with its files and what differs from another."""
    snapshots.standing(verification)
    snapshots.listing(verification, entries)
    readable = [entry for entry in entries if not entry.problem]
    if readable:
        chosen, other = snapshots.choose(readable)
        details(verification, chosen, other)


def details(verification: Verification, chosen: Entry, other: Entry | None) -> None:
    """Show the chosen snapshot; one that is broken offers no files, and is compared as far as it can be."""
    broken = next((each.broken for each in verification.snapshots if each.name == chosen.name), ())
    if not broken:
        snapshots.files(loading.manifest(chosen.name), partial(loading.snapshot_file, chosen.name))
    if other is None:
        return
    try:
        found = loading.differences_between(other.name, chosen.name)
    except SnapshotError as error:
        chrome.refusal(error)
    else:
        snapshots.differences((other.name, chosen.name), found)


def page() -> None:
    """Put the page together."""
    st.title("Which weeks were sealed?", anchor=False)
    session = loading.session()
    verification = loading.verification()
    if not verification.snapshots:
        snapshots.none_yet(has_data=session.published is not None)
        return
    figures(verification, loading.snapshots())
    st.divider()
    at = wording.moment(session.as_of)
    st.html(markup.footer((f"As of {at}", f"folder {session.snapshot_folder}", "all pilots")))


page()
