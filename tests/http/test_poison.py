"""The poison of traps.md 5 in every field, parameter and header that the document names.

Each is answered 422 (never 500), changes nothing, and leaves one line in the log without what was
sent. Requests are made from the OpenAPI document, so that a new field is covered by itself.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.support.operations import FORM, Operation, guarded, resolved
from tests.support.people import Person, new_id
from tests.support.workspace import Sql, all_rows, has_all_for

_HERE = "@here@"

# As they stand in JSON text; all of them are refused wherever they stand.
POISON = {
    "NUL": '"a\\u0000b"',
    "lone high surrogate": '"\\ud800"',
    "lone low surrogate": '"\\udc00"',
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "beyond 64 bits": "9223372036854775808",
    "below 64 bits": "-9223372036854775809",
    "a thousand digits": "9" * 1000,
    "1e400": "1e400",
    "1e140000": "1e140000",
    "a key twice": '{"a": 1, "a": 2}',
    "a key with NUL": '{"\\u0000": 1}',
    "200 deep": "[" * 200 + "]" * 200,
    "no JSON": "nonsense",
}

# What a form may hold is in test_asset_upload.py.
with_body = pytest.mark.parametrize(
    "operation",
    [operation for operation in guarded() if operation.media_type not in (None, FORM)],
    ids=lambda operation: operation.name,
)


def _bodies(schema: dict[str, Any]) -> Iterator[Any]:
    """Bodies with every optional field, each with one value that is `_HERE`."""
    schema = resolved(schema)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        for choice in choices:
            if choice.get("type") != "null":
                yield from _bodies(choice)
    elif schema.get("properties"):
        for name, member in schema["properties"].items():
            for value in _bodies(member):
                yield {name: value}
    elif schema.get("type") == "array":
        for value in _bodies(schema.get("items", {})):
            yield [value]
    elif schema.get("type") == "object":
        yield {"key": _HERE}
        yield {"deep": [{"key": _HERE}]}
    else:
        yield _HERE


def _is_problem(answer: httpx.Response, status: int) -> bool:
    problem = answer.json()
    return (
        answer.status_code == problem["status"] == status
        and answer.headers["Content-Type"] == "application/problem+json"
        and problem["request_id"] == answer.headers["X-Request-ID"]
    )


@with_body
async def test_poison_in_a_body_is_refused_wherever_it_stands(
    ann: Person, sql: Sql, operation: Operation
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    headers = {"Content-Type": operation.media_type or ""}
    bodies = [json.dumps(body) for body in _bodies(operation.body_schema)]
    assert bodies
    for body in bodies:
        for name, poison in POISON.items():
            content = body.replace(json.dumps(_HERE), poison).encode()
            with capture_logs() as logs:
                answer = await ann.request(
                    operation.method, operation.at(ids), content=content, headers=headers
                )
            assert _is_problem(answer, 422), (name, body, answer.text)
            assert [line["request_id"] for line in logs] == [answer.headers["X-Request-ID"]]
    assert await all_rows(sql) == before


# By kind of parameter: what must never be taken, percent-encoded as it stands in a URL.
NUMBERS = ["-1", "NaN", "1e400", "1e140000", str(2**63), str(2**64), "9" * 1000, "1.5", "%00", "x"]
TIMES = [
    "10000-01-01T00:00:00Z",
    "999999999999-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:00",
    "2026-01-01T00:00:00",
    "1e400",
    "0.5",
    "1700000000",
    "9" * 30,
    "NaN",
    "%00",
]
IDS = ["x", "%00", "%ED%A0%80", "1", "'", "%7B%7D", "0190f1ea7c2e7d4b9f5e3f1b6a0c8d21", "a" * 5000]


def _refused_values(schema: dict[str, Any], name: str) -> list[str]:
    if schema.get("type") == "integer":
        return NUMBERS
    if schema.get("format") == "date-time":
        return TIMES
    if schema.get("format") == "uuid":
        return IDS
    if schema.get("type") == "array":
        return ["x", "%00", "active,completed", "%ED%A0%80", "ACTIVE"]
    if name in ("include", "event"):
        return ["%00", "Chat!", "%ED%A0%80", "a" * 5000]
    return ["%00", "a%00b"]


@pytest.mark.parametrize(
    ("operation", "parameter"),
    [
        (operation, parameter)
        for operation in guarded()
        for parameter in operation.parameters
        if parameter["in"] == "query"
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else value.name,
)
async def test_poison_in_a_query_is_refused(
    ann: Person, sql: Sql, operation: Operation, parameter: dict[str, Any]
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    name = parameter["name"]
    for value in _refused_values(parameter["schema"], name):
        with capture_logs() as logs:
            answer = await ann.get(f"{operation.at(ids)}?{name}={value}")
        assert _is_problem(answer, 422), (value, answer.text)
        assert len(logs) == 1
    # Bytes that are no UTF-8 are read as U+FFFD, which is text like any other.
    assert (await ann.get(f"{operation.at(ids)}?{name}=%ED%A0%80%FF")).status_code in (200, 422)
    assert await all_rows(sql) == before


@pytest.mark.parametrize(
    ("operation", "name"),
    [(operation, name) for operation in guarded() for name in operation.path_ids],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
async def test_what_is_no_id_is_refused_in_every_path(
    ann: Person, sql: Sql, operation: Operation, name: str
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    for value in IDS:
        path = operation.at(ids | {name: value})
        answer = await ann.request(operation.method, path, **operation.request())
        assert _is_problem(answer, 422), (value, answer.text)
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [f"/{name}"]
    assert await all_rows(sql) == before


HEADERS: dict[str, list[bytes]] = {
    "if-match": [b"", b"7", b'"', b'"1" "2"', b"NaN", b"\xff", b'"1",' * 500],
    "if-none-match": [b'"1"' * 2000],  # shorter nonsense is a tag of somebody else's: no match
    "last-event-id": [b"", b"x", b"-1", b"1.0", b"\xff", b"1" * 19, b"1" * 5000],
    "x-device-id": [b"", b"a b", b"a,b", b"\xff", b"a" * 129, b"<script>"],
    "idempotency-key": [b"", b"x", b"1", b"\xff", new_id().encode() + b"0", b"a" * 5000],
    "Session-Turn": [b"", b"0", b"-1", b"x", b"1.5", b"1e3", b"1, 2", b"\xff", b"9" * 1000],
}


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (operation, parameter["name"])
        for operation in guarded()
        for parameter in operation.parameters
        if parameter["in"] == "header"
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
async def test_poison_in_a_header_is_refused(
    ann: Person, sql: Sql, operation: Operation, name: str
) -> None:
    ids = await has_all_for(ann, operation)
    before = await all_rows(sql)
    request = operation.request()
    own = [(key.encode(), value.encode()) for key, value in request.pop("headers", {}).items()]
    for value in HEADERS[name]:
        answer = await ann.request(
            operation.method,
            operation.at(ids),
            headers=[*own, (name.encode(), value)],
            **request,
        )
        assert _is_problem(answer, 422), (value, answer.text)
    assert await all_rows(sql) == before


@pytest.mark.parametrize("value", [b"\xff", b"a b", b"a" * 129, b"", b'"', b"<script>"])
async def test_a_request_id_that_is_not_sane_is_replaced(ann: Person, value: bytes) -> None:
    answer = await ann.get("/api/audit", headers=[(b"X-Request-ID", value)])
    assert answer.status_code == 200
    assert answer.headers["X-Request-ID"].encode("latin-1") != value
