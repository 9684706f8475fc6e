"""What has broken other people's services: values, and what is done to sound requests with them."""

import json
from random import Random
from typing import Any, Final

TEXTS: Final = (
    "",
    " ",
    "\u0000",
    "null",
    "undefined",
    "true",
    "-1",
    "0x7f",
    "1e309",
    "9223372036854775808",
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    '" OR ""="',
    "$1",
    "%s%n%x",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1/a}",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "file:///etc/passwd",
    "/api/sessions/../../healthz",
    "a\r\nSet-Cookie: x=1",
    "\u202egnp.exe",
    "\ufeff",
    "\ufffe\uffff",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "Z\u0351\u036b\u0343\u036a" * 20,
    "İıſßﬃ",
    "a" * 10_000,
    "\U0001f4a9" * 1024,
    "%00",
    "%2e%2e%2f",
    "%c0%ae",
    "%ud800",
    "*",
    "**/*",
    "\\",
    "[]",
    "{}",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "2026-11-21T12:00:00+99:99",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    'W/"1"',
    '"1", "2"',
)

_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    [],
    {},
    [[[[[]]]]],
    {"": ""},
    {"__proto__": {"admin": True}},
    {"$ref": "#"},
    {"$where": "1"},
    [None] * 200,
)

# Bodies that are no JSON that anyone should take.
_RAW: Final = (
    b"",
    b"\x00",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b'{"name": "\xed\xa0\x80"}',
    b'{"name": "\\ud800"}',
    b'{"name": NaN}',
    b'{"name": 1e999999}',
    b'{"name": "a", "name": "b"}',
    b"[" * 5000,
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b"{} {}",
    b"null",
    b'"text"',
    b"[1, 2",
    b"name=value&other=%00",
    b"<xml/>",
)


def text(random: Random) -> str:
    """A nasty string."""
    return random.choice(TEXTS)


def value(random: Random) -> Any:
    """A nasty value of any kind, JSON all the same."""
    return text(random) if random.random() < 0.5 else random.choice(_VALUES)


def altered(random: Random, body: Any) -> Any:
    """The body with one thing in it replaced, left out or added."""
    if isinstance(body, dict) and body:
        name = random.choice(list(body))
        fate = random.random()
        if fate < 0.15:
            return {key: kept for key, kept in body.items() if key != name}
        if fate < 0.3:
            return body | {text(random): value(random)}
        return body | {name: altered(random, body[name])}
    if isinstance(body, list) and body and random.random() < 0.7:
        place = random.randrange(len(body))
        return [*body[:place], altered(random, body[place]), *body[place + 1 :]]
    return value(random)


def raw_body(random: Random, body: Any) -> bytes:
    """Bytes for a request: the altered body, cut short or not, or no JSON at all."""
    if random.random() < 0.1:
        return random.choice(_RAW)
    encoded = json.dumps(altered(random, body) if random.random() < 0.8 else body).encode()
    if random.random() < 0.05:
        return encoded[: random.randrange(len(encoded) + 1)]
    return encoded
