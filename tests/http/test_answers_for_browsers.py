"""What a browser needs of an answer, and what a log must not hold of a request."""

import httpx
import pytest
from structlog.testing import capture_logs

from session_api.logs import describe_exception
from session_api.settings import Settings
from tests.support.people import Person
from tests.support.settings import test_settings
from tests.support.workspace import Sql

ORIGIN = "http://localhost:5173"
MARKER = "my private diary"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return test_settings(database_url, cors_origins=(ORIGIN,))


async def _refuse_messages(sql: Sql) -> None:
    await sql.execute("ALTER TABLE chat_messages ADD CONSTRAINT none CHECK (seq < 0)")


async def test_an_unexpected_error_can_be_read_by_an_app_of_another_origin(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    await _refuse_messages(sql)
    answer = await ann.post(
        f"/api/sessions/{session['id']}/messages",
        json={"role": "user", "content": "x"},
        headers={"Origin": ORIGIN},
    )
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"]


async def test_a_cache_keeps_the_answers_of_two_people_apart(
    ann: Person, stranger: httpx.AsyncClient
) -> None:
    session = await ann.has_session()
    for answer in (
        await ann.get(f"/api/sessions/{session['id']}"),
        await stranger.get(f"/api/sessions/{session['id']}"),
    ):
        assert "Authorization" in answer.headers["Vary"]


async def test_the_log_of_an_unexpected_error_holds_nothing_that_people_wrote(
    ann: Person, sql: Sql
) -> None:
    session = await ann.has_session()
    await _refuse_messages(sql)
    with capture_logs(processors=[describe_exception]) as logged:
        await ann.post(
            f"/api/sessions/{session['id']}/messages", json={"role": "user", "content": MARKER}
        )
    told = repr(logged)
    assert "CheckViolation" in told
    assert "constraint_name=none" in told
    assert MARKER not in told
    assert ann.token not in told
