"""Answering with the files of the demo, and with nothing else."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from session_api.assets.storage import ObjectStore
from session_api.problems import MethodNotAllowed, RouteNotFound, StorageUnavailable

DEMO_PATH: Final = "/demo"
"""Where it is mounted, which its build names too (`base` in vite.config.ts)."""

STATIC: Final = Path(__file__).parent / "static"
START: Final = "index.html"
METHODS: Final = ("GET", "HEAD")
_PACKED: Final = ".gz"

# Everything is the service's own, and nothing is written into the page but by its script. Pictures
# are shown from memory (`blob:`), since fetching them takes a token. Files alone may be elsewhere.
POLICY: Final = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class _File:
    content: bytes
    media_type: str
    is_packed: bool

    @cached_property
    def unpacked(self) -> bytes:
        return gzip.decompress(self.content) if self.is_packed else self.content

    @cached_property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'


class DemoFiles:
    """An ASGI app to be mounted. It knows the few files by their names, read once: what is asked
    for never becomes a path, so that no `..` leads anywhere. Raises problems, as routes do.

    `store` says where the page brings files and reads them, if that is another origin.
    """

    def __init__(self, store: ObjectStore, folder: Path = STATIC) -> None:
        self._store = store
        self._files = {file.name.removesuffix(_PACKED): _read(file) for file in folder.iterdir()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        name = path.removeprefix(scope.get("root_path", "")).removeprefix("/")
        file = self._files.get(name or START)
        if file is None:
            raise RouteNotFound
        if scope["method"] not in METHODS:
            raise MethodNotAllowed(headers={"Allow": ", ".join(METHODS)})
        answer = _answer(file, Headers(scope=scope), await self._policy())
        if scope["method"] == "HEAD":
            answer.body = b""
        await answer(scope, receive, send)

    async def _policy(self) -> str:
        try:
            origin = await self._store.browser_origin()
        except StorageUnavailable:  # it can't sign, and so takes no files either
            origin = None
        return POLICY if origin is None else f"{POLICY}; connect-src 'self' {origin}"


def _read(file: Path) -> _File:
    kind, encoding = mimetypes.guess_type(file.name)
    return _File(file.read_bytes(), kind or "application/octet-stream", encoding == "gzip")


def _answer(file: _File, asked: Headers, policy: str) -> Response:
    takes_packed = file.is_packed and "gzip" in asked.get("accept-encoding", "")
    etag = file.etag if takes_packed or not file.is_packed else f'{file.etag[:-1]}-whole"'
    headers = {"ETag": etag, "Content-Security-Policy": policy}
    if file.is_packed:
        headers["Vary"] = "Accept-Encoding"
    if etag in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if takes_packed:
        headers["Content-Encoding"] = "gzip"
    content = file.content if takes_packed else file.unpacked
    return Response(content, headers=headers, media_type=file.media_type)
