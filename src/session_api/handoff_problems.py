"""Errors of handing a session over, part of the catalogue in `session_api.problems`."""

from session_api.problems import NotFound


class HandoffCodeInvalid(NotFound):
    code = "handoff_code_invalid"
    title = "This code opens nothing"
    remedy = (
        "A code is good once, for two minutes, and for the account it was made with. Look for a "
        "mistake in it, or make a new one on the first device: `POST /api/sessions/{id}/handoff`."
    )
