"""Records as objects of a bucket; see `records`."""

from collections.abc import AsyncIterator, Collection
from typing import Final

from session_api.assets.storage.records import (
    MAX_RECORD_BYTES,
    is_record,
    require_record,
    require_records,
)
from session_api.assets.storage.s3_client import S3Client, reaching

FOLDER: Final = "session-api-records"
"""Below the prefix of a bucket. No object is taken for one, nor the other way round: the keys of
objects have UUIDs below their first segment.
"""
_NO_OBJECT = ("404", "NoSuchKey", "NotFound")
_TAKEN = ("PreconditionFailed", "412", "ConditionalRequestConflict")


class BucketRecords:
    """See `RecordStore`: as objects of a bucket, under a folder of their own."""

    def __init__(self, client: S3Client, prefix: str, *, once: dict[str, str]) -> None:
        self._client = client
        self._prefix = f"{prefix}{FOLDER}/"
        self._once = once

    async def keep(self, name: str, content: bytes) -> bool:
        # Some stores do not know If-None-Match, and do not say so.
        if await self.read(name) is not None:
            return False
        answer = await self._client.call(
            "put_object",
            unless=_TAKEN,
            Key=self._key(name),
            Body=content,
            ContentType="application/json",
            **self._once,
        )
        return not isinstance(answer, str)

    async def read(self, name: str) -> bytes | None:
        answer = await self._client.call("get_object", unless=_NO_OBJECT, Key=self._key(name))
        if isinstance(answer, str):
            return None
        with reaching("get_object"):
            async with answer["Body"] as body:
                content = bytearray()
                async for block in body.content.iter_chunked(MAX_RECORD_BYTES):
                    content += block
                    if len(content) >= MAX_RECORD_BYTES:
                        break
        return bytes(content[:MAX_RECORD_BYTES])

    async def names(self, prefix: str) -> AsyncIterator[str]:
        within = self._prefix + require_records(prefix)
        async for page in self._client.pages("list_objects_v2", Prefix=within):
            assert not isinstance(page, str)  # noqa: S101 - no refusal is asked for
            for found in page.get("Contents", ()):
                name = str(found["Key"]).removeprefix(self._prefix)
                if is_record(name):
                    yield name

    async def drop(self, names: Collection[str]) -> None:
        for name in names:
            await self._client.call("delete_object", unless=_NO_OBJECT, Key=self._key(name))

    def _key(self, name: str) -> str:
        return self._prefix + require_record(name)
