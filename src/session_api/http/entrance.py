"""The last look at a request with a verified token: was it revoked, and where does it come from?"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.types import Scope

from session_api.devices import Presences, SignsOfCaller
from session_api.http.headers import headers_by_name
from session_api.ports import Clock
from session_api.problems import ValidationFailed
from session_api.security.caller import Caller
from session_api.security.claims import DEVICE_NAME
from session_api.security.fingerprints import Fingerprints
from session_api.sign_in_problems import ReauthenticationRequired

DEVICE_HEADER: Final = "X-Device-ID"


class Entrance:
    """Asked once a request, by whoever verified the token. Needs no database."""

    def __init__(
        self, presences: Presences, clock: Clock, *, sign_in_longest: timedelta | None
    ) -> None:
        """`sign_in_longest` is how long a sign-in counts; None leaves that to the issuer."""
        self._presences = presences
        self._sign_in_longest = sign_in_longest
        self._fingerprints = Fingerprints()
        self._clock = clock

    def admit(self, scope: Scope, caller: Caller) -> UUID:
        """The id of the device that the request comes from.

        The address is the connection's, or what a trusted proxy says, as for rate limits. Raises
        as `Presences.admit`, ReauthenticationRequired, and then ValidationFailed for an
        `X-Device-ID` that is none.
        """
        sent = headers_by_name(scope)
        said = sent.get(b"x-device-id")
        device = None if said is None else said.decode("latin-1")
        fit = device is None or DEVICE_NAME.fullmatch(device) is not None
        client = scope.get("client")
        signs = SignsOfCaller(
            device=device if fit else None,
            agent=self._fingerprints.agent(
                sent.get(b"user-agent", b""),
                sent.get(b"sec-ch-ua-platform", b""),
                sent.get(b"sec-ch-ua-mobile", b""),
            ),
            block=self._fingerprints.block(client[0] if client else None),
        )
        now = self._clock()
        found = self._presences.admit(caller, signs, now)
        if self._sign_in_longest is not None:
            _require_sign_in(caller, since=now - self._sign_in_longest)
        if not fit:
            raise ValidationFailed.at(
                f"/{DEVICE_HEADER}",
                "must be one id of 1 to 128 letters, digits and ._~:+/=-",
            )
        return found


def _require_sign_in(caller: Caller, *, since: datetime) -> None:
    """Raises ReauthenticationRequired for an older one, and where the token tells of none. A guest
    never signed in, and can't.
    """
    if caller.principal.is_guest:
        return
    signed_in_at = caller.principal.token.authenticated_at
    if signed_in_at is None:
        raise ReauthenticationRequired("The token does not say when its person signed in.")
    if signed_in_at < since:
        raise ReauthenticationRequired("The sign-in behind this token is too long ago.")
