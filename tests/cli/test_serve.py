"""`session-api serve` on the embedded database: what it prints, how it ends, who else may run."""

import asyncio
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.support.processes import (
    AFRESH,
    COMMAND,
    START_SECONDS,
    Service,
    clean_environment,
    data_folder,
    is_running,
    leave_out,
    run_command,
    servers_of,
)
from tests.support.races import until_waited_for
from tests.support.waiting import eventually

NAMELESS = 54321  # a user id that no /etc/passwd knows


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with data_folder() as data, Service(data, prefix=AFRESH) as running:
        yield running


def as_user(uid: int) -> list[str]:
    """The front of a command that runs as this user.

    It may look into folders, and nothing else that root may: the interpreter can lie where only
    root goes.
    """
    if os.geteuid() != 0:
        leave_out("only root can become other users")
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        leave_out("setpriv (util-linux) is not installed")
    look = "+dac_read_search"
    return [
        *(str(setpriv), f"--reuid={uid}", f"--regid={uid}", "--clear-groups"),
        *(f"--inh-caps=-all,{look}", f"--ambient-caps=-all,{look}", f"--bounding-set=-all,{look}"),
        *("--securebits=+no_setuid_fixup", "--"),
    ]


def only_line(said: str) -> str:
    """What was said, which must be one line of a person's language."""
    assert said.startswith("session-api: ")
    assert said.count("\n") == 1, said
    return said.strip()


# What it prints


def test_the_docs_are_where_it_says(service: Service) -> None:
    address = re.search(r"docs +(\S+)", service.output)
    assert address is not None
    answer = httpx.get(address[1])
    assert (answer.status_code, "swagger" in answer.text.lower()) == (200, True)


def test_the_demo_is_where_it_says(service: Service) -> None:
    address = re.search(r"demo +(\S+)", service.output)
    assert address is not None
    answer = httpx.get(address[1])
    assert (answer.status_code, "/demo/demo.js" in answer.text) == (200, True)


def test_the_token_it_prints_signs_in(service: Service) -> None:
    token = re.search(r"token +(\S+)", service.output)
    assert token is not None
    answer = httpx.get(
        f"{service.url}/api/sessions/", headers={"Authorization": f"Bearer {token[1]}"}
    )
    assert answer.status_code == 200


def test_the_curl_line_works_when_pasted(service: Service) -> None:
    line = next(line for line in service.output.splitlines() if line.startswith("  curl "))
    pasted = subprocess.run(
        ["sh", "-c", f"{line} --silent"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"outcome":"created"' in pasted.stdout


# How it ends


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_leaves_nothing_running(number: signal.Signals) -> None:
    with data_folder() as data, Service(data) as service:
        sockets = Path((data / "postgres" / "socket").read_text())
        assert service.stop(number) == 0
        assert servers_of(data) == []
        assert service.members == []
        assert not sockets.exists()
        assert "Traceback" not in service.output


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")], ids=["alone", "workers"])
async def test_a_closed_terminal_lets_requests_finish(arguments: tuple[str, ...]) -> None:
    with data_folder() as data, Service(data, *arguments) as service:
        async with service.client() as ann:
            session = (await ann.post("/api/sessions/", json={})).json()
            holder = await asyncpg.connect(service.database_url)
            async with holder.transaction():
                await holder.execute("SELECT FROM user_sessions FOR UPDATE")
                write = asyncio.create_task(
                    ann.post(
                        f"/api/sessions/{session['id']}/messages",
                        json={"role": "user", "content": "the last word"},
                    )
                )
                await until_waited_for(holder)
                os.killpg(service.pid, signal.SIGHUP)  # as a terminal does: to all
                await asyncio.sleep(1)
            await holder.close()
            assert (await write).status_code == 201
        assert service.wait() == 0
        assert eventually(lambda: service.members == [])
        assert servers_of(data) == []
        assert "Traceback" not in service.output


def test_a_terminal_closed_during_the_start_leaves_nothing_running() -> None:
    with data_folder() as data:
        starting = subprocess.Popen(
            [COMMAND, "serve", "--port", "0", "--data", str(data)],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert eventually((data / "postgres").exists)
        starting.send_signal(signal.SIGHUP)
        printed, _ = starting.communicate(timeout=START_SECONDS)
        assert starting.returncode == 0
        assert "Traceback" not in printed
        assert servers_of(data) == []


# Several workers


@pytest.fixture(scope="module")
def workers() -> Iterator[Service]:
    with data_folder() as data, Service(data, "--workers", "2", prefix=AFRESH) as running:
        yield running


def test_several_workers_serve(workers: Service) -> None:
    # Itself and two workers, beside a helper of Python's own.
    assert eventually(lambda: len(workers.members) >= 3)
    assert {workers.readiness() for _ in range(10)} == {200}


def test_workers_whose_parent_was_killed_make_room_for_the_next(workers: Service) -> None:
    workers.kill()
    assert eventually(lambda: workers.members == [])
    # At the same address, and onto the same database.
    assert workers.start().readiness() == 200


def test_several_workers_end_with_their_parent(workers: Service) -> None:
    assert workers.stop() == 0
    assert eventually(lambda: workers.members == [])
    assert servers_of(workers.data) == []


@pytest.mark.waits
def test_workers_that_take_long_to_import_are_waited_for(tmp_path: Path) -> None:
    # As on a slow machine. Python looks for this module before it does anything else.
    begun = tmp_path / "begun.txt"
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, time\n"
        "if '--multiprocessing-fork' in sys.orig_argv:\n"
        f"    print('one', file=open({str(begun)!r}, 'a'), flush=True)\n"
        "    time.sleep(7)\n"
    )
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    with data_folder() as data, Service(data, "--workers", "2", PYTHONPATH=path) as service:
        assert begun.read_text().split() == ["one"] * 2
        assert service.stop() == 0


# Who else may run


def test_a_second_one_on_the_same_data_serves_beside_the_first(service: Service) -> None:
    with Service(service.data) as beside:
        assert beside.port != service.port
        assert beside.postgres_pid == service.postgres_pid
        assert beside.stop() == 0
        assert is_running(service.postgres_pid)
        assert service.readiness() == 200


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as taken, data_folder() as data:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run_command("serve", "--port", str(port), "--data", data)
        assert refused.returncode != 0
        assert only_line(refused.stderr) == (
            f"session-api: can't listen on 127.0.0.1:{port}: address already in use; "
            "choose another --port"
        )
        # Found out before anything else was begun.
        assert not data.exists()


def test_an_ordinary_user_is_served_by_a_database_of_their_own() -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    prefix = as_user(nobody)  # first: who can't become another user can't make their folder either
    with data_folder(uid=nobody) as data, Service(data, prefix=prefix) as service:
        assert Path(f"/proc/{service.pid}").stat().st_uid == nobody
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in servers_of(data)} == {nobody}
        assert service.stop() == 0
        assert servers_of(data) == []


def test_a_user_without_a_name_is_told_of_the_way_out() -> None:
    prefix = as_user(NAMELESS)
    with data_folder(uid=NAMELESS) as data:
        refused = run_command("serve", "--port", "0", "--data", data, prefix=prefix)
        assert refused.returncode != 0
        said = only_line(refused.stderr)
        assert f"user id {NAMELESS} has no entry in /etc/passwd" in said
        assert said.endswith("set DATABASE_URL.")
