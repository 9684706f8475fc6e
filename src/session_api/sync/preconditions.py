"""What a writer has seen, held against what has changed since (`If-Match`)."""

from dataclasses import dataclass

from session_api.problems import VersionMismatch


@dataclass(frozen=True, slots=True)
class Precondition:
    """The versions a writer says it has seen; `None` for `*`, which asks only for existence.

    Narrower than RFC 9110 § 13.1.1 on purpose: a write is refused exactly when what it would
    overwrite has changed since, not when anything else in the session has.
    """

    versions: tuple[int, ...] | None

    def require(self, *, changed_in: int, current: int) -> None:
        """Raises VersionMismatch unless one of the versions is from `changed_in` to `current`.

        `changed_in` is the version of the last change to what the write touches. A version above
        `current` was never reached, so whoever sends it has not seen it.
        """
        if self.versions is None:
            return
        if not any(changed_in <= version <= current for version in self.versions):
            raise VersionMismatch(
                f"This was last changed in version {changed_in}; the session is at {current}.",
                current_version=current,
            )
