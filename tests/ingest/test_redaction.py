from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.redaction import MESSAGE_CHARS, looks_random, redacted_message, without_secrets

# Put together at run time, so that no scanner takes this file for a leak.
TOKENS = [
    "ghp_" + "a1B2c3D4e5" * 4,
    "glpat-" + "abcDEF123456" * 2,
    "xoxb-" + "1234567890-abcdef",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "sk-" + "proj-abcdef1234567890",
    "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJl",
    "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "0123456789abcdef" * 2,
    "q7Zp2LxV9sTfKw03bNdYRm81",
]


@pytest.mark.parametrize("token", TOKENS)
def test_token_is_gone_from_the_message(token: str):
    redacted = redacted_message(f"found {token} in config")
    assert redacted == "found *** in config"


def test_quoted_password_is_gone_and_the_sentence_stays():
    assert redacted_message("Possible hardcoded password: 'hunter2'") == "Possible hardcoded password: '***'"


def test_assigned_secret_is_gone():
    assert redacted_message("api_key=abcd1234 is set") == "api_key=*** is set"


def test_password_inside_an_address_is_gone():
    assert redacted_message("uses postgres://app:s3cr3t@db:5432/x") == "uses postgres://app:***@db:5432/x"


def test_mail_address_is_gone():
    assert redacted_message("by Jo Doe <jo.doe@mail.example.org>") == "by Jo Doe <***>"


def test_private_key_is_gone_even_when_it_is_cut():
    assert redacted_message("key -----BEGIN RSA PRIVATE KEY-----\nMIIE") == "key ***"


def test_secret_that_the_tool_names_apart_is_gone():
    assert without_secrets("match tiny here", ["tiny"]) == "match *** here"


def test_blank_secret_does_not_tear_the_text_apart():
    assert without_secrets("a b", ["", " "]) == "a b"


@pytest.mark.parametrize(
    "text",
    [
        "Use of possibly insecure function - consider using safer ast.literal_eval.",
        "SQL string built from user input in AbstractUserRepositoryFactoryImplementation",
        "Package: coreutils Installed Version: 9.4-3ubuntu6 Vulnerability CVE-2016-2781",
        "src/main/java/org/example/payments/PaymentController.java",
    ],
)
def test_plain_sentence_stays_as_it_is(text: str):
    assert redacted_message(text) == text


def test_long_message_is_cut_after_the_secrets_are_gone():
    token = TOKENS[0]
    redacted = redacted_message("word " * 39 + token + " tail" * 10)
    assert redacted is not None
    assert len(redacted) == MESSAGE_CHARS
    assert token[:4] not in redacted


def test_missing_message_stays_missing():
    assert redacted_message(None) is None


def test_hexadecimal_digest_looks_random_and_a_short_one_does_not():
    assert looks_random("d41d8cd98f00b204e9800998ecf8427e")
    assert not looks_random("d41d8cd98f00b204e980")


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=400))
def test_redacting_twice_is_redacting_once(text: str):
    once = redacted_message(text)
    assert redacted_message(once) == once


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="abc \n", max_size=100), st.sampled_from(TOKENS))
def test_no_token_survives_any_surrounding(text: str, token: str):
    assert token not in without_secrets(f"{text} {token} {text}")
