"""People without an account."""

from typing import Any, Self
from uuid import UUID

import httpx
from fastapi import FastAPI

from session_api.guests.merge_repository import LEFT
from session_api.models import METADATA
from session_api.security.principal import GUEST_ISSUER, owner_id_of
from tests.support.assets import faults
from tests.support.people import Person
from tests.support.workspace import Sql


class Guest(Person):
    """Somebody who goes by the service's own token."""

    def __init__(self, http: httpx.AsyncClient, made: dict[str, Any], tenant: str) -> None:
        # Not Person's: it would mint a token, and knows nobody without one.
        self.name = made["user_id"]
        self.owner_id: UUID = owner_id_of(GUEST_ISSUER, tenant, self.name)
        self.secrets = {}
        self.http = http
        self.tenant = tenant
        self.get, self.post, self.put, self.delete = http.get, http.post, http.put, http.delete
        self.has(made)

    def has(self, made: dict[str, Any]) -> Self:
        """Goes by this token from now on."""
        self.made = made
        self.token = made["token"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        return self

    async def renews(self) -> httpx.Response:
        """Asks for a fresh token, and goes on with the old one."""
        return await self.post("/api/auth/guest")


async def becomes_guest(http: httpx.AsyncClient, *, tenant: str = "default") -> Guest:
    """A new guest, who has this line for their own from now on."""
    http.headers.pop("Authorization", None)
    answer = await http.post("/api/auth/guest")
    assert answer.status_code == 201, answer.text
    return Guest(http, answer.json(), tenant)


async def merges(person: Person, guest: Person) -> httpx.Response:
    """Takes the guest's workspace in."""
    return await person.post("/api/sessions/merge", json={"guest_token": guest.token})


async def left_with(sql: Sql, owner_id: UUID) -> dict[str, int]:
    """How many rows of each table are the owner's, but for what may stay with a merged guest."""
    counts = {
        name: await sql.fetchval(f"SELECT count(*) FROM {name} WHERE owner_id = $1", owner_id)
        for name, table in METADATA.tables.items()
        if "owner_id" in table.columns and name not in LEFT
    }
    return {name: count for name, count in counts.items() if count}


async def moved_whole(app: FastAPI, sql: Sql, guest: Person) -> list[Any]:
    """What of a merge is not as it should be: rows left behind, counters and objects that don't
    agree.
    """
    emptied = await sql.fetchrow(
        "SELECT asset_count, asset_bytes FROM users WHERE owner_id = $1", guest.owner_id
    )
    assert emptied is not None
    return [
        *(await left_with(sql, guest.owner_id)).items(),
        *(value for value in emptied.values() if value),
        *await faults(app, sql),
    ]
