"""The public keys of every trusted issuer: had, kept while the issuer is down, and fetched anew."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from math import ceil
from typing import Final, Protocol, Self

import structlog

from session_api.ports import Clock
from session_api.problems import IdentityUnavailable, TokenInvalid
from session_api.security.gate import AT_JWT, TokenHeader
from session_api.security.oidc.issuers import TrustedIssuer, trusted_issuers
from session_api.security.oidc.jwks import PUBLIC_KEY_ALGORITHMS, KeySet, KeysUnavailable
from session_api.security.verification import KeyAwaited, SharedSecret, VerificationKey
from session_api.settings import Settings

REFRESHED_EVERY: Final = timedelta(minutes=5)
"""Without anybody asking: so long does a key count at most after its issuer withdrew it."""

RETRIED_EVERY: Final = timedelta(seconds=15)
"""Where that failed; tokens that need a key ask sooner."""

MAX_WAITING: Final = 500
"""Requests that wait for one issuer's keys; the rest are asked to come again."""

log = structlog.get_logger(__name__)


class _Fetcher(Protocol):
    """Asks issuers over HTTP, as `fetching.KeyFetcher` does."""

    async def keys_of(self, issuer: TrustedIssuer) -> KeySet: ...

    async def close(self) -> None: ...


@dataclass(slots=True)
class _Provider:
    """What is known of one issuer."""

    issuer: TrustedIssuer
    keys: KeySet = field(default_factory=dict)
    fetched_at: datetime | None = None
    asked_at: datetime | None = None
    failed: bool = False
    asking: bool = False
    waiting: int = 0
    fetch: asyncio.Task[None] | None = None


class IdentityProviders:
    """Chooses keys by issuer, `kid` and algorithm, and the shared secret for HS256 alone.

    For one event loop. Keys that were had count for `max_age` without a successful fetch.
    """

    def __init__(
        self,
        issuers: Sequence[TrustedIssuer],
        secret: SharedSecret | None,
        clock: Clock,
        *,
        refresh_interval: timedelta,
        max_age: timedelta,
        require_at_jwt: bool,
    ) -> None:
        """`refresh_interval` is the least time between two fetches that tokens can cause."""
        self._providers = {issuer.url: _Provider(issuer) for issuer in issuers}
        self._secret = secret
        self._clock = clock
        self._interval = refresh_interval
        self._max_age = max_age
        self._require_at_jwt = require_at_jwt
        self._fetcher = _fetcher_for(issuers) if issuers else None
        self.keys_withdrawn = 0
        """Grows whenever a key stops to count: what was verified before must be so again."""

    @classmethod
    def of(cls, settings: Settings, clock: Clock) -> Self:
        """Raises ValueError for settings by which no token could be verified."""
        issuers, secret = trusted_issuers(settings), settings.jwt_secret
        if secret is None and not issuers:
            raise ValueError("SESSION_API_JWT_SECRET is not set")
        return cls(
            issuers,
            None
            if secret is None
            else SharedSecret(secret.get_secret_value(), issuer=settings.jwt_issuer),
            clock,
            refresh_interval=settings.oidc_refresh_interval,
            max_age=settings.oidc_keys_max_age,
            require_at_jwt=settings.oidc_require_at_jwt,
        )

    # Choosing a key

    def key_for(self, header: TokenHeader) -> VerificationKey:
        """As `KeySource`. Raises KeyAwaited where only a fetch can tell."""
        provider = self._providers.get(header.issuer or "")
        if header.alg not in PUBLIC_KEY_ALGORITHMS:
            # A secret must not speak for an issuer that has keys, even where it may name any.
            if self._secret is None or provider is not None:
                raise TokenInvalid("The token is signed by an algorithm that is not accepted here.")
            return self._secret.key_for(header)
        if provider is None:
            raise TokenInvalid("The token is not from an issuer that this service trusts.")
        if self._require_at_jwt and (header.typ or "").lower() not in AT_JWT:
            raise TokenInvalid("The token does not say that it is an access token (at+jwt).")
        key = self._key_of(provider, header)
        if key is None:
            raise KeyAwaited(lambda: self._await_key(provider, header))
        return key

    def _key_of(self, provider: _Provider, header: TokenHeader) -> VerificationKey | None:
        good_until = self._good_until(provider)
        if good_until is None or self._clock() >= good_until:
            return None
        kid = header.kid
        if kid is None:
            # OpenID Connect Core § 10.1: a kid may be missing only where there is no choice.
            fit = [name for name in provider.keys if name[1] == header.alg]
            if len(fit) > 1:
                raise TokenInvalid("The token does not say which of its issuer's keys signed it.")
            kid = fit[0][0] if fit else None
        found = provider.keys.get((kid, header.alg))
        if found is None:
            return None
        issuer = provider.issuer
        return VerificationKey(
            header.alg, found.key, issuer.url, audience=issuer.audience, good_until=good_until
        )

    def _good_until(self, provider: _Provider) -> datetime | None:
        return None if provider.fetched_at is None else provider.fetched_at + self._max_age

    # Fetching

    async def _await_key(self, provider: _Provider, header: TokenHeader) -> None:
        """Returns when a fetch is over that began after the token was sent, or has the key.

        Raises IdentityUnavailable where there is none, or was none a moment ago.
        """
        # A fetch under way may come back with what was true before this token was made.
        early = provider.asking
        await self._join_fetch(provider)
        if early and self._key_of(provider, header) is None:
            await self._join_fetch(provider)

    async def _join_fetch(self, provider: _Provider) -> None:
        come_again = IdentityUnavailable(retry_after=ceil(self._interval.total_seconds()))
        if provider.waiting >= MAX_WAITING:
            raise come_again
        if provider.fetch is None:
            if provider.failed and self._pause(provider) > timedelta(0):
                raise come_again
            provider.fetch = asyncio.create_task(self._fetch_in_turn(provider))
        provider.waiting += 1
        try:
            # A client that goes must not take along what others wait for.
            await asyncio.shield(provider.fetch)
        finally:
            provider.waiting -= 1
        if provider.failed:
            raise come_again

    def _pause(self, provider: _Provider) -> timedelta:
        """Until tokens may cause another fetch."""
        if provider.asked_at is None:
            return timedelta(0)
        return min(self._interval, provider.asked_at + self._interval - self._clock())

    async def _fetch_in_turn(self, provider: _Provider) -> None:
        """Never raises: a failure is noted, and the keys stay as they are."""
        try:
            await asyncio.sleep(max(0.0, self._pause(provider).total_seconds()))
            provider.asking, provider.asked_at = True, self._clock()
            try:
                assert self._fetcher is not None  # noqa: S101 - this is one of its issuers
                self._take(provider, await self._fetcher.keys_of(provider.issuer))
            except Exception as error:  # whatever an issuer sends, the others' people go on
                own_words = isinstance(error, KeysUnavailable)
                self._note_failure(provider, str(error) if own_words else type(error).__name__)
        finally:
            provider.asking, provider.fetch = False, None

    def _take(self, provider: _Provider, keys: KeySet) -> None:
        url, before = provider.issuer.url, provider.keys
        if provider.failed:
            log.info("oidc_keys_back", issuer=url)
        # Also where another key now stands under the same name.
        if any(keys.get(name) != key for name, key in before.items()):
            self.keys_withdrawn += 1
        if keys != before:
            log.info("oidc_keys_changed", issuer=url, keys=len(keys))
        provider.keys, provider.fetched_at, provider.failed = keys, provider.asked_at, False

    def _note_failure(self, provider: _Provider, reason: str) -> None:
        if not provider.failed:
            log.warning("oidc_keys_unavailable", issuer=provider.issuer.url, reason=reason)
        provider.failed = True

    async def run_for_ever(self) -> None:
        """Fetches every issuer's keys now and then, sooner where that failed."""
        await asyncio.gather(*map(self._keep_fresh, self._providers.values()))

    async def _keep_fresh(self, provider: _Provider) -> None:
        while True:
            with suppress(IdentityUnavailable):
                await self._join_fetch(provider)
            pause = RETRIED_EVERY if provider.failed else REFRESHED_EVERY
            await asyncio.sleep(pause.total_seconds())

    @property
    def stale(self) -> list[str]:
        """The issuers whose keys could not be fetched when that was last tried."""
        return [url for url, provider in self._providers.items() if provider.failed]

    async def close(self) -> None:
        """Ends what is under way."""
        for provider in self._providers.values():
            if provider.fetch is not None:
                provider.fetch.cancel()
                with suppress(asyncio.CancelledError):
                    await provider.fetch
        if self._fetcher is not None:
            await self._fetcher.close()


def _fetcher_for(issuers: Sequence[TrustedIssuer]) -> _Fetcher:
    # Imported only where somebody is asked: httpx takes 2 MB of each worker and some of its start.
    fetcher: _Fetcher = import_module("session_api.security.oidc.fetching").KeyFetcher(issuers)
    return fetcher
