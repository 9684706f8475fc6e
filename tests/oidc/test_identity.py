"""Tokens of an identity provider over HTTP: who is let in, as whom, and by which key."""

import hmac
from collections.abc import AsyncIterator
from typing import Any

import pytest

from session_api.app import create_app
from session_api.settings import Settings
from tests.oidc.conftest import Visitor, serving
from tests.support.issuers import AUDIENCE, DISCOVERY, Issuer, SigningKey, b64, issuer, ok
from tests.support.people import MovableClock, Person
from tests.support.settings import SECRET, test_settings


@pytest.fixture
async def other() -> AsyncIterator[Issuer]:
    """Another provider, which is trusted as well and whose key has the same kid."""
    async with issuer(keys=[SigningKey.made(number=1)]) as made:
        yield made


@pytest.fixture
def settings(database_url: str, idp: Issuer, other: Issuer) -> Settings:
    return test_settings(
        database_url,
        oidc_issuers=f"{idp.setting}, {other.setting}",
        oidc_refresh_interval=0.1,
    )


# Who is let in


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"])
async def test_each_algorithm_of_public_keys_is_taken(
    visitor: Visitor, idp: Issuer, alg: str
) -> None:
    idp.keys = [SigningKey.made("mine", alg)]
    assert await visitor.is_let_in(visitor.token())
    assert idp.asked == [DISCOVERY, "/jwks"]
    broken = visitor.token()[:-8] + "AAAAAAAA"
    assert not await visitor.is_let_in(broken)


@pytest.mark.parametrize("alg", ["RS256", "ES256", "ES384"])
async def test_a_key_that_names_no_algorithm_is_for_the_usual_one_of_its_kind(
    visitor: Visitor, idp: Issuer, alg: str
) -> None:
    key = SigningKey.made("mine", alg)
    bare = {name: value for name, value in key.jwk.items() if name != "alg"}
    idp.keys = [key]
    idp.raw["/jwks"] = ok({"keys": [bare]})
    assert await visitor.is_let_in(visitor.token())


async def test_one_key_is_for_one_algorithm(visitor: Visitor, idp: Issuer) -> None:
    for alg in ("RS384", "RS512", "PS256"):
        token = idp.keys[0].token(idp.claims(_now()), {"alg": alg}, signed_as=alg)
        assert not await visitor.is_let_in(token)
    assert await visitor.is_let_in(visitor.token())


async def test_a_token_without_a_kid_is_taken_where_there_is_one_key_for_it(
    visitor: Visitor, idp: Issuer
) -> None:
    assert await visitor.is_let_in(visitor.token(header={"kid": None}))
    idp.keys.append(SigningKey.made("another", number=1))
    assert await visitor.is_let_in(visitor.token(key=idp.keys[1]))  # which fetches both
    assert not await visitor.is_let_in(visitor.token(header={"kid": None}, jti="another"))


WRONG: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://elsewhere.example"},
    "an audience that only contains ours": {"aud": AUDIENCE + ".evil.example"},
    "our audience inside a text": {"aud": f"x {AUDIENCE}"},
    "no audience": {"aud": ...},
    "no issuer": {"iss": ...},
    "an issuer nobody named": {"iss": "https://evil.example"},
    "no subject": {"sub": ...},
    "no end": {"exp": ...},
    "not yet": {"nbf": 4_000_000_000},
    "an ID token, by its nonce": {"nonce": "n"},
    "an ID token, by its hashes": {"at_hash": "h"},
    "an ID token, as Cognito says": {"token_use": "id"},
    "a refresh token, as Keycloak says": {"typ": "Refresh"},
    "bound to a key": {"cnf": {"jkt": "thumb"}},
    "scp of numbers": {"scp": [1]},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
async def test_a_token_that_is_not_for_us_is_refused(
    visitor: Visitor, claims: dict[str, Any]
) -> None:
    assert await visitor.is_let_in(visitor.token())
    assert not await visitor.is_let_in(visitor.token(**claims))


async def test_the_issuer_is_compared_character_by_character(visitor: Visitor, idp: Issuer) -> None:
    for near in (idp.url + "/", idp.url.upper(), idp.url[:-1], idp.url + "0", f" {idp.url}"):
        assert not await visitor.is_let_in(visitor.token(iss=near))
    assert await visitor.is_let_in(visitor.token())


async def test_an_access_token_must_say_so_where_that_is_demanded(
    settings: Settings, clock: MovableClock, idp: Issuer
) -> None:
    strict = settings.model_copy(update={"oidc_require_at_jwt": True})
    async with serving(strict, clock) as http:
        visitor = Visitor(http, idp, clock)
        for typ in ("at+jwt", "AT+JWT", "application/at+jwt"):
            assert await visitor.is_let_in(visitor.token(header={"typ": typ}))
        for other in ("JWT", None):
            assert not await visitor.is_let_in(visitor.token(header={"typ": other}))


async def test_scopes_are_found_under_either_name(visitor: Visitor) -> None:
    for scopes, may_write in (
        ({"scope": "openid sessions:read sessions:write"}, 201),
        ({"scp": "sessions:read sessions:write"}, 201),
        ({"scp": ["sessions:read", "sessions:write"]}, 201),
        ({}, 201),
        ({"scp": ["sessions:read"]}, 403),
        ({"scope": "openid profile"}, 403),
        ({"scope": "sessions:read", "scp": "sessions:write"}, 403),
    ):
        answer = await visitor.brings(visitor.token(**scopes), "POST")
        assert answer.status_code == may_write, scopes


# As whom


async def test_two_issuers_with_the_same_subject_have_two_people(
    visitor: Visitor, idp: Issuer, other: Issuer, ann: Person
) -> None:
    """And a third is the ann of the shared secret."""
    mine = visitor.token()
    theirs = other.keys[0].token(other.claims(_now()))
    session = (await visitor.brings(mine, "POST")).json()
    assert session["user_id"] == "ann"
    at = f"/api/sessions/{session['id']}"
    assert (await visitor.brings(mine, path=at)).status_code == 200
    for answer in (await visitor.brings(theirs, path=at), await ann.get(at)):
        assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert (await visitor.brings(theirs)).json()["items"] == []
    assert (await visitor.brings(visitor.token(tenant="another"))).json()["items"] == []


async def test_no_issuers_key_vouches_for_another_even_under_the_same_kid(
    visitor: Visitor, idp: Issuer, other: Issuer
) -> None:
    assert idp.keys[0].kid == other.keys[0].kid
    now = _now()
    assert await visitor.is_let_in(idp.keys[0].token(idp.claims(now)))
    assert await visitor.is_let_in(other.keys[0].token(other.claims(now)))
    assert not await visitor.is_let_in(other.keys[0].token(idp.claims(now)))
    assert not await visitor.is_let_in(idp.keys[0].token(other.claims(now)))


async def test_the_shared_secret_speaks_for_no_provider(
    ann: Person, idp: Issuer, visitor: Visitor, clock: MovableClock
) -> None:
    assert (await ann.get("/api/sessions/")).status_code == 200
    assert not await visitor.is_let_in(_hs256(ann, iss=idp.url, aud=AUDIENCE))
    assert await visitor.is_let_in(_hs256(ann, iss="https://of.our.own.example"))


async def test_without_a_secret_there_is_none(
    database_url: str, idp: Issuer, clock: MovableClock, ann: Person
) -> None:
    only = test_settings(database_url, jwt_secret=None, oidc_issuers=idp.setting)
    async with serving(only, clock) as http:
        visitor = Visitor(http, idp, clock)
        assert await visitor.is_let_in(visitor.token())
        assert not await visitor.is_let_in(ann.token)
        assert not await visitor.is_let_in(_hs256(ann, secret=""))


def test_without_both_there_is_no_service(settings: Settings) -> None:
    neither = settings.model_copy(update={"jwt_secret": None, "oidc_issuers": None})
    with pytest.raises(ValueError, match="SESSION_API_JWT_SECRET"):
        create_app(neither)


def _now() -> float:
    return MovableClock()().timestamp()


def _hs256(person: Person, *, secret: str = SECRET, **claims: Any) -> str:
    usual = {"sub": person.name, "exp": int(_now()) + 600}
    text = f"{b64({'alg': 'HS256'})}.{b64(usual | claims)}"
    return f"{text}.{b64(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"
