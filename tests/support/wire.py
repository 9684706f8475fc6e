"""HTTP by the byte, for what no client would send."""

import socket
import time
from dataclasses import dataclass
from http.client import HTTPResponse
from io import BytesIO

WAIT_SECONDS = 20.0


@dataclass(frozen=True)
class Heard:
    """An answer, and whether the server then closed the connection."""

    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool


class Wire:
    """One connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        self._left = b""

    def send(self, data: bytes) -> "Wire":
        self.socket.sendall(data)
        return self

    def hear(self, *, has_body: bool = True) -> Heard:
        """The next answer. ConnectionError where there is none."""
        data = self._left
        while b"\r\n\r\n" not in data:
            if not (more := self.socket.recv(65536)):
                raise ConnectionError(f"closed after {data!r}")
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        answer = HTTPResponse(_Bytes(head + b"\r\n\r\n"))  # type: ignore[arg-type]
        answer.begin()
        size = int(answer.headers.get("Content-Length") or 0) if has_body else 0
        while len(rest) < size:
            if not (more := self.socket.recv(65536)):
                raise ConnectionError("closed in the middle of an answer")
            rest += more
        self._left = rest[size:]
        headers = {name.lower(): value for name, value in answer.headers.items()}
        closes = headers.get("connection") == "close"
        return Heard(answer.status, headers, rest[:size], closes)

    def is_closed_within(self, seconds: float) -> bool:
        """Whether the server closes it, however much it says before."""
        deadline = time.monotonic() + seconds
        try:
            while (left := deadline - time.monotonic()) > 0:
                self.socket.settimeout(left)
                if not self.socket.recv(65536):
                    return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return False

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


class _Bytes(BytesIO):
    def makefile(self, *_: object) -> "BytesIO":
        return self


def request(
    line: str | bytes,
    *headers: str | bytes,
    host: str | bytes | None = "localhost",
    body: bytes = b"",
) -> bytes:
    """A request as it goes over the wire; `host=None` leaves that header out."""
    lines = [_bytes(line)]
    if host is not None:
        lines.append(b"Host: " + _bytes(host))
    lines += map(_bytes, headers)
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
