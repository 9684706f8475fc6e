"""The line between a service and its PostgreSQL, which a test can hold and cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit


class Line:
    """Carries bytes from a port of this machine to a PostgreSQL that listens on a socket file."""

    def __init__(self, socket_url: str) -> None:
        """`socket_url` is the address of the database on its socket, as an embedded one has it."""
        parts = urlsplit(socket_url)
        (folder,) = parse_qs(parts.query)["host"]
        self._parts = parts
        self._socket = Path(folder) / ".s.PGSQL.5432"
        self._answers_pass = asyncio.Event()
        self._answers_pass.set()
        self._awaited: bytes | None = None
        self._found = asyncio.Event()
        self._is_broken = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    @property
    def url(self) -> str:
        """The address of the database at this end of the line."""
        port = self._server.sockets[0].getsockname()[1]
        who = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(
            self._parts._replace(netloc=f"{who}@127.0.0.1:{port}", query="sslmode=disable")
        )

    @property
    def connections(self) -> int:
        return len(self._ends) // 2

    def hold(self) -> None:
        """From now on requests arrive, and their answers do not."""
        self._answers_pass.clear()

    async def hold_at(self, request: bytes) -> None:
        """Holds from the next request on that contains this; returns when it is on its way."""
        self._awaited, self._found = request, asyncio.Event()
        await self._found.wait()

    def release(self) -> None:
        """What was held arrives."""
        self._answers_pass.set()

    def cut(self) -> int:
        """Resets every connection, whatever is under way on it; returns how many there were."""
        count = self.connections
        for end in list(self._ends):
            end.transport.abort()
        self._ends.clear()
        return count

    def break_down(self) -> None:
        """Cuts, and lets nobody in until it is mended."""
        self._is_broken = True
        self.cut()

    def mend(self) -> None:
        """Lets everybody in, and holds nothing."""
        self._is_broken = False
        self.release()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)

    async def close(self) -> None:
        """Returns when nothing is carried any more."""
        self._server.close()
        self.release()
        self.break_down()
        await asyncio.gather(*self._carrying)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(carrying)
        carrying.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(self._socket)
        except OSError:  # nobody listens
            writer.transport.abort()
            return
        if self._is_broken:  # by now; who was just coming in does not slip through
            writer.transport.abort()
            back.transport.abort()
            return
        ends = {writer, back}
        self._ends |= ends
        pumps = [
            asyncio.create_task(self._bring_requests(reader, back)),
            asyncio.create_task(self._bring_answers(there, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._ends -= ends
            for end in ends:
                end.close()

    async def _bring_requests(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while block := await source.read(65536):
                if self._awaited is not None and self._awaited in block:
                    self._awaited = None
                    self._found.set()
                    self.hold()
                target.write(block)
                await target.drain()

    async def _bring_answers(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while block := await source.read(65536):
                await self._answers_pass.wait()
                target.write(block)
                await target.drain()


@asynccontextmanager
async def line_to(socket_url: str) -> AsyncIterator[Line]:
    """A line that is there as long as the block lasts."""
    line = Line(socket_url)
    await line.open()
    try:
        yield line
    finally:
        await line.close()
