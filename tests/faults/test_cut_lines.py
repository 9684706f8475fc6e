"""The line to PostgreSQL is cut in the middle of statements, commits among them, or goes silent."""

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
# Of QUICK: a statement's time, the grace a silent server gets on top, and one for a busy machine.
# Another two were lost before to waiting for a cancellation that the line did not carry either.
TOLD_WITHIN_SECONDS = 1 + 2 + 1


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


async def test_writes_on_a_line_gone_silent_are_told_when_the_servers_own_time_is_over() -> None:
    async with replicas(1, SESSION_API_JOBS_ENABLED="false") as town:
        (service,), (line,) = town.services, town.lines
        async with service.client("ann") as ann:
            session, seen, parent_id = await made_session(ann), Seen(), new_id()
            assert await write_once(ann, session, parent_id, seen)

            async def write_four() -> list[bool]:
                """Two in one statement, two in a transaction."""
                return await asyncio.gather(
                    *(
                        write_once(ann, session, new_id(), seen, parent_id=parent)
                        for parent in (None, parent_id, None, parent_id)
                    )
                )

            # Nobody may have to connect, which has a time of its own. One connection more is that
            # over which replicas tell each other.
            while line.connections < 4 + 1:
                assert all(await write_four())
            seen.slowest_seconds = 0.0
            line.hold()
            assert not any(await write_four())
            line.mend()
            assert await works_again(ann, session) < BACK_WITHIN_SECONDS

            assert seen.codes == {UNAVAILABLE}
            assert seen.slowest_seconds < TOLD_WITHIN_SECONDS
            await nothing_is_lost(service, seen)
