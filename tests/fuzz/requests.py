"""Requests made from the document's operations, each hostile in one or several ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import quote, urlencode
from uuid import UUID

from tests.fuzz.corpus import raw_body, text
from tests.support.operations import FORM, Operation

_SIGNING_OUT = ("delete_device", "revoke_token", "sign_out_everywhere")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "LOCK")
_TYPES = ("application/json", "application/merge-patch+json", "text/plain", "", "*/*", FORM)
_HEADERS = (
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "X-Request-ID",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
    "Range",
    "Accept",
    "Accept-Encoding",
    "Origin",
    "Cookie",
    "Forwarded",
    "Last-Event-ID",
)


@dataclass(frozen=True)
class Ids:
    """Ids by their names in paths: the sender's own, and somebody else's."""

    own: Mapping[str, str]
    other: Mapping[str, str]


@dataclass(frozen=True)
class Made:
    """A request, as bytes for a connection."""

    operation: str
    method: str
    wire: bytes


class Maker:
    """Makes requests; the same ones for the same seed and ids."""

    def __init__(
        self,
        random: Random,
        operations: Sequence[Operation],
        tokens: Sequence[str],
        *,
        leaving: str,
    ) -> None:
        """`tokens` are a good one and bad ones; `leaving` is for what may sign out."""
        self._random = random
        self._operations = operations
        self._good, *self._bad = tokens
        self._leaving = leaving

    def next(self, ids: Ids) -> Made:
        """The next one. Erasing is rare, so that the others find something."""
        random = self._random
        operation = random.choice(self._operations)
        while operation.method == "DELETE" and random.random() < 0.8:
            operation = random.choice(self._operations)
        method = operation.method if random.random() < 0.97 else random.choice(_METHODS)
        headers = self._headers(operation)
        body = self._body(operation)
        target = self._path(operation, ids) + self._query(operation)
        lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers]
        if body or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body)}")
        wire = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body
        return Made(operation.name, method, wire)

    def _path(self, operation: Operation, ids: Ids) -> str:
        path = operation.path
        for name in operation.path_ids:
            path = path.replace(f"{{{name}}}", self._id(name, ids))
        fate = self._random.random()
        if fate < 0.02:
            return path + quote(text(self._random)[:200], safe="/.%")
        if fate < 0.03:
            return "/" + path
        return path

    def _id(self, name: str, ids: Ids) -> str:
        fate = self._random.random()
        if fate < 0.6:
            return ids.own.get(name) or self._fresh()
        if fate < 0.85:
            return ids.other.get(name) or self._fresh()
        if fate < 0.95:
            return quote(text(self._random)[:200], safe="")
        return (ids.own.get(name) or self._fresh()).upper()

    def _fresh(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def _query(self, operation: Operation) -> str:
        names = [each["name"] for each in operation.parameters if each["in"] == "query"]
        sent = [(name, self._word()) for name in names if self._random.random() < 0.3]
        if self._random.random() < 0.05:
            sent += [(text(self._random)[:50], text(self._random)[:50])]
        if sent and self._random.random() < 0.1:
            sent.append(sent[0])
        return f"?{urlencode(sent, errors='surrogatepass')}" if sent else ""

    def _word(self) -> str:
        random = self._random
        usual = ("1", "50", "active", "chat", "chat,mission", "session", "pending", self._fresh())
        return random.choice(usual) if random.random() < 0.5 else text(random)[:300]

    def _headers(self, operation: Operation) -> list[str]:
        random = self._random
        good = self._leaving if operation.name in _SIGNING_OUT else self._good
        token = good if random.random() < 0.93 else random.choice([*self._bad, "", "x"])
        lines = [f"Authorization: Bearer {token}"] if token else []
        if random.random() < 0.01:
            lines *= 2
        kind = operation.media_type
        if kind == FORM:
            kind = f"{FORM}; boundary=limit"
        if kind and random.random() < 0.03:
            kind = random.choice(_TYPES)
        if kind:
            lines.append(f"Content-Type: {kind}")
        if random.random() < 0.1:
            lines.append('If-Match: "1"')
        if random.random() < 0.2:
            value = random.choice(('"1"', "*", self._fresh(), _one_line(text(random))))
            lines.append(f"{random.choice(_HEADERS)}: {value}")
        return lines

    def _body(self, operation: Operation) -> bytes:
        if operation.media_type is None:
            return b"{}" if self._random.random() < 0.02 else b""
        if operation.media_type == FORM:
            return self._form()
        examples = list(operation.examples.values()) or [{}]
        return raw_body(self._random, self._random.choice(examples))

    def _form(self) -> bytes:
        random = self._random
        field = random.choice(("file", "file", "file", "mission_id", _one_line(text(random))[:80]))
        name = _one_line(text(random))[:300]
        head = f'--limit\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        whole = head.encode() + b"\r\n" + text(random).encode()[:5000] + b"\r\n--limit--\r\n"
        return whole[: random.randrange(len(whole))] if random.random() < 0.2 else whole


def _one_line(value: str) -> str:
    # What stands in a header can't break the line: that is tried with sockets elsewhere.
    return "".join(c for c in value if c >= " " and c != "\x7f")[:500]
