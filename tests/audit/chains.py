"""Chains to check, and what somebody with all rights could do to them."""

from session_api.audit.chain import AuditSealing
from tests.support.people import MovableClock
from tests.support.workspace import Sql

# As the service records them: the event and its row among the unsealed.
FILL = """
    WITH told AS (
         INSERT INTO audit_events
                (owner_id, id, tenant_id, at, event, severity, actor, session_id, request_id,
                 address, user_agent, data)
         SELECT md5($1 || 'owner' || n % 7)::uuid, md5($1 || n)::uuid, $1,
                timestamptz '2026-11-21 12:00Z' + n * interval '1 ms'
                + length($1) * interval '1 us', 'session.created', 'info',
                'person ' || n % 7, md5('session' || n)::uuid, 'request ' || n, '192.0.2.1',
                'a browser', json_build_object('n', n)
           FROM generate_series(1, $2::int) AS n
         RETURNING tenant_id, id, owner_id)
    INSERT INTO audit_unsealed (tenant_id, event_id, owner_id) SELECT * FROM told
"""

SWAP_IDS = """
    UPDATE audit_events SET owner_id = '00000000-0000-0000-0000-000000000000' WHERE id = '{one}';
    UPDATE audit_events SET (owner_id, id) =
           (SELECT owner_id, event_id FROM audit_seals WHERE event_id = '{one}')
     WHERE id = '{other}';
    UPDATE audit_events SET (owner_id, id) =
           (SELECT owner_id, event_id FROM audit_seals WHERE event_id = '{other}')
     WHERE owner_id = '00000000-0000-0000-0000-000000000000';
"""
COPY = """
    INSERT INTO audit_events
    SELECT {owner}, {id}, 'village', at, event, actor, session_id, request_id, data, severity,
           address, user_agent
      FROM audit_events WHERE id = '{event}';
"""


async def sealed(sealing: AuditSealing, clock: MovableClock) -> None:
    """As the jobs do it."""
    while await sealing.seal(clock(), 100):
        pass
    while await sealing.write_heads(clock(), 100):
        pass


async def event_at(sql: Sql, position: int, tenant: str = "town") -> str:
    found = "SELECT event_id FROM audit_seals WHERE tenant_id = $1 AND position = $2"
    return str(await sql.fetchval(found, tenant, position))
