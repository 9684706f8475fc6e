"""The demo at /demo: there in development, nowhere else, and only its own few files."""

import re

import httpx
import pytest
from fastapi import FastAPI

from session_api.bootstrap import as_environment
from session_api.demo.files import POLICY, STATIC
from session_api.settings import Settings

FILES = {
    "/demo/demo.js": "text/javascript",
    "/demo/demo.css": "text/css",
    "/demo/icon.svg": "image/svg+xml",
}
OUTSIDE = [
    *("/demo/../app.py", "/demo/%2e%2e/files.py", "/demo/..%2ffiles.py", "/demo/static/index.html"),
    *("/demo//etc/passwd", "/demo/demo.js.gz", "/demo/files.py", "/demo/%00", "/demo/x\\..\\y"),
    *("/demo/index", "/demonstration"),
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"demo": True})


@pytest.mark.parametrize("path", ["/demo", "/demo/"])
async def test_it_begins_with_a_page_that_names_files_that_are_there(
    stranger: httpx.AsyncClient, path: str
) -> None:
    page = await stranger.get(path)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert set(named) == FILES.keys()
    assert "<style" not in page.text
    assert re.findall(r"<script[^>]*>", page.text) == re.findall(
        r"<script[^>]* src=[^>]*>", page.text
    )


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("accepts", ["gzip, br", "identity"])
async def test_a_file_comes_whole_and_is_not_sent_again(
    stranger: httpx.AsyncClient, path: str, accepts: str
) -> None:
    headers = {"Accept-Encoding": accepts}
    answer = await stranger.get(path, headers=headers)

    assert answer.headers["Content-Type"].startswith(FILES[path])
    packed = answer.headers.get("Content-Encoding")
    assert packed == ("gzip" if accepts != "identity" and not path.endswith("svg") else None)
    other = await stranger.get(path, headers={"Accept-Encoding": "identity"})
    assert answer.content == other.content != b""
    assert answer.headers["Cache-Control"] == "private, no-cache"
    head = await stranger.head(path, headers=headers)
    assert (head.content, head.headers["Content-Length"]) == (b"", answer.headers["Content-Length"])

    kept = headers | {"If-None-Match": answer.headers["ETag"]}
    again = await stranger.get(path, headers=kept)
    assert (again.status_code, again.content) == (304, b"")
    # Of the other spelling it knows nothing.
    kept["Accept-Encoding"] = "identity" if accepts != "identity" else "gzip"
    assert (await stranger.get(path, headers=kept)).status_code == (
        200 if "svg" not in path else 304
    )


async def test_the_page_may_load_and_call_its_own_origin_alone(stranger: httpx.AsyncClient) -> None:
    headers = (await stranger.get("/demo")).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' blob:"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "connect-src" not in policy
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", OUTSIDE)
async def test_nothing_else_is_there(stranger: httpx.AsyncClient, path: str) -> None:
    # As it is written: an address object would take the dots out first.
    url = httpx.URL("http://test", raw_path=path.encode())
    answer = await stranger.get(url)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_it_is_only_read(stranger: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await stranger.request(method, "/demo/demo.js")
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET, HEAD"


async def test_the_document_knows_nothing_of_it(app: FastAPI) -> None:
    assert not [path for path in app.openapi()["paths"] if "demo" in path]


def test_it_is_small_and_brings_no_map_of_its_source() -> None:
    files = {file.name: file.stat().st_size for file in STATIC.iterdir()}
    assert files.keys() == {"index.html", "icon.svg", "demo.js.gz", "demo.css.gz"}
    assert sum(files.values()) < 300_000


def test_workers_are_told_whether_it_is_there(settings: Settings) -> None:
    for demo, said in ((True, "on"), (False, "off"), (None, None)):
        told = as_environment(settings.model_copy(update={"demo": demo}))
        assert told.get("SESSION_API_DEMO") == said


class TestWithFilesInABucket:
    """The browser brings files there and reads them, by the address that links are signed for."""

    @pytest.fixture(
        params=[
            ("endpoint=http://s3.test:8333", "http://s3.test:8333"),
            (
                "endpoint=http://s3.test:8333&public_endpoint=https://files.test:444",
                "https://files.test:444",
            ),
            (
                "endpoint=http://s3.test&public_endpoint=https://files.test&addressing=virtual",
                "https://bucket.files.test",
            ),
            ("region=eu-west-1&addressing=virtual", "https://bucket.s3.eu-west-1.amazonaws.com"),
        ]
    )
    def reached(
        self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[str, str]:
        """Options of the bucket, and the origin that the browser knows it by."""
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        options: tuple[str, str] = request.param
        return options

    @pytest.fixture
    def settings(self, settings: Settings, reached: tuple[str, str]) -> Settings:
        return settings.model_copy(update={"storage": f"s3://bucket?{reached[0]}"})

    async def test_the_page_may_call_that_origin_too_and_no_other(
        self, stranger: httpx.AsyncClient, reached: tuple[str, str]
    ) -> None:
        page = await stranger.get("/demo")
        kept = await stranger.get("/demo", headers={"If-None-Match": page.headers["ETag"]})

        for answer in (page, kept):
            policy = answer.headers["Content-Security-Policy"]
            assert policy == f"{POLICY}; connect-src 'self' {reached[1]}"


class TestWithFilesInABucketThatNobodyMaySignFor:
    @pytest.fixture
    def settings(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        storage = "s3://bucket?endpoint=http://s3.test:8333"
        return settings.model_copy(update={"storage": storage})

    async def test_the_page_is_there_all_the_same(self, stranger: httpx.AsyncClient) -> None:
        page = await stranger.get("/demo")
        assert (page.status_code, page.headers["Content-Security-Policy"]) == (200, POLICY)


class TestElsewhere:
    @pytest.fixture(params=[None, False])
    def settings(self, settings: Settings, request: pytest.FixtureRequest) -> Settings:
        """A secret of one's own is set: then it is there only if somebody says so."""
        return settings.model_copy(update={"demo": request.param})

    @pytest.mark.parametrize("path", ["/demo", "/demo/", *FILES])
    async def test_there_is_no_demo(self, stranger: httpx.AsyncClient, path: str) -> None:
        answer = await stranger.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
