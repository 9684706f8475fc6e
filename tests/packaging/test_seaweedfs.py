"""The store of the Compose file: what the file says of it, and the service on the real one."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from session_api.assets.storage import parse_location
from session_api.assets.storage.location import Bucket
from tests.packaging.seaweedfs import (
    VERSION,
    Store,
    bucket_script,
    compose,
    seaweedfs,
    service_on,
    with_defaults,
)
from tests.support.processes import Service

MIB = 2**20
TIMEOUT = 30


def storage_urls() -> list[str]:
    return [
        with_defaults(service["environment"]["SESSION_API_STORAGE"])
        for service in compose()["services"].values()
        if "SESSION_API_STORAGE" in service.get("environment", {})
    ]


def compose_bucket() -> Bucket:
    (url,) = set(storage_urls())
    location = parse_location(url)
    assert isinstance(location, Bucket)
    return location


# What the file says


def test_every_storage_url_is_one_that_we_read() -> None:
    assert storage_urls()
    for url in storage_urls():
        parse_location(url)


def test_the_bucket_that_is_made_is_the_one_that_is_used() -> None:
    bucket = compose_bucket()
    assert set(re.findall(r"http://\S+", bucket_script())) == {f"{bucket.endpoint}/{bucket.name}"}


def test_browsers_reach_the_store_where_the_service_says() -> None:
    bucket = compose_bucket()
    (port,) = compose()["services"]["seaweedfs"]["ports"]
    host, published, inside = with_defaults(port).split(":")
    assert bucket.public_endpoint == f"http://{host}:{published}"
    assert bucket.endpoint == f"http://seaweedfs:{inside}"
    assert f"-s3.port={inside}" in compose()["services"]["seaweedfs"]["command"]


def test_the_service_waits_for_its_bucket() -> None:
    services = compose()["services"]
    assert services["api"]["depends_on"]["bucket"]["condition"] == "service_completed_successfully"
    assert services["bucket"]["depends_on"]["seaweedfs"]["condition"] == "service_healthy"
    assert services["bucket"]["restart"] == "no"


def test_service_bucket_and_store_share_their_credentials() -> None:
    services = compose()["services"]
    credentials = services["seaweedfs"]["environment"]
    assert set(credentials) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert services["bucket"]["environment"] == credentials
    assert credentials.items() <= services["api"]["environment"].items()
    for value in credentials.values():
        assert with_defaults(value) == "development-only"
        assert value.startswith("${S3_"), "a real value must take its place"


def test_the_image_is_the_version_that_is_tried_here() -> None:
    services = compose()["services"]
    images = {services[name]["image"] for name in ("seaweedfs", "bucket")}
    assert images == {f"chrislusf/seaweedfs:{VERSION}"}


def test_only_s3_leaves_the_container_and_its_data_outlive_it() -> None:
    store = compose()["services"]["seaweedfs"]
    # The others ask nobody for a password.
    assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.ip.bind=0.0.0.0"} <= set(store["command"])
    assert len(store["ports"]) == 1
    assert store["volumes"] == ["seaweedfs:/data"]
    assert "seaweedfs" in compose()["volumes"]


# The service on it


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with seaweedfs() as running:
        yield running


@pytest.fixture(scope="module")
def service(store: Store) -> Iterator[Service]:
    with service_on(store) as running:
        yield running


class Ann:
    """A client with a session, and what it does with files."""

    def __init__(self, service: Service) -> None:
        token = service.token("ann")
        self.api = httpx.Client(
            base_url=service.url, timeout=TIMEOUT, headers={"Authorization": f"Bearer {token}"}
        )
        self.assets = f"/api/sessions/{self.call('/api/sessions/', {})['id']}/assets"

    def call(self, path: str, body: Any) -> Any:
        answer = self.api.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def announce(self, content: bytes, **changes: Any) -> Any:
        body = {"name": "a.txt", "content_type": "text/plain", "size": len(content)}
        return self.call(self.assets, body | changes)

    def complete(self, announced: Any) -> httpx.Response:
        return self.api.post(f"{self.assets}/{announced['asset']['id']}/complete")

    def content(self, announced: Any) -> httpx.Response:
        link = self.api.get(f"{self.assets}/{announced['asset']['id']}/content")
        assert link.status_code == 307, link.text
        return httpx.get(link.headers["location"], timeout=TIMEOUT)


@pytest.fixture(scope="module")
def ann(service: Service) -> Iterator[Ann]:
    made = Ann(service)
    yield made
    made.api.close()


def send(ticket: Any, content: bytes) -> httpx.Response:
    return httpx.request(
        ticket["method"],
        ticket["url"],
        headers=ticket["headers"],
        content=content,
        timeout=TIMEOUT,
    )


def test_a_file_goes_straight_to_the_store_and_comes_back(ann: Ann) -> None:
    content = b"hello, store" * 1000
    digest = hashlib.sha256(content).hexdigest()
    announced = ann.announce(content, sha256=digest)

    assert send(announced["upload"], content).status_code == 200
    assert ann.complete(announced).json()["status"] == "ready"

    answer = ann.content(announced)
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_file_in_parts(ann: Ann) -> None:
    content = bytes(range(256)) * (12 * MIB // 256)
    announced = ann.announce(content)
    asset = f"{ann.assets}/{announced['asset']['id']}"
    for ticket in ann.call(f"{asset}/parts", {"numbers": [1, 2, 3]})["parts"]:
        piece = content[ticket["offset"] : ticket["offset"] + ticket["size"]]
        assert send(ticket, piece).status_code == 200

    ready = ann.complete(announced)
    assert ready.json()["status"] == "ready", ready.text
    assert ann.content(announced).content == content


def test_another_file_than_the_announced_one_is_refused(ann: Ann) -> None:
    announced = ann.announce(b"12345", sha256=hashlib.sha256(b"12345").hexdigest())

    send(announced["upload"], b"54321")
    assert ann.complete(announced).status_code in (409, 422)


def test_a_ticket_brings_no_second_file(ann: Ann) -> None:
    announced = ann.announce(b"12345")
    assert send(announced["upload"], b"12345").status_code == 200
    assert send(announced["upload"], b"54321").status_code == 412

    ann.complete(announced)
    assert ann.content(announced).content == b"12345"


def test_a_page_of_another_origin_may_use_a_ticket(ann: Ann) -> None:
    announced = ann.announce(b"12345", sha256=hashlib.sha256(b"12345").hexdigest())
    ticket = announced["upload"]
    asked = {
        "Origin": "http://localhost:5173",
        "Access-Control-Request-Method": ticket["method"],
        "Access-Control-Request-Headers": ",".join(sorted(map(str.lower, ticket["headers"]))),
    }
    answer = httpx.options(ticket["url"], headers=asked, timeout=TIMEOUT)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in ("*", asked["Origin"])
    allowed = {name.strip() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert set(asked["Access-Control-Request-Headers"].split(",")) <= allowed


def test_without_a_signature_nothing_is_given(ann: Ann, store: Store) -> None:
    bucket = parse_location(store.storage)
    assert isinstance(bucket, Bucket)
    assert httpx.get(f"{bucket.endpoint}/{bucket.name}").status_code == 403
    assert httpx.put(f"{bucket.endpoint}/{bucket.name}/x", content=b"x").status_code == 403
