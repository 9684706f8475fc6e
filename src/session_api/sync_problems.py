"""Errors of live sync, part of the catalogue in `session_api.problems`."""

from session_api.problems import Problem


class ChangesGone(Problem):
    """`oldest_version` is the oldest that can be asked for, `version` the present one."""

    code = "changes_gone"
    status = 410
    title = "What changed since that version is no longer kept"
    remedy = (
        "Read the session again, whole, and go on from its `version`. The log of changes is kept "
        "for a time and to a number; `oldest_version` is the oldest that can still be asked for."
    )

    def __init__(self, detail: str | None = None, *, oldest_version: int, version: int) -> None:
        super().__init__(detail, oldest_version=oldest_version, version=version)
