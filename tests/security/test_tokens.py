"""The verifier's memory, its secrets, and the tokens we make ourselves."""

from datetime import timedelta
from typing import Any

import pytest

from session_api.problems import TokenExpired, TokenInvalid
from session_api.security import (
    SESSIONS_READ,
    SESSIONS_WRITE,
    SharedSecret,
    TokenHeader,
    TokenVerifier,
    VerificationKey,
    mint_development_token,
)

from .forging import CLAIMS, EPOCH, NOW, SECRET, Clock, claims_with, forge, verifier

SECOND = timedelta(seconds=1)


class CountingKeys(SharedSecret):
    """Counts how often a token is really verified."""

    asked = 0

    def key_for(self, header: TokenHeader) -> VerificationKey:
        self.asked += 1
        return super().key_for(header)


def counting_verifier(clock: Clock, cache_size: int = 10_000) -> tuple[TokenVerifier, CountingKeys]:
    keys = CountingKeys(SECRET, issuer=None)
    return TokenVerifier(
        keys, audience=None, leeway=5 * SECOND, clock=clock, cache_size=cache_size
    ), keys


def mint(**changes: Any) -> str:
    arguments: dict[str, Any] = {
        "subject": "ada",
        "tenant": "default",
        "roles": [],
        "scopes": None,
        "expires_in": timedelta(hours=1),
        "issuer": None,
        "audience": None,
        "now": NOW,
    }
    return mint_development_token(SECRET, **(arguments | changes))


# The cache


def test_a_second_look_is_answered_from_memory() -> None:
    verifier, keys = counting_verifier(Clock())
    first = verifier.verify(forge())
    assert verifier.verify(forge()) is first
    assert keys.asked == 1


def test_a_remembered_token_dies_exactly_at_its_exp() -> None:
    clock = Clock()
    verifier, _ = counting_verifier(clock)
    token = forge(claims_with(exp=EPOCH + 10.5))
    principal = verifier.verify(token)
    clock.now = NOW + timedelta(seconds=10, microseconds=499_999)
    assert verifier.verify(token) is principal
    clock.now = NOW + timedelta(seconds=10, microseconds=500_000)
    for _ in range(2):
        with pytest.raises(TokenExpired):
            verifier.verify(token)


def test_an_unremembered_token_dies_at_the_same_instant() -> None:
    clock = Clock(NOW + timedelta(seconds=10, microseconds=499_999))
    token = forge(claims_with(exp=EPOCH + 10.5))
    assert verifier(clock=clock).verify(token).subject == "ada"
    clock.now += timedelta(microseconds=1)
    with pytest.raises(TokenExpired):
        verifier(clock=clock).verify(token)


def test_the_memory_is_bounded_and_forgets_the_longest_unused() -> None:
    verifier, keys = counting_verifier(Clock(), cache_size=3)
    tokens = [forge(claims_with(sub=f"person-{n}")) for n in range(4)]
    for token in tokens[:3]:
        verifier.verify(token)
    verifier.verify(tokens[0])
    verifier.verify(tokens[3])
    assert keys.asked == 4
    verifier.verify(tokens[0])
    assert keys.asked == 4
    verifier.verify(tokens[1])
    assert keys.asked == 5


def test_refusals_are_not_remembered() -> None:
    clock = Clock()
    verifier, keys = counting_verifier(clock)
    early = forge(claims_with(nbf=EPOCH + 60))
    for _ in range(2):
        with pytest.raises(TokenInvalid):
            verifier.verify(early)
    assert keys.asked == 2
    clock.now = NOW + timedelta(seconds=60)
    assert verifier.verify(early).subject == "ada"


def test_a_remembered_token_vouches_for_no_variation_of_it() -> None:
    verifier, _ = counting_verifier(Clock())
    good = forge()
    verifier.verify(good)
    variations = [
        forge(secret=b"x" * 32),
        good[:-1],
        good + "=",
        good[:-2] + ("AA" if good[-2:] != "AA" else "BA"),
        good.rsplit(".", 1)[0] + ".",
        f"{good} ",
    ]
    for variation in variations:
        with pytest.raises(TokenInvalid):
            verifier.verify(variation)


def test_people_are_not_confused() -> None:
    verifier, _ = counting_verifier(Clock())
    tokens = {name: forge(claims_with(sub=name)) for name in ("ada", "eve", "bob")}
    for _ in range(2):
        for name, token in tokens.items():
            assert verifier.verify(token).subject == name


def test_two_tokens_of_one_person_are_two_entries_and_one_owner() -> None:
    verifier, keys = counting_verifier(Clock())
    one, other = (forge(claims_with(jti=jti, exp=EPOCH + int(jti))) for jti in ("10", "20"))
    assert verifier.verify(one).owner_id == verifier.verify(other).owner_id
    assert verifier.verify(one).expires_at != verifier.verify(other).expires_at
    assert keys.asked == 2


# Development tokens


def test_a_minted_token_verifies() -> None:
    token = mint(
        subject="grace",
        tenant="navy",
        roles=["admin"],
        scopes=[SESSIONS_READ],
        issuer="i",
        audience="a",
    )
    principal = verifier(issuer="i", audience="a").verify(token)
    assert (principal.subject, principal.tenant_id, principal.issuer) == ("grace", "navy", "i")
    assert principal.roles == {"admin"}
    assert principal.scopes == {SESSIONS_READ}
    assert principal.expires_at == NOW + timedelta(hours=1)


def test_a_minted_token_without_scopes_has_both_and_with_none_has_none() -> None:
    assert verifier().verify(mint()).scopes == {SESSIONS_READ, SESSIONS_WRITE}
    assert verifier().verify(mint(scopes=[])).scopes == frozenset()


@pytest.mark.parametrize("name", ["", "a" * 256, "a\0", "\udcff"])
def test_a_token_nobody_would_take_is_not_minted(name: str) -> None:
    with pytest.raises(ValueError, match="255"):
        mint(subject=name)
    with pytest.raises(ValueError, match="255"):
        mint(tenant=name)


def test_an_unfit_secret_mints_nothing() -> None:
    with pytest.raises(ValueError, match="32"):
        mint_development_token(
            "short",
            subject="ada",
            tenant="default",
            roles=(),
            scopes=None,
            expires_in=SECOND,
            issuer=None,
            audience=None,
            now=NOW,
        )


def test_the_claims_of_a_test_stay_as_they_are() -> None:
    assert CLAIMS == {"sub": "ada", "exp": EPOCH + 3600}
