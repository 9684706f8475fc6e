"""People with whom a session is shared, in every way there is."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from session_api.security.caller import Role
from tests.support.people import Person
from tests.support.workspace import Sql


@dataclass(frozen=True)
class Way:
    """How somebody comes to reach a session, or no longer does. `role` is what they then are."""

    role: Role | None
    granted: Role | None = None
    by_link: bool = False
    ended: str | None = None


WAYS: dict[str, Way] = {
    "owner": Way("owner"),
    "editor": Way("editor", "editor"),
    "viewer": Way("viewer", "viewer"),
    "editor by a link": Way("editor", "editor", by_link=True),
    "viewer by a link": Way("viewer", "viewer", by_link=True),
    "expired editor": Way(None, "editor", ended="expired"),
    "expired editor by a link": Way(None, "editor", by_link=True, ended="expired"),
    "revoked editor": Way(None, "editor", ended="revoked"),
    "revoked editor by a link": Way(None, "editor", by_link=True, ended="revoked"),
    "stranger": Way(None),
}


@asynccontextmanager
async def everybody(owner: Person) -> AsyncIterator[dict[str, Person]]:
    """Somebody for each way, by its name; the owner is who they are."""
    async with AsyncExitStack() as stack:
        others = {
            name: await stack.enter_async_context(owner.somebody_else(name))
            for name in WAYS
            if name != "owner"
        }
        yield {"owner": owner, **others}


async def shared_with(
    people: dict[str, Person], sql: Sql, session_id: str, ways: Iterable[str]
) -> None:
    """Brings people to where their ways lead, in one session of the owner's."""
    owner = people["owner"]
    for name in ways:
        way = WAYS[name]
        if way.granted is not None:
            share = await _lets_in(owner, people[name], way, session_id)
            if way.ended == "revoked":
                gone = await owner.delete(f"/api/sessions/{session_id}/shares/{share}")
                assert gone.status_code == 204, gone.text
            elif way.ended == "expired":
                await sql.execute(
                    "UPDATE session_shares SET expires_at = now() - interval '1 second'"
                    " WHERE session_id = $1 AND (id = $2 OR link_id = $2)",
                    session_id,
                    share,
                )


async def _lets_in(owner: Person, person: Person, way: Way, session_id: str) -> str:
    """The id of the share, or of the link that led to it."""
    if not way.by_link:
        share = await owner.shares(session_id, user_id=person.name, role=way.granted)
        return str(share["id"])
    link = await owner.shares(session_id, link={"max_uses": 1}, role=way.granted)
    joined = await person.post("/api/sessions/join", json={"token": link["token"]})
    assert joined.status_code == 200, joined.text
    return str(link["id"])
