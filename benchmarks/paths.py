"""What is measured: the same question as the service and as the floor take it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.population import MESSAGE, Population


@dataclass(frozen=True)
class Path:
    """One row of the table. `target` is the ratio to the floor that we hold ourselves to."""

    name: str
    target: float
    service: Sequence[str]
    floor: Sequence[str]
    service_status: int
    floor_status: int


def measured_paths(population: Population, token: str) -> list[Path]:
    """The paths with their requests, whole and ready to be sent."""
    workspace, chats = population.workspace, population.chats
    recover, message = {"session_id": workspace}, {"role": "user", "content": MESSAGE}
    return [
        Path(
            "recovery: 50 messages, 3 hops, 9 tool steps",
            0.6,
            [_request("POST", "/api/sessions/recover", token, recover)],
            [_request("POST", f"/recover/{workspace}", token, recover)],
            200,
            200,
        ),
        Path(
            "light read: the session alone",
            0.5,
            [_request("GET", f"/api/sessions/{workspace}?include=", token)],
            [_request("GET", f"/session/{workspace}", token)],
            200,
            200,
        ),
        Path(
            "activity: within its interval, not written",
            0.5,
            [_request("POST", f"/api/sessions/{workspace}/activity", token)],
            [_request("POST", f"/activity/{workspace}", token)],
            204,
            204,
        ),
        Path(
            f"append: one message, to {len(chats)} sessions in turn",
            0.5,
            [_request("POST", f"/api/sessions/{chat}/messages", token, message) for chat in chats],
            [_request("POST", f"/append/{chat}", token, message) for chat in chats],
            201,
            200,
        ),
    ]


def _request(method: str, path: str, token: str, body: object = None) -> str:
    """A request such as a browser's fetch makes, without what the service never reads.

    The floor gets the token and the body as well: reading them off the wire is uvicorn's work.
    """
    text = "" if body is None else json.dumps(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {token}"]
    if text:
        lines.append("Content-Type: application/json")
    if method != "GET":
        lines.append(f"Content-Length: {len(text.encode())}")
    return "\r\n".join(lines) + "\r\n\r\n" + text
