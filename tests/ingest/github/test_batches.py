"""A batch is read as it was kept, or refused in words."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version

import orjson
import pytest

from ingest.errors import StoreError
from ingest.sources.github.batches import Batch, Exchange, packed, unpacked
from ingest.sources.github.state import RepositoryState

BATCH = Batch(
    RepositoryState(id="R_1", name="acme/shop", now="acme/store", batch=3),
    [Exchange("gone", {"numbers": [7]}, None), Exchange("feature", {"feature": "x"}, {"status": "off"})],
    "main",
    datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
)


def with_head(**changed: object) -> bytes:
    """The batch with another first line; a null takes its part away."""
    head, rest = packed(BATCH).split(b"\n", 1)
    told = {name: value for name, value in (orjson.loads(head) | changed).items() if value is not None}
    return orjson.dumps(told) + b"\n" + rest


def test_a_batch_is_read_as_it_was_kept():
    assert unpacked(packed(BATCH), BATCH.name) == BATCH


def test_a_batch_names_the_version_that_kept_it():
    assert orjson.loads(packed(BATCH).split(b"\n")[0])["product_version"] == version("pilot-metrics")


def test_a_batch_of_a_first_version_that_did_not_name_itself_is_read():
    assert unpacked(with_head(product_version=None), BATCH.name) == BATCH


def test_a_batch_of_another_format_says_which_version_reads_it():
    with pytest.raises(StoreError) as caught:
        unpacked(with_head(format=2, product_version="7.5.0"), BATCH.name)
    assert str(caught.value) == (
        "raw/github/R_1/00000003.jsonl: is of format 2, expected 1, the only one that pilot-metrics "
        f"{version('pilot-metrics')} reads; install pilot-metrics 7.5.0 or later, or take the file away and "
        "run `pilot ingest github --full`"
    )


def test_a_batch_of_another_format_that_does_not_name_its_version_is_refused_as_well():
    with pytest.raises(StoreError, match="install the version of pilot-metrics that wrote it"):
        unpacked(with_head(format=2, product_version=None), BATCH.name)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", packed(BATCH)[:-1], with_head(at="yesterday")])
def test_a_damaged_batch_is_named(content: bytes):
    with pytest.raises(StoreError, match=r"raw/github/R_1/00000003\.jsonl: a kept batch cannot be read"):
        unpacked(content, BATCH.name)
