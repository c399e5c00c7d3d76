"""A person is one pseudonym under one key, nobody is nobody, and whoever is to be forgotten is nobody too."""

from __future__ import annotations

import hmac
from base64 import b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.pseudonyms import People, fingerprint, is_pseudonym, pseudonym, tag

KEY = "0123456789abcdef"


def test_it_is_the_keyed_hash_that_it_says_it_is() -> None:
    digest = hmac.new(KEY.encode(), b"rosa@acme.example", "sha256").digest()
    assert pseudonym(KEY, "rosa@acme.example") == "p-" + b32encode(digest).decode().lower()[:12]


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789@.-_", min_size=5))
def test_capitals_and_outer_spaces_are_no_other_person(account: str) -> None:
    assert pseudonym(KEY, account) == pseudonym(KEY, f"  {account.upper()}\n")


@given(st.text())
def test_no_account_can_be_read_in_its_pseudonym(account: str) -> None:
    name = pseudonym(KEY, account)
    assert name is None or is_pseudonym(name)


@pytest.mark.parametrize(
    "account", [None, "", "  ", "<REDACTED>", "[REDACTED]", "redacted", "unknown", "***", "-", "null"]
)
def test_nobody_has_no_pseudonym(account: str | None) -> None:
    assert pseudonym(KEY, account) is None


def test_another_key_makes_other_people() -> None:
    assert pseudonym(KEY, "rosa") != pseudonym(KEY + "0", "rosa")
    assert fingerprint(KEY) != fingerprint(KEY + "0")


def test_fingerprint_and_marks_are_no_pseudonyms() -> None:
    assert fingerprint(KEY) not in (pseudonym(KEY, "fingerprint") or "")
    assert tag(KEY, "rosa") not in (pseudonym(KEY, "rosa") or "")


def test_whoever_is_to_be_forgotten_is_nobody() -> None:
    rosa = pseudonym(KEY, "rosa")
    people = People(KEY, [str(rosa)])
    assert people.person("Rosa ") is None
    assert people.person("ali") == pseudonym(KEY, "ali")
