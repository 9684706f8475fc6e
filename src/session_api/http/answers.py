"""Answers whose JSON is text already, or that have no body."""

from typing import Final

from starlette.responses import Response

from session_api.http.headers_of_answers import Header

_JSON: Final[Header] = (b"content-type", b"application/json")


class _Answer(Response):
    """Starlette's, its headers written as they are sent and not worked out of names and text."""

    def __init__(self, body: bytes, status: int, headers: list[Header]) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = headers


def json_answer(
    text: str, *, status: int = 200, version: int | None = None, location: str | None = None
) -> Response:
    """An answer of JSON text, with the version as its ETag where it has one."""
    body = text.encode()
    headers = [(b"content-length", b"%d" % len(body)), _JSON]
    if version is not None:
        headers.append((b"etag", b'"%d"' % version))
    if location is not None:
        headers.append((b"location", location.encode("latin-1")))
    return _Answer(body, status, headers)


def not_modified(version: int) -> Response:
    """304: what the client has is the present version."""
    return _Answer(b"", 304, [(b"etag", b'"%d"' % version)])


def no_content() -> Response:
    """204."""
    return _Answer(b"", 204, [])
