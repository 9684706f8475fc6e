"""An issuer's keys over time: exchanged, withdrawn, not to be had, and lied about."""

import asyncio
import gzip
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from session_api.security.oidc.fetching import MAX_DOCUMENT_BYTES, KeyFetcher
from session_api.security.oidc.issuers import TrustedIssuer
from session_api.security.oidc.jwks import KeysUnavailable
from session_api.security.oidc.providers import MAX_WAITING
from session_api.settings import Settings
from tests.oidc.conftest import Visitor, serving
from tests.support.issuers import AUDIENCE, DISCOVERY, Issuer, SigningKey, issuer, ok
from tests.support.people import MovableClock, Person
from tests.support.waiting import until

NEW = SigningKey.made("new", number=1)


async def readiness(http: httpx.AsyncClient) -> tuple[int, str]:
    answer = await http.get("/readyz")
    return answer.status_code, answer.json()["checks"].get("identity", "ok")


# Exchanged and withdrawn


async def test_a_new_key_is_fetched_with_the_first_token_that_it_signed(
    visitor: Visitor, idp: Issuer
) -> None:
    assert await visitor.is_let_in(visitor.token())
    idp.keys.insert(0, NEW)
    assert await visitor.is_let_in(visitor.token())
    assert await visitor.is_let_in(visitor.token(jti="2", key=idp.keys[1]))
    assert idp.asked == [DISCOVERY, "/jwks"] * 2


async def test_many_tokens_wait_for_one_fetch(visitor: Visitor, idp: Issuer) -> None:
    idp.held = asyncio.Event()
    asking = [asyncio.create_task(visitor.is_let_in(visitor.token(jti=str(n)))) for n in range(30)]
    await until(lambda: idp.asked == [DISCOVERY])
    # Those who go take nothing along.
    asking[0].cancel()
    idp.held.set()
    assert all(await asyncio.gather(*asking[1:]))
    assert idp.asked == [DISCOVERY, "/jwks"]


async def test_a_token_that_is_younger_than_the_fetch_under_way_waits_for_the_next(
    visitor: Visitor, idp: Issuer
) -> None:
    """What is on its way may be what was true before the keys changed."""
    first = visitor.token()
    idp.held = asyncio.Event()
    idp.raw[DISCOVERY] = ok({"issuer": idp.url, "jwks_uri": f"{idp.url}/before"})
    idp.raw["/before"] = ok({"keys": [idp.keys[0].jwk]})
    early = asyncio.create_task(visitor.is_let_in(first))
    await until(lambda: idp.asked == [DISCOVERY])
    idp.keys.insert(0, NEW)
    late = asyncio.create_task(visitor.is_let_in(visitor.token()))
    await asyncio.sleep(0)
    del idp.raw[DISCOVERY]
    idp.held.set()
    assert await early
    assert await late
    assert idp.asked == [DISCOVERY, "/before", DISCOVERY, "/jwks"]


async def test_tokens_make_us_ask_at_most_once_in_an_interval(
    settings: Settings, clock: MovableClock, idp: Issuer
) -> None:
    async with issuer() as other:
        changes = {
            "oidc_issuers": f"{idp.setting}, {other.setting}",
            "oidc_refresh_interval": timedelta(minutes=1),
        }
        async with serving(settings.model_copy(update=changes), clock) as http:
            visitor = Visitor(http, idp, clock)
            assert await visitor.is_let_in(visitor.token())
            made_up = [visitor.token(key=NEW, jti=str(n)) for n in range(9)]
            waiting = [asyncio.create_task(visitor.brings(token)) for token in made_up]
            # What began later is over: had they made us ask, it would be seen.
            assert await visitor.is_let_in(other.keys[0].token(other.claims(clock().timestamp())))
            assert await visitor.is_let_in(visitor.token(jti="2"))
            assert not any(task.done() for task in waiting)
            assert idp.asked == other.asked == [DISCOVERY, "/jwks"]
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_withdrawn_key_no_longer_counts_even_for_tokens_seen_before(
    visitor: Visitor, idp: Issuer
) -> None:
    old = visitor.token()
    assert await visitor.is_let_in(old)
    idp.keys = [NEW]
    assert await visitor.is_let_in(visitor.token())
    assert not await visitor.is_let_in(old)


async def test_a_key_that_was_exchanged_under_its_name_no_longer_counts(
    visitor: Visitor, idp: Issuer
) -> None:
    old, stolen = visitor.token(), idp.keys[0]
    assert await visitor.is_let_in(old)
    idp.keys = [SigningKey.made(stolen.kid, number=1)]
    assert not await visitor.is_let_in(visitor.token(key=SigningKey.made("any", number=2)))
    assert not await visitor.is_let_in(old)
    assert await visitor.is_let_in(visitor.token())


# Not to be had


async def test_the_keys_that_were_had_count_while_the_issuer_is_down(
    visitor: Visitor, idp: Issuer, clock: MovableClock, stranger: httpx.AsyncClient
) -> None:
    good = visitor.token()
    assert await visitor.is_let_in(good)
    await idp.stop()
    assert await visitor.is_let_in(visitor.token(jti="2"))
    assert await readiness(stranger) == (200, "ok")  # nobody needed the issuer yet
    unknown = await visitor.brings(visitor.token(key=NEW))
    assert (unknown.status_code, unknown.json()["code"]) == (503, "identity_unavailable")
    assert await readiness(stranger) == (
        200,
        f"degraded: the keys can't be fetched of {idp.url}",
    )
    clock.move(hours=23, minutes=59)
    assert await visitor.is_let_in(visitor.token())
    clock.move(minutes=2)
    late = await visitor.brings(visitor.token())
    assert (late.status_code, late.json()["code"]) == (503, "identity_unavailable")
    await idp.start()
    clock.move(seconds=1)
    assert await visitor.is_let_in(visitor.token())
    assert await readiness(stranger) == (200, "ok")


async def test_a_token_is_not_remembered_for_longer_than_its_key_counts(
    visitor: Visitor, idp: Issuer, clock: MovableClock
) -> None:
    long = visitor.token(exp=int(clock().timestamp()) + 10**6)
    assert await visitor.is_let_in(long)
    await idp.stop()
    clock.move(hours=24, seconds=1)
    assert (await visitor.brings(long)).status_code == 503


async def test_an_issuer_that_never_answered_is_not_the_persons_fault(
    visitor: Visitor, idp: Issuer, ann: Person, stranger: httpx.AsyncClient
) -> None:
    await idp.stop()
    with capture_logs() as logs:
        answers = [await visitor.brings(visitor.token(jti=str(n)), "POST") for n in range(3)]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "identity_unavailable")
        assert re.fullmatch("[1-9][0-9]*", answer.headers["Retry-After"])
    told = [line for line in logs if line["event"] == "oidc_keys_unavailable"]
    assert [(line["issuer"], line["reason"]) for line in told] == [(idp.url, "ConnectError")]
    # Everybody else goes on.
    assert (await ann.get("/api/sessions/")).status_code == 200
    assert (await readiness(stranger))[0] == 200


async def test_who_brings_made_up_keys_is_counted_and_an_outage_is_not(
    settings: Settings, clock: MovableClock, idp: Issuer
) -> None:
    limited = settings.model_copy(update={"rate_limits": "auth_failure=2/minute"})
    async with serving(limited, clock) as http:
        visitor = Visitor(http, idp, clock)
        made_up = visitor.token(key=NEW)
        await idp.stop()
        told = [(await visitor.brings(made_up)).status_code for _ in range(3)]
        await idp.start()
        clock.move(seconds=1)
        told += [(await visitor.brings(made_up)).status_code for _ in range(3)]
        assert told == [503, 503, 503, 401, 401, 429]
        assert (await visitor.brings(visitor.token())).status_code == 200


async def test_too_many_who_wait_are_asked_to_come_again(
    visitor: Visitor, idp: Issuer, app: FastAPI
) -> None:
    idp.held = asyncio.Event()
    token = visitor.token()
    asking = [asyncio.create_task(visitor.brings(token)) for _ in range(MAX_WAITING)]
    await until(lambda: idp.asked == [DISCOVERY])
    await asyncio.sleep(0)
    answer = await visitor.brings(token)
    assert (answer.status_code, answer.json()["code"]) == (503, "identity_unavailable")
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


async def test_keys_are_kept_fresh_without_anybody_asking(app: FastAPI, idp: Issuer) -> None:
    async with app.router.lifespan_context(app):
        await until(lambda: idp.asked == [DISCOVERY, "/jwks"])


# Lied about

ELSEWHERE = b"HTTP/1.1 302 Found\r\nLocation: /jwks\r\nContent-Length: 0\r\n\r\n"
LIES: dict[str, tuple[dict[str, Any], dict[str, bytes], str]] = {
    "another issuer": ({"issuer": "https://other.example"}, {}, "another issuer's"),
    "almost the issuer": ({"issuer": "{url}/"}, {}, "another issuer's"),
    "no issuer": ({"issuer": None}, {}, "another issuer's"),
    "keys over plain HTTP": ({"jwks_uri": "http://192.0.2.1/jwks"}, {}, "no address"),
    "keys in a file": ({"jwks_uri": "file:///etc/passwd"}, {}, "no address"),
    "keys under a password": ({"jwks_uri": "https://a:b@other.example/"}, {}, "no address"),
    "keys nowhere": ({"jwks_uri": 7}, {}, "no address"),
    "discovery redirects": ({}, {DISCOVERY: ELSEWHERE}, "answered 302"),
    "keys redirect": ({}, {"/jwks": ELSEWHERE}, "answered 302"),
    "no keys": ({}, {"/jwks": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"}, "answered 500"),
    "huge": ({}, {"/jwks": ok(b" " * (MAX_DOCUMENT_BYTES + 1))}, "answered more than"),
    "endless": ({}, {"/jwks": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 2**20}, "answered more than"),
    "a bomb": (
        {},
        {"/jwks": ok(gzip.compress(b" " * 2**24), headers="Content-Encoding: gzip\r\n")},
        "answered compressed",
    ),
    "a page": ({}, {"/jwks": ok(b"<html>")}, "not the JSON"),
    "another thing": ({}, {"/jwks": ok([])}, "not the JSON"),
    "keys without end": ({}, {"/jwks": ok({"keys": [{}] * 101})}, "not the JSON"),
    "deep": ({}, {"/jwks": ok(b"[" * 10**5)}, "not the JSON"),
    "one member twice": ({}, {"/jwks": ok(b'{"keys":[],"keys":[]}')}, "not the JSON"),
    "no HTTP": ({}, {DISCOVERY: b"220 mail\r\n"}, "RemoteProtocolError"),
    "a cut": ({}, {"/jwks": ok({"keys": []})[:-2]}, "RemoteProtocolError"),
}


@pytest.mark.parametrize(("discovery", "raw", "reason"), LIES.values(), ids=LIES)
async def test_an_issuer_that_lies_is_as_good_as_down(
    visitor: Visitor,
    idp: Issuer,
    discovery: dict[str, Any],
    raw: dict[str, bytes],
    reason: str,
) -> None:
    assert await visitor.is_let_in(visitor.token())
    idp.discovery = {
        name: value.format(url=idp.url) if isinstance(value, str) else value
        for name, value in discovery.items()
    }
    idp.raw |= raw
    idp.keys.insert(0, NEW)
    with capture_logs() as logs:
        assert (await visitor.brings(visitor.token())).status_code == 503
    (told,) = [line for line in logs if line["event"] == "oidc_keys_unavailable"]
    assert reason in told["reason"]
    assert await visitor.is_let_in(visitor.token(key=idp.keys[1], jti="2"))


async def test_an_issuer_that_drips_is_given_up(idp: Issuer) -> None:
    idp.held = asyncio.Event()
    trusted = TrustedIssuer(idp.url, AUDIENCE)
    fetcher = KeyFetcher([trusted], seconds=0.05)
    with pytest.raises(KeysUnavailable, match=re.escape("no answer within 0.05 seconds")):
        await fetcher.keys_of(trusted)
    await fetcher.close()


async def test_an_empty_set_withdraws_every_key(visitor: Visitor, idp: Issuer) -> None:
    assert await visitor.is_let_in(visitor.token())
    published, idp.keys = idp.keys, []
    assert not await visitor.is_let_in(visitor.token(key=NEW))
    assert not await visitor.is_let_in(visitor.token(key=published[0]))


async def test_nothing_in_a_token_makes_us_ask_anybody(visitor: Visitor, idp: Issuer) -> None:
    async with issuer() as evil:
        for header in (
            {"jku": f"{evil.url}/jwks"},
            {"x5u": f"{evil.url}/cert"},
            {"kid": f"{evil.url}/jwks"},
            {"jwk": evil.keys[0].jwk},
        ):
            assert not await visitor.is_let_in(visitor.token(key=evil.keys[0], header=header))
        assert not await visitor.is_let_in(evil.keys[0].token(evil.claims(0)))
        assert evil.asked == []
