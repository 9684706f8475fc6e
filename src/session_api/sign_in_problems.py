"""Errors of sign-ins, part of the catalogue in `session_api.problems`."""

from session_api.problems import NotFound, Unauthorized


class TokenRevoked(Unauthorized):
    code = "token_revoked"
    title = "The bearer token was revoked"
    remedy = (
        "It was signed out: by itself, with its device, or with everything that was signed in "
        "then. Sign in again to get a new one. A token issued in the very second of a sign-out "
        "falls under it as well."
    )


class ReauthenticationRequired(Unauthorized):
    code = "reauthentication_required"
    title = "Signing in again is needed"
    remedy = (
        "Something about the requests made with this token changed as it does when one is stolen, "
        "or the sign-in behind it is too long ago. Sign in again, with the password or key and not "
        "by a refresh: a token from a newer sign-in is taken at once."
    )
    bearer_error = "insufficient_user_authentication"  # RFC 9470 § 3


class DeviceNotFound(NotFound):
    code = "device_not_found"
    title = "There is no such device"
