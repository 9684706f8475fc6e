"""The app's own origin: another port of this machine, which serves the page and notes who calls."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_HERE = Path(__file__).parent
_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript"}


class Pages:
    """What an app's web server is here. `own` adds pages to those of this folder."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server
        self.own: dict[str, tuple[str, bytes]] = {}
        self.called: list[str] = []

    @property
    def origin(self) -> str:
        """By name: to a browser, that is another site than the service's 127.0.0.1."""
        return f"http://localhost:{self.server.server_port}"

    @property
    def other_origin(self) -> str:
        """The same pages, at an origin that the service was not told of."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, type and content."""
        self.called.append(path)
        if path in self.own:
            return 200, *self.own[path]
        file = _HERE / path.removeprefix("/")
        if path.count("/") == 1 and file.suffix in _TYPES and file.is_file():
            return 200, _TYPES[file.suffix], file.read_bytes()
        return 404, "text/plain", b"not here"


@contextmanager
def pages() -> Iterator[Pages]:
    """Serves for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, content = served.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = Pages(server)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
