"""Somebody tries the product without an account, likes it, and signs in."""

from collections.abc import Iterator

import httpx
import pytest

from tests.journeys.tabs import Tab, message
from tests.support.answers import exact
from tests.support.processes import Service, data_folder
from tests.support.streams import events_of


@pytest.fixture
def service() -> Iterator[Service]:
    # As `make run` starts it: guests are let in, because its secrets are its own.
    with data_folder() as data, Service(data) as running:
        yield running


def anonymous(service: Service, token: str | None = None) -> httpx.AsyncClient:
    """A browser in which nobody is signed in."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=service.url, timeout=30, headers=headers)


async def test_what_a_guest_made_is_there_after_signing_in(service: Service) -> None:
    async with Tab(anonymous(service)) as nobody:
        guest = await nobody.ask("POST", "/api/auth/guest", status=201)
    async with Tab(anonymous(service, guest["token"])) as tab:
        made = await tab.ask("POST", "/api/sessions/recover", {"name": "Lisbon"}, status=201)
        session_id = made["session"]["id"]
        tab.session = f"/api/sessions/{session_id}"
        await tab.say(*(message(place) for place in range(6)))
        await tab.save(draft="half a thought")
        mission = {"name": "find a flat", "session_id": session_id, "hops": [{"name": "look"}]}
        await tab.ask("POST", "/api/missions/", mission, status=201)
        files = {"file": ("map.txt", b"a map", "text/plain")}
        uploaded = await tab.http.post(f"{tab.session}/assets/upload", files=files)
        assert uploaded.status_code == 201, uploaded.text

        # The hour of the first token is over; the tab renews it, and nobody notices.
        renewed = await tab.ask("POST", "/api/auth/guest", status=201)
        assert renewed["user_id"] == guest["user_id"]
        tab.http.headers["Authorization"] = f"Bearer {renewed['token']}"
        before = await tab.ask("GET", tab.session)
        assert before["user_id"] == guest["user_id"]

    version = before["version"]
    async with (
        anonymous(service, renewed["token"]) as left_open,
        events_of(left_open, session_id, since=version) as old_stream,
        Tab(service.client("ann")) as ann,
    ):
        assert await old_stream.next() is not None
        merged = await ann.ask("POST", "/api/sessions/merge", {"guest_token": renewed["token"]})
        assert merged["sessions"] == [session_id]
        assert (len(merged["missions"]), merged["assets"]) == (1, 1)

        # Another tab of the guest's is told that it is over; the account follows from there on.
        *_, end = await old_stream.until("end", seconds=5)
        assert end.data["reason"] in ("session_deleted", "token_revoked")
        assert not end.data["reconnect"]
        async with events_of(ann.http, session_id, since=version) as stream:
            await ann.ask("PATCH", f"/api/sessions/{session_id}", {"name": "Porto"})
            (changed,) = await stream.up_to(version + 1)
            assert (changed.id, changed.data["kind"]) == (version + 1, "session.updated")
            assert changed.data["actor"] == "ann"
        before = await ann.ask("GET", f"/api/sessions/{session_id}")

    # The page is loaded again, with the account's token.
    async with Tab(service.client("ann")) as reloaded:
        body = {"session_id": session_id}
        back = await reloaded.ask("POST", "/api/sessions/recover", body)
        assert (back["outcome"], back["reset"]) == ("restored", None)
        moved = {"user_id", "last_activity_at"}
        expected = {name: value for name, value in before.items() if name not in moved}
        assert exact(expected) == exact({name: back["session"][name] for name in expected})
        assert back["session"]["user_id"] == "ann"
        (asset,) = back["session"]["assets"]
        path = f"/api/sessions/{session_id}/assets/{asset['id']}/content"
        content = await reloaded.http.get(path, follow_redirects=True)
        assert content.content == b"a map"
        reloaded.session = f"/api/sessions/{session_id}"
        assert await reloaded.say(message(6))

    # Who kept the guest's token has nothing.
    for token in (guest["token"], renewed["token"]):
        async with anonymous(service, token) as old:
            for answer in (await old.get("/api/sessions/"), await old.post("/api/auth/guest")):
                assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")
