"""Files in the version log: a row when one becomes part of the workspace, and one when it goes."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from tests.support.assets import (
    HELLO,
    announce,
    bring,
    complete,
    faults,
    has_file,
    is_announced,
    path_of,
    upload,
    uploaded,
)
from tests.support.chats import version_of
from tests.support.people import Person, new_id
from tests.support.workspace import Sql, has_workspace


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


async def _log(sql: Sql, session_id: str, *, after: int) -> list[tuple[int, str, str]]:
    """Version, kind and id of each change."""
    rows = await sql.fetch(
        "SELECT version, kind, entity_id::text, entity, actor, data FROM session_changes"
        " WHERE session_id = $1 AND version > $2 ORDER BY version",
        UUID(session_id),
        after,
    )
    for row in rows:
        assert row["entity"] == row["kind"].partition(".")[0]
        assert row["actor"] == "ann"
    return [tuple(row)[:3] for row in rows]


@pytest.mark.parametrize("way", ["announced", "in one call"])
async def test_a_file_that_becomes_ready_and_goes_leaves_two_rows(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql, way: str
) -> None:
    session = await ann.has_session()
    if way == "announced":
        asset = await has_file(ann, stranger, session["id"])
    else:
        asset = await uploaded(ann, session["id"])
    await ann.delete(path_of(session["id"], asset["id"]))
    assert await _log(sql, session["id"], after=1) == [
        (2, "asset.created", asset["id"]),
        (3, "asset.deleted", asset["id"]),
    ]
    assert await version_of(ann, session["id"]) == 3
    assert await sql.fetchval("SELECT count(*) FROM session_changes WHERE data IS NOT NULL") == 1


async def test_what_changes_no_workspace_leaves_no_row(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session, asset_id = await ann.has_session(), new_id()
    asset, ticket = await is_announced(ann, session["id"], id=asset_id)
    await announce(ann, session["id"], id=asset_id)
    await complete(ann, asset)  # too early
    await bring(stranger, ticket, HELLO[::-1] + b"!")
    await bring(stranger, ticket)
    await upload(ann, session["id"], fields={"colour": "x"})
    await ann.delete(path_of(session["id"], asset_id))
    assert await _log(sql, session["id"], after=1) == []
    assert await version_of(ann, session["id"]) == 1


async def test_repeats_leave_no_second_row(
    ann: Person, stranger: httpx.AsyncClient, sql: Sql
) -> None:
    session, key = await ann.has_session(), new_id()
    asset = await has_file(ann, stranger, session["id"])
    await complete(ann, asset)
    for _ in range(2):
        await upload(ann, session["id"], key=key)
    assert await _log(sql, session["id"], after=1) == [
        (2, "asset.created", asset["id"]),
        (3, "asset.created", key),
    ]


@pytest.mark.parametrize("what", ["mission", "hop"])
async def test_files_that_go_with_their_work_are_logged_before_it(
    ann: Person, sql: Sql, what: str
) -> None:
    ids = await has_workspace(ann)
    fields: dict[str, Any] = {"hop_id": ids["hop_id"]}
    files = sorted([(await uploaded(ann, ids["session_id"], fields=fields))["id"] for _ in "ab"])
    await is_announced(ann, ids["session_id"], **fields)  # a pending one was never part of it
    before = await version_of(ann, ids["session_id"])
    mission = f"/api/missions/{ids['mission_id']}"
    path = mission if what == "mission" else f"{mission}/hops/{ids['hop_id']}"
    last = "mission.updated" if what == "mission" else "hop.deleted"
    assert (await ann.delete(path)).status_code == 204
    assert await _log(sql, ids["session_id"], after=before) == [
        (before + 1, "asset.deleted", files[0]),
        (before + 2, "asset.deleted", files[1]),
        (before + 3, last, ids[f"{what}_id"]),
    ]
    assert await version_of(ann, ids["session_id"]) == before + 3
