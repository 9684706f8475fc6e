"""A person's workspace with something in every table, and what the tables hold."""

from typing import Any, TypeAlias

import asyncpg

from session_api.models import METADATA
from tests.support.operations import Operation
from tests.support.people import Person, new_id

Sql: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def has_workspace(person: Person, *, linked: bool = True, **session: Any) -> dict[str, str]:
    """A new workspace, by the names that paths give to ids.

    An active session with a message that is being written, and a mission with a hop and an active
    tool step; `linked` or not.
    """
    made = await person.has_session(**session)
    message = await person.says(made["id"], "", role="assistant", status="in_progress")
    mission = await person.has_mission(
        hops=[{"name": "a hop", "tool_steps": [{"name": "a step", "status": "active"}]}],
        **({"session_id": made["id"]} if linked else {}),
    )
    hop = mission["hops"][0]
    return {
        "session_id": made["id"],
        "message_id": message["id"],
        "mission_id": mission["id"],
        "hop_id": hop["id"],
        "step_id": hop["tool_steps"][0]["id"],
    }


async def has_all_for(person: Person, operation: Operation) -> dict[str, str]:
    """A workspace in which the operation works as its example shows it."""
    ids = await has_workspace(person)
    return ids | await has_what_it_is_about(person, operation, ids)


async def has_what_it_is_about(
    person: Person, operation: Operation, ids: dict[str, str]
) -> dict[str, str]:
    """What the operation needs beside a workspace: a file, ready or still to come in parts."""
    if "/assets" not in operation.path:
        return {}
    files = f"/api/sessions/{ids['session_id']}/assets"
    if operation.name == "get_asset_parts":
        body = {"name": "film.mp4", "content_type": "video/mp4", "size": 2**27}
        answer = await person.post(files, json=body)
        return {"asset_id": answer.json()["asset"]["id"]}
    if operation.name == "complete_asset":
        body = {"name": "hello.txt", "content_type": "text/plain", "size": 5}
        announced = (await person.post(files, json=body)).json()
        ticket = announced["upload"]
        await person.request(
            ticket["method"], ticket["url"], headers=ticket["headers"], content=b"hello"
        )
        return {"asset_id": announced["asset"]["id"]}
    answer = await person.post(f"{files}/upload", files={"file": ("hello.txt", b"hello")})
    return {"asset_id": answer.json()["id"]}


def nowhere() -> dict[str, str]:
    """Ids of a workspace that does not exist."""
    names = ("session_id", "message_id", "mission_id", "hop_id", "step_id", "asset_id")
    return {name: new_id() for name in names}


async def has_asset(sql: Sql, person: Person, ids: dict[str, str], **columns: Any) -> str:
    """A ready file of the session, put there by hand: a row of any kind, without an object."""
    asset_id = new_id()
    values = {
        "scope": "session",
        "mission_id": None,
        "hop_id": None,
        "name": "map.pdf",
        "content_type": "application/pdf",
        "size": 12,
        "sha256": None,
        "status": "ready",
        "fingerprint": b"",
        "object_key": f"town/{person.owner_id}/{ids['session_id']}/{asset_id}_{'0' * 32}",
    } | columns
    names = ", ".join(values)
    places = ", ".join(f"${place}" for place in range(4, 4 + len(values)))
    await sql.execute(
        f"INSERT INTO assets (owner_id, session_id, id, created_at, ready_at, expires_at,"
        f" checked_at, {names}) VALUES ($1, $2, $3, now(), now(), now(), now(), {places})",
        person.owner_id,
        ids["session_id"],
        asset_id,
        *values.values(),
    )
    await sql.execute(
        "UPDATE users SET asset_count = asset_count + 1, asset_bytes = asset_bytes + $2"
        " WHERE owner_id = $1",
        person.owner_id,
        values["size"],
    )
    return asset_id


async def all_rows(sql: Sql) -> dict[str, list[str]]:
    """Everything that the tables hold, to compare before and after."""
    return {
        table: [row[0] for row in await sql.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")]
        for table in METADATA.tables
    }
