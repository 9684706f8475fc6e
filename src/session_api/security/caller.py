"""Who asks, and in which request: what services are told of the outside."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple, Self
from uuid import UUID

from session_api.security.principal import Principal

MAX_USER_AGENT: Final = 256
"""Characters of a User-Agent that are kept; browsers send about 150."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did something and from where, as the audit trail remembers it.

    `actor` is a token's subject, or `system:<job>` with nothing else known. `address` is where the
    request came from, as trusted proxies tell it.
    """

    actor: str
    request_id: str | None = None
    address: str | None = None
    user_agent: str | None = None

    @classmethod
    def of_system(cls, job: str) -> Self:
        """The service itself, in one of its jobs."""
        return cls(f"system:{job}")

    def as_members(self) -> dict[str, str | None]:
        """As an event of the audit trail has it, by the names of its columns."""
        return {
            "actor": self.actor,
            "request_id": self.request_id,
            "address": self.address,
            "user_agent": self.user_agent,
        }


Role = Literal["owner", "editor", "viewer"]
"""What somebody may do in a workspace; each may do what those after it may."""

ROLES: Final[tuple[Role, ...]] = ("owner", "editor", "viewer")


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody's way into a workspace: whose it is, and what they may do in it.

    From `expires_at` on it is none. `share_id` is None for the owner.
    """

    role: Role
    owner_id: UUID
    tenant_id: str
    share_id: UUID | None = None
    expires_at: datetime | None = None

    def allows(self, role: Role) -> bool:
        """Whether it is enough where this role is asked for."""
        return ROLES.index(self.role) <= ROLES.index(role)


class Caller(NamedTuple):
    """A verified person in one request, and the workspace they act in.

    That is their own, unless `access` leads into another's: then `owner_id` and `tenant_id` are of
    its owner, to whom all belongs, while `principal` and `actor` stay the person's. `host` and
    `agent` are as the request has them: any text; `origin` has them in a form that can be kept.
    """

    principal: Principal
    request_id: str
    host: str | None = None
    agent: str | None = None
    access: Access | None = None
    turn: int | None = None
    """The turn that the request says it writes under (`Session-Turn`)."""

    @property
    def owner_id(self) -> UUID:
        return self.principal.owner_id if self.access is None else self.access.owner_id

    @property
    def tenant_id(self) -> str:
        return self.principal.tenant_id if self.access is None else self.access.tenant_id

    @property
    def role(self) -> Role:
        """What the person may do in the workspace they act in."""
        return "owner" if self.access is None else self.access.role

    def within(self, access: Access) -> "Caller":
        """The same person in another's workspace."""
        return self._replace(access=access)

    @property
    def actor(self) -> str:
        """The name under which log and audit remember what was done."""
        return self.principal.subject

    @property
    def origin(self) -> Origin:
        """What the audit trail remembers of the request. Made when asked for: reads never do."""
        return Origin(self.actor, self.request_id, _address(self.host), _in_one_line(self.agent))


def _address(host: str | None) -> str | None:
    """An IP address in its one spelling. A proxy, even a trusted one, may hand on any text."""
    try:
        return None if host is None else ipaddress.ip_address(host.partition("%")[0]).compressed
    except ValueError:
        return None


def _in_one_line(agent: str | None) -> str | None:
    if agent is None:
        return None
    kept = agent[:MAX_USER_AGENT]
    if kept.isprintable():
        return kept
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in kept)
