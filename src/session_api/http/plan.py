"""What a route's function is called with, found the short way.

FastAPI solves a route's dependencies anew for every request: exit stacks, scopes, caches and copies
that none of our routes use, and half of what a light read costs. A plan is made once, of what
FastAPI itself worked out for the route, and does the same steps without them: the dependencies in
their order, then the path, the query, the headers and the body, each by FastAPI's own field. A test
holds the two together. What a plan does not know it refuses when the app is made, not later.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, Final, NamedTuple, Self, Union, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.security import SecurityScopes
from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.types import Scope

LEFT_OUT: Final = object()
"""The body of a request that has none; `null` is one."""

Fault = dict[str, Any]
"""As Pydantic describes it: `type`, `loc`, `msg`, `input`."""

_PLAIN_DEFAULTS = (str, int, float, bool, type(None))


class UnknownShape(Exception):
    """A route asks for something that no plan can find."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One value out of the path, the query, the headers, or the whole body."""

    name: str
    key: str
    header: bytes
    place: tuple[str, ...]
    required: bool
    default: Any
    many: bool
    check: Callable[..., Any]
    validate: Callable[..., tuple[Any, list[Fault]]]

    @classmethod
    def of(cls, field: Any) -> Self:
        """Of a field of FastAPI's. Raises UnknownShape."""
        info = field.field_info
        where = getattr(info, "in_", None)
        key = info.alias or field.name
        required = info.is_required()
        default = None if required else field.default
        if not isinstance(default, _PLAIN_DEFAULTS) or info.validate_default:
            raise UnknownShape(f"the default of {field.name}")
        if info.validation_alias not in (None, key):
            raise UnknownShape(f"the alias of {field.name}")
        return cls(
            name=field.name,
            key=key,
            header=key.lower().encode(),
            place=("body",) if where is None else (where.value, key),
            required=required,
            default=default,
            many=where is not None and _is_list(info.annotation),
            # What `validate` comes to, through two calls that only hand on.
            check=field._type_adapter.validator.validate_python,
            validate=field.validate,
        )

    def read(self, value: Any, values: dict[str, Any], faults: list[Fault]) -> None:
        """Adds to `values` what was sent, or to `faults` why not; LEFT_OUT is nothing sent."""
        if value is not LEFT_OUT:
            try:
                value = self.check(value, from_attributes=True)
            except ValidationError:
                _, wrong = self.validate(value, values, loc=self.place)
                faults += wrong
                return
        elif self.required:
            faults.append(
                {"type": "missing", "loc": self.place, "msg": "Field required", "input": None}
            )
            return
        else:
            value = self.default
        values[self.name] = value

    def among(self, sent: QueryParams) -> Any:
        """The value as sent. LEFT_OUT where there is none."""
        if self.many:
            return sent.getlist(self.key) or LEFT_OUT
        return sent.get(self.key, LEFT_OUT)

    def among_headers(self, sent: list[tuple[bytes, bytes]]) -> Any:
        """The same; without Starlette's view of the headers, which most requests need not make."""
        key = self.header
        if self.many:
            return [value.decode("latin-1") for name, value in sent if name == key] or LEFT_OUT
        for name, value in sent:
            if name == key:
                return value.decode("latin-1")
        return LEFT_OUT


@dataclass(frozen=True, slots=True)
class Plan:
    """How to find what one function is called with. Shared between requests."""

    dependencies: tuple["_Dependency", ...]
    path: tuple[_Parameter, ...]
    query: tuple[_Parameter, ...]
    query_left_out: Mapping[str, Any] | None
    """What a request without a query means; None where it needs one."""
    headers: tuple[_Parameter, ...]
    body: _Parameter | None
    fixed: Mapping[str, Any]
    request_name: str | None

    @classmethod
    def of(cls, dependant: Dependant) -> Self:
        """Raises UnknownShape for what plans can't do: cookies, forms, generators, threads."""
        if (
            dependant.cookie_params
            or dependant.http_connection_param_name
            or dependant.response_param_name
            or dependant.background_tasks_param_name
            or len(dependant.body_params) > 1
            or not _is_coroutine(dependant.call)
        ):
            raise UnknownShape(f"what {dependant.call!r} is called with")
        fixed = {}
        if dependant.security_scopes_param_name is not None:
            inherited, own = dependant.parent_oauth_scopes or [], dependant.own_oauth_scopes or []
            scopes = list(dict.fromkeys([*inherited, *own]))
            fixed[dependant.security_scopes_param_name] = SecurityScopes(scopes)
        calls = [part.call for part in dependant.dependencies]
        if len(set(map(id, calls))) != len(calls):
            raise UnknownShape(f"the same dependency twice in {dependant.call!r}")
        query = _parameters(dependant.query_params)
        return cls(
            dependencies=tuple(
                _Dependency(part.name, part.call, getattr(part.call, "at_once", None), cls.of(part))
                for part in dependant.dependencies
                if part.call is not None
            ),
            path=_parameters(dependant.path_params),
            query=query,
            query_left_out=None
            if any(parameter.required for parameter in query)
            else {parameter.name: parameter.default for parameter in query},
            headers=_parameters(dependant.header_params),
            body=next(iter(_parameters(dependant.body_params)), None),
            fixed=fixed,
            request_name=dependant.request_param_name,
        )

    async def values(self, request: Request, body: Any) -> tuple[dict[str, Any], list[Fault]]:
        """What to call the function with, and what is wrong with the request; one is empty.

        `body` is parsed JSON, or LEFT_OUT. Raises what the dependencies raise.
        """
        values = {**self.fixed}
        if self.request_name is not None:
            values[self.request_name] = request
        faults: list[Fault] = []
        for name, call, at_once, plan in self.dependencies:
            if at_once is not None:
                found = at_once(request, **plan.fixed)
            else:
                arguments, wrong = await plan.values(request, body)
                if wrong:
                    faults += wrong
                    continue
                found = await call(**arguments)
            if name is not None:
                values[name] = found
        self._read(request.scope, values, faults)
        if self.body is not None:
            self.body.read(body, values, faults)
        return values, faults

    def _read(self, scope: Scope, values: dict[str, Any], faults: list[Fault]) -> None:
        for parameter in self.path:
            sent = scope["path_params"].get(parameter.key, LEFT_OUT)
            parameter.read(sent, values, faults)
        sent_query = scope["query_string"]
        if not sent_query and self.query_left_out is not None:
            values.update(self.query_left_out)
        elif self.query:
            query = _parsed(sent_query)
            for parameter in self.query:
                parameter.read(parameter.among(query), values, faults)
        for parameter in self.headers:
            parameter.read(parameter.among_headers(scope["headers"]), values, faults)


class _Dependency(NamedTuple):
    """One that has `at_once` is asked without waiting: with the request, and what is fixed."""

    name: str | None
    call: Callable[..., Awaitable[Any]]
    at_once: Callable[..., Any] | None
    plan: Plan


_SHORT_QUERY: Final = 64
"""Bytes. Longer ones hold what people search for, or cursors, and do not come again."""


def _parsed(query: bytes) -> QueryParams:
    # Most are one of a few.
    return _parsed_short(query) if len(query) <= _SHORT_QUERY else QueryParams(query)


@lru_cache(maxsize=256)
def _parsed_short(query: bytes) -> QueryParams:
    return QueryParams(query)


def _parameters(fields: Sequence[Any]) -> tuple[_Parameter, ...]:
    return tuple(_Parameter.of(field) for field in fields)


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(map(_is_list, get_args(annotation)))
    return get_origin(annotation) is list


def _is_coroutine(call: Any) -> bool:
    method = getattr(call, "__call__", None)  # noqa: B004 - an object can be a dependency too
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(method)
