"""From a verified payload to a principal: what each claim must be (RFC 7519 § 4, RFC 9068 § 2).

Only bytes whose signature holds come here, yet nothing about them is believed: a signer may be
careless. A claim that is present must be well formed, even one we have no use for; `null` is
present.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeGuard

from session_api.problems import TokenExpired, TokenInvalid
from session_api.security.encoding import decode_json
from session_api.security.principal import (
    ALL_SCOPES,
    DEFAULT_ISSUER,
    DEFAULT_TENANT,
    GUEST_ISSUER,
    Principal,
    TokenMarks,
    owner_id_of,
)

MAX_NAME_CHARACTERS: Final = 255

# The last second that `datetime` can hold: 9999-12-31T23:59:59Z.
MAX_TIMESTAMP: Final = 253_402_300_799

DEVICE_NAME: Final = re.compile(r"[A-Za-z0-9._~:+/=-]{1,128}")
"""What a client or an issuer may call a device: opaque text, the same for as long as it lasts."""

# OpenID Connect Core § 2 and § 3.3.2.11: of ID tokens alone, though none of them must be there.
_ID_TOKEN_CLAIMS: Final = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})

# Controls break logs and, as U+0000, PostgreSQL's text; a lone surrogate has no UTF-8.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def is_fit_name(value: object) -> TypeGuard[str]:
    """Whether it can be a subject, tenant or issuer."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= MAX_NAME_CHARACTERS
        and _UNFIT.search(value) is None
    )


def principal_from(
    payload: bytes,
    *,
    issuer: str | None,
    audience: str | None,
    leeway: timedelta,
    now: datetime,
    of_provider: bool = False,
    fingerprint: bytes = b"",
) -> Principal:
    """The principal that a verified payload names.

    `issuer` and `audience`, where given, must be met exactly. `leeway` is how far `nbf` and `iat`
    may lie ahead of `now`; `exp` gets none. `of_provider`: an identity provider signed it, who
    signs other things as well. `fingerprint` is the whole token's. Raises TokenInvalid, and
    TokenExpired only for a token that is right in everything else, so that a fresh one is sure to
    help.
    """
    claims = read_object(payload)
    subject = _name(claims, "sub")
    if subject is None:
        raise TokenInvalid("The token has no sub.")
    tenant = _name(claims, "tenant") or DEFAULT_TENANT
    named_issuer = _name(claims, "iss")
    if issuer is not None and named_issuer != issuer:
        raise TokenInvalid("The token is not from the issuer this service expects.")
    _check_audience(claims, audience)
    if "jti" in claims and not isinstance(claims["jti"], str):
        raise TokenInvalid("The token's jti is not a string.")
    if of_provider:
        _refuse_other_kinds(claims)
    roles = _strings(claims, "roles")
    scopes = _scopes(claims, "scp" if of_provider and "scope" not in claims else "scope")
    device = _device(claims, lenient=of_provider)
    expires_at = check_times(claims, leeway=leeway, now=now)
    issued_by = named_issuer or DEFAULT_ISSUER
    if issued_by == GUEST_ISSUER:  # a secret may name any issuer but this: guests' owners are ours
        raise TokenInvalid("The token names an issuer that only the service itself may be.")
    return Principal(
        owner_id=owner_id_of(issued_by, tenant, subject),
        tenant_id=tenant,
        issuer=issued_by,
        subject=subject,
        scopes=scopes,
        roles=frozenset(roles or ()),
        expires_at=expires_at,
        token=TokenMarks(
            fingerprint=fingerprint,
            jti=claims.get("jti"),
            device=device,
            issued_at=_instant(claims, "iat"),
            authenticated_at=_instant(claims, "auth_time"),
        ),
    )


def _device(claims: Mapping[str, Any], *, lenient: bool) -> str | None:
    if "device" not in claims:
        return None
    value = claims["device"]
    if isinstance(value, str) and DEVICE_NAME.fullmatch(value):
        return value
    if lenient:  # a provider may mean something else by the word
        return None
    raise TokenInvalid("The token's device is not the id of a device.")


def check_times(
    claims: Mapping[str, Any], *, leeway: timedelta, now: datetime, also_expired: bool = False
) -> datetime:
    """The claims' `exp`, which is needed; `nbf`, `iat` and `auth_time` are held against the time
    where present.

    Raises TokenInvalid, and, unless `also_expired`, TokenExpired where nothing else is wrong.
    """
    for name in ("nbf", "iat", "auth_time"):
        instant = _instant(claims, name)
        if instant is not None and instant > now + leeway:
            raise TokenInvalid(f"The token's {name} is in the future.")
    expires_at = _instant(claims, "exp")
    if expires_at is None:
        raise TokenInvalid("The token has no exp.")
    if now >= expires_at and not also_expired:  # RFC 7519 § 4.1.4: not "on or after"
        raise TokenExpired
    return expires_at


def read_object(payload: bytes) -> dict[str, Any]:
    """The claims of a payload. Raises TokenInvalid where it is no JSON object."""
    try:
        claims = decode_json(payload)
    except ValueError:
        raise TokenInvalid("The token's payload is not valid JSON.") from None
    if not isinstance(claims, dict):
        raise TokenInvalid("The token's payload is not a JSON object.")
    return claims


def _name(claims: Mapping[str, Any], claim: str) -> str | None:
    if claim not in claims:
        return None
    value = claims[claim]
    if not is_fit_name(value):
        raise TokenInvalid(
            f"The token's {claim} is not a string of 1 to {MAX_NAME_CHARACTERS} characters "
            "without control characters."
        )
    return value


def _strings(claims: Mapping[str, Any], claim: str) -> list[str] | None:
    if claim not in claims:
        return None
    value = claims[claim]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TokenInvalid(f"The token's {claim} is not a list of strings.")
    return value


def _scopes(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    if claim not in claims:
        return ALL_SCOPES
    value = claims[claim]
    # `scp`, as Okta and Entra ID name it, is a list or text; `scope` is text (RFC 8693 § 4.2).
    if claim == "scp" and isinstance(value, list):
        return frozenset(_strings(claims, claim) or ())
    if not isinstance(value, str):
        raise TokenInvalid(f"The token's {claim} is not a string.")
    return frozenset(word for word in value.split(" ") if word)


def _refuse_other_kinds(claims: Mapping[str, Any]) -> None:
    """An ID token tells a client who signed in, and a refresh token is for its issuer alone."""
    kinds = (claims.get("token_use", "access"), claims.get("typ", "Bearer"))
    if not _ID_TOKEN_CLAIMS.isdisjoint(claims) or kinds != ("access", "Bearer"):
        raise TokenInvalid("The token is of another kind than an access token.")
    if "cnf" in claims:  # RFC 7800: taken without that proof, it would be as good when stolen
        raise TokenInvalid("The token is bound to a key whose proof can't be given here.")


def _check_audience(claims: Mapping[str, Any], audience: str | None) -> None:
    if isinstance(claims.get("aud"), str):
        named: list[str] | None = [claims["aud"]]
    else:
        named = _strings(claims, "aud")
    # Compared item by item: a substring test was CVE-2024-53861.
    if audience is not None and audience not in (named or ()):
        raise TokenInvalid("The token is not meant for this service.")


def _instant(claims: Mapping[str, Any], claim: str) -> datetime | None:
    if claim not in claims:
        return None
    value = claims[claim]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TokenInvalid(f"The token's {claim} is not a number.")
    # In this form the comparison refuses NaN as well, and never turns a huge int into a float.
    if not 0 <= value <= MAX_TIMESTAMP:
        raise TokenInvalid(f"The token's {claim} is not a sensible time.")
    return datetime.fromtimestamp(value, UTC)
