"""What is read to tell whose change an incident or a review is about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ingest import people
from ingest.attribution.told_by_people import Known, people_findings
from ingest.checking import check
from ingest.contracts import BY_NAME
from ingest.people import derive_people
from ingest.store import Store
from tests.builders_store import pull_requests

SHA = "4f2a9c1e" + "0" * 32
NOW = datetime(2026, 8, 17, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A hundred changes; incidents name one by its number and one by the start of its merge commit."""
    made = Store(str(tmp_path / "lake"))
    rows = [{"number": number, "merge_sha": f"{number:040}"} for number in range(1, 100)]
    made.write(BY_NAME["pull_requests"], pull_requests(*rows, {"number": 100, "merge_sha": SHA}))
    given = {
        "repository": "acme/payments", "detected_at": NOW, "severity": "high", "is_withdrawn": False,
        "source": "incidents", "ingested_at": NOW, "raw_ref": "incidents.csv#line 2",
    }  # fmt: skip
    told = [{"incident_id": "A", "pull_request": 7}, {"incident_id": "B", "commit_sha": SHA[:9].upper()}]
    frame = pl.DataFrame([{"pull_request": None, "commit_sha": None, **given, **row} for row in told])
    checked = check(frame, BY_NAME["incidents"])
    assert checked.rejected.is_empty()
    made.write(BY_NAME["incidents"], checked.valid)
    return made


def test_only_the_changes_that_somebody_names_are_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Known] = []

    def noted(*given: object) -> object:
        read.extend(each for each in given if isinstance(each, Known))
        return people_findings(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(people, "people_findings", noted)
    derive_people(store, NOW)
    (known,) = read
    assert sorted(known.pull_requests["number"]) == [7, 100]
    found = store.current("findings").collect()
    assert sorted(found["introduced_by"]) == [7, 100]
