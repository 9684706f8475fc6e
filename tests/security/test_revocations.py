"""The list of revocations against a plain model of it; and its bound."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_api.problems import Problem
from session_api.security import Principal, TokenMarks
from session_api.security.revocations import (
    CUTS,
    KINDS,
    Kind,
    Revocation,
    RevocationList,
    suspicion_of,
    value_of_jti,
    value_of_sign_in,
)
from session_api.sign_in_problems import ReauthenticationRequired, TokenRevoked

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONGEST = timedelta(days=400)
OWNERS = [UUID(int=1), UUID(int=2)]
DEVICES = [UUID(int=8), UUID(int=9)]
TOKENS = [b"a" * 32, b"b" * 32]
JTIS = ["one", "\ud800"]
MOMENTS = [NOW - timedelta(seconds=seconds) for seconds in range(6)]

VALUES: dict[Kind, list[bytes]] = {
    "token": TOKENS,
    "jti": [value_of_jti(jti) for jti in JTIS],
    "device": [device.bytes for device in DEVICES],
    "everywhere": [b""],
    "suspect_token": TOKENS,
    "suspect_sign_in": [value_of_sign_in(at) for at in MOMENTS],
}


@st.composite
def _revocations(draw: st.DrawFn) -> Revocation:
    kind = draw(st.sampled_from(KINDS))
    return Revocation(
        draw(st.sampled_from(OWNERS)),
        kind,
        draw(st.sampled_from(VALUES[kind])),
        draw(st.sampled_from(MOMENTS)),
        NOW + timedelta(seconds=draw(st.integers(-2, 2))),
    )


@st.composite
def _principals(draw: st.DrawFn) -> Principal:
    optional = st.none() | st.sampled_from(MOMENTS)
    return Principal(
        owner_id=draw(st.sampled_from(OWNERS)),
        tenant_id="default",
        issuer="session-api",
        subject="ann",
        scopes=frozenset(),
        roles=frozenset(),
        expires_at=NOW + timedelta(hours=1),
        token=TokenMarks(
            fingerprint=draw(st.sampled_from(TOKENS)),
            jti=draw(st.none() | st.sampled_from(JTIS)),
            issued_at=draw(optional),
            authenticated_at=draw(optional),
        ),
    )


def _meets(revocation: Revocation, principal: Principal, devices: Iterable[UUID]) -> bool:
    """What a revocation means, said once more and as plainly as can be."""
    token = principal.token
    named = {
        "token": token.fingerprint,
        "suspect_token": token.fingerprint,
        "everywhere": b"",
        "jti": None if token.jti is None else value_of_jti(token.jti),
        "suspect_sign_in": token.authenticated_at and value_of_sign_in(token.authenticated_at),
    }
    is_meant = (
        revocation.value in [device.bytes for device in devices]
        if revocation.kind == "device"
        else revocation.value == named[revocation.kind]
    )
    in_time = revocation.kind not in CUTS or (
        token.issued_at is None or token.issued_at <= revocation.made_at
    )
    return (
        revocation.owner_id == principal.owner_id
        and is_meant
        and in_time
        and revocation.expires_at > NOW
    )


def _refusal(
    revoked: RevocationList, principal: Principal, devices: Iterable[UUID] = ()
) -> type[Problem] | None:
    try:
        revoked.check(principal, devices, NOW)
    except Problem as problem:
        return type(problem)
    return None


def _list(*revocations: Revocation, limit: int = 1000) -> RevocationList:
    made = RevocationList(limit=limit, longest=LONGEST)
    for each in revocations:
        made.add(each, NOW)
    return made


def _newest(revocations: list[Revocation]) -> list[Revocation]:
    """Of those with the same key the last made stays, as in the table."""
    kept: dict[object, Revocation] = {}
    for each in revocations:
        if each.expires_at <= NOW:
            continue
        key = (each.owner_id, each.kind, each.value)
        if key not in kept or each.made_at >= kept[key].made_at:
            kept[key] = each
    return list(kept.values())


@settings(max_examples=400, deadline=None)
@given(
    revocations=st.lists(_revocations(), max_size=12),
    principal=_principals(),
    devices=st.sets(st.sampled_from(DEVICES)),
)
def test_a_token_is_refused_exactly_where_a_revocation_meets_it(
    revocations: list[Revocation], principal: Principal, devices: set[UUID]
) -> None:
    kinds = {each.kind for each in _newest(revocations) if _meets(each, principal, devices)}
    expected: type[Problem] | None = None
    if kinds:
        suspect = kinds <= {"suspect_token", "suspect_sign_in"}
        expected = ReauthenticationRequired if suspect else TokenRevoked
    assert _refusal(_list(*revocations), principal, devices) is expected


@settings(max_examples=200, deadline=None)
@given(
    revocations=st.lists(_revocations(), max_size=40),
    principal=_principals(),
    devices=st.sets(st.sampled_from(DEVICES)),
    limit=st.integers(1, 12),
)
def test_a_full_list_forgets_only_towards_refusing(
    revocations: list[Revocation], principal: Principal, devices: set[UUID], limit: int
) -> None:
    """Of tokens that were there to be revoked: no revocation is of a token that comes later."""
    bounded = _list(*revocations, limit=limit)
    assert len(bounded) <= limit
    met = [each for each in _newest(revocations) if _meets(each, principal, devices)]
    issued_at = principal.token.issued_at
    if any(issued_at is None or issued_at <= each.made_at for each in met):
        assert _refusal(bounded, principal, devices) is not None


def _principal(number: int, *, issued_at: datetime) -> Principal:
    return Principal(
        *(UUID(int=number), "default", "session-api", "ann", frozenset(), frozenset()),
        NOW + timedelta(days=500),
        TokenMarks(fingerprint=bytes([number % 256]) * 32, issued_at=issued_at),
    )


def test_what_leaves_a_full_list_costs_only_who_holds_tokens_as_old() -> None:
    days = [NOW - timedelta(days=day) for day in range(200)]
    revoked = _list(
        *(
            Revocation(UUID(int=1000 + number), "everywhere", b"", at, NOW + LONGEST)
            for number, at in enumerate(days)
        ),
        limit=100,
    )
    assert len(revoked) <= 100
    # Nobody here was signed out.
    assert _refusal(revoked, _principal(1, issued_at=days[20])) is None
    assert _refusal(revoked, _principal(1, issued_at=days[150])) is TokenRevoked
    # Who was still is, whether their own entry is left or not.
    for number in (0, 50, 99, 150, 199):
        signed_out = _principal(1000 + number, issued_at=days[number] - timedelta(hours=1))
        assert _refusal(revoked, signed_out) is TokenRevoked


def test_what_has_expired_makes_room_first() -> None:
    passing = [
        Revocation(UUID(int=number), "token", b"x", NOW, NOW + timedelta(seconds=1))
        for number in range(1000, 1100)
    ]
    revoked = _list(*passing, limit=100)
    later = NOW + timedelta(minutes=1)
    revoked.add(Revocation(UUID(int=1), "everywhere", b"", later, later + LONGEST), later)
    assert len(revoked) == 1
    revoked.check(_principal(2, issued_at=NOW - timedelta(days=1)), (), later)


@pytest.mark.parametrize("with_auth_time", [True, False])
def test_a_suspicion_ends_with_a_newer_sign_in(with_auth_time: bool) -> None:
    def principal(fingerprint: bytes, authenticated_at: datetime) -> Principal:
        marks = TokenMarks(
            fingerprint=fingerprint,
            issued_at=NOW,
            authenticated_at=authenticated_at if with_auth_time else None,
        )
        return Principal(
            *(OWNERS[0], "default", "session-api", "ann", frozenset(), frozenset()),
            NOW + timedelta(hours=1),
            marks,
        )

    morning = NOW - timedelta(hours=3)
    stolen, refreshed = principal(b"1", morning), principal(b"2", morning)
    revoked = _list(suspicion_of(stolen, NOW, expires_at=NOW + LONGEST))
    assert _refusal(revoked, stolen) is ReauthenticationRequired
    # Where tokens tell when somebody signed in, a refresh is not enough.
    expected = ReauthenticationRequired if with_auth_time else None
    assert _refusal(revoked, refreshed) is expected
    assert _refusal(revoked, principal(b"3", NOW)) is None
