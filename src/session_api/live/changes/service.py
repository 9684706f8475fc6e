"""The feed: what changed since a version, each thing as it is now, ready to be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from session_api.database.engine import Database
from session_api.json_text import decode_json, encode_json
from session_api.live.changes.reads import LoggedChange, changes_after
from session_api.problems import SessionNotFound, ValidationFailed
from session_api.security.caller import Caller, Role
from session_api.sessions.metadata import MetadataVault
from session_api.sessions.reads import StoredSession
from session_api.sync_problems import ChangesGone

PAGE_BYTES: Final = 4 * 1024 * 1024
"""A page ends with the change that would take it past this, so that neither the service nor a phone
has to hold all the long messages of a day at once."""

PARTS_OF_THE_TREE: Final = frozenset({"session", "message", "mission", "hop", "tool_step", "asset"})
"""What a change tells the present state of. Of anything else the log only says that it changed."""

# No other thing has such a member at its end: what people write stands in quotes.
_AS_OWNER = ',"access":"owner"}}'
_PLACE = {"first_in", "mission_id", "hop_id"}
_NOTHING: Mapping[UUID, int] = MappingProxyType({})
_Thing = tuple[str, UUID, UUID | None, UUID | None]


@dataclass(frozen=True, slots=True)
class ReadyChange:
    """One change. `json` is all of it as JSON text, as the owner sees it; `length` the number of
    code points of the text of a message that is still being written, None of anything else.
    """

    version: int
    kind: str
    entity_id: UUID
    json: str
    length: int | None

    def seen_by(self, role: Role) -> str:
        """`json` as somebody of this role sees it."""
        return seen_by(role, self.json)


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes, oldest first, and the session's present version.

    Who has applied them has all up to the version of the last one if `has_more`, else up to
    `version`.
    """

    changes: list[ReadyChange]
    version: int
    has_more: bool

    def to_json(self, role: Role = "owner") -> str:
        changes = ",".join(change.seen_by(role) for change in self.changes)
        more = "true" if self.has_more else "false"
        return f'{{"changes":[{changes}],"version":{self.version},"has_more":{more}}}'


class ChangeFeed:
    """Called by the changes router and by the streams."""

    def __init__(
        self, database: Database, vault: MetadataVault, *, page_bytes: int = PAGE_BYTES
    ) -> None:
        self._database = database
        self._vault = vault
        self._page_bytes = page_bytes

    async def since(
        self, caller: Caller, session_id: UUID, since: int, *, limit: int
    ) -> ChangePage:
        """As `read`, of a session of the caller's."""
        return await self.read(caller.owner_id, session_id, since, limit=limit)

    async def read(
        self,
        owner_id: UUID,
        session_id: UUID,
        since: int,
        *,
        limit: int,
        grown: Mapping[UUID, int] = _NOTHING,
    ) -> ChangePage:
        """What changed after version `since`: up to `limit` changes, fewer where they are large.

        Of a message in progress that `grown` has a length for, and that only grew since, a change
        of the kind `message.grown` tells the text from there on. Lengths are good to use while
        all up to `since` was read: growth moves a message's row, and past the end of a page that
        has more may lie what else was done to the message before `since`. Then those of the page
        itself are good, and no others.

        Raises SessionNotFound, ChangesGone, and ValidationFailed for a version never reached.
        """
        page = await changes_after(
            self._database,
            owner_id,
            session_id,
            since,
            limit=limit,
            limit_bytes=self._page_bytes,
            grown=grown,
        )
        if page is None:
            raise SessionNotFound
        if since > page.present:
            raise ValidationFailed.at("/since", f"was never reached: it is now {page.present}")
        if since < page.changes_from:
            raise ChangesGone(oldest_version=page.changes_from, version=page.present)
        writer = _Writer(owner_id, since, page.message_count, self._vault)
        changes: list[ReadyChange] = []
        size = 0
        for logged in page.changes:
            change = writer.written(logged)
            size += len(change.json)
            if changes and size > self._page_bytes:
                break
            changes.append(change)
        last = changes[-1].version if changes else page.present
        return ChangePage(changes, page.present, has_more=last < page.present)


def seen_by(role: Role, change: str) -> str:
    """The JSON text of a change as somebody of this role sees it, from what the owner sees: in a
    session `access` is the last member.
    """
    if role == "owner" or not change.endswith(_AS_OWNER):
        return change
    return f'{change.removesuffix(_AS_OWNER)},"access":"{role}"}}}}'


class _Writer:
    """Writes the changes of one page, whose things are built once for all their changes."""

    def __init__(
        self, owner_id: UUID, since: int, message_count: int, vault: MetadataVault
    ) -> None:
        self._owner_id = owner_id
        self._since = since
        self._message_count = message_count
        self._vault = vault
        self._built: dict[_Thing, tuple[str | None, int | None]] = {}

    def written(self, logged: LoggedChange) -> ReadyChange:
        body, length = self._thing(logged)
        kind = logged.kind
        if logged.grew:
            kind = "message.grown"
        elif kind == "message.created" and (logged.first_in or self._since + 1) <= self._since:
            kind = "message.updated"  # its row has moved on: it was made before
        if logged.entity in PARTS_OF_THE_TREE and (body is None or kind.endswith(".deleted")):
            body, length = _gone(logged), None
        place = ""
        if logged.entity == "message":
            place = f'"message_count":{self._message_count},'
        if logged.entity in ("hop", "tool_step"):
            place += f'"mission_id":{_quoted(logged.mission_id)},'
        if logged.entity == "tool_step":
            place += f'"hop_id":{_quoted(logged.hop_id)},'
        text = (
            f'{{"version":{logged.version},"kind":"{kind}","entity":"{logged.entity}",'
            f'"entity_id":"{logged.entity_id}",{place}"at":"{logged.at}",'
            f'"actor":{encode_json(logged.actor)},"data":{body or "null"}}}'
        )
        return ReadyChange(logged.version, kind, logged.entity_id, text, length)

    def _thing(self, logged: LoggedChange) -> tuple[str | None, int | None]:
        thing = (logged.entity, logged.entity_id, logged.mission_id, logged.hop_id)
        if thing not in self._built:
            body = logged.body
            if isinstance(body, StoredSession):
                body = self._vault.answer(self._owner_id, body).body
            self._built[thing] = (body, logged.length)
        return self._built[thing]


def _gone(logged: LoggedChange) -> str:
    """What is told of a thing that is not there: its id, and what the log remembers of it."""
    told: dict[str, Any] = decode_json(logged.told) if logged.told else {}
    rest = {name: value for name, value in told.items() if name not in _PLACE}
    return encode_json({"id": str(logged.entity_id), **rest, "deleted": True})


def _quoted(value: UUID | None) -> str:
    return "null" if value is None else f'"{value}"'
