"""What routes get of their app: its services, by the names that they have in `app.state`."""

from typing import Any

from fastapi import Depends, Request


class Part:
    """A dependency that is at hand: a plan asks `at_once`, and waits for nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def at_once(self, request: Request) -> Any:
        """The part."""
        return getattr(request.scope["app"].state, self.name)

    async def __call__(self, request: Request) -> Any:
        """The same, for FastAPI."""
        return self.at_once(request)


def part(name: str) -> Any:
    """For a signature: `Annotated[ChatService, part("chat")]`."""
    return Depends(Part(name))
