"""What clients are given to bring and fetch objects of a bucket: signatures of AWS, version 4.

They bind all that was announced: the store itself refuses another size, type or key, a late
request and, where it compares, other bytes. Made without the network.
"""

import base64
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from session_api.assets.storage.downloads import attachment, safe_type
from session_api.assets.storage.location import Bucket
from session_api.assets.storage.port import Part, Ticket, Upload
from session_api.assets.storage.s3_client import S3Client
from session_api.ports import Clock

_LONGEST_SECONDS: Final = 7 * 24 * 3600  # that AWS takes of a signature in a URL


class S3Tickets:
    """`name` is where an object stands in the bucket."""

    def __init__(self, bucket: Bucket, client: S3Client, clock: Clock) -> None:
        self._bucket = bucket
        self._client = client
        self._clock = clock

    async def upload(self, name: str, upload: Upload) -> Ticket:
        """For the whole object in one request."""
        if self._bucket.upload == "post":
            return await self._form(name, upload)
        headers = {"Content-Type": upload.content_type}
        signed: dict[str, Any] = {"ContentType": upload.content_type}
        if self._bucket.refuse_overwriting:
            headers["If-None-Match"] = signed["IfNoneMatch"] = "*"
        if upload.sha256 is not None:
            digest = base64_of(upload.sha256)
            headers["x-amz-checksum-sha256"] = signed["ChecksumSHA256"] = digest
        url = await self._client.sign(
            "put_object",
            self._seconds(upload.expires_at),
            Key=name,
            ContentLength=upload.size,
            **signed,
        )
        return Ticket("PUT", url, headers, None, upload.expires_at)

    async def _form(self, name: str, upload: Upload) -> Ticket:
        fields = {"Content-Type": upload.content_type}
        if upload.sha256 is not None:
            fields["x-amz-checksum-algorithm"] = "SHA256"
            fields["x-amz-checksum-sha256"] = base64_of(upload.sha256)
        seconds = self._seconds(upload.expires_at)
        url, fields = await self._client.sign_form(name, seconds, fields, upload.size)
        return Ticket("POST", url, {}, fields, upload.expires_at)

    async def part(self, name: str, upload: Upload, upload_id: str, part: Part) -> Ticket:
        """For one part."""
        url = await self._client.sign(
            "upload_part",
            self._seconds(upload.expires_at),
            Key=name,
            UploadId=upload_id,
            PartNumber=part.number,
            ContentLength=part.size,
        )
        return Ticket("PUT", url, {}, None, upload.expires_at)

    async def link(self, name: str, file_name: str, content_type: str, expires_at: datetime) -> str:
        """For reading."""
        return await self._client.sign(
            "get_object",
            self._seconds(expires_at),
            Key=name,
            ResponseContentDisposition=attachment(file_name),
            ResponseContentType=safe_type(content_type),
        )

    async def origin(self) -> str:
        """Where all of these lead. Only a signature tells: a bucket's name may be part of the host,
        and of AWS the region too.
        """
        parts = urlsplit(await self._client.sign("head_bucket", 1))
        return f"{parts.scheme}://{parts.netloc}"

    def _seconds(self, expires_at: datetime) -> int:
        """How long a signature made now is to last; at least a second, which is over soon."""
        left = int((expires_at - self._clock()).total_seconds())
        return min(max(left, 1), _LONGEST_SECONDS)


def base64_of(digest: str) -> str:
    """A digest in hex as S3's headers have it."""
    return base64.b64encode(bytes.fromhex(digest)).decode("ascii")
