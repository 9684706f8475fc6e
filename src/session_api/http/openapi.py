"""The OpenAPI document as explorers and code generators like it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.models import Example
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from session_api.http.headers import TURN, TURN_SCHEMA
from session_api.problems import (
    DatabaseUnavailable,
    IdentityUnavailable,
    InsufficientScope,
    InternalError,
    MissionNotFound,
    PayloadTooLarge,
    Problem,
    SessionNotFound,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    UnsupportedMediaType,
    ValidationFailed,
)
from session_api.sharing_problems import InsufficientAccess
from session_api.sign_in_problems import ReauthenticationRequired, TokenRevoked
from session_api.turn_problems import TurnLost

PROBLEM_JSON = "application/problem+json"
MERGE_PATCH_JSON = "application/merge-patch+json"
Answers = Mapping[str, Mapping[int, Any]]
"""An example of each success, by operation id and status."""

_ALWAYS: tuple[type[Problem], ...] = (
    TokenMissing,
    TokenInvalid,
    TokenExpired,
    TokenRevoked,
    ReauthenticationRequired,
    InsufficientScope,
    ValidationFailed,
    DatabaseUnavailable,
    IdentityUnavailable,
    InternalError,
)
_WITH_BODY: tuple[type[Problem], ...] = (PayloadTooLarge, UnsupportedMediaType)


class Fault(BaseModel):
    """One fault of a request."""

    pointer: str = Field(description="JSON pointer (RFC 6901) to where it is.")
    detail: str


class ProblemDocument(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="The page that explains it, `/problems/<code>`.")
    title: str
    status: int
    detail: str = Field(description="What happened this time, for a person.")
    instance: str
    code: str = Field(description="Stable, for programs.")
    request_id: str | None
    errors: list[Fault] | None = Field(default=None, description="With 422: each fault.")


def documented(*problems: type[Problem], body: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation: the problems of its own and those that all have."""
    by_status: dict[int, list[type[Problem]]] = defaultdict(list)
    shareable = {SessionNotFound, MissionNotFound}.intersection(problems)
    shared = (InsufficientAccess,) if shareable else ()
    for problem in (*problems, *(_WITH_BODY if body else ()), *_ALWAYS, *shared):
        by_status[problem.status].append(problem)
    return {status: _response(kinds) for status, kinds in sorted(by_status.items())}


def _response(kinds: list[type[Problem]]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": "; ".join(f"`{kind.code}`: {kind.title.lower()}" for kind in kinds),
        "content": {
            PROBLEM_JSON: {
                "schema": {"$ref": "#/components/schemas/ProblemDocument"},
                "examples": {kind.code: {"value": _example(kind)} for kind in kinds},
            }
        },
    }
    if kinds[0].status == 503:
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}}
        }
    return response


def _example(kind: type[Problem]) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": f"{kind.title}.",
        "instance": "/api/sessions/0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21",
        "code": kind.code,
        "request_id": "0190f1ea-8a11-7c3d-8e2f-5b6c7d8e9f00",
    }
    if kind is ValidationFailed:
        example["errors"] = [{"pointer": "/name", "detail": "Input should be a valid string"}]
    return example


def _list_both_types_of_patch(document: dict[str, Any]) -> None:
    """Every PATCH takes plain JSON as well, which FastAPI has no word for."""
    for methods in document["paths"].values():
        content = methods.get("patch", {}).get("requestBody", {}).get("content", {})
        if MERGE_PATCH_JSON in content:
            content["application/json"] = content[MERGE_PATCH_JSON]


def _say_where_turns_count(document: dict[str, Any]) -> None:
    """Every route that can lose a turn takes the header; those of turns ask for it themselves."""
    for path, methods in document["paths"].items():
        for operation in [] if path.endswith("/turn") else methods.values():
            refused = operation["responses"].get("409", {}).get("content", {})
            codes = refused.get(PROBLEM_JSON, {}).get("examples", {})
            sent = operation.setdefault("parameters", []) if TurnLost.code in codes else None
            if sent is not None and all(parameter["name"] != TURN for parameter in sent):
                sent.append(
                    {
                        "name": TURN,
                        "in": "header",
                        "required": False,
                        "description": "The number of the turn that this is written under. Refused "
                        "with 409 when that turn is over.",
                        "schema": TURN_SCHEMA,
                    }
                )


def _never_send_null_in_a_parameter(document: dict[str, Any]) -> None:
    """A header or a query has no null, only text that says so: what is optional is left out."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                schema = parameter["schema"]
                kept = [choice for choice in schema.pop("anyOf", ()) if choice["type"] != "null"]
                schema.update(kept[0] if kept else {})


def _restore_nulls(document: dict[str, Any], examples: Mapping[str, dict[str, Example]]) -> None:
    """FastAPI drops every null of an example, which in a merge patch is what matters."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                media.get("examples", {}).update(examples.get(operation["operationId"], {}))


def _show_answers(document: dict[str, Any], answers: Answers) -> None:
    """Put in at last, since FastAPI would drop every null of these as well."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, example in answers.get(operation["operationId"], {}).items():
                operation["responses"][str(status)]["content"]["application/json"]["example"] = (
                    example
                )


def install(
    app: FastAPI, *, examples_with_null: Mapping[str, dict[str, Example]], answers: Answers
) -> None:
    """Makes the app's document ours: one problem schema, no default 422, made once.

    `examples_with_null` are the request examples, by operation id, in which a null matters;
    `answers` what successes look like.
    """

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            schemas = made["components"]["schemas"]
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs"))
            schemas["ProblemDocument"] = problem
            _restore_nulls(made, examples_with_null)
            _show_answers(made, answers)
            _list_both_types_of_patch(made)
            _never_send_null_in_a_parameter(made)
            _say_where_turns_count(made)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
