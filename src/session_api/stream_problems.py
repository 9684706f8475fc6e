"""Errors of streams, part of the catalogue in `session_api.problems`."""

from session_api.problems import Problem


class TooManyStreams(Problem):
    code = "too_many_streams"
    status = 429
    title = "You have too many streams open"
    remedy = (
        "Close streams that nobody looks at, such as those of hidden tabs, or share one among "
        "tabs. What was left without saying so is noticed within `Retry-After` seconds or so."
    )

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class OriginNotAllowed(Problem):
    code = "origin_not_allowed"
    status = 403
    title = "Pages of this origin may not open a WebSocket here"
    remedy = (
        "Name the app's origin in SESSION_API_CORS_ORIGINS, or serve the app from the address "
        "of this service."
    )


class TokenInUrl(Problem):
    code = "token_in_url"
    status = 400
    title = "A token does not belong into an address"
    remedy = (
        "Addresses are kept in logs and histories: take this token out of use. Send the next one "
        "in the `Authorization` header; of a WebSocket as the subprotocol `bearer.<token>` or in "
        "the first message."
    )
