"""People who work before they have an account, and what becomes of it when they sign in.

A guest is an owner like any other, by a token that the service makes itself. Always true: what a
guest has belongs to the guest or, as a whole, to the one account they were merged into; and nothing
that was acknowledged is left behind or lost on the way. Routes and the clean-up job call it.
"""

from session_api.guests.merge import GuestMerge
from session_api.guests.retention import GuestRetention
from session_api.guests.service import GuestService

__all__ = ["GuestMerge", "GuestRetention", "GuestService"]
