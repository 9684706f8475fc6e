"""The chains: how they grow, what tampering looks like, and that each is found and named."""

import asyncio
import json

import pytest
from fastapi import FastAPI

from session_api.audit.chain import AuditSealing, ChainVerifier, HeadKeys, Verdict
from session_api.audit.chain.heads import PREFIX
from session_api.security import KeyRing
from tests.audit.chains import COPY, FILL, SWAP_IDS, event_at, sealed
from tests.support.people import MovableClock, Person
from tests.support.settings import KEYS
from tests.support.workspace import Sql

EVENTS = 30


@pytest.fixture
def sealing(app: FastAPI) -> AuditSealing:
    made: AuditSealing = app.state.audit_sealing
    return made


@pytest.fixture
def verifier(app: FastAPI) -> ChainVerifier:
    keys = HeadKeys(KeyRing.parse(KEYS).derive("audit-heads"))
    return ChainVerifier(app.state.database, keys, app.state.object_store.records)


async def verdict_of(verifier: ChainVerifier, clock: MovableClock) -> Verdict:
    return await verifier.verify(clock(), tenant_id=None)


def kinds(verdict: Verdict) -> list[tuple[str, str, int | None]]:
    return [(each.kind, each.tenant_id, each.position) for each in verdict.findings]


@pytest.fixture
async def town(sql: Sql, app: FastAPI, sealing: AuditSealing, clock: MovableClock) -> None:
    """Two tenants with sealed chains and written heads."""
    await sql.execute("TRUNCATE audit_events, audit_unsealed, audit_seals, audit_logs")
    await sql.fetch(FILL, "town", EVENTS)
    await sql.fetch(FILL, "village", EVENTS)
    await sealed(sealing, clock)


# How chains grow


@pytest.mark.usefixtures("town")
async def test_chains_that_nobody_touched_are_whole(
    verifier: ChainVerifier, clock: MovableClock
) -> None:
    verdict = await verdict_of(verifier, clock)
    assert verdict.findings == []
    assert [(each.tenant_id, each.events) for each in verdict.chains] == [
        ("town", EVENTS),
        ("village", EVENTS),
    ]
    assert {each.head_position for each in verdict.chains} == {EVENTS}


async def test_what_commits_late_is_sealed_after_what_is_younger(
    sql: Sql, app: FastAPI, ann: Person, sealing: AuditSealing, clock: MovableClock,
    verifier: ChainVerifier,
) -> None:  # fmt: skip
    async with sql.transaction():
        await sql.fetch(FILL, "default", 1)  # recorded in the past, not committed yet
        await ann.has_session()
        await sealed(sealing, clock)
        assert await sql.fetchval("SELECT count(*) FROM audit_seals") == 1
    await sealed(sealing, clock)
    order = await sql.fetch(
        "SELECT e.event, e.at FROM audit_seals s"
        " JOIN audit_events e ON (e.owner_id, e.id) = (s.owner_id, s.event_id) ORDER BY position"
    )
    assert [row["at"] for row in order] == sorted((row["at"] for row in order), reverse=True)
    assert (await verdict_of(verifier, clock)).findings == []


async def test_two_that_seal_at_once_make_one_chain(
    sql: Sql, sealing: AuditSealing, verifier: ChainVerifier, clock: MovableClock
) -> None:
    await sql.fetch(FILL, "town", 5000)
    done = await asyncio.gather(*(sealing.seal(clock(), 100) for _ in range(8)))
    assert sum(done) >= 1000
    await sealed(sealing, clock)
    assert await sql.fetchval("SELECT count(*) FROM audit_seals") == 5000
    assert (await verdict_of(verifier, clock)).findings == []


async def test_a_chain_goes_on_where_it_was(
    ann: Person, sealing: AuditSealing, verifier: ChainVerifier, clock: MovableClock
) -> None:
    for _ in range(3):
        await ann.has_session()
        await sealed(sealing, clock)
    verdict = await verdict_of(verifier, clock)
    assert verdict.findings == []
    assert verdict.chains[0].head_position == verdict.chains[0].last_position == 3


async def test_erasing_a_session_breaks_no_chain(
    ann: Person, sealing: AuditSealing, verifier: ChainVerifier, clock: MovableClock
) -> None:
    session = await ann.has_session()
    await sealed(sealing, clock)
    assert (await ann.delete(f"/api/sessions/{session['id']}")).status_code == 204
    await sealed(sealing, clock)
    assert (await verdict_of(verifier, clock)).findings == []


# What a superuser may do to it


AT = "(SELECT event_id FROM audit_seals WHERE tenant_id = 'town' AND position = {})"
SWAP_SEALS = """
    UPDATE audit_seals SET position = -1 WHERE tenant_id = 'town' AND position = {one};
    UPDATE audit_seals SET position = {one} WHERE tenant_id = 'town' AND position = {other};
    UPDATE audit_seals SET position = {other} WHERE position = -1;
"""


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    "change",
    [
        "actor = 'person 9'",
        "event = 'session.creatfd'",
        "severity = 'notice'",
        "at = at + interval '1 microsecond'",
        "at = at - interval '4052 years'",
        "session_id = NULL",
        "request_id = 'request 8'",
        "address = '192.0.2.2'",
        "user_agent = 'a browser '",
        "data = replace(data::text, ' ', '')::json",
        "data = json_build_object('n', (data->>'n')::int # 1)",
        "tenant_id = 'village'",
    ],
)
async def test_an_event_that_was_changed_is_named(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock, change: str
) -> None:
    event = await event_at(sql, 8)
    await sql.execute(f"UPDATE audit_events SET {change} WHERE id = '{event}'")
    (finding,) = (await verdict_of(verifier, clock)).findings
    assert (finding.kind, finding.tenant_id) == ("changed", "town")
    assert (finding.position, finding.event_id) == (8, event)


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("position", [1, 17, EVENTS])
async def test_one_bit_of_a_seal_is_found(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock, position: int
) -> None:
    await sql.execute(
        "UPDATE audit_seals SET hash = set_bit(hash, 77, 1 - get_bit(hash, 77))"
        " WHERE tenant_id = 'town' AND position = $1",
        position,
    )
    found = kinds(await verdict_of(verifier, clock))
    # The last one's is in the head as well.
    of_head = [("rewritten", "town", position)] if position == EVENTS else []
    assert sorted(found) == [("changed", "town", position), *of_head]


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("kind", "statements"),
    [
        ("removed", "DELETE FROM audit_events WHERE id = '{event}'"),
        ("gap", "DELETE FROM audit_seals WHERE event_id = '{event}'"),
    ],
)
async def test_an_event_that_was_removed_is_named(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock, kind: str, statements: str
) -> None:
    event = await event_at(sql, 8)
    await sql.execute(statements.format(event=event))
    (finding,) = (await verdict_of(verifier, clock)).findings
    assert (finding.kind, finding.position, finding.event_id) == (kind, 8, event)


@pytest.mark.usefixtures("town")
async def test_an_event_that_was_removed_with_its_seal_leaves_a_gap(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock
) -> None:
    await sql.execute(f"DELETE FROM audit_events WHERE id = {AT.format(8)}")
    await sql.execute("DELETE FROM audit_seals WHERE tenant_id = 'town' AND position = 8")
    assert kinds(await verdict_of(verifier, clock)) == [("gap", "town", 8)]


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(("one", "other"), [(8, 21), (8, 9), (1, 2), (29, 30)])
@pytest.mark.parametrize("what", ["events", "seals"])
async def test_two_that_were_swapped_are_named(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock, what: str, one: int, other: int
) -> None:
    first, second = await event_at(sql, one), await event_at(sql, other)
    if what == "events":
        await sql.execute(SWAP_IDS.format(one=first, other=second))
        expected = {(one, first, other, second), (other, second, one, first)}
    else:
        await sql.execute(SWAP_SEALS.format(one=one, other=other))
        expected = {(one, second, other, first), (other, first, one, second)}
    findings = (await verdict_of(verifier, clock)).findings
    swapped = {
        (each.position, each.event_id, each.other_position, each.other_event_id)
        for each in findings
        if each.kind == "swapped"
    }
    assert swapped == expected
    # Where it was the last one's seal, the head contradicts as well.
    assert {each.kind for each in findings} - {"swapped"} <= {"rewritten"}
    assert len(findings) == 2 + (what == "seals" and other == EVENTS)


@pytest.mark.usefixtures("town")
async def test_an_event_that_was_inserted_is_named(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock
) -> None:
    await sql.execute(
        "INSERT INTO audit_events (owner_id, id, tenant_id, at, event, severity, actor, data)"
        " SELECT owner_id, md5('forged')::uuid, tenant_id, at + interval '1 s', event, severity,"
        f" actor, data FROM audit_events WHERE id = {AT.format(8)}"
    )
    (finding,) = (await verdict_of(verifier, clock)).findings
    assert finding.kind == "inserted"
    assert finding.event_id == await sql.fetchval("SELECT md5('forged')::uuid::text")


COPY_SEAL = """
    INSERT INTO audit_seals
    SELECT 'village', {position}, {owner}, {id}, hash FROM audit_seals WHERE event_id = '{event}';
"""


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("owner", "event_id"),
    [("owner_id", "md5('copy')::uuid"), ("md5('thief')::uuid", "id")],
)
@pytest.mark.parametrize("place", [None, EVENTS + 1])
async def test_an_event_that_was_copied_to_another_tenant_is_named(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock,
    owner: str, event_id: str, place: int | None,
) -> None:  # fmt: skip
    event = await event_at(sql, 8)
    await sql.execute(COPY.format(owner=owner, id=event_id, event=event))
    copy = await sql.fetchval("SELECT md5('copy')::uuid::text") if "copy" in event_id else event
    if place is not None:
        of_seal = "event_id" if event_id == "id" else event_id
        await sql.execute(COPY_SEAL.format(owner=owner, id=of_seal, event=event, position=place))
    (copied,) = (await verdict_of(verifier, clock)).findings
    assert (copied.kind, copied.position, copied.event_id) == ("copied", place, copy)
    assert (copied.tenant_id, copied.other_tenant_id) == ("village", "town")
    assert (copied.other_event_id, copied.other_position) == (event, 8)


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("how_many", [1, 5, EVENTS])
async def test_a_tail_that_was_cut_shows_by_the_head(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock, how_many: int
) -> None:
    left = EVENTS - how_many
    await sql.execute(
        "DELETE FROM audit_events WHERE id IN"
        " (SELECT event_id FROM audit_seals WHERE tenant_id = 'town' AND position > $1)",
        left,
    )
    await sql.execute("DELETE FROM audit_seals WHERE tenant_id = 'town' AND position > $1", left)
    await sql.execute("UPDATE audit_logs SET head_position = $1", left)
    assert kinds(await verdict_of(verifier, clock)) == [("cut", "town", left + 1)]


@pytest.mark.usefixtures("town")
async def test_a_tail_of_seals_that_was_cut_leaves_its_events_without_any(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock
) -> None:
    last = {await event_at(sql, position) for position in (29, 30)}
    await sql.execute("DELETE FROM audit_seals WHERE tenant_id = 'town' AND position > 28")
    verdict = await verdict_of(verifier, clock)
    assert {each.event_id for each in verdict.findings if each.kind == "unchained"} == last
    assert ("cut", "town", 29) in kinds(verdict)


@pytest.mark.usefixtures("town")
async def test_a_tail_that_was_cut_shows_even_when_the_chain_has_grown_again(
    sql: Sql, sealing: AuditSealing, verifier: ChainVerifier, clock: MovableClock
) -> None:
    for table in ("audit_seals", "audit_events"):
        await sql.execute(f"DELETE FROM {table} WHERE tenant_id = 'town'")
    await sql.execute("UPDATE audit_logs SET head_position = 0")
    await sql.fetch(FILL.replace("'session.created'", "'session.updated'"), "town", EVENTS + 9)
    clock.move(seconds=5)
    await sealed(sealing, clock)
    assert kinds(await verdict_of(verifier, clock)) == [("rewritten", "town", EVENTS)]


@pytest.mark.usefixtures("town")
async def test_a_chain_made_anew_is_not_what_was_signed(
    sql: Sql, sealing: AuditSealing, verifier: ChainVerifier, clock: MovableClock
) -> None:
    await sql.execute(f"UPDATE audit_events SET actor = 'nobody' WHERE id = {AT.format(8)}")
    await sql.execute(
        "INSERT INTO audit_unsealed SELECT tenant_id, event_id, owner_id FROM audit_seals"
        " WHERE tenant_id = 'town'"
    )
    await sql.execute("DELETE FROM audit_seals WHERE tenant_id = 'town'")
    await sealing.seal(clock(), 100)
    assert kinds(await verdict_of(verifier, clock)) == [("rewritten", "town", EVENTS)]


@pytest.mark.usefixtures("town")
async def test_a_log_that_took_anothers_place_is_not_the_one_that_was_signed(
    sql: Sql, sealing: AuditSealing, verifier: ChainVerifier, clock: MovableClock
) -> None:
    await sql.execute(
        "INSERT INTO audit_unsealed SELECT tenant_id, event_id, owner_id FROM audit_seals"
        " WHERE tenant_id = 'town'"
    )
    await sql.execute("DELETE FROM audit_seals WHERE tenant_id = 'town'")
    await sql.execute("DELETE FROM audit_logs WHERE tenant_id = 'town'")
    await sealed(sealing, clock)
    assert kinds(await verdict_of(verifier, clock)) == [("log_replaced", "town", EVENTS)]


@pytest.mark.usefixtures("town")
async def test_a_log_that_the_database_forgot_is_checked_by_its_head(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock
) -> None:
    await sql.execute("DELETE FROM audit_logs WHERE tenant_id = 'town'")
    await sql.execute(f"UPDATE audit_events SET actor = 'nobody' WHERE id = {AT.format(8)}")
    found = kinds(await verdict_of(verifier, clock))
    assert found == [("log_missing", "town", None), ("changed", "town", 8)]


@pytest.mark.usefixtures("town")
async def test_a_tenant_that_vanished_is_missed(
    sql: Sql, verifier: ChainVerifier, clock: MovableClock
) -> None:
    for table in ("audit_events", "audit_seals", "audit_logs"):
        await sql.execute(f"DELETE FROM {table} WHERE tenant_id = 'town'")
    found = kinds(await verdict_of(verifier, clock))
    assert ("cut", "town", 1) in found
    one = await verifier.verify(clock(), tenant_id="village")
    assert one.findings == []


# Heads


@pytest.mark.usefixtures("town")
async def test_a_head_that_is_gone_is_missed(
    app: FastAPI, verifier: ChainVerifier, clock: MovableClock
) -> None:
    records = app.state.object_store.records
    await records.drop([name async for name in records.names(PREFIX)])
    found = kinds(await verdict_of(verifier, clock))
    assert found == [("head_missing", "town", EVENTS), ("head_missing", "village", EVENTS)]


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("forgery", ["signature", "position", "key", "nonsense", "nesting"])
async def test_a_head_that_is_not_ours_is_not_believed(
    sql: Sql, app: FastAPI, verifier: ChainVerifier, clock: MovableClock, forgery: str
) -> None:
    records = app.state.object_store.records
    log_id = await sql.fetchval("SELECT log_id FROM audit_logs WHERE tenant_id = 'town'")
    (name,) = [name async for name in records.names(f"{PREFIX}{log_id}/")]
    head = json.loads(await records.read(name))
    if forgery == "signature":
        head["signature"] = head["signature"][:-2] + f"{int(head['signature'][-2:], 16) ^ 1:02x}"
    elif forgery == "position":
        head["position"] = 99
    elif forgery == "key":
        other = HeadKeys([bytes(32)])
        head["public_key"] = other.public[0]
    nonsense = {"nonsense": b"\xff", "nesting": b"[" * 60000}
    content = nonsense.get(forgery, json.dumps(head).encode())
    later = name.replace(f"{EVENTS:019d}", f"{EVENTS + 1:019d}")
    assert await records.keep(later, content)
    (finding,) = (await verdict_of(verifier, clock)).findings
    assert (finding.kind, finding.tenant_id) == ("head_invalid", "town")
    assert later in finding.detail


@pytest.mark.usefixtures("town")
async def test_heads_are_written_anew_under_a_new_key_and_only_then(
    app: FastAPI, clock: MovableClock, sql: Sql
) -> None:
    store, database = app.state.object_store.records, app.state.database
    ring = KeyRing.parse(f"new:{'A' * 43}=,{KEYS}")
    keys = HeadKeys(ring.derive("audit-heads"))
    job = AuditSealing(database, keys, store, app.state.audit_sealing._ids)
    clock.move(seconds=5)
    assert await job.write_heads(clock(), 100) == 2
    assert await job.write_heads(clock(), 100) == 0
    only_new = HeadKeys(KeyRing.parse(f"new:{'A' * 43}=").derive("audit-heads"))
    verdict = await ChainVerifier(database, only_new, store).verify(clock(), tenant_id=None)
    assert verdict.findings == []


async def test_of_old_heads_one_a_day_is_kept_and_always_the_newest(
    ann: Person, app: FastAPI, sealing: AuditSealing, clock: MovableClock, verifier: ChainVerifier
) -> None:
    records = app.state.object_store.records
    clock.move(hours=(36 - clock().hour) % 24)  # about noon: no pair is parted by midnight
    for _ in range(9):
        for _ in range(2):
            await ann.has_session()
            clock.move(seconds=2)
            await sealed(sealing, clock)
        clock.move(days=1)
    assert len([name async for name in records.names(PREFIX)]) == 18
    other = "audit/00000000-0000-0000-0000-000000000000/1-20200101t000000z-0"
    await records.keep(other, b"of another database")
    assert await sealing.prune_heads(clock(), 100) == 9
    assert await sealing.prune_heads(clock(), 100) == 0
    assert await records.read(other) is not None
    clock.move(days=100)
    assert await sealing.prune_heads(clock(), 100) == 0
    assert len([name async for name in records.names(PREFIX)]) == 9 + 1
    assert (await verdict_of(verifier, clock)).findings == []


# What waits


async def test_what_waits_too_long_for_its_seal_is_told(
    ann: Person, sql: Sql, verifier: ChainVerifier, clock: MovableClock
) -> None:
    await ann.has_session()
    verdict = await verdict_of(verifier, clock)
    assert (verdict.findings, verdict.waiting) == ([], 1)
    clock.move(minutes=16)
    assert [each.kind for each in (await verdict_of(verifier, clock)).findings] == ["late"]
    event = await sql.fetchval("DELETE FROM audit_events RETURNING id::text")
    (finding,) = (await verdict_of(verifier, clock)).findings
    assert (finding.kind, finding.event_id) == ("removed", event)


async def test_what_was_removed_before_it_was_sealed_stays_told(
    ann: Person, sql: Sql, sealing: AuditSealing, verifier: ChainVerifier, clock: MovableClock
) -> None:
    await ann.has_session()
    await sql.execute("DELETE FROM audit_events")
    await ann.has_session()
    await sealed(sealing, clock)
    assert [each.kind for each in (await verdict_of(verifier, clock)).findings] == ["removed"]
