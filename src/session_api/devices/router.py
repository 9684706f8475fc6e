"""Where one is signed in, and signing out, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Request
from starlette.responses import Response

from session_api.devices.examples import REVOKE, SIGN_OUT_USER
from session_api.devices.schemas import DeviceList, TokenRevoke, UserSignOut
from session_api.devices.service import DeviceService
from session_api.fields import PathId
from session_api.http.answers import json_answer, no_content
from session_api.http.authentication import ReadingCaller, WritingAdmin, WritingCaller
from session_api.http.openapi import documented
from session_api.http.parts import part
from session_api.http.route import GuardedRoute
from session_api.security.claims import DEVICE_NAME
from session_api.sign_in_problems import DeviceNotFound

router = APIRouter(prefix="/api", tags=["Devices"], route_class=GuardedRoute)


async def _here(
    request: Request,
    x_device_id: Annotated[  # noqa: ARG001 - read by the entrance of every route; described here
        str | None,
        Header(
            description="The client's own name for this device, the same for as long as it lasts, "
            "such as a UUID that the browser made. Every route takes it.",
            pattern=f"^{DEVICE_NAME.pattern}$",
        ),
    ] = None,
) -> UUID:
    device: UUID = request.state.device
    return device


Service = Annotated[DeviceService, part("devices")]


@router.get(
    "/devices",
    summary="See where you are signed in",
    response_model=DeviceList,
    responses=documented(),
    operation_id="list_devices",
)
async def list_devices(
    caller: ReadingCaller, service: Service, here: Annotated[UUID, Depends(_here)]
) -> Response:
    """The latest seen first. A client that sends `X-Device-ID` is a device by that name; those that
    send none are one for each family of programs and platform. Addresses are networks, no more.
    """
    return json_answer(await service.listed(caller, here))


@router.delete(
    "/devices/{device_id}",
    summary="Sign a device out",
    status_code=204,
    responses=documented(DeviceNotFound),
    operation_id="delete_device",
)
async def delete_device(caller: WritingCaller, service: Service, device_id: PathId) -> Response:
    """Ends every token that was ever seen with the device, and each one issued until now that is
    used with it later. It comes back with a token from a new sign-in.
    """
    await service.sign_out(caller, device_id)
    return no_content()


@router.post(
    "/auth/revoke",
    summary="Revoke one token",
    status_code=204,
    responses=documented(body=True),
    operation_id="revoke_token",
)
async def revoke_token(
    caller: WritingCaller,
    service: Service,
    body: Annotated[TokenRevoke | None, Body(openapi_examples=REVOKE)] = None,
) -> Response:
    """Your token with this `jti`, or without one the token of this request, which is then the last
    it was good for. Repeating it is safe.
    """
    await service.revoke(caller, None if body is None else body.jti)
    return no_content()


@router.post(
    "/auth/sign-out-everywhere",
    summary="Sign out everywhere",
    status_code=204,
    responses=documented(),
    operation_id="sign_out_everywhere",
)
async def sign_out_everywhere(caller: WritingCaller, service: Service) -> Response:
    """Ends every token of yours that was issued until now, this one included, on every device.
    Then sign in again.
    """
    await service.sign_out_everywhere(caller)
    return no_content()


@router.post(
    "/admin/sign-out",
    summary="Sign somebody of your tenant out",
    status_code=204,
    responses=documented(body=True),
    operation_id="sign_out_user",
)
async def sign_out_user(
    admin: WritingAdmin,
    service: Service,
    body: Annotated[UserSignOut, Body(openapi_examples=SIGN_OUT_USER)],
) -> Response:
    """Ends every token of theirs that was issued until now, whoever issued it, on every device. For
    the role `admin`; 204 also for whoever was never seen here. Repeating it is safe.
    """
    await service.sign_out_user(admin, body.user_id)
    return no_content()
