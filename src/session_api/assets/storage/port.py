"""What the service asks of a place for files. The docstrings are the contract; every store here
passes the one suite in `tests/storage/`.

Bytes go from the client straight to the store wherever it can take them: a ticket is a request
that the client may make there, once or again, until it expires. Only `write` and `sha256` move
bytes through the service.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from session_api.assets.storage.records import RecordStore

MAX_PARTS: Final = 10_000  # of one upload, as S3 counts them
MIN_PART_BYTES: Final = 5 * 1024 * 1024  # S3 takes no smaller ones, but for the last


@dataclass(frozen=True, slots=True)
class Upload:
    """An announced file. Everything in it is binding for the one who brings the bytes.

    `content_type` is printable ASCII. `sha256` is lower-case hex, or None where nobody said.
    """

    key: str
    size: int
    content_type: str
    sha256: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an upload; numbers begin at 1, offsets at 0."""

    number: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that a client may make without a token, until it expires.

    All `headers` are to be sent as they are; Content-Length every client sends by itself. With
    `fields` the body is a multipart form of them, and the file last, as `file`; without, it is the
    bytes alone. Whoever holds a ticket may use it: it is answered, never logged or stored.
    """

    method: str
    url: str
    headers: dict[str, str]
    fields: dict[str, str] | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A finished object. `sha256` is None where the store does not know it by heart."""

    key: str
    size: int
    modified_at: datetime
    sha256: str | None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part that arrived whole. `tag` is the store's name for its content."""

    number: int
    size: int
    tag: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload that was begun and neither finished nor given up."""

    key: str
    upload_id: str
    started_at: datetime


def part_of(size: int, number: int, *, part_size: int) -> Part:
    """Part `number` of a file of `size` bytes. ValueError where it has no such part."""
    offset = (number - 1) * part_size
    if number < 1 or offset >= size:
        raise ValueError(f"there is no part {number}")
    return Part(number, offset, min(part_size, size - offset))


def part_count(size: int, *, part_size: int) -> int:
    """How many parts a file has. ValueError where S3 would not take them."""
    count = -(-size // part_size)
    if count > MAX_PARTS or (count > 1 and part_size < MIN_PART_BYTES):
        raise ValueError(f"{size} bytes can't be sent in parts of {part_size}")
    return count


class ObjectStore(Protocol):
    """A place for files.

    Keys are those of `keys.object_key`: used for one object, once, so that objects never change.
    Every method raises StorageUnavailable where the store can't be reached or can't do its work
    now, and nothing else that is not named.
    """

    @property
    def records(self) -> RecordStore:
        """What is kept beside the objects; usable while the store is open."""

    async def open(self) -> None:
        """Before anything else, in the event loop of the rest."""

    async def close(self) -> None:
        """Lets go of connections and threads. Repeatable."""

    async def check(self) -> None:
        """Returns if the store could take an object now."""

    async def claim(self, installation: str, *, from_another: bool = False) -> bool:
        """Marks the objects as those of an installation, unless they are another's already.

        Tells whether they are this one's now. `from_another` takes them over.
        """

    async def browser_origin(self) -> str | None:
        """Scheme, host and port of all tickets and links; None where they lead to `base_url`."""

    # In one request

    async def upload_ticket(self, upload: Upload, *, base_url: str) -> Ticket:
        """How the client brings the file. `base_url` is the service's own, without a slash."""

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
        """Stores what comes through the service, whole or not at all; the digest is in the answer.

        Raises PayloadTooLarge beyond `limit` bytes, UploadMismatch where `size` or `sha256` were
        announced and differ or where the key holds something else already, and what `chunks`
        raises. Memory stays flat. The same bytes under the same key again are fine.
        """

    # In parts: for files too large for one request, and for lines that break

    async def begin_parts(self, upload: Upload) -> str:
        """The id of an upload in parts."""

    async def part_ticket(
        self, upload: Upload, upload_id: str, part: Part, *, base_url: str
    ) -> Ticket:
        """How the client brings one part. The last one that arrives whole counts."""

    async def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """The parts that are there, by number. UploadIncomplete where there is no such upload."""

    async def finish_parts(
        self, key: str, upload_id: str, parts: Sequence[StoredPart]
    ) -> StoredObject:
        """Makes the object of these parts, which are all of them, by number.

        Repeatable: of a finished upload it answers the object. Raises UploadIncomplete where there
        is no such upload, or a part is missing or no longer what was listed.
        """

    async def abort_parts(self, key: str, upload_id: str) -> None:
        """Gives up what `begin_parts` began or `walk_unfinished` found. Repeatable."""

    # What is there

    async def stat(self, key: str) -> StoredObject | None:
        """The finished object."""

    async def sha256(self, key: str) -> str | None:
        """The digest of the object, found by reading all of it where need be."""

    async def download_url(
        self, key: str, *, name: str, content_type: str, expires_at: datetime, base_url: str
    ) -> str:
        """A link that lets anyone read the object until then; it need not exist.

        Browsers save it under `name`, made harmless, and never show what could run as a page.
        """

    async def delete(self, keys: Collection[str]) -> None:
        """Forgets the objects. Repeatable; after an outage some may be gone already."""

    def walk(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """All objects whose keys begin with `prefix`, which is empty or ends in a slash.

        In no order to rely on; what comes or goes meanwhile may be among them. What is not under a
        key of ours is left out: a bucket may hold other people's things.
        """

    async def clear_scratch(self, now: datetime) -> None:
        """Removes what killed processes left half written an hour ago and that is no upload."""

    def walk_unfinished(self) -> AsyncIterator[Unfinished]:
        """All uploads that were begun, by ticket or by `write`, and left neither whole nor gone."""
