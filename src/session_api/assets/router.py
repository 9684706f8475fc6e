"""The files of a session over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from session_api.assets.announcing import AssetAnnouncing
from session_api.assets.direct import DirectUploads
from session_api.assets.examples import ANNOUNCE, PARTS
from session_api.assets.schemas import (
    Asset,
    AssetAnnounced,
    AssetCreate,
    AssetPage,
    AssetStatus,
    PartsRequest,
    PartTickets,
    Scope,
)
from session_api.assets.service import AssetService
from session_api.assets.tickets import UploadTickets
from session_api.fields import PathId
from session_api.http.addresses import base_url
from session_api.http.answers import json_answer, no_content
from session_api.http.authentication import EditingCaller, ViewingCaller
from session_api.http.forms import UploadForm
from session_api.http.headers import IdempotencyKey, chosen_id
from session_api.http.openapi import documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.problems import (
    AssetNotFound,
    HopNotFound,
    IdConflict,
    MissionNotFound,
    PayloadTooLarge,
    QuotaExceeded,
    SessionNotActive,
    SessionNotFound,
    StorageUnavailable,
    UnsupportedMediaType,
    UploadIncomplete,
    UploadMismatch,
)
from session_api.turn_problems import TurnLost


class _AssetRoute(GuardedRoute):
    addresses = frozenset({"upload"})


router = APIRouter(
    prefix="/api/sessions/{session_id}/assets", tags=["Assets"], route_class=_AssetRoute
)


Service = Annotated[AssetService, part("assets")]
Address = Annotated[str, Depends(base_url)]

_BRINGING = (
    SessionNotFound,
    MissionNotFound,
    HopNotFound,
    SessionNotActive,
    TurnLost,
    IdConflict,
    QuotaExceeded,
    StorageUnavailable,
)


@router.post(
    "",
    summary="Announce a file",
    response_model=AssetAnnounced,
    status_code=201,
    responses={
        200: {"model": AssetAnnounced, "description": "A repeat: the asset and a fresh ticket."},
        **documented(*_BRINGING, body=True),
    },
    operation_id="announce_asset",
)
async def announce_asset(
    caller: EditingCaller,
    announcing: Annotated[AssetAnnouncing, part("announcing")],
    address: Address,
    session_id: PathId,
    key: IdempotencyKey,
    body: Annotated[AssetCreate, Body(openapi_examples=ANNOUNCE)],
) -> Response:
    """Answers a ticket: the request that brings the bytes, straight to the store and without a
    token. Then call `complete`. Until that is done the asset is `pending`, belongs to nothing that
    others see, and goes by itself when the ticket ends. Large files come in parts.
    """
    text, new = await announcing.announce(
        caller, session_id, body, asset_id=chosen_id(body.id, key), base_url=address
    )
    return json_answer(text, status=201 if new else 200)


_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "mission_id": {"type": "string", "format": "uuid"},
                        "hop_id": {"type": "string", "format": "uuid"},
                    },
                },
                "examples": {
                    "text": {"summary": "A text file", "value": {"file": "Miradouro at sunset\n"}}
                },
            }
        },
    }
}


@router.post(
    "/upload",
    summary="Upload a file in one call",
    response_model=Asset,
    status_code=201,
    responses={
        200: {"model": Asset, "description": "A repeat: the asset as it is."},
        **documented(*_BRINGING, UploadMismatch, PayloadTooLarge, UnsupportedMediaType),
    },
    openapi_extra=_FORM,
    operation_id="upload_asset",
)
async def upload_asset(
    caller: EditingCaller,
    service: Annotated[DirectUploads, part("direct_uploads")],
    request: Request,
    session_id: PathId,
    key: IdempotencyKey,
) -> Response:
    """For simple clients: a multipart form with one `file`, streamed through the service."""
    length = request.headers.get("content-length", "")
    text, new = await service.take(
        caller,
        session_id,
        UploadForm.of(request),
        declared=int(length) if length.isdecimal() and len(length) < 19 else None,
        asset_id=key,
    )
    return json_answer(text, status=201 if new else 200)


@router.get(
    "",
    summary="List files",
    response_model=AssetPage,
    responses=documented(SessionNotFound),
    operation_id="list_assets",
)
async def list_assets(
    caller: ViewingCaller,
    service: Service,
    session_id: PathId,
    scope: Scope | None = None,
    mission_id: Annotated[PathId | None, Query(description="Of this mission only.")] = None,
    hop_id: Annotated[PathId | None, Query(description="Of this hop only.")] = None,
    status: AssetStatus = "ready",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> Response:
    """Oldest first. Pending ones only with `status=pending`."""
    page = await service.page(
        caller,
        session_id,
        status=status,
        scope=scope,
        mission_id=mission_id,
        hop_id=hop_id,
        limit=limit,
        cursor=cursor,
    )
    return json_answer(page.to_json())


@router.get(
    "/{asset_id}",
    summary="Get a file's description",
    response_model=Asset,
    responses=documented(SessionNotFound, AssetNotFound),
    operation_id="get_asset",
)
async def get_asset(
    caller: ViewingCaller, service: Service, session_id: PathId, asset_id: PathId
) -> Response:
    """One asset, pending or ready."""
    return json_answer(await service.one(caller, session_id, asset_id))


@router.get(
    "/{asset_id}/content",
    summary="Get a file's content",
    status_code=307,
    response_class=Response,
    responses={
        307: {"description": "To a link that is good for a few minutes and needs no token."},
        **documented(SessionNotFound, AssetNotFound, StorageUnavailable),
    },
    operation_id="get_asset_content",
)
async def get_asset_content(
    caller: ViewingCaller,
    service: Service,
    address: Address,
    session_id: PathId,
    asset_id: PathId,
) -> Response:
    """Redirects to a fresh link. Browsers save what they find there and never show it as a page."""
    url = await service.content(caller, session_id, asset_id, base_url=address)
    return RedirectResponse(url, 307, headers={"Cache-Control": "no-store"})


@router.post(
    "/{asset_id}/parts",
    summary="Get tickets for parts",
    response_model=PartTickets,
    responses=documented(
        SessionNotFound, AssetNotFound, UploadIncomplete, StorageUnavailable, body=True
    ),
    operation_id="get_asset_parts",
)
async def get_asset_parts(
    caller: EditingCaller,
    tickets: Annotated[UploadTickets, part("upload_tickets")],
    address: Address,
    session_id: PathId,
    asset_id: PathId,
    body: Annotated[PartsRequest, Body(openapi_examples=PARTS)],
) -> Response:
    """For a file that comes in parts: a ticket for each part asked for, and which have arrived.
    After a lost connection, ask again and bring what is missing.
    """
    text = await tickets.for_parts(caller, session_id, asset_id, body.numbers, base_url=address)
    return json_answer(text)


@router.post(
    "/{asset_id}/complete",
    summary="Say that the bytes are there",
    response_model=Asset,
    responses=documented(
        SessionNotFound,
        AssetNotFound,
        SessionNotActive,
        TurnLost,
        UploadIncomplete,
        UploadMismatch,
        StorageUnavailable,
    ),
    operation_id="complete_asset",
)
async def complete_asset(
    caller: EditingCaller, service: Service, session_id: PathId, asset_id: PathId
) -> Response:
    """Checks what arrived against what was announced and makes the asset part of the workspace.
    Repeating it is safe.
    """
    return json_answer(await service.complete(caller, session_id, asset_id))


@router.delete(
    "/{asset_id}",
    summary="Delete a file",
    status_code=204,
    responses=documented(SessionNotFound, AssetNotFound, SessionNotActive, TurnLost),
    operation_id="delete_asset",
)
async def delete_asset(
    caller: EditingCaller, service: Service, session_id: PathId, asset_id: PathId
) -> Response:
    """Removes it from the workspace at once, and its bytes from the store soon after."""
    await service.delete(caller, session_id, asset_id)
    return no_content()
