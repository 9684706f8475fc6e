"""The kinds of values that requests and answers are made of, with their limits.

What every JSON body obeys (no NUL, no number beyond 64 bits, bounded depth, no duplicate keys) is
held before, where the body is parsed: `session_api.http.body`.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from asyncpg.pgproto import pgproto
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    WithJsonSchema,
)

from session_api.json_text import depth_of, encode_json, merge_patch
from session_api.problems import ValidationFailed

T = TypeVar("T")

KIB = 1024
MAX_METADATA_BYTES = 64 * KIB
MAX_METADATA_DEPTH = 32
MAX_CONTENT_BYTES = 256 * KIB
MAX_CONTENT_DEPTH = 64
MAX_NAME = 200
UNION_BRANCH = "union:"
"""What the tags of a union begin with: they name our branches, and are no part of a pointer."""
MAX_DESCRIPTION = 10_000

_RFC3339_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


class Request(BaseModel):
    """A request body. A field that is not known is refused, so a misspelt one is never dropped."""

    model_config = ConfigDict(extra="forbid")


def left_out(**options: Any) -> Any:
    """A field that a request may leave out but not set to null, in the OpenAPI document as well.

    For a type that has None, which stands for "left out" and is refused by a validator when sent.
    """

    def without_null(schema: dict[str, Any]) -> None:
        kept = [choice for choice in schema.pop("anyOf") if choice != {"type": "null"}]
        schema.pop("default", None)
        schema.update(kept[0] if len(kept) == 1 else {"anyOf": kept})

    return Field(default=None, json_schema_extra=without_null, **options)


def refuse_null(value: T) -> T:
    """For the fields made by `left_out`. Raises ValueError for null."""
    if value is None:
        raise ValueError("can't be null")
    return value


class Answer(BaseModel):
    """An answer's shape, for the OpenAPI document and for tests; PostgreSQL builds the JSON."""

    model_config = ConfigDict(extra="forbid")


def parse_uuid(value: Any) -> UUID:
    """A UUID in its canonical form, upper case allowed. Raises ValueError for any other text."""
    if isinstance(value, UUID):
        return value
    try:
        parsed = pgproto.UUID(value)  # a tenth of what Python's own takes
    except (ValueError, TypeError):
        parsed = None
    if parsed is None or str(parsed) != value.lower():
        raise ValueError("must be a UUID such as 0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21")
    return parsed


def _made_by_a_client(value: UUID) -> UUID:
    if value.version not in {4, 7}:
        raise ValueError("must be a UUID of version 4 or 7")
    return value


PathId = Annotated[
    UUID, BeforeValidator(parse_uuid), WithJsonSchema({"type": "string", "format": "uuid"})
]
"""The id of something that may exist: any UUID."""

CLIENT_ID_SCHEMA: dict[str, Any] = {
    "type": "string",
    "format": "uuid",
    "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[47][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}"
    "-[0-9a-fA-F]{12}$",
}
ClientId = Annotated[
    UUID,
    BeforeValidator(parse_uuid),
    AfterValidator(_made_by_a_client),
    WithJsonSchema(CLIENT_ID_SCHEMA),
]
"""An id that a client made: a UUID of version 4 or 7. It makes a repeated create safe."""

Timestamp = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A point in time as RFC 3339 in UTC, as answers carry it."""


def _within_our_years(value: datetime) -> datetime:
    if not 1900 <= value.year <= 9998:  # a zone may move it by a day
        raise ValueError("must be between the years 1900 and 9998")
    return value.astimezone(UTC)


def _written_as_rfc3339(value: Any) -> Any:
    # Pydantic takes a bare number as well, which would be seconds or milliseconds as it sees fit.
    if isinstance(value, str) and not _RFC3339_DATE.match(value):
        raise ValueError("must be a time such as 2026-11-21T12:00:00Z")
    return value


PointInTime = Annotated[
    AwareDatetime,
    BeforeValidator(_written_as_rfc3339),
    AfterValidator(_within_our_years),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": "^(19[0-9]{2}|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])-",
        }
    ),
]
"""A point in time as requests send it: RFC 3339 with a zone."""


def _check_size(value: T, *, limit_bytes: int, depth: int) -> T:
    if depth_of(value) > depth:
        raise ValueError(f"is nested deeper than {depth} levels")
    size = len(encode_json(value).encode())
    if size > limit_bytes:
        raise ValueError(f"has {size} bytes as JSON; at most {limit_bytes} are allowed")
    return value


def check_metadata(value: dict[str, Any]) -> dict[str, Any]:
    """Returns a JSON object that fits, raises ValueError for one too large or too deep."""
    return _check_size(value, limit_bytes=MAX_METADATA_BYTES, depth=MAX_METADATA_DEPTH)


JsonObject = Annotated[dict[str, Any], AfterValidator(check_metadata)]
"""A JSON object of at most 64 KiB and depth 32."""

# Unbounded while a patch: what counts is the size of what it makes.
JsonPatch = dict[str, Any]


def merged_object(present: dict[str, Any], patch: JsonPatch | None, pointer: str) -> dict[str, Any]:
    """What a merge patch (RFC 7396) makes of an object that is always there; neither is changed.

    Where the RFC would let null remove the object, an empty one is left. `pointer` is where the
    request has the patch: raises ValidationFailed there for an outcome too large or too deep.
    """
    merged = merge_patch(present, patch)
    try:
        return check_metadata({} if merged is None else merged)
    except ValueError as error:
        raise ValidationFailed.at(pointer, str(error)) from None


def check_json_value(value: T) -> T:
    """Returns JSON that fits, raises ValueError for what is too large or too deep."""
    return _check_size(value, limit_bytes=MAX_CONTENT_BYTES, depth=MAX_CONTENT_DEPTH)


JsonValue = Annotated[Any, AfterValidator(check_json_value)]
"""Any JSON of at most 256 KiB and depth 64."""

Content = Annotated[str | list[Any], AfterValidator(check_json_value)]
"""Text, or a list of JSON parts as agent UIs send them; at most 256 KiB."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME)]
Description = Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)]


def whole_number(value: Any) -> Any:
    """What came as a number without a fraction, as the integer it is."""
    # To JSON Schema 3.0 is an integer, and some clients write all their numbers so.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Offset = Annotated[int, Strict(), Field(ge=0, le=2**31 - 1), BeforeValidator(whole_number)]
