"""Secrets that everybody knows: examples of documentation, defaults of others, and what people type
to get past a form. Whoever knows the signing secret is everybody (Ory GO-2026-4801, Kimai
CVE-2026-52824).
"""

import re
from base64 import b64decode
from hashlib import sha256
from itertools import pairwise
from typing import Final

REMEDY: Final = "set SESSION_API_DEVELOPMENT=true where that does not matter"
_FEW: Final = 8  # different characters; 32 random ones of base64 have twice as many nearly always
_SAYS_SO: Final = re.compile(
    r"change.?(me|this|it)|change.?in.?prod|replace.?(me|this)|example|placeholder|insecure"
    r"|development.?only|your.?(256|secret|jwt|key|super)|(my|super).?secret|do.?not.?use"
    r"|not.?for.?production|default.?secret|secret.?key|password",
    re.IGNORECASE,
)
# By their digests, so that nobody finds them here who looks for a secret to take.
_KNOWN: Final = frozenset(
    {
        # FastAPI's tutorial and jwt.io's page.
        "570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89",
        "465d9ad5d5528ebe287b5dce4fb51620833d09b290e49ddcc70ca6c4a0aea01b",
    }
)


def require_own_secret(secret: str) -> None:
    """Raises ValueError, which quotes nothing, where somebody else may know the secret."""
    if (
        sha256(secret.encode()).hexdigest() in _KNOWN
        or _SAYS_SO.search(secret)
        or len(set(secret)) < _FEW
        or _repeats(secret)
    ):
        raise ValueError(
            f"this secret is an example or easily guessed; `openssl rand -base64 48` makes one, "
            f"or {REMEDY}"
        )


def require_own_keys(ring: str) -> None:
    """As `require_own_secret`, of every key in a ring that `KeyRing.parse` takes."""
    for number, entry in enumerate(ring.split(","), start=1):
        text = entry.partition(":")[2].strip().rstrip("=").replace("-", "+").replace("_", "/")
        key = b64decode(text + "=" * (-len(text) % 4))
        if _is_made_up(key):
            raise ValueError(
                f"encryption key {number} is an example or easily guessed; `session-api keys "
                f"generate` makes one, or {REMEDY}"
            )


def _is_made_up(key: bytes) -> bool:
    """What 32 random bytes are less often than once in 10¹³."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return len(steps) == 1 or len(set(key)) < _FEW or all(32 <= byte < 127 for byte in key)


def _repeats(secret: str) -> bool:
    """Whether it is a short text several times over: then it is only as good as that."""
    period = (secret + secret).find(secret, 1)
    return period < min(len(secret), 16)
