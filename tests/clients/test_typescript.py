"""The TypeScript client: its own tests, and its work with the service. `make check` compiles it."""

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.node import node_with
from tests.support.processes import Service, data_folder

WORKSPACE = Path(__file__).parents[2] / "clients" / "typescript"
CLIENT = WORKSPACE / "packages" / "client"
SECONDS = 300.0
"""Far longer than they take, for a machine that does much else."""


@pytest.fixture(scope="module")
def node() -> str:
    return node_with("vitest", WORKSPACE)


def run(
    node: str,
    script: str,
    *arguments: str,
    folder: Path = CLIENT,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Runs a program of the workspace in a package's folder; its output is the failure."""
    shell = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp")}
    done = subprocess.run(
        [node, str(WORKSPACE / "node_modules" / script), *arguments],
        cwd=folder,
        env=shell | dict(environment or {}),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def carrying_out(order: Path, service: Service) -> Iterator[None]:
    """While it lasts, a file of that name has the service killed and started again.

    Then the file goes.
    """
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            if order.exists():
                service.kill()
                service.start()
                order.unlink()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


VITEST = "vitest/vitest.mjs"


def test_its_units_do_what_they_promise(node: str) -> None:
    run(node, VITEST, "run")


def test_its_components_work_with_the_oldest_react(node: str) -> None:
    run(node, VITEST, "run", folder=WORKSPACE / "packages" / "with-react-18")


def test_the_parts_of_the_demo_do_what_they_promise(node: str) -> None:
    run(node, VITEST, "run", folder=WORKSPACE / "demo")


def test_it_works_with_the_service(node: str) -> None:
    parts = {"SESSION_API_UPLOAD_PARTS_ABOVE": str(5 * 2**20)}
    parts["SESSION_API_UPLOAD_PART_BYTES"] = parts["SESSION_API_UPLOAD_PARTS_ABOVE"]
    with (
        data_folder() as data,
        Service(data, SESSION_API_GUESTS="true", **parts) as service,
    ):
        people = {name.upper(): service.token(name) for name in ("ann", "bob")}
        order, first = data.parent / "kill", service.pid
        with carrying_out(order, service):
            run(
                *(node, VITEST, "run", "--config", "vitest.e2e.config.ts"),
                environment=people | {"SERVICE_URL": service.url, "KILL_ORDER": str(order)},
            )
        assert service.pid != first, "it was never killed"
