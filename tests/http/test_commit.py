"""Nothing is acknowledged that is not committed: here every COMMIT fails (traps.md 1), or just the
first one, for a reason to try again.
"""

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from session_api.models import METADATA
from tests.support.operations import Operation, writing
from tests.support.people import MovableClock, Person
from tests.support.workspace import Sql, all_rows, has_what_it_is_about, has_workspace

_REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'refused at commit';
    END $$
"""


# A sequence counts on through a rollback. The service owns nothing, so it counts as its maker.
_LOSE_ONCE = """
    CREATE SEQUENCE losses;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF nextval('losses') = 1 THEN
            RAISE EXCEPTION 'lost at commit' USING ERRCODE = '40001';
        END IF;
        RETURN NULL;
    END $$
"""


class Commits:
    """Those of the test's database."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._broken = False

    async def breaks(self, how: str = _REFUSE) -> None:
        self._broken = True
        await self._sql.execute(how)
        await self._sql.execute(
            ";".join(
                f"CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE OR DELETE ON {table}"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
                for table in METADATA.tables
            )
        )

    async def mend(self) -> None:
        if self._broken:
            await self._sql.execute(
                "DROP FUNCTION refuse() CASCADE; DROP SEQUENCE IF EXISTS losses"
            )
        self._broken = False


@pytest.fixture
async def commits(sql: Sql) -> AsyncIterator[Commits]:
    """Mended at the end, so that the next test can have the database."""
    made = Commits(sql)
    yield made
    await made.mend()


# Tickets for parts are only signed: their upload was begun when the file was announced.
COMMITTING = [operation for operation in writing() if operation.name != "get_asset_parts"]


@pytest.mark.parametrize("operation", COMMITTING, ids=lambda operation: operation.name)
async def test_a_write_that_cannot_commit_is_not_acknowledged_and_leaves_nothing(
    ann: Person, sql: Sql, commits: Commits, clock: MovableClock, operation: Operation
) -> None:
    ids = await has_workspace(ann, linked=operation.name != "link_mission")
    if operation.name == "resume_session":
        await ann.post(f"/api/sessions/{ids['session_id']}/complete")
    ids |= await has_what_it_is_about(ann, operation, ids)
    clock.move(minutes=1)  # a touch of the activity is due
    before = await all_rows(sql)
    await commits.breaks()
    with capture_logs() as logs:
        refused = await ann.request(operation.method, operation.at(ids), **operation.request())
    assert refused.status_code >= 500, refused.text
    assert refused.json()["code"] == "internal_error"
    assert "refused at commit" not in refused.text
    (error,) = [line for line in logs if line["event"] == "unexpected_error"]
    assert error["request_id"] == refused.json()["request_id"]
    assert await all_rows(sql) == before
    # It was the commit and nothing else: the very same request works once commits do.
    await commits.mend()
    taken = await ann.request(operation.method, operation.at(ids), **operation.request())
    assert taken.is_success, taken.text
    assert await all_rows(sql) != before


@pytest.mark.parametrize("operation", COMMITTING, ids=lambda operation: operation.name)
async def test_a_commit_that_lost_a_race_is_run_again_unnoticed(
    ann: Person, sql: Sql, commits: Commits, clock: MovableClock, operation: Operation
) -> None:
    ids = await has_workspace(ann, linked=operation.name != "link_mission")
    if operation.name == "resume_session":
        await ann.post(f"/api/sessions/{ids['session_id']}/complete")
    ids |= await has_what_it_is_about(ann, operation, ids)
    clock.move(minutes=1)
    await commits.breaks(_LOSE_ONCE)
    taken = await ann.request(operation.method, operation.at(ids), **operation.request())
    assert taken.is_success, taken.text
    assert await sql.fetchval("SELECT last_value FROM losses") > 1


async def test_tickets_for_parts_are_given_though_their_commit_lost_a_race(
    ann: Person, sql: Sql, commits: Commits
) -> None:
    files = f"/api/sessions/{(await ann.has_session())['id']}/assets"
    body = {"name": "film.mp4", "content_type": "video/mp4", "size": 2**27}
    asset = (await ann.post(files, json=body)).json()["asset"]
    await sql.execute("UPDATE assets SET upload_id = NULL")  # as after bytes that were wrong
    await commits.breaks(_LOSE_ONCE)
    given = await ann.post(f"{files}/{asset['id']}/parts", json={"numbers": [1]})
    assert given.status_code == 200, given.text
    assert await sql.fetchval("SELECT last_value FROM losses") > 1
