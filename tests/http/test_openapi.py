"""The OpenAPI document: complete, true, and pleasant to explore without the network."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from session_api.api import ROUTERS
from session_api.json_text import encode_json
from session_api.problems import CATALOGUE
from tests.support.operations import (
    Operation,
    api_document,
    guarded,
    operation_named,
    operations,
)
from tests.support.people import Person
from tests.support.workspace import has_all_for, has_workspace, nowhere


def _name(operation: Operation) -> str:
    return operation.name


every_operation = pytest.mark.parametrize("operation", operations(), ids=_name)
every_example = pytest.mark.parametrize(
    ("operation", "example"),
    [(operation, example) for operation in guarded() for example in operation.examples],
    ids=lambda value: value if isinstance(value, str) else value.name,
)


every_success = pytest.mark.parametrize(
    ("operation", "status"),
    [
        (operation, status)
        for operation in guarded()
        for status, response in operation.document["responses"].items()
        if "application/json" in response.get("content", {})
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)


def _problems(operation: Operation) -> dict[str, int]:
    """The codes that the document shows for an operation, with the status each stands under."""
    return {
        code: int(status)
        for status, response in operation.document["responses"].items()
        for code in response.get("content", {})
        .get("application/problem+json", {})
        .get("examples", {})
    }


# Each operation


@every_operation
def test_an_operation_says_what_it_does_and_where_it_belongs(operation: Operation) -> None:
    assert operation.document["summary"]
    assert operation.document["description"]
    (tag,) = operation.document["tags"]
    assert tag in [described["name"] for described in api_document()["tags"]]


def test_operation_ids_are_stable_names_used_once() -> None:
    names = [operation.name for operation in operations()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in names)


@pytest.mark.parametrize("operation", guarded(), ids=_name)
def test_an_operation_shows_its_problems_with_an_example_of_each(operation: Operation) -> None:
    shown = _problems(operation)
    expected = {"token_missing", "token_invalid", "token_expired", "insufficient_scope"}
    expected |= {"validation_failed", "database_unavailable", "identity_unavailable"}
    if operation.media_type is not None:
        expected |= {"payload_too_large", "unsupported_media_type"}
    if operation.path_ids:
        expected |= {
            name.removesuffix("_id").replace("step", "tool_step") + "_not_found"
            for name in operation.path_ids
        }
    assert expected <= shown.keys()
    assert {code: CATALOGUE[code].status for code in shown} == shown


@pytest.mark.parametrize("operation", guarded(), ids=_name)
def test_an_operation_that_takes_a_body_shows_one(operation: Operation) -> None:
    if operation.media_type is not None:
        assert operation.examples


@every_example
async def test_an_example_works_when_tried(ann: Person, operation: Operation, example: str) -> None:
    ids = await has_all_for(ann, operation)
    request = operation.request(operation.examples[example])
    answer = await ann.request(operation.method, operation.at(ids), **request)
    assert answer.is_success, answer.text
    assert str(answer.status_code) in operation.document["responses"]


def test_an_example_keeps_its_null() -> None:
    example = operation_named("merge_session").examples["autosave"]
    assert example["session_metadata"]["draft"] is None


def test_each_move_along_the_lifecycle_says_what_it_does() -> None:
    moves = ("complete_session", "archive_session", "resume_session")
    told = {operation_named(name).document["description"] for name in moves}
    assert len(told) == len(moves)
    assert all(len(description) > 100 for description in told)


@every_success
def test_a_success_is_shown_as_its_model_has_it(operation: Operation, status: str) -> None:
    example = operation.answer_example(status)
    model = next(
        route.response_model
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.operation_id == operation.name
    )
    # As JSON: what is a UUID or a time in the model is text there.
    TypeAdapter(model).validate_json(encode_json(example), strict=True)


@pytest.mark.parametrize("operation", [each for each in guarded() if not each.streams], ids=_name)
async def test_a_success_is_shown_with_the_fields_that_it_has(
    ann: Person, operation: Operation
) -> None:
    ids = await has_all_for(ann, operation)
    answer = await ann.request(operation.method, operation.at(ids), **operation.request())
    assert answer.status_code < 400, answer.text
    assert str(answer.status_code) in operation.document["responses"]
    if answer.content:
        example = operation.answer_example(str(answer.status_code))
        assert _fields(example) == _fields(answer.json())


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    """The names of the fields, and of those of its session, its first message or its first item."""
    inner = [document.get("session"), *document.get("messages", [])[:1], *document.get("items", [])]
    return {"": set(document), "first": next((set(each) for each in inner if each), None)}


@pytest.mark.parametrize(
    "operation", [each for each in guarded() if each.method == "PATCH"], ids=_name
)
@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json"])
async def test_a_patch_takes_both_types_that_the_document_lists(
    ann: Person, operation: Operation, media_type: str
) -> None:
    assert media_type in operation.document["requestBody"]["content"]
    ids = await has_all_for(ann, operation)
    request = operation.request() | {"headers": {"Content-Type": media_type}}
    answer = await ann.request("PATCH", operation.at(ids), **request)
    assert answer.status_code == 200, answer.text


# The whole


def test_authorize_offers_a_bearer_token() -> None:
    (scheme,) = api_document()["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")


def test_only_what_operators_ask_for_is_open_to_all() -> None:
    open_to_all = {each.path for each in operations() if each.scope is None}
    # And the door for those who have no token yet.
    assert open_to_all == {"/healthz", "/readyz", "/metrics", "/api/auth/guest"}


def test_nothing_of_fastapis_own_errors_is_left() -> None:
    assert "ValidationError" not in str(api_document())


async def test_the_document_is_served_as_it_is_made(
    app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    assert (await stranger.get("/openapi.json")).json() == app.openapi()


async def test_every_problem_has_a_page(stranger: httpx.AsyncClient) -> None:
    for code, kind in CATALOGUE.items():
        page = await stranger.get(f"/problems/{code}")
        assert page.status_code == 200, code
        assert kind.title.replace("'", "&#x27;") in page.text


async def test_an_unknown_problem_has_none(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/problems/no_such_code")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_explorers_need_nobody_elses_host(stranger: httpx.AsyncClient, path: str) -> None:
    page = await stranger.get(path)
    assert page.status_code == 200
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page.text)
    assets = re.findall(r"""<(?:script|link)[^>]+(?:src|href)=["']([^"']+)""", page.text)
    assert assets
    for asset in assets:
        assert (await stranger.get(asset)).status_code == 200, asset


# Methods


def _methods_of(path: str) -> set[str]:
    return {operation.method for operation in operations() if operation.path == path}


async def test_another_method_is_refused_with_those_that_are_taken(ann: Person) -> None:
    ids = nowhere() | await has_workspace(ann)
    for path in sorted({operation.path for operation in guarded()}):
        answer = await ann.request("TRACE", path.format(**ids))
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed"), path
        assert set(answer.headers["Allow"].split(", ")) == _methods_of(path), path


async def test_a_word_is_never_taken_for_an_id(ann: Person) -> None:
    for word in ("active", "recover", "merge", f"{UUID(int=1)}/assets/upload"):
        answer: Any = await ann.delete(f"/api/sessions/{word}")
        assert answer.status_code == 405, word
