"""The S3 client of the process: opened once, bounded in every way, its errors made ours."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final

import aioboto3
import structlog
from aiohttp import ClientError as TransportError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import add_expect_header

from session_api.assets.storage.location import Bucket
from session_api.problems import StorageUnavailable

CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 10
ATTEMPTS: Final = 2
"""With these, a store that does not answer is given up within 25 seconds, and one that refuses
connections at once.
"""
CALL_SECONDS: Final = 60
"""For what no other bound covers, such as a body that trickles away: 8 MiB at 140 kB/s."""
CONNECTIONS: Final = 32

_DEFAULT_REGION = "us-east-1"  # what stores of one's own take where nothing else is said

log = structlog.get_logger(__name__)


class S3Client:
    """Calls by name, with their parameters; and signatures, which need no network."""

    def __init__(self, bucket: Bucket, session: aioboto3.Session, *, read_seconds: float) -> None:
        self._bucket = bucket
        self._session = session
        self._config = _config(bucket, read_seconds)
        self._stack = AsyncExitStack()
        self._client: Any = None
        self._signer: Any = None

    async def open(self) -> None:
        """Raises StorageUnavailable where the settings of AWS can't work."""
        with reaching("open"):
            self._client = await self._connected(self._bucket.endpoint)
            # Signatures cover the host, so browsers need those made for the name they use.
            public = self._bucket.public_endpoint
            self._signer = self._client if public is None else await self._connected(public)

    async def _connected(self, endpoint: str | None) -> Any:
        region = self._bucket.region
        if region is None and endpoint is not None and self._session.region_name is None:
            region = _DEFAULT_REGION
        client = self._session.client(
            "s3", endpoint_url=endpoint, region_name=region, config=self._config
        )
        made: Any = await self._stack.enter_async_context(client)
        # aiohttp waits without end for the leave to continue, whatever its time-outs are.
        made.meta.events.unregister("before-call.s3", add_expect_header)
        return made

    async def close(self) -> None:
        """Repeatable."""
        await self._stack.aclose()

    async def call(
        self, operation: str, *, unless: Collection[str] = (), **parameters: Any
    ) -> dict[str, Any] | str:
        """The store's answer; or the code of its refusal, where that is one of `unless`.

        Raises StorageUnavailable for every other refusal: it is a fault of ours, or of whoever set
        the store up, and the log names its code.
        """
        with reaching(operation):
            try:
                method = getattr(self._client, operation)
                async with asyncio.timeout(CALL_SECONDS):
                    answer: dict[str, Any] = await method(Bucket=self._bucket.name, **parameters)
            except ClientError as error:
                if (code := code_of(error)) in unless:
                    return code
                raise
        return answer

    async def pages(
        self, operation: str, *, unless: Collection[str] = (), **parameters: Any
    ) -> AsyncIterator[dict[str, Any] | str]:
        """The pages of a list, each an answer as `call` gives it."""
        with reaching(operation):
            paginator = self._client.get_paginator(operation)
            try:
                async for page in paginator.paginate(Bucket=self._bucket.name, **parameters):
                    yield page
            except ClientError as error:
                if (code := code_of(error)) not in unless:
                    raise
                yield code

    async def sign(self, operation: str, seconds: int, **parameters: Any) -> str:
        """A URL that makes this call."""
        with reaching(operation):
            url: str = await self._signer.generate_presigned_url(
                operation, Params={"Bucket": self._bucket.name, **parameters}, ExpiresIn=seconds
            )
        return url

    async def sign_form(
        self, key: str, seconds: int, fields: dict[str, str], size: int
    ) -> tuple[str, dict[str, str]]:
        """Where to send a form with a file of exactly `size` bytes, and the fields in front."""
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        with reaching("post_object"):
            form = await self._signer.generate_presigned_post(
                self._bucket.name,
                key,
                Fields=dict(fields),
                Conditions=[["content-length-range", size, size], *conditions],
                ExpiresIn=seconds,
            )
        return form["url"], form["fields"]


def _config(bucket: Bucket, read_seconds: float) -> Config:
    return Config(
        signature_version="s3v4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        # Since 1.36, botocore adds CRCs of its own to everything, and many stores refuse them.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # The hash of a body is sent as its checksum, where it matters, and found off the loop.
        s3={"addressing_style": bucket.addressing, "payload_signing_enabled": False},
    )


def code_of(error: ClientError) -> str:
    """S3's name of a refusal; the status, where an answer to HEAD has no more."""
    return str(error.response.get("Error", {}).get("Code", "")) or "unknown"


@contextmanager
def reaching(operation: str) -> Iterator[None]:
    """StorageUnavailable for whatever keeps a call from its answer, logged by type and code alone:
    messages may quote addresses.
    """
    try:
        yield
    except (BotoCoreError, ClientError, TransportError, TimeoutError, OSError) as error:
        reason = code_of(error) if isinstance(error, ClientError) else type(error).__name__
        log.error("storage_unavailable", store="s3", operation=operation, reason=reason)
        raise StorageUnavailable from error
