"""Errors of guests, part of the catalogue in `session_api.problems`."""

from session_api.problems import Problem


class GuestsDisabled(Problem):
    code = "guests_disabled"
    status = 403
    title = "This service has no guests"
    remedy = "Sign in. Whoever runs the service can let guests in by `SESSION_API_GUESTS=on`."


class AccountNeeded(Problem):
    code = "account_needed"
    status = 403
    title = "This is for people with an account"
    remedy = (
        "Send the token that you got when you signed in as the bearer token; the guest's goes into "
        "the body."
    )


class GuestTokenInvalid(Problem):
    code = "guest_token_invalid"
    status = 403
    title = "This is no token of a guest who could be merged"
    remedy = (
        "Send, as `guest_token`, the last one that `POST /api/auth/guest` answered. It may have "
        "expired, but not be past its `renewable_until`, nor signed out."
    )


class GuestMerged(Problem):
    code = "guest_merged"
    status = 409
    title = "The guest was merged into another account"
    remedy = "A guest's workspace goes to one account, once. Sign in with that account to find it."
