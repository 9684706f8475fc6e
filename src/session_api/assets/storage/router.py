"""What clients do with the tickets of the filesystem store. The ticket is the grant: no token.

Not part of the OpenAPI document: nobody makes these addresses but the service, and a ticket says
all there is to send.
"""

import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from session_api.assets.storage.disk import BLOCK_BYTES
from session_api.assets.storage.downloads import attachment
from session_api.assets.storage.filesystem import PATH, FilesystemStore
from session_api.assets.storage.streams import while_moving
from session_api.assets.storage.tickets import GetGrant, PartGrant, PutGrant
from session_api.problems import AssetNotFound, RouteNotFound, TicketInvalid, UploadMismatch

_ONE_RANGE = re.compile(rb"bytes=(?:(\d{1,18})-(\d{0,18})|-\d{1,18})")
_NO_RUNNING = "sandbox; default-src 'none'"

router = APIRouter(prefix=PATH, include_in_schema=False)


async def _store(request: Request) -> FilesystemStore:
    """The app's store, where that is one whose tickets lead here."""
    store: object = request.app.state.object_store
    if not isinstance(store, FilesystemStore):
        raise RouteNotFound
    return store


Store = Annotated[FilesystemStore, Depends(_store)]


@router.put("/{ticket}")
async def put_object(ticket: str, request: Request, store: Store) -> Response:
    """Takes in an object or a part of one."""
    grant = store.tickets.decode(ticket)
    if isinstance(grant, GetGrant):
        raise TicketInvalid("This link reads; it takes nothing in.")
    _require_size(request, grant.size)
    chunks = while_moving(request.stream(), seconds=store.stall_seconds)
    if isinstance(grant, PartGrant):
        await store.write_part(grant, chunks)
    else:
        await _put(store, grant, request, chunks)
    return Response()


async def _put(
    store: FilesystemStore, grant: PutGrant, request: Request, chunks: AsyncIterator[bytes]
) -> None:
    sent = request.headers.get("content-type", "")
    if sent.strip().lower() != grant.content_type.strip().lower():
        raise UploadMismatch(f"The content type {grant.content_type} was announced.")
    await store.write(
        grant.key,
        chunks,
        content_type=grant.content_type,
        limit=grant.size,
        size=grant.size,
        sha256=grant.sha256,
    )


def _require_size(request: Request, size: int) -> None:
    # Without it, in chunks, the bytes are counted as they come.
    declared = request.headers.get("content-length")
    if declared is not None and declared != str(size):
        raise UploadMismatch(f"{size} bytes were announced, {declared[:20]} are sent.")


@router.api_route("/{ticket}", methods=["GET", "HEAD"])
async def get_object(ticket: str, store: Store) -> Response:
    """Answers with an object, or one range of it."""
    grant = store.tickets.decode(ticket)
    if not isinstance(grant, GetGrant):
        raise TicketInvalid("This link takes bytes in; it reads nothing.")
    found = await store.file_of(grant.key)
    if found is None:
        raise AssetNotFound
    path, status = found
    seconds = store.tickets.seconds_left(grant)
    return _Download(
        path,
        stat_result=status,
        media_type=grant.content_type,
        headers={
            "Content-Disposition": attachment(grant.name),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": _NO_RUNNING,
            # The link is the grant, for whichever page holds it.
            "Cross-Origin-Resource-Policy": "cross-origin",
            # Objects never change: kept by one browser for as long as the link is good.
            "Cache-Control": f"private, max-age={seconds}, immutable",
        },
    )


class _Download(FileResponse):
    """Starlette's, in larger blocks. A Range that is not one range in order is left unread, and the
    whole answered (RFC 9110 § 14.2).
    """

    chunk_size = BLOCK_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ranges = [value for name, value in scope["headers"] if name == b"range"]
        if ranges and not (len(ranges) == 1 and _is_one_range(ranges[0])):
            headers = [header for header in scope["headers"] if header[0] != b"range"]
            scope = {**scope, "headers": headers}
        await super().__call__(scope, receive, send)


def _is_one_range(header: bytes) -> bool:
    found = _ONE_RANGE.fullmatch(header)
    return found is not None and not (found[2] and int(found[1]) > int(found[2]))
