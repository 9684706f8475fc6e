"""What the log of a service tells of an unexpected error, and what it never holds."""

import json
from collections.abc import Iterator

import pytest

from tests.support.processes import Service, data_folder

MARKER = "my private diary"


@pytest.fixture(scope="module", params=["true", "false"], ids=["json", "readable"])
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with data_folder() as data, Service(data, SESSION_API_LOG_JSON=request.param) as running:
        yield running


async def test_an_unexpected_error_is_found_by_its_frames_and_holds_nothing_that_people_wrote(
    service: Service,
) -> None:
    await service.query("ALTER TABLE chat_messages ADD CONSTRAINT none CHECK (seq < 0)")
    greeted = len(service.output)  # with a token of its own
    async with service.client() as ann:
        session = (await ann.post("/api/sessions/", json={"name": MARKER})).json()
        message = {"role": "user", "content": MARKER}
        answer = await ann.post(f"/api/sessions/{session['id']}/messages", json=message)
        assert answer.json()["code"] == "internal_error"
    logged = service.output[greeted:]
    for told in (
        "CheckViolationError",
        "sqlstate=23514",
        "constraint_name=none",
        "chat/appending.py",
    ):
        assert told in logged
    assert answer.json()["request_id"] in logged
    for secret in (MARKER, service.token("ann"), "eyJ", "Failing row"):
        assert secret not in logged


def test_json_is_a_line_each(service: Service) -> None:
    lines = [line for line in service.output.splitlines() if line.startswith("{")]
    assert all(json.loads(line)["timestamp"].endswith("Z") for line in lines)
