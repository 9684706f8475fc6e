"""What a log tells of an exception: where it came from, and nothing that people wrote."""

import re
import subprocess
import sys

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError

from session_api.logs import describe_exception

MARKER = "my private diary"


def told(error: BaseException) -> str:
    event = describe_exception(None, "error", {"event": "x", "exc_info": error})
    assert "exc_info" not in event
    return str(event["exception"])


def raised(error: BaseException, origin: BaseException | None = None) -> BaseException:
    """The error with frames, and with a local variable that must not be shown."""
    private = MARKER
    try:
        raise error from origin
    except BaseException as caught:
        assert private
        return caught


def test_an_error_of_ours_is_told_with_its_message_and_frames() -> None:
    lines = told(raised(RuntimeError("no such worker"))).splitlines()
    assert lines[0] == "builtins.RuntimeError: no such worker"
    assert lines[1].startswith(f"  {__file__}:")
    assert lines[1].endswith(" in raised")


def test_local_variables_are_never_told() -> None:
    assert MARKER not in told(raised(RuntimeError("no such worker")))


@pytest.mark.parametrize(
    ("error", "origin"),
    [
        (IntegrityError(MARKER, {"content": MARKER}, Exception(MARKER)), None),
        (asyncpg.CheckViolationError(MARKER), None),
        # The driver's errors come from Python's own, which quote the value.
        (asyncpg.DataError(MARKER), ValueError(f"invalid UUID '{MARKER}'")),
        # What wraps one may quote it.
        (RuntimeError(f"lost: {MARKER}"), asyncpg.CheckViolationError(MARKER)),
        (ExceptionGroup("several", [asyncpg.DataError(MARKER), ValueError(MARKER)]), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_message_is_told_where_a_database_has_a_part(
    error: BaseException, origin: BaseException | None
) -> None:
    description = told(raised(error, origin))
    assert MARKER not in description
    for link in (error, origin):
        assert link is None or type(link).__qualname__ in description


@pytest.mark.parametrize("as_json", [True, False])
def test_logs_of_libraries_keep_to_it_too(as_json: bool) -> None:
    """asyncio draws the exception of a task that nobody waited for into its message."""
    program = f"""
import asyncio, gc, logging, asyncpg
from sqlalchemy.exc import IntegrityError
from session_api.logs import configure_logging

async def fail():
    origin = asyncpg.CheckViolationError("{MARKER[:5]}" + "{MARKER[5:]}")
    raise IntegrityError("INSERT", {{}}, origin)

async def main():
    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()

configure_logging(as_json={as_json})
asyncio.run(main())
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert "Task exception was never retrieved" in run.stderr
    assert "IntegrityError" in run.stderr
    assert MARKER not in run.stderr


@pytest.mark.parametrize("as_json", [True, False])
def test_nobody_writes_a_line_of_their_own(as_json: bool) -> None:
    """Nor moves the cursor of who reads it (ASVS 16.4.1); and every line has its time in UTC."""
    program = f"""
import logging, structlog
from session_api.logs import LINES, configure_logging

configure_logging(as_json={as_json})
nasty = "a\\r\\nlevel=critical forged\\x1b[2J\\u2028\\x00"
structlog.get_logger().warning("ours", value=nasty)
logging.getLogger("library").error("theirs " + nasty)
print(dict(LINES))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    lines = run.stderr.split("\n")
    assert (len(lines), lines[-1]) == (3, "")
    for line in lines[:2]:
        assert line.isprintable()
        assert re.search(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line)
    assert run.stdout.strip() == "{'warning': 1, 'error': 1}"
