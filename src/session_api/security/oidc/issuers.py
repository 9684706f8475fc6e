"""The issuers whose tokens count, as an operator names them."""

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from session_api.security.claims import MAX_NAME_CHARACTERS, is_fit_name
from session_api.settings import ENV_PREFIX, Settings

MAX_ISSUERS: Final = 100
"""Each is asked for its keys every few minutes, by every worker."""

_WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer, compared with a token's `iss` character by character, and the `aud` that its
    tokens must carry to be for this service.
    """

    url: str
    audience: str

    @property
    def discovery_url(self) -> str:
        """OpenID Connect Discovery 1.0 § 4.1."""
        return self.url.rstrip("/") + _WELL_KNOWN

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, where plain HTTP is as good as TLS."""
        return _is_loopback(urlsplit(self.url))


def trusted_issuers(settings: Settings) -> tuple[TrustedIssuer, ...]:
    """Those that the settings name. ValueError as `parse_issuers`, and for one that the holder of
    the shared secret may name as well.
    """
    issuers = () if settings.oidc_issuers is None else parse_issuers(settings.oidc_issuers)
    if settings.jwt_issuer in {issuer.url for issuer in issuers}:
        raise ValueError(f"{ENV_PREFIX}JWT_ISSUER is one of them; a secret can't speak for it")
    return issuers


def parse_issuers(text: str) -> tuple[TrustedIssuer, ...]:
    """Issuers from `ISSUER|AUDIENCE, ISSUER|AUDIENCE`.

    Raises ValueError, which names an entry by its position, where one is malformed or given twice.
    """
    entries = [entry.strip() for entry in text.split(",")]
    if len(entries) > MAX_ISSUERS:
        raise ValueError(f"at most {MAX_ISSUERS} issuers are taken")
    issuers = [_parse_entry(entry, number) for number, entry in enumerate(entries, start=1)]
    for number, issuer in enumerate(issuers, start=1):
        if issuer.url in {other.url for other in issuers[: number - 1]}:
            raise ValueError(f"issuer {number} was given before")
    return tuple(issuers)


def is_safe_to_ask(url: str, *, of_local_issuer: bool) -> bool:
    """Whether keys may be fetched there: over TLS, or on this machine for an issuer on it."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.username is None and not parts.fragment
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return False
    if not usable or not url.isascii() or any(character <= " " for character in url):
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and of_local_issuer and _is_loopback(parts)
    )


def _parse_entry(entry: str, number: int) -> TrustedIssuer:
    url, bar, audience = (part.strip() for part in entry.partition("|"))
    if not bar or not is_fit_name(audience):
        # Without it a token that another service was given would be good here.
        raise ValueError(f"issuer {number}: write it as ISSUER|AUDIENCE; the audience is needed")
    if not is_fit_name(url) or "|" in audience:
        raise ValueError(f"issuer {number}: write it as ISSUER|AUDIENCE")
    issuer = TrustedIssuer(url, audience)
    if "?" in url or "#" in url or not _is_issuer(url):
        raise ValueError(
            f"issuer {number}: an issuer is an https:// address of at most {MAX_NAME_CHARACTERS} "
            "characters without a query, exactly as its tokens name it (http:// on this machine)"
        )
    return issuer


def _is_issuer(url: str) -> bool:
    try:
        local = _is_loopback(urlsplit(url))
    except ValueError:
        return False
    return is_safe_to_ask(url, of_local_issuer=local)


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
