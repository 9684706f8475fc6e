"""Tokens that the service makes itself: each is good for its own purpose and nothing else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from session_api.problems import TokenExpired, TokenInvalid
from session_api.security import KeyRing, PurposeTokens

from .forging import EPOCH, NOW, Clock, forge, verifier

ID = UUID("0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21")
OLD, NEW = ("old", b"o" * 32), ("new", b"n" * 32)
HOUR = timedelta(hours=1)


def tokens(purpose: str = "share", *ring: tuple[str, bytes], clock: Clock | None = None) -> Any:
    return PurposeTokens(KeyRing(ring or [OLD]), purpose, clock or Clock(), lambda: ID)


def mint(made: PurposeTokens, **claims: Any) -> str:
    return made.mint(subject="ada", expires_in=HOUR, claims=claims)


def assert_invalid(made: PurposeTokens, token: str) -> None:
    with pytest.raises(TokenInvalid):
        made.verify(token)


def test_it_says_what_it_was_minted_with() -> None:
    found = tokens().verify(mint(tokens(), session="s", level=2))
    assert (found.token_id, found.subject) == (str(ID), "ada")
    assert (found.issued_at, found.expires_at) == (NOW, NOW + HOUR)
    assert found.claims == {"session": "s", "level": 2}


def test_a_token_of_one_purpose_is_nothing_to_another() -> None:
    for mine, theirs in (("share", "guest"), ("guest", "share"), ("hand-over", "hand")):
        assert_invalid(tokens(theirs), mint(tokens(mine)))


def test_it_is_no_access_token_and_an_access_token_is_none_of_it() -> None:
    token = mint(tokens("guest"), scope="sessions:read sessions:write", roles=["admin"])
    with pytest.raises(TokenInvalid):
        verifier().verify(token)
    assert_invalid(tokens("guest"), forge())
    assert_invalid(tokens("guest"), forge(header={"alg": "HS256", "typ": "guest+jwt"}))


def test_type_audience_and_key_are_each_looked_at() -> None:
    """So that none of the three holds up the other two."""
    made = tokens()
    claims = {"iss": "session-api", "aud": "session-api/share", "sub": "ada", "jti": "x"}
    claims |= {"iat": EPOCH, "exp": EPOCH + 60}  # type: ignore[dict-item]
    header = {"alg": "HS256", "typ": "share+jwt"}
    (secret,) = KeyRing([OLD]).derive("tokens/share")
    assert made.verify(forge(claims, header, secret=secret)).subject == "ada"
    wrong: list[tuple[dict[str, Any], dict[str, Any], bytes]] = [
        (claims, header | {"typ": "guest+jwt"}, secret),
        (claims, {"alg": "HS256"}, secret),
        (claims, header | {"alg": "HS512"}, secret),
        (claims, header | {"crit": []}, secret),
        (claims | {"aud": "session-api/guest"}, header, secret),
        (claims | {"aud": ["session-api/share"]}, header, secret),
        (claims | {"iss": "https://id.example"}, header, secret),
        (claims, header, b"x" * 32),
        *(({n: v for n, v in claims.items() if n != name}, header, secret) for name in claims),
    ]
    for body, head, key in wrong:
        assert_invalid(made, forge(body, head, secret=key))


def test_it_ends_to_the_second() -> None:
    clock = Clock()
    token = mint(tokens(clock=clock))
    clock.now = NOW + HOUR - timedelta(microseconds=1)
    assert tokens(clock=clock).verify(token).subject == "ada"
    clock.now = NOW + HOUR
    with pytest.raises(TokenExpired):
        tokens(clock=clock).verify(token)


def test_it_outlives_a_rotation_until_its_key_has_gone() -> None:
    token = mint(tokens("share", OLD))
    assert tokens("share", NEW, OLD).verify(token).subject == "ada"
    assert_invalid(tokens("share", NEW), token)
    assert tokens("share", NEW).verify(mint(tokens("share", NEW, OLD))).subject == "ada"


@pytest.mark.parametrize("claims", [{"exp": 1}, {"sub": "eve"}, {"aud": "x"}, {"jti": "x"}])
def test_no_claim_of_the_standard_is_overridden(claims: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="claims"):
        mint(tokens(), **claims)


def test_what_nobody_would_take_is_not_minted() -> None:
    for subject, lasts in (("", HOUR), ("a\0", HOUR), ("ada", timedelta(0)), ("ada", -HOUR)):
        with pytest.raises(ValueError, match="claims"):
            tokens().mint(subject=subject, expires_in=lasts)
    for purpose in ("", "Share", "a b", "share+jwt", "../x"):
        with pytest.raises(ValueError, match="purpose"):
            tokens(purpose)
