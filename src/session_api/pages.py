"""Keyset pages: lists ordered by a time and an id, newest first, continued by a signed cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from session_api.json_text import encode_json
from session_api.problems import ValidationFailed
from session_api.security.cursors import CursorCodec

Place = tuple[datetime, UUID]
Row = tuple[str, datetime, UUID]
"""An item as JSON text, with its place in the order."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class JsonPage:
    """One page of a list, its items already JSON text."""

    items: Sequence[str]
    next_cursor: str | None

    def to_json(self) -> str:
        return f'{{"items":[{",".join(self.items)}],"next_cursor":{encode_json(self.next_cursor)}}}'


class Keyset:
    """Makes the listings of the service."""

    def __init__(self, codec: CursorCodec) -> None:
        self._codec = codec

    def of(self, name: str, owner_id: UUID, *filters: object) -> "Listing":
        """The listing of one owner under these filters. A cursor of any other is refused."""
        return Listing(self._codec, repr((name, owner_id, filters)))


@dataclass(frozen=True, slots=True)
class Listing:
    """One list as its reader sees it, whose cursors fit no other."""

    codec: CursorCodec
    kind: str

    def place(self, cursor: str | None) -> Place | None:
        """Where the page after `cursor` starts. Raises ValidationFailed for a cursor not ours."""
        if cursor is None:
            return None
        match self.codec.decode(self.kind, cursor):
            case [int(microseconds), str(text)]:
                return _EPOCH + microseconds * _MICROSECOND, UUID(text)
            case _:
                raise ValidationFailed.at("/cursor", "This cursor is not one of this list's.")

    def page(self, rows: Sequence[Row], limit: int) -> JsonPage:
        """The page of the first `limit` rows; one more row tells that there is a next page."""
        shown = rows[:limit]
        cursor = None
        if len(rows) > limit:
            _, at, item_id = shown[-1]
            cursor = self.codec.encode(self.kind, ((at - _EPOCH) // _MICROSECOND, str(item_id)))
        return JsonPage([body for body, _, _ in shown], cursor)
