"""Asking an issuer for its keys: discovery, then the key set, each bounded in size and time.

OpenID Connect Discovery 1.0 § 4. The addresses come from the settings and from the issuer's own
document, never from a token.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import httpx

from session_api.security.encoding import decode_json
from session_api.security.oidc.issuers import TrustedIssuer, is_safe_to_ask
from session_api.security.oidc.jwks import KeySet, KeysUnavailable, read_key_set

MAX_DOCUMENT_BYTES: Final = 256 * 1024
"""Of each document; the largest providers' have about ten thousand."""

FETCH_SECONDS: Final = 5.0
"""For both documents together: somebody may be waiting for it."""

_CONNECT_SECONDS: Final = 2.0


class KeyFetcher:
    """Fetches over HTTP. `close` lets go of connections."""

    def __init__(self, issuers: Iterable[TrustedIssuer], *, seconds: float = FETCH_SECONDS) -> None:
        """For these issuers. `seconds` is what a fetch may take, however slowly answers drip."""
        self._seconds = seconds
        # Now, for it loads certificates, which takes longer than a request should be held up.
        self._clients = {local: _client(local=local) for local in {i.is_local for i in issuers}}

    async def keys_of(self, issuer: TrustedIssuer) -> KeySet:
        """The keys that an issuer publishes now. Raises KeysUnavailable, and nothing else."""
        client = self._clients[issuer.is_local]
        try:
            async with asyncio.timeout(self._seconds):
                found = await _read(client, issuer.discovery_url)
                keys_at = _address_of_keys(found, issuer)
                document = await _read(client, keys_at)
                return read_key_set(document)
        except TimeoutError:
            raise KeysUnavailable(f"no answer within {self._seconds:g} seconds") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise KeysUnavailable(type(error).__name__) from None
        except ValueError:
            raise KeysUnavailable("an answer is not the JSON it should be") from None

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


def _client(*, local: bool) -> httpx.AsyncClient:
    # No redirects: whoever answers one would choose whom else we ask. Proxies and the certificates
    # of a company come from the environment, as for every program on the machine.
    return httpx.AsyncClient(
        follow_redirects=False,
        timeout=httpx.Timeout(FETCH_SECONDS, connect=_CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
        # Without compression, whose size shows only when it is undone.
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        trust_env=not local,
    )


async def _read(client: httpx.AsyncClient, url: str) -> bytes:
    """A document. Raises KeysUnavailable, and what httpx raises."""
    async with client.stream("GET", url) as answer:
        if answer.status_code != 200:
            raise KeysUnavailable(f"answered {answer.status_code}")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise KeysUnavailable("answered compressed")
        chunks, size = [], 0
        async for chunk in answer.aiter_raw():
            size += len(chunk)
            if size > MAX_DOCUMENT_BYTES:
                raise KeysUnavailable(f"answered more than {MAX_DOCUMENT_BYTES} bytes")
            chunks.append(chunk)
    return b"".join(chunks)


def _address_of_keys(document: bytes, issuer: TrustedIssuer) -> str:
    """ValueError and KeysUnavailable for a document that does not speak for this issuer."""
    found = decode_json(document)
    # § 4.3: exactly the issuer that was asked, else a document of one could name another's keys.
    if not isinstance(found, dict) or found.get("issuer") != issuer.url:
        raise KeysUnavailable("the discovery document is another issuer's")
    address = found.get("jwks_uri")
    if not isinstance(address, str) or not is_safe_to_ask(address, of_local_issuer=issuer.is_local):
        raise KeysUnavailable("the discovery document names no address of keys that may be asked")
    return address
