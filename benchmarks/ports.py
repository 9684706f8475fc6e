"""Ports for what a benchmark or a test starts and can't choose one by itself and say which."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from random import SystemRandom

# Below those that systems give to connections going out (RFC 6335 begins them at 49152, Linux at
# 32768): one of the many that are open would be on a port between its choice and its use.
_RANGE = range(15_000, 32_000)


def free_ports(count: int) -> list[int]:
    """So many that nobody listens at, all different."""
    ports: list[int] = []
    with ExitStack() as held:
        for port in SystemRandom().sample(_RANGE, len(_RANGE)):
            if len(ports) == count:
                break
            with suppress(OSError):  # taken: the next one
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
                ports.append(port)
    return ports


def free_port() -> int:
    """One that nobody listens at."""
    (port,) = free_ports(1)
    return port


@contextmanager
def closed_port() -> Iterator[int]:
    """One that nobody listens at, and that nobody else can until the block is left."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def listens(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
