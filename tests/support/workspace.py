"""A person's workspace with something in every table, and what the tables hold."""

from typing import Any, TypeAlias

import asyncpg

from session_api.guests.examples import GUEST_TOKEN
from session_api.handoff.examples import CODE
from session_api.models import METADATA
from session_api.sharing.examples import LINK_TOKEN
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
    """What the operation needs beside a workspace: a file, ready or still to come in parts;
    the turn, which is the first; a share, of one's own or of another's; what only its body can
    say.
    """
    await _learns_secrets(person, operation, ids)
    if "/devices" in operation.path:
        return {"device_id": await has_device(person)}
    if operation.name in ("leave_session", "list_shared_sessions"):
        return {"session_id": await is_invited(person)}
    if "/shares" in operation.path:
        share = await person.shares(ids["session_id"], user_id="a guest of mine", role="editor")
        return {"share_id": share["id"]}
    if operation.name in ("renew_turn", "release_turn", "get_turn", "stop_turn"):
        answer = await person.post(
            f"/api/sessions/{ids['session_id']}/turn", json={"ttl_seconds": 300}
        )
        assert answer.status_code == 201, answer.text
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


async def _learns_secrets(person: Person, operation: Operation, ids: dict[str, str]) -> None:
    """What the operation's example only has a word for: a guest to take in, a link, a code."""
    if operation.name == "merge_guest":
        person.secrets[GUEST_TOKEN] = await has_guest_token(person)
    if operation.name == "join_session":
        person.secrets[LINK_TOKEN] = await has_link(person)
    if operation.name == "exchange_handoff":
        made = await person.post(f"/api/sessions/{ids['session_id']}/handoff")
        person.secrets[CODE] = made.json()["code"]


async def has_device(person: Person) -> str:
    """The id of a new device that the person is signed in on, beside the one they use here."""
    device = new_id()
    for headers in ({"X-Device-ID": device}, {}):
        answer = await person.get("/api/devices", headers=headers)
        assert answer.status_code == 200, answer.text
    return device


async def is_invited(person: Person) -> str:
    """The id of a host's session that is shared with the person."""
    async with person.somebody_else("a host") as host:
        session = await host.has_session()
        await host.shares(session["id"], user_id=person.name)
    return str(session["id"])


async def has_link(person: Person) -> str:
    """The token of a link to a host's session."""
    async with person.somebody_else("a host") as host:
        session = await host.has_session()
        return str((await host.shares(session["id"], link={}))["token"])


async def has_guest_token(person: Person) -> str:
    """Of a new guest with a session: the person before they signed in, in the same browser."""
    account = person.http.headers.pop("Authorization")
    try:
        token = (await person.post("/api/auth/guest")).json()["token"]
        person.http.headers["Authorization"] = f"Bearer {token}"
        await has_workspace(person)
    finally:
        person.http.headers["Authorization"] = account
    return str(token)


def nowhere() -> dict[str, str]:
    """Ids of a workspace that does not exist."""
    names = ("session_id", "message_id", "mission_id", "hop_id", "step_id", "asset_id", "device_id")
    return {name: new_id() for name in (*names, "share_id")}


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
