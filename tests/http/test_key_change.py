"""What clients hold while the ring changes: cursors and links are signed with keys of the ring too.

The first key signs, all verify: what is outstanding lives as long as its key is in the ring, and
nowhere where its key is not there yet.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from session_api.app import create_app
from tests.support.answers import fault_at, refusal
from tests.support.people import MovableClock, Person
from tests.support.sealed import NEW_KEY, OLD_KEY
from tests.support.settings import test_settings

Replica = Callable[[str], Awaitable[Person]]

OLD_FIRST = f"{OLD_KEY},{NEW_KEY}"
NEW_FIRST = f"{NEW_KEY},{OLD_KEY}"

# The steps of a rotation: what a replica at the one signs, a replica at the other takes.
TAKEN = [(OLD_KEY, OLD_FIRST), (OLD_FIRST, NEW_FIRST), (NEW_FIRST, OLD_FIRST), (NEW_FIRST, NEW_KEY)]
REFUSED = [
    pytest.param(NEW_FIRST, OLD_KEY, id="a replica that was never given the new key"),
    pytest.param(OLD_FIRST, NEW_KEY, id="a key that was taken out too early"),
]


@pytest.fixture
async def replica(database_url: str, clock: MovableClock, tmp_path: Path) -> AsyncIterator[Replica]:
    """Ann at a replica with this ring; all have one database and one store."""
    async with AsyncExitStack() as stack:

        async def at(keys: str) -> Person:
            settings = test_settings(database_url, encryption_keys=keys, storage=tmp_path.as_uri())
            app = create_app(settings, clock=clock)
            await app.state.object_store.open()
            stack.push_async_callback(app.state.database.close)
            stack.push_async_callback(app.state.object_store.close)
            transport = httpx.ASGITransport(app)
            return await stack.enter_async_context(Person("ann", transport, settings, clock))

        yield at


async def _cursor(person: Person) -> str:
    for _ in range(2):
        await person.has_session()
    return str((await person.get("/api/sessions/?limit=1")).json()["next_cursor"])


async def _announced(person: Person) -> tuple[str, dict[str, Any]]:
    session = await person.has_session()
    path = f"/api/sessions/{session['id']}/assets"
    answer = await person.post(
        path, json={"name": "a.txt", "content_type": "text/plain", "size": 5}
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return f"{path}/{made['asset']['id']}", made["upload"]


async def _upload(person: Person, upload: dict[str, Any]) -> httpx.Response:
    return await person.put(upload["url"], content=b"hello", headers=upload["headers"])


@pytest.mark.parametrize(("signs", "reads"), TAKEN)
async def test_cursors_uploads_and_downloads_outlive_each_step(
    replica: Replica, signs: str, reads: str
) -> None:
    here, there = await replica(signs), await replica(reads)
    page = await there.get("/api/sessions/", params={"limit": 1, "cursor": await _cursor(here)})
    assert (page.status_code, len(page.json()["items"])) == (200, 1)
    asset, upload = await _announced(here)
    assert (await _upload(there, upload)).status_code == 200
    assert (await there.post(f"{asset}/complete")).status_code == 200
    link = (await here.get(f"{asset}/content")).headers["Location"]
    assert (await there.get(link)).text == "hello"


@pytest.mark.parametrize(("signs", "reads"), REFUSED)
async def test_where_their_key_is_not_they_are_refused_as_forged_and_can_be_had_anew(
    replica: Replica, signs: str, reads: str
) -> None:
    here, there = await replica(signs), await replica(reads)
    page = await there.get("/api/sessions/", params={"limit": 1, "cursor": await _cursor(here)})
    assert fault_at(page) == (422, "validation_failed", ["/cursor"])
    asset, upload = await _announced(here)
    assert refusal(await _upload(there, upload))[1] == "ticket_invalid"
    await _upload(here, upload)
    await here.post(f"{asset}/complete")
    link = (await here.get(f"{asset}/content")).headers["Location"]
    assert refusal(await there.get(link))[1] == "ticket_invalid"
    anew = (await there.get(f"{asset}/content")).headers["Location"]
    assert (await there.get(anew)).text == "hello"


async def test_a_replica_without_the_new_key_can_not_read_what_another_wrote_under_it(
    replica: Replica,
) -> None:
    """Why the new key is given to all before it becomes the first anywhere."""
    ahead, behind = await replica(NEW_FIRST), await replica(OLD_KEY)
    session = await ahead.has_session(session_metadata={"draft": "hello"})
    seen = await behind.sees(session["id"])
    assert seen["damaged"] == [{"part": "session_metadata", "code": "key_missing"}]
    patch = {"session_metadata": {"draft": "more"}}
    refused = await behind.patch(f"/api/sessions/{session['id']}", patch)
    assert refusal(refused) == (409, "metadata_unreadable")
