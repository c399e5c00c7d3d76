from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.redaction import (
    MESSAGE_CHARS,
    looks_random,
    redacted_message,
    without_known_secrets,
    without_secrets,
    without_secrets_in_json,
)

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


# -- JSON that is kept ---------------------------------------------------------------------------------

KEPT_TOKENS = [
    *(f"gh{each}_" + "a1B2c3D4e5" * 4 for each in "pousr"),
    "github_pat_" + "11ABCDEFG0" * 3,
    "glpat-" + "abcDEF123456" * 2,
    "xoxb-" + "1234567890-abcdef",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "sk-" + "proj-aBcdef1234567890",
    "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJl",
    "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "npm_" + "a1B2c3D4e5" * 4,
    "pypi-" + "AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDA",
    "hf_" + "aBcDeFgHiJ" + "1234567890ab",
]
PRIVATE_KEY = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq\nQ2hhcmxpZSBpcyBoZXJl"
OWN = "Schl🔑ssel"
OF_GITHUB = [
    "PR_kwDOAbCdEf5QrStU",
    "PRR_kwDOJ1-9kM6AKIAx",
    "MDExOlB1bGxSZXF1ZXN0MjYxMzE0Nzc2",
    "R_kgDOGhp_xQ",
    "Y3Vyc29yOnYyOpK5MjAyNC0wNS0xM1QxNjo0MTo1OCswMjowMM5w3Gnp",
    "eyJsYXN0X2lkIjoxMjM0NTY3ODkwLCJsYXN0X3ZhbHVlIjoiMTIzNDU2Nzg5MCJ9",
    "0123456789abcdef0123456789abcdef01234567",
    "198982749+Copilot@users.noreply.github.com",
    "Co-authored-by: Claude <noreply@anthropic.com>",
    "Co-Authored-By: Cursor Agent <cursoragent@cursor.com>",
    "https://github.com/acme/shop/pull/12#pullrequestreview-1234567890",
    "https://github.com:443/acme/shop",
    "2026-11-21T09:00:00Z",
    "sk-learn-upgrade-to-the-newest-version",
    "pypi-publish-workflow-with-trusted-publishing",
    "npm_config_registry_of_the_house_and_more",
    "hf_transformers_integration_tests",
    "copilot/fix-1234",
    "password: see the vault",
]


def cleaned(value: Any, secrets: tuple[str, ...] = ()) -> Any:
    return json.loads(without_secrets_in_json(json.dumps(value).encode(), secrets))


@pytest.mark.parametrize("token", KEPT_TOKENS)
@pytest.mark.parametrize(
    "around", ["{}", "use {}!", "\n{}\n", "TOKEN_{}", '"{}"', "https://{}@github.com/x", "ä{}ö"]
)
def test_token_is_gone_from_kept_json_and_what_is_around_it_stays(token: str, around: str):
    hidden = around.format("*" * len(token))
    assert cleaned({"body": around.format(token), "n": 1}) == {"body": hidden, "n": 1}


@pytest.mark.parametrize("text", OF_GITHUB)
def test_what_github_needs_to_be_what_it_is_stays(text: str):
    with_a_token = {"id": text, text: [text], "token": KEPT_TOKENS[0]}
    assert cleaned(with_a_token) == {"id": text, text: [text], "token": "*" * 44}


@pytest.mark.parametrize("end", ["", "\n-----END RSA PRIVATE KEY-----"])
def test_private_key_is_gone_from_kept_json_also_without_its_end(end: str):
    key = PRIVATE_KEY + end
    assert cleaned({"a": f"see {key}", "b": "stays"}) == {"a": "see " + "*" * len(key), "b": "stays"}


def test_password_in_an_address_is_gone_from_kept_json_also_with_escaped_slashes():
    assert cleaned(["postgres://app:s3cr3t@db:5432/x"]) == ["postgres://app:******@db:5432/x"]
    assert cleaned(['amqp://app:s3"cr3t@mq']) == ["amqp://app:*******@mq"]
    escaped = without_secrets_in_json(rb'["postgres:\/\/app:s3cr3t@db"]')
    assert json.loads(escaped) == ["postgres://app:******@db"]


def test_token_behind_escaped_characters_is_gone():
    token = KEPT_TOKENS[0]
    hidden = f'["\\u0067{token[1:]}"]'.encode()
    assert json.loads(hidden) == [token]
    assert json.loads(without_secrets_in_json(hidden)) == ["*" * len(token)]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("secret", ["plain", 'with "quotes" and \\', "two\nlines", "Schlüssel", "🔑 key"])
def test_secret_that_is_known_is_gone_however_json_spells_it(secret: str, *, ascii_only: bool):
    content = json.dumps({"a": f"x{secret}y", secret: 1}, ensure_ascii=ascii_only).encode()
    stars = "*" * len(secret)
    assert json.loads(without_secrets_in_json(content, [secret])) == {"a": f"x{stars}y", stars: 1}


@pytest.mark.parametrize("secret", ["1", "true", "null", ",", ":", "{", "]", '"', "\\", "n"])
def test_secret_that_looks_like_the_grammar_of_json_does_not_break_it(secret: str):
    value = {"a": [1, True, None, {"b": "text"}], "c": 'q"\\n'}
    found = cleaned(value, (secret,))
    assert next(iter(found.values()))[:3] == [1, True, None]


def test_lines_of_json_stay_lines():
    content = b"\n".join([b'{"a": "' + KEPT_TOKENS[0].encode() + b'"}', b'{"b": "x"}'])
    assert without_secrets_in_json(content) == b'{"a": "' + b"*" * 44 + b'"}\n{"b": "x"}'


def test_json_without_secrets_is_the_same_bytes():
    content = json.dumps({"ids": OF_GITHUB, "ä": "\u001b[31m"}).encode()
    assert without_secrets_in_json(content, ["nowhere in it"]) == content


def test_text_for_an_error_keeps_addresses_and_hashes():
    text = f"jo@example.org at {'0123456789abcdef' * 2} with {KEPT_TOKENS[0]}"
    assert without_known_secrets(text) == f"jo@example.org at {'0123456789abcdef' * 2} with ***"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(
    value=json_values, secrets=st.lists(st.text(min_size=1, max_size=6), max_size=3), ascii_only=st.booleans()
)
def test_valid_json_stays_valid_whatever_is_secret(value: Any, secrets: list[str], *, ascii_only: bool):
    spelled = json.dumps(value, ensure_ascii=ascii_only).encode(errors="replace")
    assert type(json.loads(without_secrets_in_json(spelled, secrets))) is type(json.loads(spelled))


@settings(deadline=None, max_examples=100)
@given(json_values, st.sampled_from(KEPT_TOKENS), st.text(max_size=20))
def test_no_token_survives_in_any_document(value: Any, token: str, text: str):
    document = [value, {text: f"{text} {token} {text}", token: value}, token]
    content = without_secrets_in_json(json.dumps(document).encode())
    assert token not in json.dumps(json.loads(content))
    assert json.loads(content)[2] == "*" * len(token)


@settings(deadline=None, max_examples=200)
@given(
    parts=st.lists(st.sampled_from([*KEPT_TOKENS, PRIVATE_KEY, "://jo:paßwort@", OWN, "ä", ""])),
    ascii_only=st.booleans(),
)
def test_a_text_is_as_long_as_before(parts: list[str], *, ascii_only: bool):
    text = " ".join(parts)
    content = json.dumps([text], ensure_ascii=ascii_only).encode()
    [cleaned_text] = json.loads(without_secrets_in_json(content, [OWN]))
    assert len(cleaned_text) == len(text)
    assert not [secret for secret in (*KEPT_TOKENS, OWN) if secret in cleaned_text]


@settings(deadline=None, max_examples=100)
@given(json_values)
def test_what_holds_no_secret_is_the_same_value(value: Any):
    content = json.dumps([value, KEPT_TOKENS[0]]).encode()
    assert json.loads(without_secrets_in_json(content))[0] == value
