"""Whatever is signed gives one sound principal or a refusal, and one person one owner id."""

import math
from datetime import UTC
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from session_api.problems import TokenExpired, TokenInvalid
from session_api.security import SESSIONS_READ, SESSIONS_WRITE, owner_id_of

from .forging import EPOCH, NOW, Clock, forge, verifier

HOUR = 3600


def test_owner_ids_are_fixed_for_ever() -> None:
    assert owner_id_of("session-api", "default", "ada") == UUID(
        "35a77dda-f291-5ef8-a2ed-9d14f010125b"
    )


_names = st.text(max_size=8) | st.sampled_from(['"', '","', "a", "b", ",", "\\"])


@settings(deadline=None)
@given(st.tuples(_names, _names, _names), st.tuples(_names, _names, _names))
def test_two_people_never_share_an_owner_id(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (owner_id_of(*one) == owner_id_of(*other)) == (one == other)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([EPOCH, EPOCH + HOUR, "ada", "ours", "sessions:read"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
_times = st.integers(EPOCH - HOUR, EPOCH + HOUR) | st.floats(EPOCH - HOUR, EPOCH + HOUR)
_fit_text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=300)

# Half of the examples are nearly right, so that principals come out as well as refusals.
_nearly_right = st.fixed_dictionaries(
    {"sub": _fit_text, "exp": _times.map(lambda time: time + HOUR)},
    optional={
        "nbf": _times,
        "iss": st.just("ours"),
        "aud": st.just("ours") | st.lists(st.sampled_from(["ours", "theirs"])),
        "tenant": _fit_text,
        "scope": st.text(),
        "roles": st.lists(st.text()),
    },
)
_anything = st.fixed_dictionaries(
    {},
    optional={
        "sub": st.text(max_size=300) | _json,
        "exp": _times | _json,
        "nbf": _times | _json,
        "iat": _times | _json,
        "iss": st.just("ours") | _json,
        "aud": st.just("ours") | _json,
        "tenant": st.text() | _json,
        "scope": st.text() | _json,
        "roles": st.lists(st.text()) | _json,
        "jti": st.text() | _json,
        "other": _json,
    },
)


@settings(deadline=None)
@given(_nearly_right | _anything, st.none() | st.just("ours"), st.none() | st.just("ours"))
def test_any_signed_claims_give_a_sound_principal_or_a_refusal(
    claims: dict[str, Any], issuer: str | None, audience: str | None
) -> None:
    token = forge(claims)
    try:
        principal = verifier(issuer=issuer, audience=audience, clock=Clock()).verify(token)
    except (TokenInvalid, TokenExpired):
        return
    for name in (principal.subject, principal.tenant_id, principal.issuer):
        assert 1 <= len(name) <= 255
        assert not any(ord(character) < 32 for character in name)
        name.encode()
    assert principal.subject == claims["sub"]
    assert principal.expires_at > NOW
    assert principal.expires_at.tzinfo is UTC
    assert math.isclose(principal.expires_at.timestamp(), claims["exp"], abs_tol=1e-5)
    assert principal.owner_id == owner_id_of(
        principal.issuer, principal.tenant_id, principal.subject
    )
    assert principal.issuer == claims.get("iss", "session-api")
    assert issuer is None or principal.issuer == issuer
    assert audience is None or audience in claims["aud"]
    if "scope" not in claims:
        assert principal.scopes == {SESSIONS_READ, SESSIONS_WRITE}
    assert principal.roles == frozenset(claims.get("roles", ()))
