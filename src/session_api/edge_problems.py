"""Errors of the edge, part of the catalogue in `session_api.problems`: requests that are none, come
too slowly, are too large, or take too long.
"""

from session_api.problems import Problem


class BadRequest(Problem):
    code = "bad_request"
    status = 400
    title = "This is not a request as HTTP has them"
    remedy = (
        "Send one `Host` header with a plain name or address, and headers as RFC 9110 has them. "
        "A proxy in between may be mending what it should refuse."
    )


class RequestTooSlow(Problem):
    code = "request_timeout"
    status = 408
    title = "The request did not arrive in time"
    remedy = "Send it again on a better line; with a client-made id that is safe."

    def __init__(self, detail: str | None = None) -> None:
        # What is left of it may still come, and is no new request.
        super().__init__(detail, headers={"Connection": "close"})


class HeadersTooLarge(Problem):
    code = "headers_too_large"
    status = 431
    title = "The request has too many or too large headers"
    remedy = "Send fewer cookies and headers, or a smaller token."


class TimedOut(Problem):
    code = "timed_out"
    status = 503
    title = "This took too long and was given up"
    remedy = (
        "Whether it was done is not known: repeat it after `Retry-After` seconds, which is safe "
        "with a client-made id."
    )

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "1"})


class ShuttingDown(TimedOut):
    code = "shutting_down"
    title = "The service was stopped before this was done"
