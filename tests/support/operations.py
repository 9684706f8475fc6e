"""The operations as the OpenAPI document lists them, so that tests cover new ones as well."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from session_api.app import create_app
from session_api.security import SESSIONS_WRITE
from tests.support.settings import test_settings

FORM = "multipart/form-data"


@dataclass(frozen=True)
class Operation:
    """One operation. `document` is its part of the OpenAPI document."""

    method: str
    path: str
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.document["operationId"])

    @property
    def scope(self) -> str | None:
        """The scope that it asks for; None where it is open to all."""
        for requirement in self.document.get("security", ()):
            for scopes in requirement.values():
                return str(scopes[0])
        return None

    @property
    def writes(self) -> bool:
        return self.scope == SESSIONS_WRITE

    @property
    def streams(self) -> bool:
        """Whether its answer goes on for as long as somebody reads."""
        return "text/event-stream" in self.document["responses"].get("200", {}).get("content", {})

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return list(self.document.get("parameters", ()))

    @property
    def path_ids(self) -> list[str]:
        return [parameter["name"] for parameter in self.parameters if parameter["in"] == "path"]

    @property
    def media_type(self) -> str | None:
        """The first type of body it takes; None where it takes none."""
        content = self.document.get("requestBody", {}).get("content", {})
        return next(iter(content), None)

    @property
    def body_schema(self) -> dict[str, Any]:
        content = self.document.get("requestBody", {}).get("content", {})
        return dict(content[self.media_type]["schema"])

    @property
    def examples(self) -> dict[str, Any]:
        """The bodies that the document shows, by name."""
        content = self.document.get("requestBody", {}).get("content", {})
        if self.media_type is None:
            return {}
        examples = content[self.media_type].get("examples", {})
        return {name: example["value"] for name, example in examples.items()}

    def answer_example(self, status: str) -> Any:
        """What the document shows a success of this status to look like."""
        return self.document["responses"][status]["content"]["application/json"]["example"]

    def at(self, ids: Mapping[str, str]) -> str:
        """Its path for these ids. Fails where a path names an id that the tests don't know."""
        missing = set(self.path_ids) - ids.keys()
        assert not missing, f"teach tests/support/workspace.py to make {sorted(missing)}"
        return self.path.format(**ids)

    def request(self, body: Any = ...) -> dict[str, Any]:
        """What httpx needs besides method and path: the headers that must be there, and the body
        given, or the first example.
        """
        headers = {
            parameter["name"]: str(parameter["schema"]["examples"][0])
            for parameter in self.parameters
            if parameter["in"] == "header" and parameter["required"]
        }
        if self.media_type is None:
            return {"headers": headers} if headers else {}
        if body is ...:
            body = next(iter(self.examples.values()), {})
        if self.media_type == FORM:
            files = {name: body[name] for name in self._files if name in body}
            return {
                "files": {name: (f"{name}.txt", text) for name, text in files.items()},
                "data": {name: text for name, text in body.items() if name not in files},
            }
        return {"json": body, "headers": headers | {"Content-Type": self.media_type}}

    @property
    def _files(self) -> list[str]:
        """The fields of its form that are files."""
        members = self.body_schema["properties"].items()
        return [name for name, member in members if member.get("format") == "binary"]


@cache
def api_document() -> dict[str, Any]:
    """The OpenAPI document; it needs no database."""
    return create_app(test_settings("postgresql://nobody@localhost/nothing")).openapi()


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the service."""
    return tuple(
        Operation(method.upper(), path, document)
        for path, methods in api_document()["paths"].items()
        for method, document in methods.items()
    )


def guarded() -> list[Operation]:
    """The operations that need a token."""
    return [operation for operation in operations() if operation.scope is not None]


def writing() -> list[Operation]:
    """The operations that change something."""
    return [operation for operation in operations() if operation.writes]


def operation_named(name: str) -> Operation:
    return next(operation for operation in operations() if operation.name == name)


def resolved(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema that a `$ref` of the document stands for."""
    if "$ref" in schema:
        return dict(api_document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return dict(schema)
