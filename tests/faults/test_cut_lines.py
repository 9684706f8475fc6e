"""The line to PostgreSQL is cut in the middle of statements, commits among them."""

import asyncio

import pytest

from tests.faults.replicas import replicas
from tests.faults.writers import (
    BACK_WITHIN_SECONDS,
    SAID,
    UNAVAILABLE,
    WRITERS,
    Seen,
    made_session,
    nothing_is_lost,
    stored_ids,
    works_again,
    write_once,
    writing,
)
from tests.support.people import new_id

CUTS = 5


@pytest.mark.parametrize(
    ("last_words", "in_transaction"),
    [
        pytest.param(b"COMMIT", True, id="transactions"),
        pytest.param(SAID.encode(), False, id="writes of one statement"),
    ],
)
async def test_lines_cut_between_a_commit_and_its_answer_lose_nothing_and_double_nothing(
    last_words: bytes, in_transaction: bool
) -> None:
    # Nobody else commits.
    async with replicas(1, SESSION_API_JOBS_ENABLED="false") as town:
        (service,), (line,) = town.services, town.lines
        async with service.client("ann") as ann:
            session = await made_session(ann)
            while not await service.query("SELECT FROM devices"):  # noqa: ASYNC110 - noted once
                await asyncio.sleep(0.05)
            parent_id = new_id() if in_transaction else None
            if parent_id is not None:
                assert await write_once(ann, session, parent_id, Seen())
            async with writing([ann], session, parent_id=parent_id) as seen:
                for _ in range(CUTS):
                    await line.hold_at(last_words)
                    await asyncio.sleep(0.05)  # in which it is carried out
                    assert line.cut() > 0
                    line.release()
                    await seen.refusals(1)
                line.break_down()
                await seen.refusals(2 * WRITERS)
                line.mend()
                took_seconds = await works_again(ann, session)

            assert took_seconds < BACK_WITHIN_SECONDS
            assert seen.codes == {UNAVAILABLE}
            await nothing_is_lost(service, seen)
            # A commit without an answer was refused and is there. Its repeat says so.
            there = await stored_ids(service)
            uncertain = set(there) - seen.acknowledged - {parent_id}
            assert len(uncertain) >= CUTS
            for message_id in uncertain:
                assert await write_once(ann, session, message_id, seen, parent_id=parent_id)
            assert sorted(await stored_ids(service)) == sorted(there)
