"""Answers whose JSON is text already."""

from starlette.responses import Response


def json_answer(
    text: str, *, status: int = 200, version: int | None = None, location: str | None = None
) -> Response:
    """An answer of JSON text, with the version as its ETag where it has one."""
    headers = {}
    if version is not None:
        headers["ETag"] = f'"{version}"'
    if location is not None:
        headers["Location"] = location
    return Response(text, status, headers=headers, media_type="application/json")


def not_modified(version: int) -> Response:
    """304: what the client has is the present version."""
    return Response(status_code=304, headers={"ETag": f'"{version}"'})


def no_content() -> Response:
    """204."""
    return Response(status_code=204)
