"""Somebody without an account, beside those who have one."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.guests import Guest, becomes_guest


@pytest.fixture
async def guest(transport: httpx.ASGITransport) -> AsyncIterator[Guest]:
    """Somebody without an account."""
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield await becomes_guest(http)
