"""A pen for tokens of every shape, right or wrong, that owes python-jose nothing."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from session_api.security import SharedSecret, TokenVerifier

SECRET = "a secret for tests, known to no one else"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {"sub": "ada", "exp": EPOCH + 3600}
HEADER: dict[str, Any] = {"alg": "HS256", "typ": "JWT"}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def part(content: Mapping[str, Any] | bytes) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def forge(
    claims: Mapping[str, Any] | bytes = CLAIMS,
    header: Mapping[str, Any] | bytes = HEADER,
    *,
    secret: bytes = SECRET.encode(),
    digest: str = "sha256",
) -> str:
    """A compact JWS, truly signed whatever its parts say."""
    signing_input = f"{part(header)}.{part(claims)}"
    signature = hmac.digest(secret, signing_input.encode(), digest)
    return f"{signing_input}.{part(signature)}"


def claims_with(**changes: Any) -> dict[str, Any]:
    """Valid claims but for `changes`."""
    return CLAIMS | changes


def claims_without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def verifier(
    *,
    issuer: str | None = None,
    audience: str | None = None,
    clock: Clock | None = None,
    secret: str = SECRET,
) -> TokenVerifier:
    return TokenVerifier(
        SharedSecret(secret, issuer=issuer),
        audience=audience,
        leeway=timedelta(seconds=5),
        clock=clock or Clock(),
    )
