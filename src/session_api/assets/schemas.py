"""Assets as requests bring them and answers show them."""

import re
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, Strict, StringConstraints

from session_api.fields import Answer, ClientId, PathId, Request, Timestamp, whole_number

MAX_FILE_NAME = 255
"""Characters; what the file systems of people's machines take."""

_MEDIA_TYPE = r"^[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}( *;[ -~]{1,127})?$"
_UNFIT: Final = r"\x00-\x1f\x7f-\x9f/\\\u2028\u2029"
_UNFIT_IN_NAMES = re.compile(f"[{_UNFIT}]")


def check_file_name(value: str) -> str:
    """The name itself. Raises ValueError for what is a path or would break a line."""
    if value in (".", "..") or _UNFIT_IN_NAMES.search(value):
        raise ValueError("must be a plain file name, without slashes or control characters")
    return value


FileName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_FILE_NAME),
    AfterValidator(check_file_name),
    # For readers of the document: our validator's patterns know no looking ahead.
    Field(json_schema_extra={"pattern": rf"^(?!\.\.?$)[^{_UNFIT}]+$"}),
]
MediaType = Annotated[str, StringConstraints(max_length=255, pattern=_MEDIA_TYPE)]
"""`type/subtype`, with parameters (RFC 9110 § 8.3.1)."""

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$", to_lower=True)]


# Strict: neither text nor a truth value is taken for a number.
Size = Annotated[int, Strict(), Field(ge=0, le=2**53 - 1), BeforeValidator(whole_number)]
PartNumber = Annotated[int, Strict(), Field(ge=1, le=10_000), BeforeValidator(whole_number)]

Scope = Literal["session", "mission", "hop"]
AssetStatus = Literal["pending", "ready"]


class AssetCreate(Request):
    """A file to come."""

    id: ClientId | None = Field(
        default=None, description="A client-made UUID v4 or v7; sending it again is safe."
    )
    name: FileName = Field(description="Shown to people; no path is ever made of it.")
    content_type: MediaType
    size: Size = Field(description="Bytes, exactly.")
    sha256: Sha256 | None = Field(
        default=None, description="In hex. The file is refused if it has another one."
    )
    mission_id: PathId | None = Field(
        default=None, description="The session's mission, for a file that belongs to it."
    )
    hop_id: PathId | None = Field(default=None, description="One of its hops.")


class PartsRequest(Request):
    """The parts to bring next."""

    numbers: Annotated[list[PartNumber], Field(max_length=100)] = Field(
        default_factory=list, description="From 1. Empty only asks what has arrived."
    )


class Asset(Answer):
    """A file of a session, its mission, or one of the mission's hops."""

    id: UUID
    session_id: UUID
    scope: Scope
    mission_id: UUID | None
    hop_id: UUID | None
    name: str
    content_type: str
    size: int
    sha256: str | None
    status: AssetStatus
    created_at: Timestamp
    ready_at: Timestamp | None


class AssetPage(Answer):
    """Assets, oldest first."""

    items: list[Asset]
    next_cursor: str | None


class PartPlan(Answer):
    """How a large file is cut."""

    size: int = Field(description="Bytes of each part but the last.")
    count: int


class UploadTicket(Answer):
    """A request that brings the bytes, without a token, until it expires."""

    method: Literal["PUT", "POST"]
    url: str
    headers: dict[str, str] = Field(description="To be sent exactly so.")
    fields: dict[str, str] | None = Field(
        description="When there: send a multipart form of these, and the file last, as `file`."
    )
    expires_at: Timestamp
    parts: PartPlan | None = Field(
        description="When there: the file comes in parts, and `url` is where their tickets are."
    )


class AssetAnnounced(Answer):
    """The pending asset and how to bring its bytes; `upload` is null once it is ready."""

    asset: Asset
    upload: UploadTicket | None


class PartTicket(Answer):
    """How to bring one part: its bytes are those from `offset` on."""

    number: int
    offset: int
    size: int
    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: Timestamp


class ReceivedPart(Answer):
    """A part that has arrived whole."""

    number: int
    size: int


class PartTickets(Answer):
    """Tickets for the parts asked for, and what has arrived already."""

    parts: list[PartTicket]
    received: list[ReceivedPart]
