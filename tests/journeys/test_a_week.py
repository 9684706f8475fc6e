"""A workspace that nobody visits: abandoned after a day, archived a week later, lost never."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.journeys.tabs import Tab, message
from tests.support.answers import exact
from tests.support.processes import Service, data_folder, run_command


@pytest.fixture
def service() -> Iterator[Service]:
    # The sweep is cron's here, as with several replicas.
    with data_folder() as data, Service(data, SESSION_API_JOBS_ENABLED="false") as running:
        yield running


async def time_passes(service: Service, by: timedelta) -> None:
    """Moves all that the sessions remember of time into the past."""
    await service.query(
        "UPDATE user_sessions SET created_at = created_at - $1::interval,"
        " updated_at = updated_at - $1::interval,"
        " last_activity_at = last_activity_at - $1::interval,"
        " abandoned_at = abandoned_at - $1::interval",
        by,
    )


def sweep(service: Service) -> dict[str, int]:
    swept = run_command("sweep", "--json", "--data", service.data)
    assert swept.returncode == 0, swept.stderr
    moved = json.loads(swept.stdout)
    return {job: moved[job] for job in ("abandon", "archive")}


async def status_of(ann: Tab) -> str:
    return str((await ann.ask("GET", f"{ann.session}?include="))["status"])


async def test_a_workspace_left_alone_for_a_week(service: Service) -> None:
    async with Tab(service.client()) as ann:
        made = await ann.ask("POST", "/api/sessions/recover", {"name": "Lisbon"}, status=201)
        session_id = made["session"]["id"]
        ann.session = f"/api/sessions/{session_id}"
        await ann.say(*(message(place) for place in range(20)))
        await ann.save(draft="half a thought")
        before = await ann.ask("GET", ann.session)

        # 23 hours are not a day.
        await time_passes(service, timedelta(hours=23))
        assert sweep(service) == {"abandon": 0, "archive": 0}
        assert await status_of(ann) == "active"

        # 25 are: it is set aside, and comes back whole when its person does.
        await time_passes(service, timedelta(hours=2))
        assert sweep(service) == {"abandon": 1, "archive": 0}
        assert await status_of(ann) == "abandoned"
        back = await ann.ask("POST", "/api/sessions/recover", {"session_id": session_id})
        assert (back["outcome"], back["reset"]) == ("resumed", None)
        assert back["session"]["status"] == "active"
        assert exact(back["session"]["chat"]) == exact(before["chat"])
        assert back["session"]["session_metadata"] == {"draft": "half a thought"}

        # Left again for good: a day, then a week more.
        await time_passes(service, timedelta(hours=25))
        assert sweep(service) == {"abandon": 1, "archive": 0}
        await time_passes(service, timedelta(days=6, hours=23))
        assert sweep(service) == {"abandon": 0, "archive": 0}
        await time_passes(service, timedelta(hours=2))
        assert sweep(service) == {"abandon": 0, "archive": 1}
        assert sweep(service) == {"abandon": 0, "archive": 0}
        assert await status_of(ann) == "archived"

        # Whoever still knows it starts afresh, is told why, and can have it back by asking.
        fresh = await ann.ask(
            "POST", "/api/sessions/recover", {"session_id": session_id}, status=201
        )
        assert (fresh["outcome"], fresh["reset"]) == ("created", {"reason": "archived"})
        resumed = await ann.ask("POST", f"{ann.session}/resume")
        assert resumed["status"] == "active"
        assert await ann.whole_chat() == ann.messages

        events = (await ann.ask("GET", f"/api/audit?session_id={session_id}"))["items"]
        names = [event["event"] for event in reversed(events)]
        told = [name for name in names if name not in ("message.created", "session.updated")]
        assert "message.created" in names
        assert told == [
            "session.created",
            *("session.abandoned", "session.resumed", "session.abandoned"),
            *("session.archived", "session.resumed"),
        ]
