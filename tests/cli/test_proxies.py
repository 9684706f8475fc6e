"""Whose word counts for where a request comes from: that of named proxies, nobody else's."""

import httpx

from tests.support.processes import Service, data_folder

LIMITS = "auth_failure=3/minute"


def _tries(service: Service, *forwarded: str) -> list[int]:
    with httpx.Client(base_url=service.url) as client:
        return [
            client.get("/api/sessions/", headers={"X-Forwarded-For": value}).status_code
            for value in forwarded
        ]


def test_nobody_can_say_that_they_come_from_elsewhere() -> None:
    with data_folder() as data, Service(data, SESSION_API_RATE_LIMITS=LIMITS) as service:
        said = [f"198.51.100.{number}" for number in range(5)]
        assert _tries(service, *said) == [401, 401, 401, 429, 429]


def test_a_named_proxy_is_believed_for_the_last_address_only() -> None:
    trusted = {"SESSION_API_TRUSTED_PROXIES": "127.0.0.1", "SESSION_API_RATE_LIMITS": LIMITS}
    with data_folder() as data, Service(data, **trusted) as service:
        said = [f"198.51.100.{number}" for number in range(5)]
        assert _tries(service, *said) == [401] * 5
        # What stands left of the proxy's own entry is whatever the client made up.
        made_up = [f"192.0.2.{number}, 203.0.113.9" for number in range(5)]
        assert _tries(service, *made_up) == [401, 401, 401, 429, 429]
