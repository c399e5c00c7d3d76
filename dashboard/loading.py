"""What do pages show? The session and its assessments, kept as long as what they rest on stands still.

The only caches of the product. An assessment is keyed by the published run, the policy, the pilot
and the moment, so a new publication or an edited configuration is seen at the next look.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
import streamlit as st

from dashboard.components.approvals_sights import Sights
from dashboard.components.approvals_sights import sights as look_at_approvals
from dashboard.components.explorer_rows import all_findings
from dashboard.components.explorer_sights import first_sights_of
from dashboard.composition import Session, open_session
from dashboard.measured import Measured, measure
from dashboard.snapshot.comparing import Difference, differences
from dashboard.snapshot.listing import Entry, entries, folder_of
from dashboard.snapshot.manifest import Manifest, read_manifest
from dashboard.snapshot.verifying import Verification, verify
from metrics.gate.assessment import Assessment
from metrics.gate.states import Verdict
from metrics.health import Health

LOOK_SECONDS: Final = 60  # how soon a new publication or configuration is noticed
KEPT: Final = 24  # assessments kept: pilots x the last looks
LISTS_KEPT: Final = 6  # long lists, which take memory and are made anew in a second


@st.cache_resource(ttl=LOOK_SECONDS, max_entries=1, show_spinner=False)
def session() -> Session:
    """Open the session of PILOT_CONFIG; the clock is read here, once per minute."""
    return open_session()


def assessment(pilot: str) -> Assessment:
    """Judge one pilot, or return what was judged on the same published tables."""
    current = session()
    key = (run_id(), repr(current.pilot(pilot)), current.policy(pilot).digest)
    return _assessment(key, current.as_of, current, pilot)


@st.cache_resource(max_entries=KEPT, show_spinner="Judging the pilot")
def _assessment(  # `key` and `as_of` are the cache's key, the rest is not looked at by it
    key: tuple[str, ...],  # noqa: ARG001
    as_of: datetime,  # noqa: ARG001
    _session: Session,
    _pilot: str,
) -> Assessment:
    return _session.assess(_pilot)


def measured(pilot: str) -> Measured:
    """Measure one pilot's waits and vulnerabilities, or return what was measured on the same tables."""
    current = session()
    settings = (repr(current.pilot(pilot)), current.policy(pilot).digest, repr(current.measuring(pilot)))
    return _measured((run_id(), *settings), current.as_of, current, pilot)


@st.cache_resource(max_entries=KEPT, show_spinner="Measuring the pilot")
def _measured(  # `key` and `as_of` are the cache's key, the rest is not looked at by it
    key: tuple[str, ...],  # noqa: ARG001
    as_of: datetime,  # noqa: ARG001
    _session: Session,
    _pilot: str,
) -> Measured:
    return measure(_session.case(_pilot))


def sights(pilot: str) -> Sights:
    """What a pilot's decisions show beyond their numbers, or what was seen on the same tables."""
    found = measured(pilot)
    return found.once("approvals", lambda: _sights(found))


def _sights(found: Measured) -> Sights:
    with st.spinner("Looking at the approvals"):
        return look_at_approvals(found)


def explored(pilot: str) -> pl.DataFrame:
    """List every finding of one pilot, or return what was listed on the same published tables."""
    current = session()
    key = (run_id(), repr(current.pilot(pilot)), current.policy(pilot).digest)
    return _explored(key, current.as_of, current, pilot)


@st.cache_resource(max_entries=LISTS_KEPT, show_spinner="Listing the findings")
def _explored(  # `key` and `as_of` are the cache's key, the rest is not looked at by it
    key: tuple[str, ...],  # noqa: ARG001
    as_of: datetime,  # noqa: ARG001
    _session: Session,
    _pilot: str,
) -> pl.DataFrame:
    return all_findings(_session.case(_pilot))


def first_sights(repository: str) -> pl.DataFrame:
    """When each scanner first reported each finding of a repository (explorer_sights.first_sights_of)."""
    return _first_sights(run_id(), repository, session())


@st.cache_resource(max_entries=LISTS_KEPT, show_spinner="Reading what scans reported")
def _first_sights(run: str, repository: str, _session: Session) -> pl.DataFrame:  # noqa: ARG001 - the key
    return first_sights_of(_session, repository)


def forget() -> None:
    """Open the session anew at the next look: somebody has just recorded something."""
    session.clear()


def verdicts() -> tuple[Verdict, ...]:
    """Judge every pilot, in the order of the configuration."""
    return tuple(assessment(pilot.name).verdict for pilot in session().pilots)


def health() -> Health:
    """Read what is known about the data itself, once per published run."""
    current = session()
    return _health(run_id(), current.as_of, current)


@st.cache_resource(max_entries=2, show_spinner="Reading the tables")
def _health(run: str, as_of: datetime, _session: Session) -> Health:  # noqa: ARG001 - they are the key
    return _session.health()


def run_id() -> str:
    """Name the published run that every number rests on; empty before the first ingest."""
    published = session().published
    return "" if published is None else published.run_id


def snapshots() -> tuple[Entry, ...]:
    """Every sealed week in the order of sealing; manifests are small, so they are read at each look."""
    return entries(session().snapshot_folder)


def verification() -> Verification:
    """Whether every byte and link of the snapshots is as sealed; looked at again once per minute."""
    current = session()
    sealed = tuple(f"{entry.name} {entry.sealed_at} {entry.complete}" for entry in snapshots())
    return _verification((str(current.snapshot_folder), *sealed), current)


@st.cache_resource(ttl=LOOK_SECONDS, max_entries=1, show_spinner="Reading every file of the snapshots")
def _verification(key: tuple[str, ...], _session: Session) -> Verification:  # noqa: ARG001 - it is the key
    return verify(_session.store, _session.snapshot_folder)


def manifest(name: str) -> Manifest:
    """Read what a snapshot says about itself."""
    return read_manifest(folder_of(session().snapshot_folder, name))


def snapshot_file(name: str, file: str) -> bytes:
    """Read one file of a snapshot."""
    return (folder_of(session().snapshot_folder, name) / file).read_bytes()


def differences_between(before: str, after: str) -> tuple[Difference, ...]:
    """Compare two snapshots, or return what was found between the same two."""
    root = session().snapshot_folder
    folders = folder_of(root, before), folder_of(root, after)
    digests = tuple(read_manifest(folder).digest for folder in folders)
    return _differences(digests, *folders)


@st.cache_resource(max_entries=KEPT, show_spinner="Comparing the snapshots")
def _differences(
    digests: tuple[str, ...],  # noqa: ARG001 - they are the key
    _before: Path,
    _after: Path,
) -> tuple[Difference, ...]:
    return differences(_before, _after)
