"""Objects in a bucket of any S3-compatible store."""

import asyncio
import base64
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any, Final, Self

import aioboto3

from session_api.assets.storage.keys import ObjectKey, require_key, require_prefix
from session_api.assets.storage.location import Bucket
from session_api.assets.storage.port import (
    MAX_PARTS,
    Part,
    StoredObject,
    StoredPart,
    Ticket,
    Unfinished,
    Upload,
)
from session_api.assets.storage.s3_client import READ_SECONDS, S3Client, reaching
from session_api.assets.storage.s3_records import BucketRecords
from session_api.assets.storage.s3_tickets import S3Tickets, base64_of
from session_api.assets.storage.streams import Digest, in_blocks
from session_api.ports import Clock
from session_api.problems import StorageUnavailable, UploadIncomplete, UploadMismatch

BLOCK_BYTES: Final = 8 * 1024 * 1024
"""Held in memory by each upload that comes through the service; a part of S3's has 5 MiB or more.
"""
MARK: Final = "session-api-installation"
_READ_BYTES: Final = 1024 * 1024
_DELETED_AT_ONCE: Final = 1000

_NO_OBJECT = ("404", "NoSuchKey", "NotFound")
_NO_UPLOAD = ("NoSuchUpload",)
_NOT_THESE_PARTS = ("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML")
_TAKEN = ("PreconditionFailed", "412", "ConditionalRequestConflict")
# Answers of stores that can't delete several objects at once, or not as botocore asks.
_NO_BATCHES = ("NotImplemented", "MissingContentMD5", "InvalidRequest", "MethodNotAllowed")


class S3Store:
    """See `ObjectStore`. Keys stand in the bucket under the prefix of its settings.

    `session` knows credentials and keeps what boto knows of services, which takes 0.1 s to read.
    """

    def __init__(
        self,
        bucket: Bucket,
        clock: Clock,
        session: aioboto3.Session,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._bucket = bucket
        self._clock = clock
        self._client = S3Client(bucket, session, read_seconds=read_seconds)
        self._tickets = S3Tickets(bucket, self._client, clock)
        self._once = {"IfNoneMatch": "*"} if bucket.refuse_overwriting else {}
        self.records = BucketRecords(self._client, bucket.prefix, once=self._once)

    @classmethod
    def of(cls, bucket: Bucket, clock: Clock) -> Self:
        """With the credentials of the environment, as boto finds them."""
        return cls(bucket, clock, aioboto3.Session())

    async def open(self) -> None:
        await self._client.open()

    async def close(self) -> None:
        await self._client.close()

    async def check(self) -> None:
        await self._client.call("head_bucket")

    async def claim(self, installation: str, *, from_another: bool = False) -> bool:
        name = self._bucket.prefix + MARK
        answer = await self._client.call("get_object", unless=_NO_OBJECT, Key=name)
        owner = "" if isinstance(answer, str) else await _text(answer)
        if owner == installation:
            return True
        if owner and not from_another:
            return False
        await self._client.call(
            "put_object", Key=name, Body=installation.encode(), ContentType="text/plain"
        )
        return True

    async def browser_origin(self) -> str | None:
        return await self._tickets.origin()

    # In one request

    async def upload_ticket(self, upload: Upload, *, base_url: str) -> Ticket:  # noqa: ARG002
        return await self._tickets.upload(self._name(upload.key), upload)

    async def write(
        self,
        key: str,
        chunks: AsyncIterator[bytes],
        *,
        content_type: str,
        limit: int,
        size: int | None = None,
        sha256: str | None = None,
    ) -> StoredObject:
        # Parts of one size, as some stores want them, and few enough.
        block_size = max(BLOCK_BYTES, -(-limit // MAX_PARTS))
        digest = Digest()
        async with aclosing(in_blocks(chunks, size=block_size, limit=limit)) as blocks:
            first = await anext(blocks, b"")
            await asyncio.to_thread(digest.add, first)
            if len(first) < block_size:
                digest.require(size=size, sha256=sha256)
                is_new = await self._put(key, first, digest, content_type)
            else:
                upload_id = await self._begin(key, content_type)
                try:
                    parts = await self._send(key, upload_id, first, blocks, digest)
                    digest.require(size=size, sha256=sha256)
                    is_new = await self._complete(key, upload_id, parts) is None
                except BaseException:
                    with suppress(StorageUnavailable):
                        await self.abort_parts(key, upload_id)
                    raise
        if not is_new and await self.sha256(key) != digest.hex:
            raise UploadMismatch("Another file arrived here before.")
        return StoredObject(key, digest.size, self._clock(), digest.hex)

    async def _put(self, key: str, body: bytes, digest: Digest, content_type: str) -> bool:
        answer = await self._client.call(
            "put_object",
            unless=_TAKEN,
            Key=self._name(key),
            Body=body,
            ContentType=content_type,
            ChecksumSHA256=base64_of(digest.hex),
            **self._once,
        )
        return not isinstance(answer, str)

    async def _send(
        self,
        key: str,
        upload_id: str,
        first: bytes,
        blocks: AsyncGenerator[bytes, None],
        digest: Digest,
    ) -> list[StoredPart]:
        parts = [await self._send_part(key, upload_id, 1, first)]
        async for block in blocks:
            await asyncio.to_thread(digest.add, block)
            parts.append(await self._send_part(key, upload_id, len(parts) + 1, block))
        return parts

    async def _send_part(self, key: str, upload_id: str, number: int, body: bytes) -> StoredPart:
        answer: Any = await self._client.call(
            "upload_part",
            Key=self._name(key),
            UploadId=upload_id,
            PartNumber=number,
            Body=body,
        )
        return StoredPart(number, len(body), answer["ETag"])

    # In parts

    async def begin_parts(self, upload: Upload) -> str:
        return await self._begin(upload.key, upload.content_type)

    async def _begin(self, key: str, content_type: str) -> str:
        answer: Any = await self._client.call(
            "create_multipart_upload", Key=self._name(key), ContentType=content_type
        )
        return str(answer["UploadId"])

    async def part_ticket(
        self,
        upload: Upload,
        upload_id: str,
        part: Part,
        *,
        base_url: str,  # noqa: ARG002
    ) -> Ticket:
        return await self._tickets.part(self._name(upload.key), upload, upload_id, part)

    async def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        parts: list[StoredPart] = []
        pages = self._client.pages(
            "list_parts", unless=_NO_UPLOAD, Key=self._name(key), UploadId=upload_id
        )
        async for page in pages:
            if isinstance(page, str):
                raise UploadIncomplete("There is no such upload; it may have been given up.")
            parts += [
                StoredPart(part["PartNumber"], part["Size"], part["ETag"])
                for part in page.get("Parts", ())
            ]
        return parts

    async def finish_parts(
        self, key: str, upload_id: str, parts: Sequence[StoredPart]
    ) -> StoredObject:
        refusal = await self._complete(key, upload_id, parts) if parts else "no parts"
        made = await self.stat(key)
        # Finished before, and that answer was lost: then the upload is gone, and the object there.
        if made is None or refusal in (*_NOT_THESE_PARTS, "no parts"):
            raise UploadIncomplete("The parts are not those that are there, or not all.")
        return made

    async def _complete(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> str | None:
        """None, or the code of what the store has against it."""
        answer = await self._client.call(
            "complete_multipart_upload",
            unless=(*_NO_UPLOAD, *_NOT_THESE_PARTS, *_TAKEN),
            Key=self._name(key),
            UploadId=upload_id,
            MultipartUpload={
                "Parts": [{"PartNumber": part.number, "ETag": part.tag} for part in parts]
            },
            **self._once,
        )
        return answer if isinstance(answer, str) else None

    async def abort_parts(self, key: str, upload_id: str) -> None:
        await self._client.call(
            "abort_multipart_upload",
            unless=_NO_UPLOAD,
            Key=self._name(key),
            UploadId=upload_id,
        )

    # What is there

    async def stat(self, key: str) -> StoredObject | None:
        head = await self._client.call(
            "head_object", unless=_NO_OBJECT, Key=self._name(key), ChecksumMode="ENABLED"
        )
        if isinstance(head, str):
            return None
        checksum: str = head.get("ChecksumSHA256", "-")
        # With a dash and a count: of the checksums of parts, not of the object.
        knows = self._bucket.digests == "trusted" and "-" not in checksum
        digest = base64.b64decode(checksum).hex() if knows else None
        return StoredObject(key, head["ContentLength"], _utc(head["LastModified"]), digest)

    async def sha256(self, key: str) -> str | None:
        there = await self.stat(key)
        if there is None or there.sha256 is not None:
            return None if there is None else there.sha256
        answer = await self._client.call("get_object", unless=_NO_OBJECT, Key=self._name(key))
        if isinstance(answer, str):
            return None
        digest = Digest()
        with reaching("get_object"):
            async with answer["Body"] as body:
                async for block in body.content.iter_chunked(_READ_BYTES):
                    await asyncio.to_thread(digest.add, block)
        return digest.hex

    async def download_url(
        self,
        key: str,
        *,
        name: str,
        content_type: str,
        expires_at: datetime,
        base_url: str,  # noqa: ARG002
    ) -> str:
        return await self._tickets.link(self._name(key), name, content_type, expires_at)

    async def delete(self, keys: Collection[str]) -> None:
        names = [self._name(key) for key in keys]
        for start in range(0, len(names), _DELETED_AT_ONCE):
            batch = names[start : start + _DELETED_AT_ONCE]
            answer = await self._client.call(
                "delete_objects",
                unless=_NO_BATCHES,
                Delete={"Objects": [{"Key": name} for name in batch], "Quiet": True},
            )
            if isinstance(answer, str):
                for name in batch:
                    await self._client.call("delete_object", unless=_NO_OBJECT, Key=name)
            elif any(fault.get("Code") not in _NO_OBJECT for fault in answer.get("Errors", ())):
                raise StorageUnavailable

    async def walk(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        within = self._bucket.prefix + require_prefix(prefix)
        page: Any
        async for page in self._client.pages("list_objects_v2", Prefix=within):
            for found in page.get("Contents", ()):
                if key := self._key(found["Key"]):
                    yield StoredObject(key, found["Size"], _utc(found["LastModified"]), None)

    async def clear_scratch(self, now: datetime) -> None:
        """There is none: what is put there is there whole, or not at all."""

    async def walk_unfinished(self) -> AsyncIterator[Unfinished]:
        pages = self._client.pages(
            "list_multipart_uploads", unless=_NO_UPLOAD, Prefix=self._bucket.prefix
        )
        async for page in pages:
            if isinstance(page, str):  # so rclone says that there are none
                return
            for found in page.get("Uploads", ()):
                if key := self._key(found["Key"]):
                    yield Unfinished(key, found["UploadId"], _utc(found["Initiated"]))

    def _key(self, name: str) -> str | None:
        """The key that a name in the bucket stands for; None for what is not ours."""
        key = name.removeprefix(self._bucket.prefix)
        return key if ObjectKey.parse(key) else None

    def _name(self, key: str) -> str:
        return self._bucket.prefix + require_key(key)


async def _text(answer: Any) -> str:
    with reaching("get_object"):
        async with answer["Body"] as body:
            content: bytes = await body.content.read()
            return content.decode("utf-8", "replace")


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
