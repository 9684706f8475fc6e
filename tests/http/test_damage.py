"""Metadata at rest: unreadable to others; and when it can't be read at all, only it is missing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from session_api.app import create_app
from tests.support.people import MovableClock, Person
from tests.support.settings import KEYS, test_settings
from tests.support.workspace import Sql, has_workspace

SECRET = "the draft of a letter"
NEW_KEY = "new:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA="

_OTHER_BLOB = "UPDATE user_sessions SET metadata_ciphertext = $2 WHERE id = $1"

_REPORTS = "SELECT count(*) FROM audit_events WHERE event = 'session.damaged'"
_REFUSE_AUDIT = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'the audit is full'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON audit_events EXECUTE FUNCTION refuse()
"""


async def _blob(sql: Sql, session_id: str) -> bytes:
    return bytes(
        await sql.fetchval(
            "SELECT metadata_ciphertext FROM user_sessions WHERE id = $1", session_id
        )
    )


async def _swap(ann: Person, sql: Sql, session_id: str) -> None:
    other = await ann.has_session(session_metadata={"of": "another"})
    theirs, ours = await _blob(sql, other["id"]), await _blob(sql, session_id)
    await sql.execute(_OTHER_BLOB, session_id, theirs)
    await sql.execute(_OTHER_BLOB, other["id"], ours)


async def _cut(ann: Person, sql: Sql, session_id: str) -> None:
    await sql.execute(_OTHER_BLOB, session_id, (await _blob(sql, session_id))[:-1])


async def _flip(ann: Person, sql: Sql, session_id: str) -> None:
    blob = bytearray(await _blob(sql, session_id))
    blob[-20] ^= 1
    await sql.execute(_OTHER_BLOB, session_id, bytes(blob))


async def _empty(ann: Person, sql: Sql, session_id: str) -> None:
    await sql.execute(_OTHER_BLOB, session_id, b"")


async def _lose_key(ann: Person, sql: Sql, session_id: str) -> None:
    # As if written by a key that was since taken out of the ring: "test" becomes "lost".
    blob = await _blob(sql, session_id)
    await sql.execute(_OTHER_BLOB, session_id, blob.replace(b"test", b"lost", 1))


Harm = Callable[[Person, Sql, str], Awaitable[None]]
HARMS: dict[str, tuple[Harm, str]] = {
    "swapped with another row's": (_swap, "ciphertext_invalid"),
    "cut short": (_cut, "ciphertext_invalid"),
    "one bit flipped": (_flip, "ciphertext_invalid"),
    "empty": (_empty, "ciphertext_invalid"),
    "its key gone": (_lose_key, "key_missing"),
}
every_harm = pytest.mark.parametrize(("harm", "code"), HARMS.values(), ids=HARMS)


@asynccontextmanager
async def _ann_elsewhere(
    database_url: str, clock: MovableClock, keys: str
) -> AsyncIterator[Person]:
    """Ann at a second service on the same database, with other keys."""
    settings = test_settings(database_url, encryption_keys=keys)
    app = create_app(settings, clock=clock)
    try:
        async with Person("ann", httpx.ASGITransport(app), settings, clock) as person:
            yield person
    finally:
        await app.state.database.close()


def _but_metadata(session: dict[str, Any]) -> dict[str, Any]:
    hidden = {"session_metadata", "damaged", "last_activity_at"}
    return {name: value for name, value in session.items() if name not in hidden}


async def test_metadata_in_the_table_is_not_readable(ann: Person, sql: Sql) -> None:
    session = await ann.has_session(session_metadata={"draft": SECRET})
    await ann.patch(f"/api/sessions/{session['id']}", {"session_metadata": {"more": SECRET}})
    blob = await _blob(sql, session["id"])
    assert SECRET.encode() not in blob
    assert b"draft" not in blob
    for table in ("user_sessions", "session_changes", "audit_events"):
        rows = await sql.fetch(f"SELECT t::text FROM {table} t")
        assert all(SECRET not in row[0] and SECRET.encode().hex() not in row[0] for row in rows)


async def test_the_same_metadata_never_looks_the_same(ann: Person, sql: Sql) -> None:
    first = await ann.has_session(session_metadata={"a": 1})
    second = await ann.has_session(session_metadata={"a": 1})
    assert (await _blob(sql, first["id"]))[-16:] != (await _blob(sql, second["id"]))[-16:]


@every_harm
async def test_all_the_rest_still_comes_back(ann: Person, sql: Sql, harm: Harm, code: str) -> None:
    ids = await has_workspace(ann, session_metadata={"draft": SECRET})
    whole = await ann.sees(ids["session_id"])
    await harm(ann, sql, ids["session_id"])
    seen = await ann.sees(ids["session_id"])
    recovered = await ann.post("/api/sessions/recover", json={"session_id": ids["session_id"]})
    assert recovered.json()["outcome"] == "restored"
    for session in (seen, recovered.json()["session"]):
        assert session["session_metadata"] is None
        assert session["damaged"] == [{"part": "session_metadata", "code": code}]
        assert _but_metadata(session) == _but_metadata(whole)


@every_harm
async def test_damage_is_logged_and_audited_once_and_not_with_every_reading(
    ann: Person, sql: Sql, harm: Harm, code: str
) -> None:
    ids = await has_workspace(ann, session_metadata={"draft": SECRET})
    await harm(ann, sql, ids["session_id"])
    with capture_logs() as logs:
        for _ in range(3):
            await ann.sees(ids["session_id"])
    (line,) = [entry for entry in logs if entry["event"] == "session_damaged"]
    assert (line["log_level"], line["session_id"]) == ("error", ids["session_id"])
    assert (line["part"], line["code"]) == ("session_metadata", code)
    told = (await ann.get("/api/audit", params={"event": "session.damaged"})).json()["items"]
    assert [event["data"] for event in told] == [{"part": "session_metadata", "code": code}]
    assert told[0]["session_id"] == ids["session_id"]


async def test_a_report_that_cant_be_written_costs_nobody_the_workspace(
    ann: Person, sql: Sql
) -> None:
    ids = await has_workspace(ann, session_metadata={"draft": SECRET})
    await _cut(ann, sql, ids["session_id"])
    await sql.execute(_REFUSE_AUDIT)
    with capture_logs() as logs:
        read = await ann.get(f"/api/sessions/{ids['session_id']}")
        recovered = await ann.post("/api/sessions/recover", json={"session_id": ids["session_id"]})
    assert (read.status_code, recovered.status_code) == (200, 200)
    assert recovered.json()["session"]["damaged"] != []
    events = [entry["event"] for entry in logs]
    assert events.count("session_damaged") == events.count("damage_not_audited") == 2
    await sql.execute("DROP TRIGGER refuse ON audit_events")
    await ann.sees(ids["session_id"])
    assert await sql.fetchval(_REPORTS) == 1


async def test_damage_is_reported_anew_by_the_services_own_clock(
    ann: Person, clock: MovableClock, sql: Sql
) -> None:
    session = await ann.has_session(session_metadata={"draft": SECRET})
    await _cut(ann, sql, session["id"])
    for _ in range(2):
        await ann.sees(session["id"])
        clock.move(hours=2)
    assert await sql.fetchval(_REPORTS) == 2


@every_harm
async def test_a_merge_onto_the_unreadable_is_refused_and_a_replacement_heals(
    ann: Person, sql: Sql, harm: Harm, code: str
) -> None:
    session = await ann.has_session(session_metadata={"draft": SECRET})
    path = f"/api/sessions/{session['id']}"
    await harm(ann, sql, session["id"])
    damaged = await _blob(sql, session["id"])
    refused = await ann.patch(path, {"session_metadata": {"panel": "map"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "metadata_unreadable")
    assert await _blob(sql, session["id"]) == damaged
    healed = (await ann.put(path, json={"session_metadata": {"panel": "map"}})).json()
    assert (healed["session_metadata"], healed["damaged"]) == ({"panel": "map"}, [])
    assert (await ann.sees(session["id"]))["damaged"] == []


async def test_the_name_can_be_changed_over_unreadable_metadata(ann: Person, sql: Sql) -> None:
    session = await ann.has_session(session_metadata={"draft": SECRET})
    await _cut(ann, sql, session["id"])
    for call in (ann.patch, ann.http.put):
        answer = await call(f"/api/sessions/{session['id']}", json={"name": "still mine"})
        assert (answer.status_code, answer.json()["name"]) == (200, "still mine")
        assert answer.json()["damaged"] != []


async def test_every_key_of_the_ring_reads_and_the_first_one_writes(
    ann: Person, database_url: str, clock: MovableClock, sql: Sql
) -> None:
    old = await ann.has_session(session_metadata={"by": "the old key"})
    async with _ann_elsewhere(database_url, clock, f"{NEW_KEY},{KEYS}") as later:
        new = await later.has_session(session_metadata={"by": "the new key"})
        assert (await later.sees(old["id"]))["session_metadata"] == {"by": "the old key"}
        assert (await later.sees(new["id"]))["session_metadata"] == {"by": "the new key"}
    assert b"new" in (await _blob(sql, new["id"]))[:8]


async def test_a_key_taken_out_of_the_ring_and_put_back_costs_nothing(
    ann: Person, database_url: str, clock: MovableClock
) -> None:
    session = await ann.has_session(session_metadata={"draft": SECRET})
    async with _ann_elsewhere(database_url, clock, NEW_KEY) as without:
        seen = await without.sees(session["id"])
        assert seen["damaged"] == [{"part": "session_metadata", "code": "key_missing"}]
    assert (await ann.sees(session["id"]))["session_metadata"] == {"draft": SECRET}
