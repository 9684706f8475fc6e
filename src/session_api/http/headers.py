"""The headers that mean something to a service, parsed into what services know."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from starlette.types import Scope

from session_api.fields import CLIENT_ID_SCHEMA, parse_uuid
from session_api.problems import ValidationFailed
from session_api.security.caller import Caller
from session_api.sync import Precondition

_TAG = '(W/)?"[!#-~]*"'
_TAGS = f"{_TAG}( *, *{_TAG})*"
_TAGS_SCHEMA = {"pattern": f"^([*]|{_TAGS})$"}
# A tag may hold commas, so a list of them is not to be split at each.
_ONE_OF_TAGS = re.compile(r'(W/)?"([!#-~]*)"')
_VERSION = re.compile(r"[0-9]{1,18}\Z")
TURN = "Session-Turn"
_TURN_NAME = TURN.lower().encode()
_TURN = re.compile(rb"[1-9][0-9]{0,17}")
_BY_NAME = "headers_by_name"
TURN_SCHEMA = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}


def headers_by_name(scope: Scope) -> dict[bytes, bytes]:
    """What was sent, by names in lower case. Several lines of one name are one list, with commas
    between (RFC 9110 § 5.3).

    Looked at once a request.
    """
    named: dict[bytes, bytes] | None = scope.get(_BY_NAME)
    if named is None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        named = dict(headers)
        if len(named) < len(headers):
            named = {}
            for name, value in headers:
                named[name] = b"%b, %b" % (named[name], value) if name in named else value
        scope[_BY_NAME] = named
    return named


def with_headers(scope: Scope, headers: list[tuple[bytes, bytes]]) -> Scope:
    """The same request with other headers."""
    return {**scope, "headers": headers, _BY_NAME: None}


def _strong_versions(header: str) -> tuple[int, ...]:
    """The versions that entity tags (RFC 9110 § 8.8.3) name. Raises ValidationFailed.

    Compared strongly, as § 13.1.1 asks for: a weak tag never matches, nor does one that is not
    ours, so they are left out.
    """
    if not re.fullmatch(_TAGS, header.strip()):
        raise ValidationFailed.at("/If-Match", 'must be `*` or versions such as "7"')
    return tuple(version for weak, version in _versions(header) if not weak)


def _versions(header: str) -> Iterator[tuple[bool, int]]:
    """Each version that a tag names, and whether the tag is weak. Other tags are not ours."""
    for tag in _ONE_OF_TAGS.finditer(header):
        if _VERSION.match(tag.group(2)):
            yield tag.group(1) is not None, int(tag.group(2))


async def _if_match(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(
            description='The version you have seen, as `"7"`. The write is refused with 412 when '
            "what it would overwrite has changed since.",
            max_length=1000,
            examples=['"1"'],
            json_schema_extra=_TAGS_SCHEMA,
        ),
    ] = None,
) -> Precondition | None:
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return Precondition(versions=None)
    # Several lines of one header are one list (RFC 9110 § 5.3).
    return Precondition(_strong_versions(",".join(request.headers.getlist("if-match"))))


# Parsed by the route itself: FastAPI solves every dependency anew for each request, and this one
# would stand on the way of every light read.
IfNoneMatch = Annotated[
    str | None,
    Header(
        description='The version you have, as `"7"`: 304 if it is still the present one.',
        max_length=1000,
    ),
]


@lru_cache(maxsize=256)
def versions_seen(if_none_match: str | None) -> Sequence[int]:
    """The versions that the header names.

    Compared weakly (RFC 9110 § 13.1.2). A tag that is not ours, such as one that a proxy made of
    ours, matches nothing: the session is sent whole.
    """
    if if_none_match is None:
        return ()
    return tuple(version for _, version in _versions(if_none_match))


async def _idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="A UUID that is taken as the id of what is created, where the body has "
            "none. Sending the same request again is then safe.",
            max_length=100,
            json_schema_extra=CLIENT_ID_SCHEMA,
        ),
    ] = None,
) -> UUID | None:
    if idempotency_key is None:
        return None
    try:
        key = parse_uuid(idempotency_key.strip().strip('"'))
        if key.version not in {4, 7}:
            raise ValueError("must be a UUID of version 4 or 7")
    except ValueError as error:
        raise ValidationFailed.at("/Idempotency-Key", str(error)) from None
    return key


def name_turn(request: Request, caller: Caller) -> None:
    """Lets the caller of this request write under the turn that it names, if it names one.

    Read here for every route that writes, so that none can forget it: the document says it of those
    that can lose a turn. Raises ValidationFailed.
    """
    sent = headers_by_name(request.scope).get(_TURN_NAME)
    if sent is None:
        return
    if not _TURN.fullmatch(sent):
        raise ValidationFailed.at("/Session-Turn", "must be the number of one turn")
    request.scope["state"]["caller"] = caller._replace(turn=int(sent))


IfMatch = Annotated[Precondition | None, Depends(_if_match)]
IdempotencyKey = Annotated[UUID | None, Depends(_idempotency_key)]


def chosen_id(body_id: UUID | None, key: UUID | None) -> UUID | None:
    """The client-made id of what is created. Raises ValidationFailed where two differ."""
    if body_id is not None and key is not None and body_id != key:
        raise ValidationFailed.at("/id", "differs from the Idempotency-Key")
    return body_id or key
