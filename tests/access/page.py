"""docs/access.md: routes, fields and statuses, with who may do what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from session_api.problems import CATALOGUE
from session_api.security.caller import ROLES
from tests.access.observing import STATUSES, Outcomes
from tests.access.roles import LOWEST
from tests.support.operations import Operation, operations, resolved

PAGE = Path(__file__).parents[2] / "docs" / "access.md"

_HEAD = """\
# Who may read and write what

Made from the OpenAPI document and from what the service answers; `make pages` writes this page.

* **Nobody**: no token, or one that does not verify. **Reader**: a token with `sessions:read`.
  **Writer**: one with `sessions:write`; a token without a scope has both. **Admin**: one with the
  role `admin`, of the same tenant.
* A caller reaches what its token's issuer, tenant and subject own: the owner is computed from the
  token and stands first in every key. What is **another's** answers 404, like what does not exist;
  tests/http/test_isolation.py holds that over every route here. Sessions that their owners share
  are the one way in between, as far as the roles [below](#in-a-session-that-is-shared) go.
* A field that no request names is the server's. A request with a field that is not listed is
  refused (422) and changes nothing.
"""

_ROUTES = """\
## Routes

"""

_STATUSES = """\
## What the owner may do, by the session's status

Each was tried on a session of each status. A code is the refusal's. *yes* to a call whose work was
done before, as linking the mission that is linked, is the answer to a repeat.

"""

_SHARED = """\
## In a session that is shared

Who is invited, or came through a link, is a **viewer** or an **editor**; `403` is
`insufficient_access`. A share that has expired or was ended is none: 404, as for a stranger.
tests/sharing/test_matrix.py tries each with everybody. What names no session, such as lists,
recovery and creating, is about one's own.

"""

_FIELDS = """\
## Fields

Every field of every answer, read by whoever may read the answer, and the operations whose request
may set it. *server* is set by no request.

"""


def page(outcomes: Outcomes) -> str:
    """The whole page."""
    return "\n".join(
        [
            _HEAD,
            _ROUTES + _table(["route", "nobody", "reader", "writer", "admin"], _route_rows()),
            _STATUSES + _table(["operation", *STATUSES], _status_rows(outcomes)),
            _SHARED + _table(["operation", *reversed(ROLES), "stranger"], _shared_rows()),
            _FIELDS + "\n".join(_field_sections()),
        ]
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _route_rows() -> Iterable[list[str]]:
    for operation in operations():
        yield [f"`{operation.method} {operation.path}`", *_by_caller(operation)]


def _by_caller(operation: Operation) -> list[str]:
    if operation.name == "begin_guest":  # or comes back as one: nobody else's token is taken
        return ["yes", *["401"] * 3]
    if operation.scope is None:
        return ["yes"] * 4
    if "/admin/" in operation.path:
        return ["401", "403", "403", "yes"]
    reads = operation.scope == "sessions:read"
    own = "own" if operation.path_ids else "yes"
    return ["401", own if reads else "403", "403" if reads else own, "as reader and writer"]


def _status_rows(outcomes: Outcomes) -> Iterable[list[str]]:
    for name, by_status in outcomes.items():
        yield [f"`{name}`", *(_shown(by_status[status]) for status in STATUSES)]


def _shared_rows() -> Iterable[list[str]]:
    for name, lowest in LOWEST.items():
        allowed = ROLES[: ROLES.index(lowest) + 1]
        yield [f"`{name}`", *("yes" if r in allowed else "403" for r in reversed(ROLES)), "404"]


def _shown(outcome: str) -> str:
    if outcome == "yes":
        return outcome
    return f"{CATALOGUE[outcome].status} {outcome}"


def _field_sections() -> Iterable[str]:
    setters = _setters()
    for name, schema in _answers().items():
        rows = []
        for field, member in schema["properties"].items():
            by = setters[name].get(field, ())
            rows.append([f"`{field}`", _type_of(member), ", ".join(f"`{x}`" for x in by)])
        yield f"### {name}\n\n" + _table(
            ["field", "type", "set by"], [[a, b, c or "*server*"] for a, b, c in rows]
        )


# Requests that are not named after the answer they set.
_SHOWN_IN: Mapping[str, Sequence[str]] = {
    "SessionCreate": ("Session", "SessionSummary"),
    "SessionPut": ("Session", "SessionSummary"),
    "SessionPatch": ("Session", "SessionSummary"),
    "SessionRecover": ("Session", "SessionSummary"),
}

# What is set by the call itself, whose body names no field.
_BY_CALLS = ("touch_session", "complete_session", "archive_session", "resume_session")
_OF_SESSION: Mapping[str, Sequence[str]] = {
    "status": _BY_CALLS,
    "mission_id": ("link_mission", "create_mission"),
    "turn": ("take_turn", "renew_turn", "release_turn", "stop_turn"),
}
_CALLS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "Session": _OF_SESSION,
    "SessionSummary": _OF_SESSION,
    "Message": {"content": ("append_to_message",)},
    "Turn": {"number": ("take_turn",), "expires_at": ("take_turn", "renew_turn")},
    "Asset": {
        "name": ("upload_asset",),
        "content_type": ("upload_asset",),
        "mission_id": ("upload_asset",),
        "hop_id": ("upload_asset",),
        "status": ("complete_asset",),
    },
    "Mission": {"session_id": ("link_mission",)},
}


def _answers() -> dict[str, dict[str, Any]]:
    """The schemas that answers have fields by, in the order of the document."""
    found: dict[str, dict[str, Any]] = {}

    def visit(schema: Mapping[str, Any]) -> None:
        reference = str(schema.get("$ref", ""))
        name = reference.rpartition("/")[2]
        if name in found or name == "Problem":
            return
        whole = resolved(schema)
        if name and "properties" in whole:
            found[name] = whole
        for nested in _nested(whole):
            visit(nested)

    for operation in operations():
        for status, answer in operation.document["responses"].items():
            if status.startswith("2"):
                for body in answer.get("content", {}).values():
                    visit(body.get("schema", {}))
    return dict(sorted(found.items()))


def _nested(schema: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield from schema.get("properties", {}).values()
    yield from (schema["items"],) if isinstance(schema.get("items"), dict) else ()
    for several in ("anyOf", "oneOf", "allOf", "prefixItems"):
        yield from schema.get(several, ())


def _setters() -> dict[str, dict[str, list[str]]]:
    """By answer and field, the operations whose request names it."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for operation in operations():
        if operation.media_type is None:
            continue
        for name, member in _requests(operation.body_schema):
            for answer in _shown_in(name):
                setters = found[answer][member]
                if operation.name not in setters:
                    setters.append(operation.name)
    for answer, fields in _CALLS.items():
        for member, names in fields.items():
            found[answer][member] += [name for name in names if name not in found[answer][member]]
    return found


def _requests(schema: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Each request's name and fields, with those of what stands inside it."""
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    whole = resolved(schema)
    for field in whole.get("properties", {}):
        yield name, field
    for nested in _nested(whole):
        yield from _requests(nested)


def _shown_in(request: str) -> Sequence[str]:
    if request in _SHOWN_IN:
        return _SHOWN_IN[request]
    for ending in ("Create", "Patch", "Put", "New", "Update", "Take", "Renew"):
        if request.endswith(ending):
            return (request.removesuffix(ending),)
    return ()


def _type_of(member: Mapping[str, Any]) -> str:
    kinds = [member, *member.get("anyOf", ()), *member.get("oneOf", ())]
    names = []
    for kind in kinds:
        reference = str(kind.get("$ref", "")).rpartition("/")[2]
        name = reference or kind.get("format") or kind.get("type") or ""
        if name and name not in names:
            names.append(name)
    return " or ".join(names) or "any"
