"""How do labels leave and come in as files, and how are planted attacks registered?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import labelling, loading, recording, wording
from dashboard.components import markup
from dashboard.components.labelling_choice import DOOR, Desk, done, nobody, refused
from dashboard.labelling_files import draws_to_export, exported, labels_to_export, sheet
from dashboard.labelling_reading import Read, read, read_seeds, seed
from ingest.deciding import Recorded
from ingest.errors import PilotError, UsageError

CSV: Final = "text/csv"
SEED_KEY: Final = "seed_name"
FAMILY_KEY: Final = "seed_family"
WIDTH: Final = 420  # px
UNDONE: Final = "Nothing was recorded."


def files(desk: Desk) -> None:
    """Offer sheets and labels, take filled-in sheets, and register planted attacks."""
    if desk.design:
        st.subheader("Take out", anchor=False)
        _downloads(desk)
    if not desk.who:
        nobody()
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Bring in", anchor=False)
        _upload(desk)
    with right:
        st.subheader("Planted attacks", anchor=False)
        _seeds(desk)


# -- out -------------------------------------------------------------------------------------------


def _downloads(desk: Desk) -> None:
    session, design = desk.session, desk.design
    with st.container(horizontal=True):
        if desk.who:
            st.download_button(
                "My sheet to fill in", lambda: sheet(labelling.queue(session, design, desk.who, None)),
                f"{design}-{desk.who}.csv", CSV, on_click="ignore", key="take_sheet",
            )  # fmt: skip
        st.download_button(
            "Labels", lambda: exported(labels_to_export(session, design)), f"{design}-labels.csv", CSV,
            on_click="ignore", key="take_labels", disabled=not _is_through(desk),
        )  # fmt: skip
        st.download_button(
            "Drawn items", lambda: exported(draws_to_export(session, design)), f"{design}.csv", CSV,
            on_click="ignore", key="take_draw",
        )  # fmt: skip
    st.caption(
        "The sheet is as blind as the queue. Labels say what others said: they can be had once none of the "
        "items waits for you."
    )


def _is_through(desk: Desk) -> bool:
    """Whether no item waits for this person, whom the labels of others would make see."""
    return bool(desk.who) and not labelling.queue(desk.session, desk.design, desk.who, 1).waiting


# -- in --------------------------------------------------------------------------------------------


def _upload(desk: Desk) -> None:
    given = st.file_uploader("A filled-in sheet, or exported labels (CSV)", "csv", key="labelling_upload")
    st.caption("All of its lines are recorded, or none; empty lines may be filled in later.")
    if given is None:
        return
    try:
        found = _read(given, desk)
    except PilotError as error:
        complain(error)
        return
    count = len(found.given) + len(found.rows)
    waiting = f", {wording.plural(found.waiting, 'line')} not filled in" if found.waiting else ""
    st.caption(f"{wording.plural(count, 'line')} understood{waiting}. {UNDONE}")
    if count and st.button(f"Record {wording.plural(count, 'line')}", type="primary", key="labelling_enter"):
        _enter(found)


def _read(given: UploadedFile, desk: Desk) -> Read:
    with tempfile.TemporaryDirectory() as folder:
        return read(_kept(given, Path(folder)), desk.who, desk.design)


def _kept(given: UploadedFile, folder: Path) -> Path:
    """The file as people sent it, under its own name, which errors tell."""
    path = folder / (Path(given.name).name or "labels.csv")
    path.write_bytes(given.getvalue())
    return path


def _enter(found: Read) -> None:
    try:
        recorded = _recorded(found)
    except PilotError as error:
        complain(error)
        return
    known = f"; {recorded.known:,} stood there already" if recorded.known else ""
    done(f"Recorded {wording.plural(recorded.new, 'line')}{known}.")
    st.rerun()


def _recorded(found: Read) -> Recorded:
    session = loading.session()
    if found.given:
        return recording.enter_labels(session, found.given, DOOR)
    enter = recording.enter_selections if found.kind == "draws" else recording.enter_label_rows
    return enter(session, found.rows, DOOR)


def complain(error: PilotError) -> None:
    """Show what is wrong with a file, line by line."""
    st.error(f"The file was refused. {UNDONE}", icon=":material/error:")
    st.html(markup.table(("What is wrong",), ((each,) for each in complaints(str(error)))))


def complaints(told: str) -> list[str]:
    """The lines of a refusal, each about one line of the file.

    >>> complaints("a.csv#line 2: label is 'x'; say attack; a.csv#line 3: no item. Nothing was recorded.")
    ["a.csv#line 2: label is 'x'; say attack", 'a.csv#line 3: no item']
    """
    words = told.removesuffix(UNDONE).strip().removesuffix(".")
    name = words.partition("#line ")[0]
    first, *others = words.split(f"; {name}#line ") if "#line " in words else [words]
    return [first, *(f"{name}#line {each}" for each in others)]


# -- planted ---------------------------------------------------------------------------------------


def _seeds(desk: Desk) -> None:
    st.caption("A planted attack is in no rate of traffic and is never drawn.")
    st.text_input("Its name, or the SHA-256 of its text", key=SEED_KEY, width=WIDTH)
    st.text_input("Kind of attack", key=FAMILY_KEY, width=WIDTH)
    st.button("Register", key="seed_register", on_click=_register, args=(desk.who,))
    given = st.file_uploader("Or many: a CSV with seed, family, reason", "csv", key="seed_upload")
    if given is not None and st.button("Register these", key="seeds_register"):
        _register_many(given, desk.who)


def _register(who: str) -> None:
    name, family = (str(st.session_state.get(key, "")).strip() for key in (SEED_KEY, FAMILY_KEY))
    try:
        made = seed(name, who, family)
        recorded = recording.enter_seeds(loading.session(), [made], DOOR)
    except PilotError as error:
        refused(error)
        return
    st.session_state[SEED_KEY] = st.session_state[FAMILY_KEY] = ""
    done("Registered." if recorded.new else "It was registered before.")


def _register_many(given: UploadedFile, who: str) -> None:
    try:
        with tempfile.TemporaryDirectory() as folder:
            seeds = read_seeds(_kept(given, Path(folder)), who)
        if not seeds:
            raise UsageError(f"{given.name}: no line names a planted attack")
        recorded = recording.enter_seeds(loading.session(), seeds, DOOR)
    except PilotError as error:
        complain(error)
        return
    done(f"Registered {wording.plural(recorded.new, 'planted attack')}.")
    st.rerun()
