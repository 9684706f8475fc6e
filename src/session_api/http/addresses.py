"""Where clients reach the service, for the links that it makes."""

import re
from typing import Final

from fastapi import Request

# What may stand in a link: a name, or an address in brackets, and a port (RFC 3986 § 3.2).
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


async def base_url(request: Request) -> str:
    """The service's own address as the caller names it, or as the setting says; no slash after it.

    Never of `request.url`, which a malformed Host can bend (CVE-2026-48710): a Host that is not
    plain gives an address relative to whatever the caller asked.
    """
    public: str | None = request.app.state.settings.public_url
    if public is not None:
        return public
    hosts = [value for name, value in request.scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        return ""
    return f"{request.scope['scheme']}://{hosts[0].decode('ascii')}"
