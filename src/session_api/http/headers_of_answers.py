"""What every answer carries for browsers, that they do nothing with it but show it to its app."""

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

API_HEADERS: Final[tuple[Header, ...]] = (
    *EVERYWHERE,
    (b"content-security-policy", NOTHING_POLICY),
)


def security_headers(public_url: str | None) -> tuple[Header, ...]:
    """Those of every answer, whatever it holds."""
    is_https = public_url is not None and public_url.startswith("https://")
    return (*EVERYWHERE, _HTTPS_ONLY) if is_https else EVERYWHERE
