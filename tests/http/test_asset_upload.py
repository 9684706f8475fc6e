"""Files in one call: a form that is read as it comes, with one file and where it belongs."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from session_api.settings import Settings
from tests.support.answers import fault_at, refusal
from tests.support.assets import (
    BOUNDARY,
    FORM,
    HELLO,
    MIB,
    digest_of,
    faults,
    form,
    hang_up,
    in_chunks,
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
from tests.support.people import MovableClock, Person, new_id
from tests.support.settings import test_settings
from tests.support.workspace import Sql, all_rows, has_workspace

LIMIT = 3 * MIB


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, asset_max_bytes=LIMIT)


@pytest.fixture(autouse=True)
async def stays_whole(app: FastAPI, sql: Sql) -> AsyncIterator[None]:
    """Counters, rows and objects agree, whatever a test did."""
    yield
    assert await faults(app, sql) == []


async def _post(person: Person, session_id: str, body: bytes) -> httpx.Response:
    return await person.post(path_of(session_id, "upload"), content=body, headers=FORM)


# What is taken


async def test_a_file_comes_in_one_call(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    content = bytes(range(256)) * 8 * 1024
    answer = await upload(ann, session["id"], content, name="photo.jpg", content_type="image/jpeg")
    assert answer.status_code == 201
    asset = answer.json()
    assert (asset["name"], asset["content_type"]) == ("photo.jpg", "image/jpeg")
    assert (asset["size"], asset["sha256"]) == (len(content), digest_of(content))
    assert (asset["status"], asset["scope"]) == ("ready", "session")
    assert (await ann.sees(session["id"]))["assets"] == [asset]
    assert await version_of(ann, session["id"]) == 2
    assert await reads(ann, stranger, asset) == content


async def test_a_form_is_read_however_it_is_cut(ann: Person, stranger: httpx.AsyncClient) -> None:
    ids = await has_workspace(ann)
    content = HELLO + f"\r\n--{BOUNDARY[:-1]}\r\n\r\n--".encode() + HELLO
    body = form(
        part(ids["mission_id"].encode(), 'name="mission_id"'),
        part(content, 'name="file"; filename="a.txt"', "Content-Type: text/plain"),
        part(ids["hop_id"].encode(), 'name="hop_id"'),
    )
    path = path_of(ids["session_id"], "upload")
    for size in (1, 7, 64 * 1024):
        chunks = in_chunks([body[at : at + size] for at in range(0, len(body), size)])
        answer = await ann.post(path, content=chunks, headers=FORM)
        assert answer.status_code == 201, answer.text
        assert (answer.json()["scope"], answer.json()["hop_id"]) == ("hop", ids["hop_id"])
        assert await reads(ann, stranger, answer.json()) == content


async def test_an_empty_file_is_a_file(ann: Person, stranger: httpx.AsyncClient) -> None:
    session = await ann.has_session()
    asset = await uploaded(ann, session["id"], b"")
    assert (asset["size"], asset["sha256"]) == (0, digest_of(b""))
    assert await reads(ann, stranger, asset) == b""


async def test_what_the_form_leaves_out_is_made_up(ann: Person) -> None:
    session = await ann.has_session()
    answer = await _post(ann, session["id"], form(part(HELLO, 'name="file"')))
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["content_type"]) == (
        "file",
        "application/octet-stream",
    )


async def test_what_stands_after_the_last_boundary_is_left_alone(ann: Person) -> None:
    session = await ann.has_session()
    answer = await _post(ann, session["id"], form(part(HELLO)) + b"and an epilogue")
    assert answer.status_code == 201


async def test_all_that_may_come_is_reserved_until_the_size_is_known(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    seen: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        yield part(HELLO)[:-5]
        yield b""  # the row is written while the form is read
        seen.append(await sql.fetchval("SELECT asset_bytes FROM users"))
        yield form(part(HELLO))[-len(form()) - 5 :]

    answer = await ann.post(path_of(session["id"], "upload"), content=chunks(), headers=FORM)
    assert answer.status_code == 201, answer.text
    assert seen == [LIMIT]
    assert await sql.fetchval("SELECT asset_bytes FROM users") == 11


# What is no such form

WRONG: dict[str, tuple[bytes, str]] = {
    "no file": (form(part(new_id().encode(), 'name="mission_id"')), "/file"),
    "nothing in it": (form(), "/file"),
    "no body": (b"", ""),
    "two files": (form(part(HELLO), part(HELLO)), "/file"),
    "an unknown field before": (form(part(b"x", 'name="colour"'), part(HELLO)), "/colour"),
    "an unknown field after": (form(part(HELLO), part(b"x", 'name="colour"')), "/colour"),
    "a name like a path": (form(part(HELLO), part(b"x", 'name="a/b~c"')), "/a~1b~0c"),
    "too long a field under such a name": (
        form(part(b"x" * 1025, 'name="a/b~c"'), part(HELLO)),
        "/a~1b~0c",
    ),
    "a field twice": (form(*[part(b"x", 'name="hop_id"')] * 2, part(HELLO)), "/hop_id"),
    "a field without a name": (form(part(b"x", 'filename="x"'), part(HELLO)), "/"),
    "too long a field": (form(part(b"x" * 1025, 'name="hop_id"'), part(HELLO)), "/hop_id"),
    "too many fields": (form(*(part(b"", f'name="{n}"') for n in range(21))), "/20"),
    "a field that is no id": (form(part(HELLO), part(b"x", 'name="hop_id"')), "/hop_id"),
    "an id with a NUL": (form(part(HELLO), part(b"a\0", 'name="mission_id"')), "/mission_id"),
    "a field in latin-1": (form(part(HELLO), part(b"\xe9", 'name="mission_id"')), ""),
    "a name in latin-1": (form(part(HELLO, 'name="file"; filename="\udce9"')), ""),
    "another boundary": (form(part(HELLO)).replace(b"-----of-the", b"-----of-other"), ""),
    "no last boundary": (part(HELLO), ""),
    "no blank line": (f"--{BOUNDARY}\r\n".encode() + HELLO, ""),
    "not a form at all": (HELLO, ""),
    "an endless header": (form(part(HELLO, f'name="{"x" * 10_000}"')), ""),
    "too many headers": (form(part(HELLO, 'name="file"', *[f"X-{n}: 1" for n in range(99)])), ""),
    "a type that is none": (
        form(part(HELLO, 'name="file"', "Content-Type: x")),
        "/file/content_type",
    ),
    "a type in latin-1": (
        form(part(HELLO, 'name="file"', "Content-Type: té/xt")),
        "/file/content_type",
    ),
    "a path": (form(part(HELLO, 'name="file"; filename="../x"')), "/file/name"),
    "a NUL in the name": (form(part(HELLO, 'name="file"; filename="a\0b"')), "/file/name"),
    "a long name": (form(part(HELLO, f'name="file"; filename="{"x" * 256}"')), "/file/name"),
}


async def test_what_is_no_such_form_is_refused_and_leaves_nothing(
    ann: Person, app: FastAPI, sql: Sql
) -> None:
    session = await ann.has_session()
    for name, (body, pointer) in WRONG.items():
        answer = await _post(ann, session["id"], body)
        assert fault_at(answer) == (422, "validation_failed", [pointer]), name
        assert await rows_of(sql) == 0, name
    assert await version_of(ann, session["id"]) == 1
    left = {row["object_key"] for row in await sql.fetch("SELECT object_key FROM object_deletions")}
    assert await stored_keys(app) <= left


async def test_what_is_not_multipart_is_refused_by_its_type(ann: Person, sql: Sql) -> None:
    session = await ann.has_session()
    for content_type in (
        "application/json",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=x",
        "application/x-www-form-urlencoded",
        "",
    ):
        headers = {"Content-Type": content_type}
        path = path_of(session["id"], "upload")
        answer = await ann.post(path, content=form(part(HELLO)), headers=headers)
        assert refusal(answer) == (415, "unsupported_media_type"), content_type
    assert await rows_of(sql) == 0


async def test_too_long_a_boundary_is_refused(ann: Person) -> None:
    session = await ann.has_session()
    headers = {"Content-Type": f"multipart/form-data; boundary={'x' * 1000}"}
    answer = await ann.post(path_of(session["id"], "upload"), content=HELLO, headers=headers)
    assert fault_at(answer) == (422, "validation_failed", [""])


# What does not end well


@pytest.mark.parametrize("sent", [100, MIB + 100])
async def test_a_client_that_hangs_up_leaves_neither_row_nor_room(
    ann: Person, app: FastAPI, sql: Sql, sent: int
) -> None:
    session = await ann.has_session()
    body = part(b"x" * 2 * MIB)[:sent]
    chunks = [body[at : at + 65_536] for at in range(0, sent, 65_536)]
    headers = {**FORM, "Content-Length": str(2 * MIB)}
    await hang_up(app, ann, path_of(session["id"], "upload"), chunks, headers)
    assert await rows_of(sql) == 0
    assert await sql.fetchval("SELECT asset_bytes FROM users") == 0
    assert await stored_keys(app) == set()
    assert await version_of(ann, session["id"]) == 1


async def test_an_upload_that_is_cancelled_leaves_neither_row_nor_room(
    ann: Person, app: FastAPI, sql: Sql
) -> None:
    session = await ann.has_session()
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield part(HELLO)[:-5]
        begun.set()
        await asyncio.Event().wait()

    path = path_of(session["id"], "upload")
    task = asyncio.create_task(ann.post(path, content=endless(), headers=FORM))
    await begun.wait()
    while await rows_of(sql) == 0:
        pass
    task.cancel()
    assert refusal(await task) == (503, "shutting_down")
    assert await rows_of(sql) == 0
    assert await stored_keys(app) == set()


async def test_an_upload_into_a_session_that_ends_meanwhile_leaves_neither_row_nor_room(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()

    async def chunks() -> AsyncIterator[bytes]:
        yield part(HELLO)[:-5]
        yield b"x"
        await ann.post(f"/api/sessions/{session['id']}/complete")
        yield form(part(HELLO))[-len(form()) - 5 :]

    answer = await ann.post(path_of(session["id"], "upload"), content=chunks(), headers=FORM)
    assert refusal(answer) == (409, "session_not_active")
    assert await rows_of(sql) == 0


async def test_an_upload_into_a_session_that_is_deleted_meanwhile_leaves_nothing(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()

    async def chunks() -> AsyncIterator[bytes]:
        yield part(HELLO)[:-5]
        yield b"x"
        await ann.delete(f"/api/sessions/{session['id']}")
        yield form(part(HELLO))[-len(form()) - 5 :]

    answer = await ann.post(path_of(session["id"], "upload"), content=chunks(), headers=FORM)
    assert refusal(answer) == (404, "session_not_found")
    assert await rows_of(sql) == 0


# Larger than may be


async def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(
    ann: Person, app: FastAPI, sql: Sql
) -> None:
    session = await ann.has_session()
    asset = await uploaded(ann, session["id"], b"x" * LIMIT)
    assert asset["size"] == LIMIT
    answer = await upload(ann, session["id"], b"x" * (LIMIT + 1))
    assert refusal(answer) == (413, "payload_too_large")
    assert answer.json()["limit_bytes"] == LIMIT
    assert await listed(ann, session["id"]) == [asset["id"]]
    assert len(await stored_keys(app)) == 1


async def test_a_length_beyond_the_limit_is_refused_before_a_byte_is_read(ann: Person) -> None:
    session = await ann.has_session()
    read: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"x"

    headers = {**FORM, "Content-Length": str(2 * LIMIT)}
    answer = await ann.post(path_of(session["id"], "upload"), content=chunks(), headers=headers)
    assert refusal(answer) == (413, "payload_too_large")
    assert answer.json()["limit_bytes"] == LIMIT
    assert read == []


async def test_a_file_without_a_length_is_refused_while_it_is_read(
    ann: Person, app: FastAPI, sql: Sql
) -> None:
    session = await ann.has_session()
    read: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        yield part(b"")[:-2]
        while True:
            read.append(MIB // 4)
            yield b"x" * (MIB // 4)

    answer = await ann.post(path_of(session["id"], "upload"), content=endless(), headers=FORM)
    assert refusal(answer) == (413, "payload_too_large")
    assert LIMIT < sum(read) <= LIMIT + MIB
    assert await rows_of(sql) == 0
    assert await stored_keys(app) == set()


async def test_a_file_that_outgrows_its_length_is_refused(ann: Person, sql: Sql) -> None:
    """What was reserved is what the length said: more would go past every quota."""
    session = await ann.has_session()
    headers = {**FORM, "Content-Length": "1000"}
    content = in_chunks([form(part(b"x" * MIB))])
    answer = await ann.post(path_of(session["id"], "upload"), content=content, headers=headers)
    assert refusal(answer) == (413, "payload_too_large")
    assert await rows_of(sql) == 0


# Who may


async def test_an_upload_into_anothers_session_answers_as_into_none(
    ann: Person, bob: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    await bob.has_session()
    before = await all_rows(sql)
    for session_id in (session["id"], new_id()):
        assert refusal(await upload(bob, session_id)) == (404, "session_not_found")
    assert await all_rows(sql) == before


async def test_the_type_is_refused_before_a_session_is_looked_for(
    stranger: httpx.AsyncClient, ann: Person, clock: MovableClock
) -> None:
    path = path_of(new_id(), "upload")
    anonymous = await stranger.post(path, content=HELLO, headers={"Content-Type": "text/plain"})
    assert refusal(anonymous) == (401, "token_missing")
    signed_in = await ann.post(path, content=HELLO, headers={"Content-Type": "text/plain"})
    assert refusal(signed_in) == (415, "unsupported_media_type")
