"""Identity providers: whose tokens count here, and the public keys that verify them.

It owns the issuers named in the settings, the fetching of their keys, and which key a token is held
against. Always true: nothing in a token makes this service ask an address that its operator, or an
issuer the operator named, did not give; a key vouches for the issuer it came from and for one
algorithm. Verification asks it for keys; the app makes it and lets it refresh in the background.
"""

from session_api.security.oidc.issuers import TrustedIssuer, trusted_issuers
from session_api.security.oidc.providers import IdentityProviders

__all__ = ["IdentityProviders", "TrustedIssuer", "trusted_issuers"]
