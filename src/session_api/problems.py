"""Every error the service answers with, each written once (RFC 9457).

The exception handler, the OpenAPI document, the pages under `/problems/<code>` and, later, the
clients' error codes are all made from this catalogue. A problem is raised by whoever notices it
and knows nothing of requests; only `session_api.http.errors` turns one into a response.
"""

from typing import Any, ClassVar

CATALOGUE: dict[str, type["Problem"]] = {}


class Problem(Exception):
    """A refusal with a stable code.

    `detail` says what happened this time, for a person, and never quotes secrets or SQL.
    `members` are extra members of the problem document (RFC 9457 § 3.2). `headers` go with the
    response.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    remedy: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if "code" in vars(cls):
            CATALOGUE[cls.code] = cls

    def __init__(
        self, detail: str | None = None, *, headers: dict[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or f"{self.title}."
        self.headers = headers or {}
        self.members = members


# 401 and 403: who is asking


class Unauthorized(Problem):
    """The family of refusals that carry `WWW-Authenticate: Bearer` (RFC 6750 § 3)."""

    status = 401
    bearer_error: ClassVar[str | None] = "invalid_token"

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        challenge = 'Bearer realm="session-api"'
        if self.bearer_error:
            challenge += f', error="{self.bearer_error}", error_description="{self.title}"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge}, **members)


class TokenMissing(Unauthorized):
    code = "token_missing"
    title = "A bearer token is needed"
    remedy = "Send `Authorization: Bearer <JWT>`. `session-api token --user me` makes one to try."
    # RFC 6750 § 3.1: no error code where the request held no authentication at all.
    bearer_error = None


class TokenInvalid(Unauthorized):
    code = "token_invalid"
    title = "The bearer token is not valid"
    remedy = (
        "The token must be an unencrypted JWT, signed by the configured secret or by a trusted "
        "issuer's key, with `sub` and `exp`, and with `iss` and `aud` where the service asks for "
        "them. Sign in again to get a new one."
    )


class TokenExpired(Unauthorized):
    code = "token_expired"
    title = "The bearer token has expired"
    remedy = "Get a fresh token from where you signed in, then repeat the request."


class InsufficientScope(Problem):
    code = "insufficient_scope"
    status = 403
    title = "The token does not allow this"
    remedy = (
        "Reading needs the scope `sessions:read`, changing needs `sessions:write`. A token without "
        "a `scope` claim has both. What is under `/api/admin` needs the role `admin` as well."
    )

    def __init__(self, *, required: str) -> None:
        challenge = f'Bearer realm="session-api", error="insufficient_scope", scope="{required}"'
        super().__init__(
            f"This needs the scope {required}.",
            headers={"WWW-Authenticate": challenge},
            required_scope=required,
        )


class InsufficientRole(InsufficientScope):
    """The same refusal where it is the role that lacks: no scope would help."""

    def __init__(self, *, role: str) -> None:
        super().__init__(required=f"role:{role}")
        self.detail = f"This needs the role {role}."
        self.headers = {
            "WWW-Authenticate": 'Bearer realm="session-api", error="insufficient_scope"'
        }
        self.members = {"required_role": role}


class TicketInvalid(Problem):
    code = "ticket_invalid"
    status = 403
    title = "The upload or download link is not valid, or no longer"
    remedy = (
        "Links end, and are good for one file and one purpose only. Use one exactly as it was "
        "answered; for a new one, announce the upload again or ask for the content again."
    )


# 404: absent, or another person's, which looks exactly the same


class NotFound(Problem):
    """The family of absences. None tells whether another person has such a thing."""

    status = 404
    remedy = (
        "Check the id, and that the token belongs to the person who made it: what belongs to "
        "somebody else answers exactly like what does not exist."
    )


class RouteNotFound(NotFound):
    code = "not_found"
    title = "There is nothing at this address"
    remedy = "The paths of this service are listed at /docs."


class SessionNotFound(NotFound):
    code = "session_not_found"
    title = "There is no such session"


class MessageNotFound(NotFound):
    code = "message_not_found"
    title = "There is no such message"


class MissionNotFound(NotFound):
    code = "mission_not_found"
    title = "There is no such mission"


class HopNotFound(NotFound):
    code = "hop_not_found"
    title = "There is no such hop"


class ToolStepNotFound(NotFound):
    code = "tool_step_not_found"
    title = "There is no such tool step"


class AssetNotFound(NotFound):
    code = "asset_not_found"
    title = "There is no such asset"


class MethodNotAllowed(Problem):
    code = "method_not_allowed"
    status = 405
    title = "This address does not take that method"
    remedy = "The `Allow` header of the answer lists the methods it takes."


# 409: the request is well formed, but what it names is in another state


class Conflict(Problem):
    status = 409


class InvalidTransition(Conflict):
    code = "invalid_transition"
    title = "That change of status is not allowed"
    remedy = "Read the thing again: its status may have changed. Finished work does not reopen."


class MissionAlreadyLinked(Conflict):
    code = "mission_already_linked"
    title = "The session or the mission already has another partner"
    remedy = "A session has at most one mission and a mission at most one session."


class IdConflict(Conflict):
    code = "id_conflict"
    title = "This id was already used for something else"
    remedy = "Repeat a create with exactly the same body, or choose a new id."


class SessionNotActive(Conflict):
    code = "session_not_active"
    title = "The session is not active"
    remedy = "Call `POST /api/sessions/{id}/resume` first, then repeat the request."


class MetadataUnreadable(Conflict):
    code = "metadata_unreadable"
    title = "The stored metadata can't be read, so nothing can be merged into it"
    remedy = "Replace the metadata whole with PUT, or restore the encryption key it was written by."


class MessageNotInProgress(Conflict):
    code = "message_not_in_progress"
    title = "The message is no longer being written"
    remedy = "It was finished, failed or stopped, perhaps from another device. Stop appending."


class OffsetMismatch(Conflict):
    code = "offset_mismatch"
    title = "The text does not continue at that offset"
    remedy = "Continue from `length`, the message's true length in code points."


class UploadIncomplete(Conflict):
    code = "upload_incomplete"
    title = "The file has not arrived yet, or not all of it"
    remedy = "Send the bytes, or the parts that are missing, then repeat the request."


class UploadMismatch(Conflict):
    code = "upload_mismatch"
    title = "What arrived is not the file that was announced"
    remedy = (
        "Size, content type and, where it was announced, SHA-256 must be exactly as announced. "
        "Nothing was kept of it: send the right bytes, or announce the file anew."
    )


class QuotaExceeded(Conflict):
    code = "quota_exceeded"
    title = "There is no room for this file"
    remedy = (
        "`quota` names the limit, `used` what is taken, `allowed` what there may be, `requested` "
        "what was asked for. Delete files that are no longer needed, or send less."
    )


class VersionMismatch(Problem):
    code = "version_mismatch"
    status = 412
    title = "This was changed since you last saw it"
    remedy = "Read it again, apply your change to what is there now, and send the new version."


# Bad input


class PayloadTooLarge(Problem):
    code = "payload_too_large"
    status = 413
    title = "The request body is too large"
    remedy = "Send less at once; `limit_bytes` says how much fits."


class UnsupportedMediaType(Problem):
    code = "unsupported_media_type"
    status = 415
    title = "This route takes another content type"
    remedy = (
        "Send `Content-Type: application/json`. PATCH takes `application/merge-patch+json` as "
        "well; an upload in one call is `multipart/form-data`."
    )


class ValidationFailed(Problem):
    """`errors` lists each fault with a JSON pointer (RFC 6901) to where it is."""

    code = "validation_failed"
    status = 422
    title = "The request is not valid"
    remedy = "`errors` lists each fault with a JSON pointer to where it is. Nothing was changed."

    def __init__(self, errors: list[dict[str, str]]) -> None:
        detail = "; ".join(f"{fault['pointer'] or '/'}: {fault['detail']}" for fault in errors[:3])
        super().__init__(detail, errors=errors)

    @classmethod
    def at(cls, pointer: str, detail: str) -> "ValidationFailed":
        """One fault at one place."""
        return cls([{"pointer": pointer, "detail": detail}])


class RateLimited(Problem):
    code = "rate_limited"
    status = 429
    title = "Too many requests"
    remedy = (
        "Wait for `Retry-After` seconds. `RateLimit-Policy` names the limits, `RateLimit` how you "
        "stand with them."
    )

    def __init__(self, detail: str | None = None, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


# 5xx: not the caller's fault


class DatabaseUnavailable(Problem):
    code = "database_unavailable"
    status = 503
    title = "The database can't be reached"
    remedy = "Repeat the request after `Retry-After` seconds; with a client-made id that is safe."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


class StorageUnavailable(Problem):
    code = "storage_unavailable"
    status = 503
    title = "The store for files can't be reached"
    remedy = "Repeat the request after `Retry-After` seconds; with a client-made id that is safe."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


class IdentityUnavailable(Problem):
    code = "identity_unavailable"
    status = 503
    title = "The identity provider's keys can't be had, so the token can't be checked"
    remedy = (
        "The token may well be good: repeat the request with it after `Retry-After` seconds. "
        "`/readyz` tells which issuer does not answer."
    )

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class InternalError(Problem):
    code = "internal_error"
    status = 500
    title = "Something went wrong here"
    remedy = "It is logged under `request_id`. Nothing of it was acknowledged; repeating is safe."
