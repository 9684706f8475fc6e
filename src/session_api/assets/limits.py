"""What files may be: how large, of which type, how many."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self

from session_api.problems import PayloadTooLarge, QuotaExceeded, ValidationFailed
from session_api.settings import Settings


@dataclass(frozen=True, slots=True)
class Usage:
    """Files and their bytes, pending ones included: what is announced is reserved."""

    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Quota:
    """How much one session, user or tenant may have. None is no limit."""

    of: str
    count: int | None
    size: int | None

    @property
    def limited(self) -> bool:
        return self.count is not None or self.size is not None

    def require(self, used: Usage, wanted: Usage) -> None:
        """Raises QuotaExceeded where `wanted` does not fit beside `used`."""
        for unit, has, more, allowed in (
            ("files", used.count, wanted.count, self.count),
            ("bytes", used.size, wanted.size, self.size),
        ):
            if allowed is not None and has + more > allowed:
                raise QuotaExceeded(
                    f"The {self.of} has {has} of {allowed} {unit}; {more} more do not fit.",
                    quota=f"{self.of}_{unit}",
                    used=has,
                    allowed=allowed,
                    requested=more,
                )


@dataclass(frozen=True, slots=True)
class AssetLimits:
    """The limits of one service, from its settings."""

    max_bytes: int
    allowed: tuple[str, ...]
    denied: tuple[str, ...]
    session: Quota
    user: Quota
    tenant: Quota

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            max_bytes=settings.asset_max_bytes,
            allowed=settings.asset_types_allowed,
            denied=settings.asset_types_denied,
            session=Quota("session", settings.session_max_assets, settings.session_max_bytes),
            user=Quota("user", settings.user_max_assets, settings.user_max_bytes),
            tenant=Quota("tenant", settings.tenant_max_assets, settings.tenant_max_bytes),
        )

    def require_size(self, size: int) -> None:
        """Raises PayloadTooLarge."""
        if size > self.max_bytes:
            raise PayloadTooLarge(
                f"A file has at most {self.max_bytes} bytes.", limit_bytes=self.max_bytes
            )

    def require_type(self, content_type: str) -> None:
        """Raises ValidationFailed for a type that is denied, or not among those allowed."""
        essence = content_type.partition(";")[0].strip().lower()
        if _any_matches(essence, self.denied) or not (
            not self.allowed or _any_matches(essence, self.allowed)
        ):
            raise ValidationFailed.at("/content_type", f"files of type {essence} are not taken")


def _any_matches(essence: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(essence, pattern) for pattern in patterns)
