"""What tests say about answers and rows in one word."""

import json
from typing import Any

import httpx

Refusal = tuple[int, str]


def refusal(answer: httpx.Response) -> Refusal:
    """Status and code of a refusal, as `(412, "version_mismatch")`."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, str(answer.json()["code"])


def fault_at(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status, code and pointers of a 422, as `(422, "validation_failed", ["/cursor"])`."""
    return *refusal(answer), [fault["pointer"] for fault in answer.json()["errors"]]


def exact(value: Any) -> str:
    """JSON text that tells apart what Python's `==` does not: key order, 1 and 1.0, true and 1."""
    return json.dumps(value, ensure_ascii=False)


def if_match(version: int | str) -> dict[str, str]:
    """The header of a writer who has seen this version."""
    return {"If-Match": f'"{version}"' if isinstance(version, int) else version}
