from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import redaction
from ingest.redaction import redacted_message
from ingest.sources.sarif.messages import begun, sift

# Everything that the redaction looks for, and what lies around it: a new kind of secret belongs here too.
PIECES = st.sampled_from([
    "Found ", "a ", "  ", " ", "\n", "\t", "é", "…", "call", "(x)", "'", '"', "`", "=", ":", ": ", "= ", "@",
    "/", "://", "https://jo:hunter2@", "example.org", "jo@example.org", "password", "Passwd", "PWD",
    "secrets", "token", "credential", "api_key", "api-key", "private key", "hunter2", "pass", "monkey",
    "x" * 19, "x" * 20, "x1" * 11, "deadbeef" * 4, "abcdef" * 6, "-----BEGIN RSA PRIVATE KEY-----",
    "ghp_" + "a1B2" * 5, "task-sk-" + "a" * 16, "AKIAIOSFODNN7EXAMPLE", "eyJabcdefgh.abcdefghij",
    "word " * 45,
])  # fmt: skip
MESSAGES = st.none() | st.text(max_size=30) | st.lists(PIECES, max_size=7).map("".join)


def kept(messages: list[str | None]) -> list[str | None]:
    return sift(messages).redacted(messages, {}).to_list()


@settings(deadline=None, max_examples=200)
@given(st.lists(MESSAGES, max_size=6))
@example(["password: 'a' and 'b'", "token `x", "password=abcd", "password=abc", "jo@x.org", "@Before hook"])
def test_every_message_is_kept_as_the_redaction_keeps_it(messages: list[str | None]):
    assert kept(messages) == [redacted_message(message) for message in messages]


SECRETS = [
    pytest.param(each, id=name)
    for name, each in vars(redaction).items()
    if isinstance(each, re.Pattern) and isinstance(each.pattern, str)
]


@pytest.mark.parametrize("pattern", SECRETS)
def test_no_secret_that_the_redaction_knows_is_overlooked(pattern: re.Pattern[str]):
    @settings(deadline=None, max_examples=40)
    @given(st.from_regex(pattern), PIECES)
    def check(secret: str, before: str) -> None:
        message = before + secret
        assert kept([message]) == [redacted_message(message)]

    check()


def test_plain_message_is_not_looked_at_closely():
    assert sift(["Use of assert detected.", "Possible SQL injection via `name`"]).touchy == []


def test_long_message_is_cut_to_two_hundred_characters():
    (message,) = kept(["word " * 60])
    assert message is not None
    assert (len(message), message[-1]) == (200, "…")


def test_text_known_to_be_secret_is_hidden_in_its_own_row_only():
    messages: list[str | None] = ["found opensesame", "found opensesame"]
    assert sift(messages).redacted(messages, {1: ["opensesame"]}).to_list() == [
        "found opensesame",
        "found ***",
    ]


def test_many_messages_are_sifted_beside_other_work():
    messages: list[str | None] = [f"call number {at}" for at in range(5_000)]
    assert begun(messages).result().kept.to_list() == messages
