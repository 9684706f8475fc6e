"""Errors of sharing, part of the catalogue in `session_api.problems`."""

from session_api.problems import Conflict, NotFound, Problem


class InsufficientAccess(Problem):
    code = "insufficient_access"
    status = 403
    title = "Your share in this session does not allow this"
    remedy = (
        "A viewer reads, an editor writes as well, and what concerns the session as a whole is its "
        "owner's alone. `access` says what you are, `required_access` what is needed: ask the "
        "owner for it."
    )

    def __init__(self, *, access: str, required: str) -> None:
        super().__init__(
            f"This needs to be the session's {required}; you are its {access}.",
            access=access,
            required_access=required,
        )


class ShareNotFound(NotFound):
    code = "share_not_found"
    title = "There is no such share"


class ShareLinkNotFound(NotFound):
    code = "share_link_not_found"
    title = "There is no such link, or no longer"
    remedy = (
        "It may have been mistyped, have expired, have been used as often as it may, or have been "
        "withdrawn; or it is of another tenant. Ask whoever sent it for a new one."
    )


class AlreadyReached(Conflict):
    code = "already_reached"
    title = "The person reaches a session of this id already"
    remedy = (
        "Where it is this session, `share_id` names the share that they have: change that one. "
        "Where it is another of the same id, that has to go first: one id leads a person to one "
        "session."
    )


class ExpiresInThePast(Conflict):
    code = "expires_in_the_past"
    title = "The share would have expired already"
    remedy = "Send an `expires_at` that is still to come, or none; DELETE ends a share at once."


class TooManyShares(Conflict):
    code = "too_many_shares"
    title = "The session has as many shares as it may"
    remedy = "`allowed` says how many. Delete some that are no longer needed."
