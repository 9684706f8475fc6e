"""An identity provider that signs and publishes whatever a test wants, true or false.

What it signs owes nothing to the service or to python-jose. For a real provider see `tests/oidc`.
"""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUDIENCE = "https://sessions.example"
DISCOVERY = "/.well-known/openid-configuration"

_HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
}
_CURVES: Mapping[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
}
_CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1"}

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def b64(content: Any) -> str:
    """Unpadded base64url of bytes, or of JSON."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@cache
def private_key(kind: str, number: int = 0) -> Private:
    """`RSA-2048`, `P-256` …; the same one for the same `number`, since making one takes time."""
    if kind.startswith("RSA-"):
        size = int(kind.removeprefix("RSA-"))
        return rsa.generate_private_key(public_exponent=65537, key_size=size)
    return ec.generate_private_key(_CURVES[kind])


@dataclass(frozen=True)
class SigningKey:
    """A private key, as one issuer uses it."""

    kid: str | None
    alg: str
    private: Private

    @classmethod
    def made(cls, kid: str | None = "k1", alg: str = "RS256", number: int = 0) -> Self:
        return cls(kid, alg, private_key(_CURVE_OF.get(alg, "RSA-2048"), number))

    @property
    def pem(self) -> bytes:
        return self._public(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self._public(Encoding.DER)

    def _public(self, encoding: Encoding) -> bytes:
        public = self.private.public_key()
        return public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half, as published."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            numbers = self.private.public_key().public_numbers()
            found = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        else:
            point = self.private.public_key().public_numbers()
            size = (self.private.curve.key_size + 7) // 8
            found = {
                "kty": "EC",
                "crv": next(n for n, c in _CURVES.items() if c.name == point.curve.name),
                "x": _number(point.x, size),
                "y": _number(point.y, size),
            }
        kid = {} if self.kid is None else {"kid": self.kid}
        return found | {"alg": self.alg, "use": "sig"} | kid

    def sign(self, text: str, alg: str | None = None) -> bytes:
        alg = alg or self.alg
        digest = _HASHES.get(alg[2:5], hashes.SHA256)()
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            size = (self.private.curve.key_size + 7) // 8
            r, s = decode_dss_signature(self.private.sign(text.encode(), ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        scheme: padding.AsymmetricPadding = padding.PKCS1v15()
        if alg.startswith("PS"):
            scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
        return self.private.sign(text.encode(), scheme, digest)

    def token(self, claims: Any, header: Any = None, *, signed_as: str | None = None) -> str:
        """A compact JWS. `header` replaces members of the usual one, or all of it if bytes."""
        if not isinstance(header, bytes):
            usual = {"alg": self.alg, "typ": "at+jwt", "kid": self.kid} | (header or {})
            header = {name: value for name, value in usual.items() if value is not None}
        text = f"{b64(header)}.{b64(claims)}"
        return f"{text}.{b64(self.sign(text, signed_as))}"


def _number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


@dataclass
class Issuer:
    """A provider on this machine. Its fields may be changed while it runs."""

    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey.made()])
    discovery: dict[str, Any] = field(default_factory=dict)
    """Replaces members of the discovery document."""

    raw: dict[str, bytes] = field(default_factory=dict)
    """Whole answers in place of the usual ones, by path."""

    asked: list[str] = field(default_factory=list)
    """The paths that it was asked for."""

    held: asyncio.Event | None = None
    """Where it is there, answers wait until it is set."""

    port: int = 0
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def setting(self) -> str:
        """For SESSION_API_OIDC_ISSUERS."""
        return f"{self.url}|{AUDIENCE}"

    def claims(self, now: float, **changes: Any) -> dict[str, Any]:
        """Of a good access token for ann; a change to `...` leaves the claim out."""
        usual: dict[str, Any] = {"iss": self.url, "aud": AUDIENCE, "sub": "ann"}
        usual |= {"iat": int(now), "exp": int(now) + 600}
        return {name: value for name, value in (usual | changes).items() if value is not ...}

    async def start(self) -> None:
        """At the address that it had before, if it had one."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ")[1].decode()
            self.asked.append(path)
            answer = self.raw.get(path) or ok(self._document(path))
            if self.held is not None:
                await self.held.wait()
            writer.write(answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    def _document(self, path: str) -> Any:
        if path == DISCOVERY:
            usual = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
            return usual | self.discovery
        return {"keys": [key.jwk for key in self.keys]}


def ok(content: Any, *, headers: str = "") -> bytes:
    """A whole HTTP answer with this JSON, or these bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
    return head.encode() + body


@asynccontextmanager
async def issuer(**fields: Any) -> AsyncIterator[Issuer]:
    """A provider for as long as the block lasts."""
    made = Issuer(**fields)
    await made.start()
    try:
        yield made
    finally:
        if made.held is not None:
            made.held.set()
        await made.stop()
