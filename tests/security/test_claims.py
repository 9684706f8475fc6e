"""What a correctly signed token may say, and what it then means."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from session_api.problems import TokenExpired, TokenInvalid
from session_api.security import (
    SESSIONS_READ,
    SESSIONS_WRITE,
    Principal,
    TokenMarks,
    owner_id_of,
)

from .forging import CLAIMS, EPOCH, NOW, claims_with, claims_without, forge, verifier

HOUR = 3600
UNFIT_NAMES: list[Any] = [
    "",
    "a" * 256,
    "a\0b",
    "\n",
    "a\x7f",
    "a\x85b",
    None,
    1,
    1.5,
    True,
    ["ada"],
    {"id": "ada"},
]


def payload_with(member: str) -> bytes:
    """Valid claims followed by one more member, as written."""
    return json.dumps(CLAIMS).encode()[:-1] + b"," + member.encode() + b"}"


def assert_invalid(token: str, **expectations: Any) -> None:
    with pytest.raises(TokenInvalid):
        verifier(**expectations).verify(token)


def verified(claims: dict[str, Any], **expectations: Any) -> Principal:
    return verifier(**expectations).verify(forge(claims))


def test_the_least_token_means_the_defaults() -> None:
    assert verified(CLAIMS) == Principal(
        owner_id=owner_id_of("session-api", "default", "ada"),
        tenant_id="default",
        issuer="session-api",
        subject="ada",
        scopes=frozenset({SESSIONS_READ, SESSIONS_WRITE}),
        roles=frozenset(),
        expires_at=NOW + timedelta(hours=1),
        token=TokenMarks(fingerprint=sha256(forge(CLAIMS).encode()).digest()),
    )


def test_a_full_token() -> None:
    claims = claims_with(
        iss="https://id.example",
        aud=["other", "ours"],
        tenant="acme",
        scope="sessions:read  openid",
        roles=["admin", "admin"],
        jti="1",
        nbf=EPOCH,
        iat=EPOCH - 0.5,
        email="ada@example.com",
    )
    principal = verified(claims, issuer="https://id.example", audience="ours")
    assert principal.issuer == "https://id.example"
    assert principal.tenant_id == "acme"
    assert principal.scopes == {SESSIONS_READ, "openid"}
    assert principal.roles == {"admin"}
    assert principal.owner_id == owner_id_of("https://id.example", "acme", "ada")


@pytest.mark.parametrize("claim", ["sub", "tenant", "iss"])
@pytest.mark.parametrize("value", UNFIT_NAMES)
def test_an_unfit_name(claim: str, value: Any) -> None:
    assert_invalid(forge(claims_with(**{claim: value})))


@pytest.mark.parametrize("claim", ["sub", "tenant", "iss"])
@pytest.mark.parametrize("value", ["a", "a" * 255, "😀" * 255, "ada@example.com", "auth0|42", " "])
def test_a_fit_name(claim: str, value: str) -> None:
    assert value in (
        (p := verified(claims_with(**{claim: value}))).subject,
        p.tenant_id,
        p.issuer,
    )


@pytest.mark.parametrize("escaped", [r"\ud800", r"\udc00x", r"\ud800\ud800"])
@pytest.mark.parametrize("claim", ["tenant", "iss", "jti", "unknown"])
def test_a_lone_surrogate_anywhere(claim: str, escaped: str) -> None:
    assert_invalid(forge(payload_with(f'"{claim}":"a{escaped}"')))


def test_a_missing_subject() -> None:
    assert_invalid(forge(claims_without("sub")))


def test_a_missing_expiry() -> None:
    assert_invalid(forge(claims_without("exp")))


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat", "auth_time"])
@pytest.mark.parametrize(
    "number",
    [
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "nan",
        '"1795262400"',
        "true",
        "false",
        "null",
        "[1795262400]",
        "{}",
        "-1",
        "-0.5",
        "253402300800",
        "253402300799.5",
        "1e300",
        "9" * 400,
        "9" * 5000,
        "0x10",
        "+1",
        "01795262400",
    ],
)
def test_a_time_that_is_none(claim: str, number: str) -> None:
    others = "".join(f',"{k}":{json.dumps(v)}' for k, v in CLAIMS.items() if k != claim)
    assert_invalid(forge(f'{{"{claim}":{number}{others}}}'.encode()))


def test_the_last_possible_expiry() -> None:
    principal = verified(claims_with(exp=253402300799))
    assert principal.expires_at == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("exp", [0, 1, EPOCH - 1, EPOCH, EPOCH - 0.001])
def test_expired_without_leeway(exp: float) -> None:
    with pytest.raises(TokenExpired):
        verified(claims_with(exp=exp))


@pytest.mark.parametrize("exp", [EPOCH + 1, EPOCH + 0.001])
def test_not_yet_expired(exp: float) -> None:
    assert verified(claims_with(exp=exp)).expires_at > NOW


@pytest.mark.parametrize("claim", ["nbf", "iat", "auth_time"])
def test_a_token_from_the_future_beyond_the_leeway(claim: str) -> None:
    assert verified(claims_with(**{claim: EPOCH + 5})).subject == "ada"
    assert_invalid(forge(claims_with(**{claim: EPOCH + 5.001})))
    assert_invalid(forge(claims_with(**{claim: EPOCH + HOUR})))


@pytest.mark.parametrize(
    "wrong",
    [{"aud": "other"}, {"iss": "other"}, {"tenant": ""}, {"roles": 1}, {"nbf": EPOCH + HOUR}],
)
def test_expired_is_said_only_where_a_fresh_token_would_help(wrong: dict[str, Any]) -> None:
    assert_invalid(forge(claims_with(exp=1, iss="a", aud="b") | wrong), issuer="a", audience="b")


@pytest.mark.parametrize("audience", ["ours", ["ours"], ["other", "ours"]])
def test_the_audience_asked_for(audience: Any) -> None:
    assert verified(claims_with(aud=audience), audience="ours").subject == "ada"


@pytest.mark.parametrize(
    "audience", ["", "our", "ours ", "OURS", "xours", [], ["other"], [["ours"]], ["ours", 1], None]
)
def test_another_audience_than_the_one_asked_for(audience: Any) -> None:
    assert_invalid(forge(claims_with(aud=audience)), audience="ours")


def test_no_audience_though_one_is_asked_for() -> None:
    assert_invalid(forge(CLAIMS), audience="ours")


@pytest.mark.parametrize("audience", ["any", [], ["a", "b"]])
def test_an_audience_nobody_asked_for(audience: Any) -> None:
    assert verified(claims_with(aud=audience)).subject == "ada"


@pytest.mark.parametrize("audience", [1, None, True, {}, [1], ["a", None]])
def test_a_malformed_audience_even_if_nobody_asked(audience: Any) -> None:
    assert_invalid(forge(claims_with(aud=audience)))


@pytest.mark.parametrize(
    "issuer", ["", "https://id.example.evil", "https://id", "https://ID.example"]
)
def test_another_issuer_than_the_one_asked_for(issuer: str) -> None:
    assert_invalid(forge(claims_with(iss=issuer)), issuer="https://id.example")


def test_no_issuer_though_one_is_asked_for() -> None:
    assert_invalid(forge(CLAIMS), issuer="https://id.example")
    assert_invalid(forge(CLAIMS), issuer="session-api")


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("scope", ["sessions:read"]),
        ("scope", None),
        ("scope", 1),
        ("roles", "admin"),
        ("roles", None),
        ("roles", {"admin": True}),
        ("roles", ["admin", 1]),
        ("jti", 1),
        ("jti", None),
        ("device", None),
        ("device", ""),
        ("device", "a b"),
        ("device", {"id": "a"}),
        ("device", "a" * 129),
    ],
)
def test_a_claim_of_another_type(claim: str, value: Any) -> None:
    assert_invalid(forge(claims_with(**{claim: value})))


@pytest.mark.parametrize(
    "scope", ["", " ", "sessions:Read", "sessions:*", "sessions:read,sessions:write"]
)
def test_a_scope_claim_grants_only_what_it_lists(scope: str) -> None:
    assert verified(claims_with(scope=scope)).scopes.isdisjoint({SESSIONS_READ, SESSIONS_WRITE})


@pytest.mark.parametrize(
    "member",
    ['"sub":"eve"', '"\\u0073ub":"eve"', '"exp":9999999999', '"x":{"a":1,"a":2}'],
)
def test_a_claim_given_twice(member: str) -> None:
    assert_invalid(forge(payload_with(member)))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "01", "'a'", "undefined"])
def test_what_is_no_json_even_where_nobody_looks(value: str) -> None:
    assert_invalid(forge(payload_with(f'"x":{value}')))


@pytest.mark.parametrize("payload", [b"[]", b'"ada"', b"null", b"1", b"{", b"\xff", b"\0", b"x"])
def test_a_payload_that_is_no_object(payload: bytes) -> None:
    assert_invalid(forge(payload))


def test_the_detail_never_repeats_the_token() -> None:
    secretive = claims_with(sub="Zebra-9", roles="Zebra-9", iss="Zebra-9", aud="Zebra-9")
    for issuer, audience in (("a", None), (None, "b"), (None, None)):
        with pytest.raises(TokenInvalid) as refusal:
            verifier(issuer=issuer, audience=audience).verify(forge(secretive))
        assert "Zebra" not in refusal.value.detail + str(refusal.value.headers)
