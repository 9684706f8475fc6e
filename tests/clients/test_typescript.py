"""The TypeScript client: its own tests, and its work with the service. `make check` compiles it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.node import node_with
from tests.support.processes import Service

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


VITEST = "vitest/vitest.mjs"


def test_its_units_do_what_they_promise(node: str) -> None:
    run(node, VITEST, "run")


def test_its_components_work_with_the_oldest_react(node: str) -> None:
    run(node, VITEST, "run", folder=WORKSPACE / "packages" / "with-react-18")


def test_the_parts_of_the_demo_do_what_they_promise(node: str) -> None:
    run(node, VITEST, "run", folder=WORKSPACE / "demo")


def test_it_works_with_the_service(node: str, service: Service) -> None:
    people = {name.upper(): service.token(name) for name in ("ann", "bob")}
    run(
        *(node, VITEST, "run", "--config", "vitest.e2e.config.ts"),
        environment=people | {"SERVICE_URL": service.url},
    )
