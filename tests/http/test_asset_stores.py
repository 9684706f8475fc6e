"""The same on every store: the flows of files over HTTP, on a folder and on two S3 servers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from session_api.assets.storage.s3_client import S3Client
from session_api.settings import Settings
from tests.support.answers import refusal
from tests.support.assets import (
    FORM,
    HELLO,
    MIB,
    announce,
    bring,
    complete,
    digest_of,
    faults,
    hang_up,
    has_file,
    in_chunks,
    is_announced,
    listed,
    part,
    path_of,
    reads,
    rows_of,
    stored_keys,
    upload,
    uploaded,
)
from tests.support.chats import version_of
from tests.support.people import Person, new_id
from tests.support.servers import BUCKET, CREDENTIALS, moto, rclone
from tests.support.settings import test_settings
from tests.support.workspace import Sql, has_workspace

PART = 5 * MIB
LIMIT = 12 * MIB
LARGE = bytes(range(256)) * (PART // 256) + b"and the rest"
"""A whole part, and a second of twelve bytes."""


@pytest.fixture(scope="module")
def rclone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rclone(tmp_path_factory.mktemp("rclone")) as address:
        yield address


@pytest.fixture(scope="module")
def moto_server() -> Iterator[str]:
    with moto() as address:
        yield address


@pytest.fixture(params=["folder", "rclone", "moto"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place of the test's own on each store in turn, as the setting names it."""
    if request.param == "folder":
        return f"file://{tmp_path}/files"
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    server = request.getfixturevalue(f"{request.param}_server")
    return f"s3://{BUCKET}/{uuid4()}?endpoint={server}"


@pytest.fixture
def settings(database_url: str, storage: str) -> Settings:
    return test_settings(
        database_url,
        storage=storage,
        asset_max_bytes=LIMIT,
        upload_parts_above=MIB,
        upload_part_bytes=PART,
    )


@pytest.fixture
async def http(transport: httpx.ASGITransport) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with nothing but tickets, which lead to the service or straight to a store."""
    # Nothing here is encrypted, and reading all certificates takes longer than most tests.
    async with httpx.AsyncClient(mounts={"http://test": transport}, verify=False) as client:
        yield client


@pytest.fixture(autouse=True)
def parts_become_a_file_in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """In S3, parts become an object in one step. Both servers here take two: the upload is gone
    before the object is there, and who asks in between finds neither. So nobody does.
    """
    call, pages = S3Client.call, S3Client.pages
    free, under_way = asyncio.Condition(), 0

    @asynccontextmanager
    async def passing(operation: str) -> AsyncIterator[None]:
        nonlocal under_way
        if operation == "complete_multipart_upload":
            async with free:  # which all others need to begin
                await free.wait_for(lambda: under_way == 0)
                yield
            return
        async with free:
            under_way += 1
        try:
            yield
        finally:
            async with free:
                under_way -= 1
                free.notify_all()

    async def call_in_turn(client: S3Client, operation: str, **parameters: Any) -> Any:
        async with passing(operation):
            return await call(client, operation, **parameters)

    async def pages_in_turn(
        client: S3Client, operation: str, **parameters: Any
    ) -> AsyncIterator[Any]:
        async with passing(operation):
            found = [page async for page in pages(client, operation, **parameters)]
        for page in found:
            yield page

    monkeypatch.setattr(S3Client, "call", call_in_turn)
    monkeypatch.setattr(S3Client, "pages", pages_in_turn)


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did, and no upload is left half done."""
    yield
    assert await faults(app, sql) == []
    pending = {row["object_key"] for row in await sql.fetch("SELECT object_key FROM assets")}
    unfinished = {each.key async for each in app.state.object_store.walk_unfinished()}
    assert unfinished <= pending


async def test_a_file_lives(ann: Person, http: httpx.AsyncClient, app: FastAPI, sql: Sql) -> None:
    ids = await has_workspace(ann)
    session, hop = ids["session_id"], ids["hop_id"]
    before = await version_of(ann, session)
    asset, ticket = await is_announced(ann, session, sha256=digest_of(HELLO), hop_id=hop)
    assert refusal(await complete(ann, asset)) == (409, "upload_incomplete")
    assert (await bring(http, ticket)).is_success
    assert await listed(ann, session) == []
    answers = await asyncio.gather(*(complete(ann, asset) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert await version_of(ann, session) == before + 1
    ready = answers[0].json()
    assert (ready["scope"], ready["sha256"]) == ("hop", digest_of(HELLO))
    assert await listed(ann, session, scope="hop") == [ready["id"]]
    recovered = await ann.post("/api/sessions/recover", json={"session_id": session})
    assert recovered.json()["session"]["assets"] == [ready]
    assert await reads(ann, http, ready) == HELLO
    (key,) = await stored_keys(app)
    assert (await ann.delete(path_of(session, ready["id"]))).status_code == 204
    assert await sql.fetchval("SELECT object_key FROM object_deletions") == key
    assert await version_of(ann, session) == before + 2


async def test_a_browser_saves_a_file_under_its_name_and_shows_no_page(
    ann: Person, http: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    for content_type in ("text/html", "image/svg+xml"):
        asset = await has_file(
            ann, http, session["id"], name='Größe "5".html', content_type=content_type
        )
        answer = await ann.get(path_of(session["id"], asset["id"], "content"))
        found = await http.get(answer.headers["Location"])
        assert found.headers["Content-Disposition"] == (
            'attachment; filename="Gr__e _5_.html"; '
            "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%225%22.html"
        )
        assert found.headers["Content-Type"] == "application/octet-stream"


async def test_the_wrong_bytes_are_found_out_and_the_right_ones_can_still_be_brought(
    ann: Person, http: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"], sha256=digest_of(HELLO))
    for wrong in (HELLO[::-1], HELLO + b"!", b""):
        brought = await bring(http, ticket, wrong)
        # Some stores see it themselves; for the others the service looks.
        code = "upload_mismatch" if brought.is_success else "upload_incomplete"
        assert refusal(await complete(ann, asset)) == (409, code)
        assert await listed(ann, session["id"]) == []
    assert (await bring(http, ticket)).is_success
    assert (await complete(ann, asset)).status_code == 200
    assert await reads(ann, http, asset) == HELLO


async def test_the_same_announcement_again_brings_the_same_file(
    ann: Person, http: httpx.AsyncClient, app: FastAPI
) -> None:
    session, asset_id = await ann.has_session(), new_id()
    await announce(ann, session["id"], id=asset_id)
    again = (await announce(ann, session["id"], id=asset_id)).json()
    assert (await bring(http, again["upload"])).is_success
    assert (await complete(ann, again["asset"])).status_code == 200
    last = await announce(ann, session["id"], id=asset_id)
    assert (last.status_code, last.json()["upload"]) == (200, None)
    assert len(await stored_keys(app)) == 1


# In parts


async def _parts(person: Person, asset: dict[str, Any], *numbers: int) -> dict[str, Any]:
    path = path_of(asset["session_id"], asset["id"], "parts")
    answer = await person.post(path, json={"numbers": numbers})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _brings(
    person: Person, http: httpx.AsyncClient, asset: dict[str, Any], *numbers: int
) -> None:
    for ticket in (await _parts(person, asset, *numbers))["parts"]:
        piece = LARGE[ticket["offset"] : ticket["offset"] + ticket["size"]]
        assert (await bring(http, ticket, piece)).is_success


async def test_a_large_file_comes_in_parts_and_is_resumed(
    ann: Person, http: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, ticket = await is_announced(ann, session["id"], LARGE, sha256=digest_of(LARGE))
    assert ticket["parts"] == {"size": PART, "count": 2}
    await _brings(ann, http, asset, 2)
    early = await complete(ann, asset)
    assert (refusal(early), early.json()["missing"]) == ((409, "upload_incomplete"), [1])
    assert (await _parts(ann, asset))["received"] == [{"number": 2, "size": 12}]
    await _brings(ann, http, asset, 1)
    answers = await asyncio.gather(*(complete(ann, asset) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert await version_of(ann, session["id"]) == 2
    assert await reads(ann, http, asset) == LARGE


async def test_a_part_of_another_size_does_not_count(ann: Person, http: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE)
    await _brings(ann, http, asset, 1)
    (last,) = (await _parts(ann, asset, 2))["parts"]
    await bring(http, last, b"not as long")
    early = await complete(ann, asset)
    assert (refusal(early), early.json()["missing"]) == ((409, "upload_incomplete"), [2])
    assert (await bring(http, last, LARGE[-12:])).is_success
    assert (await complete(ann, asset)).status_code == 200
    assert await reads(ann, http, asset) == LARGE


async def test_the_wrong_parts_make_room_for_the_right_ones(
    ann: Person, http: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    asset, _ = await is_announced(ann, session["id"], LARGE, sha256=digest_of(LARGE[::-1]))
    await _brings(ann, http, asset, 1, 2)
    assert refusal(await complete(ann, asset)) == (409, "upload_mismatch")
    assert (await _parts(ann, asset))["received"] == []
    tickets = (await _parts(ann, asset, 1, 2))["parts"]
    for ticket in tickets:
        piece = LARGE[::-1][ticket["offset"] : ticket["offset"] + ticket["size"]]
        assert (await bring(http, ticket, piece)).is_success
    assert (await complete(ann, asset)).status_code == 200
    assert await reads(ann, http, asset) == LARGE[::-1]


# In one call


async def test_a_file_comes_in_one_call_and_its_repeat_answers_it(
    ann: Person, http: httpx.AsyncClient, app: FastAPI
) -> None:
    session = await ann.has_session()
    for size in (0, 11, 9 * MIB):
        key, content = new_id(), (HELLO * (size // 11 + 1))[:size]
        asset = await uploaded(ann, session["id"], content, key=key)
        assert (asset["size"], asset["sha256"]) == (size, digest_of(content))
        again = await upload(ann, session["id"], content, key=key)
        assert (again.status_code, again.json()) == (200, asset)
        assert await reads(ann, http, asset) == content
    assert len(await stored_keys(app)) == 3


async def test_an_upload_that_is_cut_off_leaves_nothing(
    ann: Person, app: FastAPI, sql: Sql
) -> None:
    session = await ann.has_session()
    for size in (1000, 9 * MIB):
        body = part(b"x" * size)[:-2]
        chunks = [body[at : at + MIB] for at in range(0, len(body), MIB)]
        await hang_up(app, ann, path_of(session["id"], "upload"), chunks, FORM)
    assert await rows_of(sql) == 0
    assert await stored_keys(app) == set()
    assert await listed(ann, session["id"], status="pending") == []


async def test_more_than_may_be_is_refused_while_it_comes_and_leaves_nothing(
    ann: Person, app: FastAPI, sql: Sql
) -> None:
    session = await ann.has_session()
    chunks = in_chunks([part(b"")[:-2], *[b"x" * MIB] * 13])
    answer = await ann.post(path_of(session["id"], "upload"), content=chunks, headers=FORM)
    assert refusal(answer) == (413, "payload_too_large")
    assert await rows_of(sql) == 0
    assert await stored_keys(app) == set()
