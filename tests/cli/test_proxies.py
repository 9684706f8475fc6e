"""Whose word counts for where a request comes from: that of named proxies, nobody else's."""

import httpx

from tests.support.processes import Service, data_folder
from tests.support.wire import Wire, request

LIMITS = "auth_failure=3/minute"


def _tries(service: Service, *forwarded: str) -> list[int]:
    with httpx.Client(base_url=service.url) as client:
        return [
            client.get("/api/sessions/", headers={"X-Forwarded-For": value}).status_code
            for value in forwarded
        ]


SPELT = [
    ("/api/sessions/", ["X-Forwarded-For: 198.51.100.1"]),
    ("/api%2Fsessions/", ["Forwarded: for=198.51.100.2", "X-Real-IP: 198.51.100.2"]),
    ("http://elsewhere.example/api/sessions", ["X-Client-IP: 198.51.100.3"]),
    ("/api/sessions?x=1", ["X-Forwarded-For: 198.51.100.4", "X-Forwarded-For: 198.51.100.5"]),
    ("/api/sessions/active", ["True-Client-IP: 198.51.100.6", "CF-Connecting-IP: 198.51.100.6"]),
]


def _networks(service: Service, *forwarded: str) -> tuple[str | None, list[str]]:
    """The network that a device is shown in, and what was noted of a token, after requests that
    claim to come from these addresses.
    """
    headers = {"Authorization": f"Bearer {service.token('ann')}", "X-Device-ID": "phone"}
    with httpx.Client(base_url=service.url, headers=headers) as client:
        answers = [
            client.get("/api/devices", headers={"X-Forwarded-For": value}) for value in forwarded
        ]
        (device,) = answers[-1].json()["items"]
        trail = client.get("/api/audit", headers={"X-Forwarded-For": forwarded[-1]}).json()
    return device["address"], [item["event"] for item in trail["items"]]


def test_a_device_is_where_a_named_proxy_says_and_nowhere_else() -> None:
    said = ["198.51.100.7", "203.0.113.7"]
    trusted = {"SESSION_API_TRUSTED_PROXIES": "127.0.0.1"}
    with data_folder() as data:
        with Service(data) as service:
            assert _networks(service, *said) == ("127.0.0.0/24", [])
        with Service(data, **trusted) as service:
            network, noted = _networks(service, *said, said[1])
            assert noted == ["security.address_changed"]
            assert network == "198.51.100.0/24"


def test_nobody_can_say_that_they_come_from_elsewhere() -> None:
    """Nor does it help to spell an address in another way."""
    with data_folder() as data, Service(data, SESSION_API_RATE_LIMITS=LIMITS) as service:
        heard = []
        for target, headers in SPELT:
            with Wire(service.port) as wire:
                heard.append(wire.send(request(f"GET {target} HTTP/1.1", *headers)).hear().status)
        assert heard == [401, 401, 401, 429, 429]


def test_a_named_proxy_is_believed_for_the_last_address_only() -> None:
    trusted = {"SESSION_API_TRUSTED_PROXIES": "127.0.0.1", "SESSION_API_RATE_LIMITS": LIMITS}
    with data_folder() as data, Service(data, **trusted) as service:
        said = [f"198.51.100.{number}" for number in range(5)]
        assert _tries(service, *said) == [401] * 5
        # What stands left of the proxy's own entry is whatever the client made up.
        made_up = [f"192.0.2.{number}, 203.0.113.9" for number in range(5)]
        assert _tries(service, *made_up) == [401, 401, 401, 429, 429]
