"""Who asks, and in which request: what services are told of the outside."""

from dataclasses import dataclass
from uuid import UUID

from session_api.security.principal import Principal


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified person in one request."""

    principal: Principal
    request_id: str

    @property
    def owner_id(self) -> UUID:
        return self.principal.owner_id

    @property
    def actor(self) -> str:
        """The name under which log and audit remember what was done."""
        return self.principal.subject
