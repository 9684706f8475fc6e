"""The figures of all worker processes of a service, as Prometheus reads them.

A scrape meets one worker of several, so that worker asks the others, over a socket each in a folder
that only they can enter, and names each in a label. The label, rather than sums, because the count
of a worker that was restarted begins anew, and a sum that falls looks to Prometheus like a restart
of everything. prometheus-client's own way, files that every count is written to, costs several
times as much on the way of every request, and works by a variable that must be set before it is
imported.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from session_api.telemetry.families import PREFIX, Sources, families

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_ANSWER_SECONDS: Final = 1.0
"""A worker that is busier than that is left out of one scrape."""

_Packed = list[tuple[str, str, str, list[tuple[str, dict[str, str], float]]]]


def own_address(setting: str) -> tuple[str, int] | None:
    """The host and port that `SESSION_API_METRICS` names, where it names one."""
    host, colon, port = setting.rpartition(":")
    return (host.strip("[]"), int(port)) if colon else None


class Telemetry:
    """The figures of this process and of its siblings.

    `folder` is where workers of one service meet; without it there is only this one. With
    `listen_at` they are told at an address of their own, as (host, port).
    """

    def __init__(
        self, sources: Sources, *, folder: Path | None, listen_at: tuple[str, int] | None
    ) -> None:
        self._sources = sources
        self._folder = folder
        self._listen_at = listen_at
        self._servers: list[asyncio.AbstractServer] = []

    async def open(self) -> None:
        """Lets siblings and scrapers ask. Raises OSError where the address is taken."""
        if self._folder is not None:
            own = self._folder / f"{os.getpid()}.sock"
            self._servers.append(await asyncio.start_unix_server(self._tell_sibling, own))
        if self._listen_at is not None:
            host, port = self._listen_at
            shared = self._folder is not None  # every worker takes the address
            self._servers.append(
                await asyncio.start_server(
                    self._tell_scraper, host, port, reuse_port=shared, limit=8192
                )
            )

    async def close(self) -> None:
        """Repeatable."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        if self._folder is not None:
            (self._folder / f"{os.getpid()}.sock").unlink(missing_ok=True)

    async def text(self) -> bytes:
        """All of it, in the text format."""
        if self._folder is None:
            return generate_latest(_Registry(lambda: families(self._sources)))
        merged = await self._merged(self._folder)
        return generate_latest(_Registry(lambda: merged))

    # Siblings

    async def _merged(self, folder: Path) -> list[Metric]:
        own = str(os.getpid())
        others = [path for path in _sockets(folder) if path.stem != own]
        answers = await asyncio.gather(*map(_ask, others))
        told = {own: _pack(families(self._sources))}
        told |= {
            path.stem: answer
            for path, answer in zip(others, answers, strict=True)
            if answer is not None
        }
        silent = GaugeMetricFamily(
            PREFIX + "workers_silent",
            "Worker processes that did not answer in time.",
            value=sum(answer is None for answer in answers),
        )
        return [*_merge(told), silent]

    async def _tell_sibling(
        self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            writer.write(json.dumps(_pack(families(self._sources))).encode())
            await writer.drain()
        writer.close()

    # Scrapers at an address of their own

    async def _tell_scraper(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(
            OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            async with asyncio.timeout(10):
                head = await reader.readuntil(b"\r\n\r\n")
                found = head.startswith((b"GET /metrics ", b"GET /metrics?"))
                status, body = (b"200 OK", await self.text()) if found else (b"404 Not Found", b"")
                writer.write(
                    b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close"
                    b"\r\n\r\n" % (status, CONTENT_TYPE.encode(), len(body))
                )
                writer.write(body)
                await writer.drain()
        writer.close()


class _Registry:
    """As much of one as the writer of the format asks for."""

    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self.collect = collect


def _sockets(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sock"))


async def _ask(path: Path) -> _Packed | None:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            answer: _Packed = json.loads(await reader.read())
            writer.close()
    except ConnectionRefusedError:
        return []  # its worker was killed
    except (OSError, TimeoutError, ValueError):
        return None
    return answer


def _pack(found: Iterable[Metric]) -> _Packed:
    return [
        (
            metric.name,
            metric.type,
            metric.documentation,
            [(sample.name, dict(sample.labels), sample.value) for sample in metric.samples],
        )
        for metric in found
    ]


def _merge(told: dict[str, _Packed]) -> Iterator[Metric]:
    """The families of all workers, each family in one piece, as the format asks for."""
    merged: dict[str, Any] = {}
    for worker, packed in told.items():
        for name, kind, documentation, samples in packed:
            metric = merged.setdefault(name, Metric(name, documentation, kind))
            for sample, labels, value in samples:
                metric.add_sample(sample, {**labels, "worker": worker}, value)
    yield from merged.values()
