"""Who is asking, and what only the service may read or make.

This package owns token verification, the tokens that the service makes itself, the principal, the
encryption key ring and the signature of cursors. Always true: whatever comes from outside is either
wholly verified or refused with one of the catalogue's problems (stored ciphertext: with
`Unreadable`), and no error, detail or repr carries a token, a secret or a key. Anyone above may
call it; it imports nothing of ours but `ports`, `problems` and `settings`, and reads neither clock
nor environment by itself.
"""

from session_api.security.cursors import CursorCodec
from session_api.security.gate import TokenHeader
from session_api.security.guests import GuestTokens, MintedGuest
from session_api.security.keyring import (
    CiphertextInvalid,
    KeyMissing,
    KeyRing,
    Unreadable,
    generate_key_entry,
)
from session_api.security.minting import Minted, PurposeTokens
from session_api.security.principal import (
    ROLE_ADMIN,
    SESSIONS_READ,
    SESSIONS_WRITE,
    Principal,
    TokenMarks,
    owner_id_of,
)
from session_api.security.tokens import TokenVerifier, mint_development_token
from session_api.security.verification import (
    KeyAwaited,
    KeySource,
    SharedSecret,
    VerificationKey,
)

__all__ = [
    "ROLE_ADMIN",
    "SESSIONS_READ",
    "SESSIONS_WRITE",
    "CiphertextInvalid",
    "CursorCodec",
    "GuestTokens",
    "KeyAwaited",
    "KeyMissing",
    "KeyRing",
    "KeySource",
    "Minted",
    "MintedGuest",
    "Principal",
    "PurposeTokens",
    "SharedSecret",
    "TokenHeader",
    "TokenMarks",
    "TokenVerifier",
    "Unreadable",
    "VerificationKey",
    "generate_key_entry",
    "mint_development_token",
    "owner_id_of",
]
