"""Rotation in one pass through the table, and counting what is under which key."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from session_api.database.engine import Database, repeated_on_conflict
from session_api.security.keyring import CiphertextInvalid, KeyMissing, KeyRing, Unreadable, kid_of
from session_api.sessions.metadata import MetadataVault, SealedColumn
from session_api.sessions.rotation.repository import (
    BEFORE_ALL,
    Key,
    Page,
    SealedValue,
    SealedValues,
)

PAGE = 200
"""Sessions read, and at most locked, at once; at the limit of 64 KiB each they are 13 MB."""

PAUSE_SECONDS = 0.05
TRIES = 100
"""A page with rows that somebody holds is tried so often, with that pause between. A request holds
a row for milliseconds, and this is 5 s."""

NAMED_AT_MOST: Final = 20

Advance = Callable[[float], None]
"""Told how far it is, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class UnreadableValue:
    """A value that could not be decrypted, and why."""

    owner_id: UUID
    session_id: UUID
    column: SealedColumn
    code: str


@dataclass(frozen=True, slots=True)
class RotationReport:
    """What a rotation did. `unreadable` counts by code; `named` are the first of them."""

    first: str
    sessions: int
    rotated: int
    held: int
    unreadable: dict[str, int]
    named: tuple[UnreadableValue, ...]


@dataclass(frozen=True, slots=True)
class KeyCensus:
    """How many values are under which key.

    `keys` are the ring's, its first one first; `missing` those that values name and the ring lacks.
    `malformed` are values that never were sealed or lost their head. `broken`, where values were
    opened, are those of each key of the ring that fail their check; they are among `keys`, too.
    """

    first: str
    sessions: int
    keys: dict[str, int]
    missing: dict[str, int]
    malformed: int
    broken: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class _PageDone:
    page: Page
    rotated: int
    held: int
    refused: list[UnreadableValue]


class KeyRotation:
    """Looks after the sealed values of all owners. No state is kept beside the rows: a value is
    due as long as it is not under the first key, so a rotation that died goes on where it was.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        *,
        page_size: int = PAGE,
        tries: int = TRIES,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._keys = keys
        self._vault = MetadataVault(keys)
        self._values = SealedValues(database, page_size=page_size)
        self._tries = tries
        self._pause_seconds = pause_seconds

    async def rotate(self, advance: Advance = lambda _: None) -> RotationReport:
        """Re-encrypts every value that is not under the first key.

        What can't be read stays as it is and is counted. So are values that others held or kept
        changing all the time; another run finds them. Raises DatabaseUnavailable, which loses
        nothing: run it again.
        """
        sessions = rotated = held = 0
        unreadable: Counter[str] = Counter()
        named: list[UnreadableValue] = []
        after: Key | None = BEFORE_ALL
        while after is not None:
            done = await self._rotate_page(after)
            sessions += done.page.sessions
            rotated += done.rotated
            held += done.held
            unreadable.update(value.code for value in done.refused)
            named += done.refused[: NAMED_AT_MOST - len(named)]
            after = done.page.last
            advance(_share_done(after))
        return RotationReport(
            self._keys.kids[0],
            sessions,
            rotated,
            held,
            {kind.code: unreadable[kind.code] for kind in (KeyMissing, CiphertextInvalid)},
            tuple(named),
        )

    async def census(self, advance: Advance = lambda _: None) -> KeyCensus:
        """Counts values by the ids of their keys, which their first bytes tell; opens none."""
        sessions = 0
        found: Counter[str | None] = Counter()
        after: Key | None = BEFORE_ALL
        while after is not None:
            page = await self._values.census(after)
            sessions += page.sessions
            found.update(page.found)
            after = page.last
            advance(_share_done(after))
        return self._told(sessions, found)

    async def verify(self, advance: Advance = lambda _: None) -> KeyCensus:
        """The same, but opens every value: slower by far, and finds those that are broken."""
        sessions = 0
        found: Counter[str | None] = Counter()
        broken: Counter[str] = Counter()
        after: Key | None = BEFORE_ALL
        while after is not None:
            page = await self._values.page(after, but=None)
            sessions += page.sessions
            for value in page.values:
                try:
                    kid = kid_of(value.ciphertext)
                except CiphertextInvalid:
                    found[None] += 1
                    continue
                found[kid] += 1
                if kid in self._keys.kids and not self._opens(value):
                    broken[kid] += 1
            after = page.last
            advance(_share_done(after))
        return self._told(sessions, found, broken)

    async def _rotate_page(self, after: Key) -> _PageDone:
        """The next page, looked at again until nobody holds any of it."""
        rotated = tries = 0
        while True:
            page = await self._values.page(after, but=self._keys.current_head)
            renewed, refused = self._renew(page.values)
            replaced = await self._replace(renewed) if renewed else 0
            rotated += replaced
            tries += 1
            if replaced == len(renewed) or tries == self._tries:
                return _PageDone(page, rotated, len(renewed) - replaced, refused)
            await asyncio.sleep(self._pause_seconds)

    def _renew(
        self, values: Sequence[SealedValue]
    ) -> tuple[list[tuple[SealedValue, bytes]], list[UnreadableValue]]:
        """Each value with its form under the first key, and those that have none."""
        renewed: list[tuple[SealedValue, bytes]] = []
        refused: list[UnreadableValue] = []
        for value in values:
            place = (value.owner_id, value.session_id, value.column)
            try:
                renewed.append((value, self._vault.renew(*place, value.ciphertext)))
            except Unreadable as error:
                refused.append(UnreadableValue(*place, error.code))
        return renewed, refused

    @repeated_on_conflict
    async def _replace(self, renewed: Sequence[tuple[SealedValue, bytes]]) -> int:
        return await self._values.replace(renewed)

    def _opens(self, value: SealedValue) -> bool:
        try:
            self._vault.unseal(value.owner_id, value.session_id, value.column, value.ciphertext)
        except Unreadable:
            return False
        return True

    def _told(
        self, sessions: int, found: Counter[str | None], broken: Counter[str] | None = None
    ) -> KeyCensus:
        kids = self._keys.kids
        return KeyCensus(
            kids[0],
            sessions,
            {kid: found[kid] for kid in kids},
            {kid: found[kid] for kid in sorted(found.keys() - {None, *kids}, key=str) if kid},
            found[None],
            None if broken is None else {kid: broken[kid] for kid in kids},
        )


def _share_done(after: Key | None) -> float:
    """How far a key is through the table: owners' ids are hashes, spread evenly."""
    return 1.0 if after is None else after[0].int / 2**128
