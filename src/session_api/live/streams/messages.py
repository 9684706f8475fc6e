"""What a client says over its WebSocket."""

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, Strict, TypeAdapter

from session_api.fields import Request, whole_number
from session_api.json_text import depth_of, encode_json
from session_api.live.streams.presence import STATE_BYTES

STATE_DEPTH: Final = 8


def _small(value: dict[str, Any]) -> dict[str, Any]:
    if len(encode_json(value).encode()) > STATE_BYTES or depth_of(value) > STATE_DEPTH:
        raise ValueError(f"has at most {STATE_BYTES} bytes as JSON and {STATE_DEPTH} levels")
    return value


class Auth(Request):
    """The first message, where the token did not come with the handshake; later, a newer token."""

    type: Literal["auth"]
    token: Annotated[str, Field(max_length=16_384)]
    since: Annotated[
        Annotated[int, Strict(), Field(ge=0, le=2**63 - 1)] | None, AfterValidator(whole_number)
    ] = None
    device_id: Annotated[str, Field(max_length=128)] | None = None


class Typing(Request):
    """Somebody types, or stops."""

    type: Literal["typing"]
    typing: Annotated[bool, Strict()] = True


class Present(Request):
    """What others are shown of this connection."""

    type: Literal["presence"]
    state: Annotated[dict[str, Any], AfterValidator(_small)]


class Ping(Request):
    """Answered by `pong`; browsers' scripts can't see the protocol's own pings."""

    type: Literal["ping"]


Said = Auth | Typing | Present | Ping

_SAID: Final[TypeAdapter[Said]] = TypeAdapter(Annotated[Said, Field(discriminator="type")])


def message_of(value: Any) -> Said:
    """The message that a JSON value is. Raises ValueError."""
    return _SAID.validate_python(value)
