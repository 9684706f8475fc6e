"""What the OpenAPI document says of the service as a whole."""

DESCRIPTION = """
A person's **session** holds their chat, their mission (hops, tool steps), their files and the
state of their screen. After a crash, a new browser or a week away, one request brings all of it
back exactly as it was.

**Try it**: press *Authorize*, paste the token that `session-api serve` printed, then start with
*Come back* (`POST /api/sessions/recover`).

* Every create takes a client-made `id` (or an `Idempotency-Key`): repeating it is safe.
* `version` grows with every change. It is the `ETag`, what `If-Match` is held against, and the
  cursor of live sync.
* Send `X-Device-ID`, the client's own name for itself, and people can see and end their sign-ins.
* Errors are [RFC 9457 problems](/problems), each with a stable `code` and a page of its own.
* What belongs to somebody else, and is not shared with you, answers exactly like what does not
  exist: 404.
"""

TAGS = [
    {"name": "Sessions", "description": "Come back, save the screen, move along the lifecycle."},
    {"name": "Chat", "description": "Messages, also those still being written."},
    {"name": "Turns", "description": "Which agent writes, one at a time, and stopping it."},
    {"name": "Missions", "description": "Work with hops and tool steps, linked to a session."},
    {
        "name": "Assets",
        "description": "Files: brought straight to the store by ticket, or through the service in "
        "one call.",
    },
    {
        "name": "Sharing",
        "description": "Others in your sessions, you in theirs: viewers and editors, by name or by "
        "a link.",
    },
    {"name": "Live sync", "description": "What changed since a version, and hearing of it."},
    {"name": "Devices", "description": "Where you are signed in, and signing out."},
    {"name": "Guests", "description": "Working before there is an account, and taking it along."},
    {"name": "Audit", "description": "What was done, by whom."},
    {"name": "Operations", "description": "For those who run the service."},
]
