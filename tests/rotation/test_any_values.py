"""Whatever stands in the columns: what could be read can be read after, the rest is untouched."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from session_api.database.engine import Database
from session_api.security import CiphertextInvalid, KeyMissing, KeyRing, Unreadable
from session_api.security.keyring import kid_of
from session_api.sessions.rotation import KeyRotation
from tests.support.database import Server
from tests.support.sealed import LOST_KEY, NEW_KEY, OLD_KEY, ROTATING, has_sealed_sessions, ring
from tests.support.settings import test_settings

RINGS = [ring(key) for key in (NEW_KEY, OLD_KEY, LOST_KEY)]
COLUMNS = ("metadata", "fingerprint")


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    lent = asyncio.run(server.lend())
    yield lent
    asyncio.run(server.take_back(lent))


def _sealed(keys: KeyRing, plaintext: bytes, column: str, owner: UUID, session: UUID) -> bytes:
    return keys.encrypt(
        plaintext, purpose=f"user_sessions.{column}", owner_id=owner, record_id=session
    )


def _plaintext(keys: KeyRing, blob: bytes, column: str, owner: UUID, session: UUID) -> object:
    try:
        return keys.decrypt(
            blob, purpose=f"user_sessions.{column}", owner_id=owner, record_id=session
        )
    except Unreadable as error:
        return type(error)


# A value: bytes as they are, or a text under one of three keys, and how much of its end is cut off.
VALUES = st.one_of(
    st.binary(max_size=80),
    st.binary(max_size=40).map(lambda tail: b"\x01\x03new" + tail),
    st.tuples(st.sampled_from(RINGS), st.binary(max_size=40), st.sampled_from([0, 0, 0, 1, 30])),
)
Value = bytes | tuple[KeyRing, bytes, int]


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=9), page_size=st.integers(1, 4)
)
def test_rotation_keeps_every_value(
    url: str, rows: list[tuple[Value, Value]], page_size: int
) -> None:
    asyncio.run(_holds(url, rows, page_size))


async def _holds(url: str, rows: list[tuple[Value, Value]], page_size: int) -> None:
    sql = await asyncpg.connect(url)
    database = Database(test_settings(url))
    try:
        await sql.execute("DELETE FROM users")
        made = await has_sealed_sessions(sql, RINGS[0], len(rows), owners=3)
        before: dict[tuple[str, UUID, UUID], bytes] = {}
        for (owner, session), values in zip(made, rows, strict=True):
            for column, value in zip(COLUMNS, values, strict=True):
                if isinstance(value, tuple):
                    keys, plaintext, cut = value
                    blob = _sealed(keys, plaintext, column, owner, session)
                    blob = blob[: len(blob) - cut]
                else:
                    blob = value
                before[column, owner, session] = blob
                await sql.execute(
                    f"UPDATE user_sessions SET {column}_ciphertext = $2 WHERE id = $1",
                    *(session, blob),
                )
        both = ring(ROTATING)
        rotation = KeyRotation(database, both, page_size=page_size)
        counted = await rotation.census()
        done = await rotation.rotate()
        stored = {row["id"]: row for row in await sql.fetch("SELECT * FROM user_sessions")}
    finally:
        await database.close()
        await sql.close()

    kids: Counter[str | None] = Counter()
    refused: Counter[object] = Counter()
    rotated = 0
    for (column, owner, session), blob in before.items():
        now = bytes(stored[session][f"{column}_ciphertext"])
        was = _plaintext(both, blob, column, owner, session)
        assert _plaintext(both, now, column, owner, session) == was
        due = both.needs_rotation(blob)
        if isinstance(was, bytes) and due:
            rotated += 1
            assert _plaintext(RINGS[0], now, column, owner, session) == was
        else:
            assert now == blob
            refused[was] += due and not isinstance(was, bytes)
        try:
            kids[kid_of(blob)] += 1
        except CiphertextInvalid:
            kids[None] += 1
    assert done.rotated == rotated
    assert done.unreadable == {kind.code: refused[kind] for kind in (KeyMissing, CiphertextInvalid)}
    # The census reads heads in SQL as the ring reads them.
    assert counted.malformed == kids.pop(None, 0)
    assert {kid: count for kid, count in counted.keys.items() if count} | counted.missing == kids
