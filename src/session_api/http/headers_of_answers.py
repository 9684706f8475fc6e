"""What every answer carries for browsers, that they do nothing with it but show it to its app."""

from collections.abc import Mapping, Sequence
from typing import Final

Header = tuple[bytes, bytes]

EVERYWHERE: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

# An answer of the API is no page: opened as one, it loads, runs and frames nothing.
NOTHING_POLICY: Final = b"default-src 'none'; frame-ancestors 'none'"

# For our few pages. The documentation viewers bring inline scripts and styles of their own; what
# they must not do is call anybody else, as Redoc does for its logo.
PAGE_POLICY: Final = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'"
)

# Two years, as browsers ask for it (RFC 6797). Not for subdomains: they may be somebody else's.
_HTTPS_ONLY: Final[Header] = (b"strict-transport-security", b"max-age=63072000")

_CONTROLS: Final = bytes({*range(0x20), 0x7F} - {0x09})

API_HEADERS: Final[tuple[Header, ...]] = (
    *EVERYWHERE,
    (b"content-security-policy", NOTHING_POLICY),
)


def security_headers(public_url: str | None) -> tuple[Header, ...]:
    """Those of every answer, whatever it holds."""
    is_https = public_url is not None and public_url.startswith("https://")
    return (*EVERYWHERE, _HTTPS_ONLY) if is_https else EVERYWHERE


class AnswerHeaders(list[Header]):
    """All headers of an answer. Those that many answers share are written out already, in `lines`;
    `own` are the others.
    """

    __slots__ = ("_count", "lines", "own")

    def __init__(self, own: list[Header], shared: "Shared") -> None:
        super().__init__(own)
        self += shared.headers
        self.own = own
        self.lines = shared.lines
        self._count = len(self)

    @property
    def are_as_written(self) -> bool:
        """Whether nobody has added to them, or taken away."""
        return len(self) == self._count


class Shared:
    """Headers that are the same in many answers."""

    __slots__ = ("headers", "lines")

    def __init__(self, headers: tuple[Header, ...]) -> None:
        self.headers = headers
        self.lines = written(headers)


def written(headers: Sequence[Header]) -> bytes:
    """As HTTP/1.1 has them on the wire.

    Raises ValueError for a control character, with which one header could be read as several (RFC
    9112 § 11.1): what people wrote may stand in a value.
    """
    parts: list[bytes] = []
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    text = b"".join(parts)
    if len(text) - len(text.translate(None, _CONTROLS)) != 2 * len(headers):
        raise ValueError("There is a control character in a header of an answer.")
    return text


class CommonHeaders:
    """What a service adds to its answers, where they have none of their own of the name."""

    def __init__(self, security: tuple[Header, ...]) -> None:
        self._security = security
        # By the names in an answer: there are a dozen such sets, all of our own making.
        self._known: dict[tuple[bytes, ...], Shared] = {}

    def beside(self, own: Mapping[bytes, bytes]) -> Shared:
        """For an answer that has these."""
        is_page = own.get(b"content-type", b"")[:9] == b"text/html"
        key = (PAGE_POLICY, *own) if is_page else tuple(own)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Shared(self._added(own, is_page=is_page))
        return found

    def _added(self, own: Mapping[bytes, bytes], *, is_page: bool) -> tuple[Header, ...]:
        added = [header for header in self._security if header[0] not in own]
        if b"cache-control" not in own:
            kept = b"private, no-cache" if b"etag" in own else b"no-store"
            added.append((b"cache-control", kept))
        if b"content-security-policy" not in own:
            added.append((b"content-security-policy", PAGE_POLICY if is_page else NOTHING_POLICY))
        return tuple(added)
