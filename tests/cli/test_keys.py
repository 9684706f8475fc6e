"""`session-api keys rotate` and `status`, as an operator runs them."""

import asyncio
import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from session_api.app import create_app
from session_api.security import KeyRing
from tests.support.people import MovableClock, Person
from tests.support.processes import (
    COMMAND,
    STOP_SECONDS,
    clean_environment,
    data_folder,
    run_command,
)
from tests.support.races import Holder
from tests.support.sealed import (
    LOST_KEY,
    NEW_KEY,
    OLD_KEY,
    ROTATING,
    count_under,
    has_sealed_sessions,
    opened,
    ring,
    until_under,
)
from tests.support.settings import SECRET, test_settings
from tests.support.workspace import Sql

Keys = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(database_url: str, keys: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "SESSION_API_JWT_SECRET": SECRET,
        "SESSION_API_ENCRYPTION_KEYS": keys,
    }


@pytest.fixture
def keys(database_url: str) -> Keys:
    """`session-api keys …` on the test's database, under a ring, of which it never shows a key."""

    def run(*arguments: str, under: str) -> "subprocess.CompletedProcess[str]":
        done = run_command("keys", *arguments, environment=environment(database_url, under))
        secrets = [entry.partition(":")[2] for entry in under.split(",")]
        assert not any(secret in done.stdout + done.stderr for secret in secrets)
        return done

    return run


def told(done: "subprocess.CompletedProcess[str]") -> Any:
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


async def test_changing_over_from_one_key_to_another_as_the_docs_tell(sql: Sql, keys: Keys) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), 250)
    assert told(keys("status", "--json", under=f"{OLD_KEY},{NEW_KEY}")) == {
        "first": "test",
        "sessions": 250,
        "keys": [{"kid": "test", "values": 500}, {"kid": "new", "values": 0}],
        "missing_keys": [],
        "malformed": 0,
    }
    assert told(keys("rotate", "--json", under=ROTATING)) == {
        "first": "new",
        "sessions": 250,
        "rotated": 500,
        "held": 0,
        "unreadable": {"key_missing": 0, "ciphertext_invalid": 0},
        "named": [],
    }
    assert told(keys("status", "--json", under=ROTATING))["keys"] == [
        {"kid": "new", "values": 500},
        {"kid": "test", "values": 0},
    ]
    status = keys("status", "--verify", under=NEW_KEY)
    assert status.stdout == (
        "Values of 250 sessions: 500 under new (the first). Fail their check: none.\n"
    )
    assert len(await opened(sql, ring(NEW_KEY))) == len(made)


async def test_each_says_in_a_line_what_it_found(sql: Sql, keys: Keys) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), 5)
    for (owner, session), blob in {
        made[0]: b"",
        made[1]: ring(LOST_KEY).encrypt(
            b"{}",
            purpose="user_sessions.metadata",
            owner_id=made[1][0],
            record_id=made[1][1],
        ),
    }.items():
        await sql.execute(
            "UPDATE user_sessions SET metadata_ciphertext = $3 WHERE owner_id = $1 AND id = $2",
            *(owner, session, blob),
        )
    rotated = keys("rotate", under=ROTATING)
    assert (rotated.returncode, rotated.stderr) == (0, "")
    assert rotated.stdout == (
        "Put 8 values of 5 sessions under the key new. Left as they were: 1 whose key is missing,"
        " 1 that fail their check (--json names the first of them).\n"
    )
    named = told(keys("rotate", "--json", under=ROTATING))["named"]
    assert {(value["session_id"], value["value"], value["code"]) for value in named} == {
        (str(made[0][1]), "metadata", "ciphertext_invalid"),
        (str(made[1][1]), "metadata", "key_missing"),
    }
    assert keys("status", under=ROTATING).stdout == (
        "Values of 5 sessions: 8 under new (the first), 0 under test."
        " Missing from the ring: lost (1 values). 1 are no sealed values.\n"
    )


async def test_killed_in_the_middle_it_holds_nobody_up_and_goes_on_when_run_again(
    sql: Sql, database_url: str, clock: MovableClock, keys: Keys
) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), 2_000)
    new: KeyRing = ring(NEW_KEY)
    async with Holder(database_url) as holder:
        # The fifth page can't be finished, so that there is a middle to be killed in.
        await holder.does("SELECT FROM user_sessions WHERE id = $1 FOR NO KEY UPDATE", made[990][1])
        rotating = await asyncio.create_subprocess_exec(
            *(COMMAND, "keys", "rotate"),
            env=clean_environment(**environment(database_url, ROTATING)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await until_under(sql, new, 999)
            # Standing still at whatever it does, it keeps nobody from the rows it works on.
            rotating.send_signal(signal.SIGSTOP)
            await sql.execute("SET lock_timeout = '2s'")
            for _, session_id in made[800:990]:
                await sql.execute("UPDATE user_sessions SET name = 'x' WHERE id = $1", session_id)
        finally:
            rotating.kill()
        async with asyncio.timeout(STOP_SECONDS):
            assert await rotating.wait() == -signal.SIGKILL
    assert await count_under(sql, new) == 999
    done = told(keys("rotate", "--json", under=ROTATING))
    assert (done["rotated"], done["held"]) == (2 * (2_000 - 999), 0)
    assert len(await opened(sql, new)) == 2_000


async def test_a_row_that_is_held_all_the_time_makes_it_fail_in_one_line(
    sql: Sql, database_url: str, keys: Keys
) -> None:
    made = await has_sealed_sessions(sql, ring(OLD_KEY), 5)
    async with Holder(database_url) as holder:
        await holder.does("SELECT FROM user_sessions WHERE id = $1 FOR NO KEY UPDATE", made[2][1])
        done = await asyncio.to_thread(keys, "rotate", "--json", under=ROTATING)
    assert done.returncode == 1
    assert (json.loads(done.stdout)["rotated"], json.loads(done.stdout)["held"]) == (8, 2)
    assert done.stderr == ("session-api: 2 values were held by others all the time; run it again\n")


def test_the_ring_of_the_embedded_database_is_in_its_folder() -> None:
    with data_folder() as data:
        at = ("--json", "--data", str(data))
        assert told(run_command("seed", "--sessions", "1", "--messages", "2", *at))["sessions"] == 1
        secrets = json.loads((data / "secrets.json").read_text())
        secrets["encryption_keys"] = f"{NEW_KEY},{secrets['encryption_keys']}"
        (data / "secrets.json").write_text(json.dumps(secrets))
        assert told(run_command("keys", "rotate", *at))["rotated"] == 2
        assert told(run_command("keys", "status", "--verify", *at))["keys"] == [
            {"kid": "new", "values": 2, "broken": 0},
            {"kid": "development", "values": 0, "broken": 0},
        ]


async def test_people_read_the_same_before_and_after(
    ann: Person, database_url: str, clock: MovableClock, keys: Keys
) -> None:
    session = await ann.has_session(session_metadata={"draft": "hello"})
    before = (await ann.get(f"/api/sessions/{session['id']}")).text
    assert told(keys("rotate", "--json", under=ROTATING))["rotated"] == 2
    settings = test_settings(database_url, encryption_keys=NEW_KEY)
    app = create_app(settings, clock=clock)
    async with Person("ann", httpx.ASGITransport(app), settings, clock) as later:
        assert (await later.get(f"/api/sessions/{session['id']}")).text == before
    await app.state.database.close()
