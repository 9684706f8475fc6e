"""Sharing and something else at once, in an order that the test chooses."""

from uuid import UUID

from fastapi import FastAPI

from session_api.live.streams.ends import ACCESS_ENDED
from session_api.live.streams.service import LiveStreams
from tests.support.answers import refusal
from tests.support.assets import caller_of
from tests.support.people import Person, new_id
from tests.support.races import Holder
from tests.support.workspace import Sql

_CLAIM = (
    "INSERT INTO session_members (owner_id, session_id, host_id, share_id, shared_at)"
    " VALUES ($1, $2, $3, $2, now())"
)


async def test_a_session_waits_for_an_invitation_that_is_under_way(
    ann: Person, bob: Person, database_url: str
) -> None:
    await bob.has_session()
    same = new_id()
    async with Holder(database_url) as inviting:
        await inviting.does("SELECT FROM users WHERE owner_id = $1 FOR UPDATE", bob.owner_id)
        making = await inviting.held_up(bob.post("/api/sessions/", json={"id": same}))
        assert not making.done()
        await inviting.does(_CLAIM, bob.owner_id, same, ann.owner_id)
        await inviting.commit()
        assert refusal(await making) == (409, "id_conflict")
    assert (await bob.get(f"/api/sessions/{same}")).status_code == 404


async def test_an_invitation_waits_for_a_session_that_is_under_way(
    ann: Person, bob: Person, database_url: str, sql: Sql
) -> None:
    await bob.has_session()
    same = (await ann.has_session())["id"]
    async with Holder(database_url) as making:
        columns = await sql.fetch(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'user_sessions' ORDER BY ordinal_position"
        )
        names = [row["column_name"] for row in columns]
        values = ["$1::uuid" if n == "owner_id" else "$2::uuid" if n == "id" else n for n in names]
        await making.does(
            f"INSERT INTO user_sessions ({', '.join(names)})"
            f" SELECT {', '.join(values)} FROM user_sessions LIMIT 1",
            bob.owner_id,
            same,
        )
        body = {"user_id": "bob", "role": "viewer"}
        inviting = await making.held_up(ann.post(f"/api/sessions/{same}/shares", json=body))
        assert not inviting.done()
        await making.commit()
        assert refusal(await inviting) == (409, "already_reached")
    assert await sql.fetchval("SELECT count(*) FROM session_members") == 0


async def test_a_stream_that_is_opened_while_its_share_ends_tells_nothing(
    ann: Person, bob: Person, app: FastAPI
) -> None:
    """Between the look at the share and the first look at the log there is a moment."""
    session = await ann.has_session()
    session_id = UUID(session["id"])
    share = await ann.shares(session["id"], user_id="bob", role="editor")
    found = await app.state.shared_access.to_session(caller_of(bob), session_id, "viewer")
    await ann.delete(f"/api/sessions/{session['id']}/shares/{share['id']}")
    streams: LiveStreams = app.state.streams
    opened = await streams.open("sse", found, (), session_id, None)
    assert opened.stream.ended is ACCESS_ENDED
    streams.close(opened.stream)
    assert not streams.open_streams
