"""Who is a guest goes by the service's own tokens, and by nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from jose import jws, jwt

from session_api.app import create_app
from session_api.ports import new_id
from session_api.security import GuestTokens, KeyRing, PurposeTokens, generate_key_entry
from session_api.security.principal import GUEST_ISSUER
from session_api.settings import Settings
from tests.support.guests import Guest, becomes_guest, merges
from tests.support.people import MovableClock, Person
from tests.support.settings import KEYS, SECRET
from tests.support.workspace import Sql, all_rows, has_workspace

HOUR = timedelta(hours=1)


def _claims(guest: Guest) -> dict[str, Any]:
    return dict(jwt.get_unverified_claims(guest.token))


def _with_the_secret(guest: Guest, _clock: MovableClock) -> str:
    """The guest's claims and type, signed by the secret that signs accounts' tokens."""
    return jwt.encode(_claims(guest), SECRET, "HS256", headers={"typ": "guest+jwt"})


def _with_the_ring_itself(guest: Guest, _clock: MovableClock) -> str:
    return jwt.encode(_claims(guest), KEYS.partition(":")[2], "HS256", headers={"typ": "guest+jwt"})


def _unsigned(guest: Guest, _clock: MovableClock) -> str:
    head, payload, _ = guest.token.split(".")
    return f"{head}.{payload}.AAAA"


def _of_another_ring(guest: Guest, clock: MovableClock) -> str:
    ring = KeyRing.parse(generate_key_entry("other"))
    tokens = GuestTokens(ring, clock, new_id, lifetime=HOUR, renewable=HOUR)
    return tokens.new("default").token


def _of_another_purpose(purpose: str) -> Callable[[Guest, MovableClock], str]:
    def made(guest: Guest, clock: MovableClock) -> str:
        tokens = PurposeTokens(KeyRing.parse(KEYS), purpose, clock, new_id)
        claims = {name: _claims(guest)[name] for name in ("tenant", "renewable_until")}
        return tokens.mint(subject=guest.name, expires_in=HOUR, claims=claims)

    return made


def _without_its_claims(guest: Guest, clock: MovableClock) -> str:
    tokens = PurposeTokens(KeyRing.parse(KEYS), "guest", clock, new_id)
    return tokens.mint(subject=guest.name, expires_in=HOUR)


def _as_an_access_token(guest: Guest, _clock: MovableClock) -> str:
    """Signed by the guests' own key, under the type of accounts' tokens."""
    (key,) = KeyRing.parse(KEYS).derive("tokens/guest")
    return jwt.encode(_claims(guest), key, "HS256", headers={"typ": "JWT"})


def _text(text: str) -> Callable[[Guest, MovableClock], str]:
    return lambda _guest, _clock: text


FORGED = {
    "by the secret of accounts": _with_the_secret,
    "by a key of the ring": _with_the_ring_itself,
    "by nobody": _unsigned,
    "by another service": _of_another_ring,
    "a share": _of_another_purpose("share"),
    "a hand-over": _of_another_purpose("hand-over"),
    "by an older release": _without_its_claims,
    "under another type": _as_an_access_token,
    "no token at all": _text("x"),
    "not even text of one": _text("é"),
}
every_forgery = pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)


@every_forgery
async def test_what_is_no_guests_token_is_taken_for_none(
    guest: Guest,
    ann: Person,
    clock: MovableClock,
    sql: Sql,
    forge: Callable[[Guest, MovableClock], str],
) -> None:
    await has_workspace(guest)
    token = forge(guest, clock)
    before = await all_rows(sql)
    merged = await ann.post("/api/sessions/merge", json={"guest_token": token})
    assert (merged.status_code, merged.json()["code"]) == (403, "guest_token_invalid")
    assert token not in merged.text or len(token) == 1
    if token.isascii():
        guest.http.headers["Authorization"] = f"Bearer {token}"
        for answer in (await guest.get("/api/sessions/"), await guest.renews()):
            assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert await all_rows(sql) == before


async def test_an_accounts_token_is_no_guests(
    guest: Guest, ann: Person, bob: Person, sql: Sql
) -> None:
    await has_workspace(bob)
    before = await all_rows(sql)
    for token in (ann.token, bob.token):
        refused = await ann.post("/api/sessions/merge", json={"guest_token": token})
        assert (refused.status_code, refused.json()["code"]) == (403, "guest_token_invalid")
    assert await all_rows(sql) == before


@pytest.mark.parametrize("subject", ["the guest's", "another"])
async def test_no_secret_speaks_for_a_guest(
    guest: Guest, stranger: httpx.AsyncClient, settings: Settings, subject: str
) -> None:
    """It may name any issuer but the one whose owners are guests."""
    session = await guest.has_session()
    claims = {
        "sub": guest.name if subject == "the guest's" else "ann",
        "iss": GUEST_ISSUER,
        "exp": _claims(guest)["exp"],
    }
    token = jws.sign(claims, SECRET, algorithm="HS256")
    answer = await stranger.get(
        f"/api/sessions/{session['id']}", headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_the_same_subject_of_another_issuer_is_somebody_else(
    guest: Guest, transport: httpx.ASGITransport, settings: Settings, clock: MovableClock
) -> None:
    session = await guest.has_session()
    async with Person(guest.name, transport, settings, clock) as namesake:
        assert (await namesake.get(f"/api/sessions/{session['id']}")).status_code == 404
        refused = await namesake.post("/api/auth/guest")
        assert refused.status_code == 401


class TestWithoutGuests:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"guests": False})

    async def test_their_tokens_open_nothing_but_are_merged_all_the_same(
        self,
        ann: Person,
        stranger: httpx.AsyncClient,
        settings: Settings,
        clock: MovableClock,
    ) -> None:
        """Whoever turns guests off must not take from them what they made."""
        before = create_app(settings.model_copy(update={"guests": True}), clock=clock)
        transport = httpx.ASGITransport(before)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            guest = await becomes_guest(http)
            session = await guest.has_session()
        await before.state.database.close()
        stranger.headers["Authorization"] = f"Bearer {guest.token}"
        assert (await stranger.get("/api/sessions/")).status_code == 401
        assert (await stranger.post("/api/auth/guest")).status_code == 403
        assert (await merges(ann, guest)).json()["sessions"] == [session["id"]]


class TestWithASignInThatMustBeFresh:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"sign_in_longest": timedelta(hours=1)})

    async def test_a_guest_who_never_signed_in_is_let_in(self, guest: Guest) -> None:
        assert (await guest.get("/api/sessions/")).status_code == 200
