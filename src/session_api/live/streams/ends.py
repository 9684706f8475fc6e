"""Why streams end: told as their last event, and by a WebSocket's close code."""

from dataclasses import dataclass
from typing import Final

from session_api.json_text import encode_json
from session_api.problems import Problem

_BY_STATUS: Final = {
    400: 4400,
    401: 4401,
    403: 4403,
    404: 4404,
    410: 4410,
    422: 4400,
    429: 4429,
    503: 1013,
}


@dataclass(frozen=True, slots=True)
class End:
    """A reason for programs, a sentence for people, and what to do about it.

    `close_code` is the WebSocket's. `reconnect` says whether to connect again with the same token,
    from the last version that came.
    """

    reason: str
    close_code: int
    reconnect: bool
    detail: str

    @property
    def json(self) -> str:
        return encode_json(
            {"reason": self.reason, "reconnect": self.reconnect, "detail": self.detail}
        )


TOKEN_EXPIRED: Final = End("token_expired", 4401, False, "The token has expired.")
ACCESS_ENDED: Final = End("access_ended", 4403, False, "The session is shared no longer.")
SESSION_DELETED: Final = End("session_deleted", 4404, False, "The session is gone.")
BAD_MESSAGE: Final = End("bad_message", 4400, False, "A message was none that is known here.")
TOO_SLOW: Final = End("too_slow", 4408, True, "Events came faster than they were read.")
TOO_MANY_MESSAGES: Final = End("too_many_messages", 4429, True, "Too many messages in a second.")
SHUTDOWN: Final = End("shutdown", 1001, True, "This replica of the service is stopping.")
RENEW: Final = End("renew", 1001, True, "It was open for as long as streams may be.")
UNAVAILABLE: Final = End("unavailable", 1013, True, "Changes can't be read just now.")

ENDS: Final = (
    *(TOKEN_EXPIRED, ACCESS_ENDED, SESSION_DELETED, BAD_MESSAGE, TOO_SLOW, TOO_MANY_MESSAGES),
    *(SHUTDOWN, RENEW, UNAVAILABLE),
)
"""Those of our own. A problem that comes up within a stream ends it too, by its code."""


def end_of(problem: Problem) -> End:
    """The end that a problem makes, such as `token_revoked` or `changes_gone`."""
    code = _BY_STATUS.get(problem.status, 1011)
    return End(problem.code, code, code == 1013, problem.detail)
