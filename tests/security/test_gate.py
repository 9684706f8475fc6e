"""What never reaches python-jose, or must not get past it (traps 10 to 12)."""

import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_api.problems import TokenInvalid
from session_api.security.gate import MAX_TOKEN_BYTES

from .forging import CLAIMS, HEADER, SECRET, claims_with, forge, part, verifier

GOOD = forge()
HEAD, BODY, SIGNATURE = GOOD.split(".")
B64_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def assert_refused(token: str) -> None:
    with pytest.raises(TokenInvalid) as refusal:
        verifier().verify(token)
    assert type(refusal.value) is TokenInvalid
    # Neither in the answer nor in a logged traceback may anything of the token appear.
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None
    assert len(refusal.value.detail) < 200


def test_a_plain_token_passes() -> None:
    assert verifier().verify(GOOD).subject == "ada"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", "hs256", "Hs256", "HS256 "])
@pytest.mark.parametrize("signature", ["", "AA", SIGNATURE])
def test_no_signature_under_any_spelling(alg: str, signature: str) -> None:
    assert_refused(f"{part({'alg': alg, 'typ': 'JWT'})}.{BODY}.{signature}")


@pytest.mark.parametrize(
    ("alg", "digest"),
    [
        ("HS384", "sha384"),
        ("HS512", "sha512"),
        ("RS256", "sha256"),
        ("ES256", "sha256"),
        ("PS256", "sha256"),
        ("EdDSA", "sha256"),
        ("A256KW", "sha256"),
        ("dir", "sha256"),
    ],
)
def test_another_algorithm_even_with_a_true_signature(alg: str, digest: str) -> None:
    assert_refused(forge(header={"alg": alg}, digest=digest))


def test_hs512_signature_under_an_hs256_header() -> None:
    assert_refused(forge(digest="sha512"))


@pytest.mark.parametrize("secret", [b"", b"secret", SECRET.encode()[:-1], SECRET.encode() + b"\n"])
def test_another_secret(secret: bytes) -> None:
    assert_refused(forge(secret=secret))


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"jwk": {"kty": "oct", "k": "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE"}},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"x5t": 1},
        {"x5t#S512": "abc"},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"enc": "A256GCM"},
        {"p2c": 2_000_000_000},
        {"ALG": "none"},
        {"": "x"},
        {"kid": 1},
        {"kid": None},
        {"kid": ["a"]},
        {"kid": {"a": "b"}},
        {"kid": ""},
        {"kid": "k" * 256},
        {"typ": "JWE"},
        {"typ": "share+jwt"},
        {"typ": ""},
        {"typ": None},
        {"typ": 1},
        {"alg": None},
        {"alg": ["HS256"]},
        {"alg": 256},
    ],
)
def test_a_header_that_asks_for_more(extra: dict[str, Any]) -> None:
    assert_refused(forge(header=HEADER | extra))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "Jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
def test_the_types_of_an_access_token_pass_in_any_case(typ: str) -> None:
    assert verifier().verify(forge(header={"alg": "HS256", "typ": typ})).subject == "ada"


@pytest.mark.parametrize("name", ["x5t", "x5t#S256"])
def test_a_thumbprint_that_providers_send_changes_nothing(name: str) -> None:
    assert verifier().verify(forge(header=HEADER | {name: "abc"})).subject == "ada"


def test_an_absent_type_passes() -> None:
    assert verifier().verify(forge(header={"alg": "HS256"})).subject == "ada"


@pytest.mark.parametrize("kid", ["k1", "../../../../dev/null", "' OR 1=1 --", "http://evil/", "\0"])
def test_a_kid_changes_nothing_under_a_shared_secret(kid: str) -> None:
    assert verifier().verify(forge(header=HEADER | {"kid": kid})).subject == "ada"
    assert_refused(forge(header=HEADER | {"kid": kid}, secret=b""))


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","alg":"HS256"}',
        b'{"alg":"HS256","alg":"none"}',
        b'{"alg":"HS256","alg":"HS256"}',
        b'{"alg":"none","\\u0061lg":"HS256"}',
        b'{"typ":"JWT"}',
        b"{}",
        b"[]",
        b'"HS256"',
        b"null",
        b"1",
        b"{",
        b'{"alg":"HS256"} x',
        b'{"alg":"HS256"}{"alg":"none"}',
        b'{"alg":"HS256",}',
        b"{'alg':'HS256'}",
        b'{"alg":"HS256","kid":"\xff"}',
        b'{"alg":"HS256","kid":"\\ud800"}',
        b'{"alg":"HS256","kid":NaN}',
        b'\xef\xbb\xbf{"alg":"HS256"}',
        '{"alg":"HS256"}'.encode("utf-16"),
    ],
)
def test_a_malformed_header(header: bytes) -> None:
    assert_refused(forge(header=header))


@pytest.mark.parametrize("depth", [100, 190, 1000, 2900])
def test_nested_arrays_in_an_unsigned_header(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    head = part(b'{"alg":"HS256","x":' + nested + b"}")
    assert_refused(f"{head}.{BODY}.{SIGNATURE}")
    assert_refused(f"{part(nested)}.{BODY}.{SIGNATURE}")


@pytest.mark.parametrize("depth", [100, 1000, 2900])
def test_nested_arrays_in_a_signed_payload(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    assert_refused(forge(nested))
    if depth > 200:
        assert_refused(forge(json.dumps(CLAIMS).encode()[:-1] + b',"x":' + nested + b"}"))


def test_the_size_limit_is_exact() -> None:
    # base64 makes four characters of three bytes; the padding claim takes up what is left.
    sizes = {}
    for padding in range(5800, 6100):
        token = forge(claims_with(x="y" * padding))
        sizes[len(token)] = token
    largest = max(size for size in sizes if size <= MAX_TOKEN_BYTES)
    smallest = min(size for size in sizes if size > MAX_TOKEN_BYTES)
    assert largest >= MAX_TOKEN_BYTES - 1
    assert verifier().verify(sizes[largest]).subject == "ada"
    assert_refused(sizes[smallest])
    assert_refused("a" * 9216)
    assert_refused("." * 10_000_000)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        HEAD,
        f"{HEAD}.{BODY}",
        f"{HEAD}.{BODY}.",
        f"{HEAD}..{SIGNATURE}",
        f".{BODY}.{SIGNATURE}",
        f"{GOOD}.",
        f".{GOOD}",
        f"{HEAD}.{BODY}.{SIGNATURE}.{SIGNATURE}",
        f"{HEAD}.{BODY}.{BODY}.{BODY}.{SIGNATURE}",
        json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}),
        json.dumps({"payload": BODY, "signatures": [{"protected": HEAD, "signature": SIGNATURE}]}),
    ],
)
def test_other_serializations(token: str) -> None:
    assert_refused(token)


@pytest.mark.parametrize(
    "token",
    [
        f"{GOOD}=",
        f"{HEAD}=.{BODY}.{SIGNATURE}",
        f"{HEAD}.{BODY}==.{SIGNATURE}",
        f" {GOOD}",
        f"{GOOD} ",
        f"{GOOD}\n",
        f"{GOOD}\0",
        f"{HEAD} .{BODY}.{SIGNATURE}",
        f"{HEAD}.{BODY[:8]}\r\n{BODY[8:]}.{SIGNATURE}",
        f"{HEAD}.{BODY}+.{SIGNATURE}",
        f"{HEAD}.{BODY}/.{SIGNATURE}",
        f"{HEAD}.{BODY}*.{SIGNATURE}",
        f"{GOOD}é",
        f"{HEAD}.{BODY}\uff0e{SIGNATURE}",
        f"{GOOD}\ud800",
        "\ud800" * 10,
        "Bearer " + GOOD,
    ],
)
def test_other_characters(token: str) -> None:
    assert_refused(token)


def test_every_other_spelling_of_the_signature() -> None:
    # 43 characters carry 258 bits and a signature has 256: a loose decoder takes four spellings.
    for character in B64_ALPHABET:
        if character != SIGNATURE[-1]:
            assert_refused(f"{HEAD}.{BODY}.{SIGNATURE[:-1]}{character}")


def test_any_changed_character() -> None:
    for at, old in enumerate(GOOD):
        new = "A" if old != "A" else "B"
        assert_refused(GOOD[:at] + new + GOOD[at + 1 :])


@pytest.mark.parametrize("length", [0, 1, 16, 31])
def test_a_shortened_signature(length: int) -> None:
    whole = hmac.digest(SECRET.encode(), f"{HEAD}.{BODY}".encode(), "sha256")
    assert_refused(f"{HEAD}.{BODY}.{part(whole[:length])}")


def test_a_payload_of_another_token() -> None:
    other = forge(claims_with(sub="eve")).split(".")[1]
    assert_refused(f"{HEAD}.{other}.{SIGNATURE}")


@settings(deadline=None)
@given(st.text())
def test_any_text_is_refused_and_nothing_else(token: str) -> None:
    assert_refused(token)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6))
def test_any_parts_are_refused_and_nothing_else(parts: list[bytes]) -> None:
    assert_refused(".".join(part(content) for content in parts))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["alg", "typ", "kid", "crit", "jwk"]) | st.text(max_size=5),
        st.sampled_from(["HS256", "none", "JWT", None, True, 1, [], {}]) | st.text(max_size=5),
    )
)
def test_any_header_over_a_wrong_signature_is_refused(header: dict[str, Any]) -> None:
    assert_refused(f"{part(header)}.{BODY}.{SIGNATURE[::-1]}")
