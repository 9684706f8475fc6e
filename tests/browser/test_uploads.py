"""Files from a page of another origin, in a real browser: brought, read, and never run.

The page (`page.html`, `uploads.js`) is what an app would write; the service knows its origin by
SESSION_API_CORS_ORIGINS alone.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.browser.chromium import Browser, BrowserError, Download
from tests.browser.pages import Pages, pages
from tests.packaging.seaweedfs import seaweedfs
from tests.support.processes import Service, data_folder

MIB = 2**20
PART_BYTES = 5 * MIB  # the least that a store takes


class Elsewhere(NamedTuple):
    """A browser, the app's web server, and the service at another origin."""

    browser: Browser
    pages: Pages
    service: Service
    store: str

    def show(self, origin: str) -> bool:
        """Opens the app's page at this origin, signed in; whether it reached the service."""
        self.browser.open("about:blank")  # else the same address again would be no new page
        token = self.service.token("ann")
        self.browser.open(f"{origin}/page.html#service={self.service.url}&token={token}")
        return bool(self.browser.evaluate("app.then(() => true, () => false)"))

    def bring(self, file: Path) -> Any:
        """Picks a file in the page and waits until it is ready; the asset."""
        self.browser.choose("#files", [file])
        self.browser.text("#list li:last-child", "ready")
        row = "document.querySelector('#list li:last-child')"
        asset = self.browser.evaluate(f"{row}.dataset.id")
        answer = httpx.get(
            f"{self.service.url}/api/sessions/{self.session}/assets/{asset}",
            headers={"Authorization": f"Bearer {self.service.token('ann')}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    @property
    def session(self) -> str:
        return str(self.browser.evaluate("app.then((it) => it.session)"))

    def content(self, asset: Any) -> Any:
        """What the page reads of it: link, size and digest."""
        return self.browser.evaluate(f"app.then((it) => it.content({json.dumps(asset['id'])}))")


@pytest.fixture(scope="module", params=["filesystem", "s3"])
def everything(request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """With each store in turn; S3 is the one of the Compose file."""
    with ExitStack() as stack:
        browser = stack.enter_context(Browser())
        served = stack.enter_context(pages())
        settings = {
            "SESSION_API_CORS_ORIGINS": served.origin,
            "SESSION_API_UPLOAD_PARTS_ABOVE": str(PART_BYTES),
            "SESSION_API_UPLOAD_PART_BYTES": str(PART_BYTES),
        }
        if request.param == "s3":
            store = stack.enter_context(seaweedfs())
            settings |= {"SESSION_API_STORAGE": store.storage, **store.environment}
        data = stack.enter_context(data_folder())
        service = stack.enter_context(Service(data, **settings))
        yield Elsewhere(browser, served, service, request.param)


@pytest.fixture
def elsewhere(everything: Elsewhere) -> Elsewhere:
    """The page, freshly opened at the origin that the service knows."""
    assert everything.show(everything.pages.origin)
    everything.browser.messages()
    everything.browser.downloads(0)
    everything.pages.called.clear()
    return everything


def written(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def some_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


# Bringing


def test_a_page_of_another_origin_brings_a_file_and_reads_it_back(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    content = some_bytes(300_000)
    asset = elsewhere.bring(written(tmp_path, "Grüße 2.png", content))

    assert (asset["status"], asset["name"]) == ("ready", "Grüße 2.png")
    assert asset["content_type"] == "image/png"
    read = elsewhere.content(asset)
    assert read["size"] == len(content)
    assert read["sha256"] == hashlib.sha256(content).hexdigest()
    assert elsewhere.browser.messages() == []
    shot = tmp_path / "after.png"
    elsewhere.browser.screenshot(shot)
    assert shot.read_bytes().startswith(b"\x89PNG")


def test_a_page_brings_a_large_file_in_parts(elsewhere: Elsewhere, tmp_path: Path) -> None:
    content = some_bytes(12 * MIB)
    asset = elsewhere.bring(written(tmp_path, "large.bin", content))

    assert (asset["status"], asset["size"]) == ("ready", len(content))
    assert elsewhere.content(asset)["sha256"] == hashlib.sha256(content).hexdigest()
    assert elsewhere.browser.messages() == []


def test_a_page_reads_one_range_of_a_link(elsewhere: Elsewhere, tmp_path: Path) -> None:
    content = some_bytes(10_000)
    asset = elsewhere.bring(written(tmp_path, "some.bin", content))
    link = elsewhere.content(asset)["link"]

    read = elsewhere.browser.evaluate(
        f"fetch({json.dumps(link)}, {{ headers: {{ Range: 'bytes=100-199' }} }})"
        ".then(async (a) => [a.status, [...new Uint8Array(await a.arrayBuffer())]])"
    )
    assert read == [206, list(content[100:200])]


def test_a_page_of_an_origin_that_was_not_named_reaches_nothing(everything: Elsewhere) -> None:
    everything.browser.messages()

    assert not everything.show(everything.pages.other_origin)
    assert any("CORS policy" in message for message in everything.browser.messages())


# A bucket of its own has rules of its own: in the Compose file, the signature alone decides.
@pytest.mark.parametrize("everything", ["filesystem"], indirect=True)
def test_a_page_of_an_origin_that_was_not_named_can_use_no_ticket(
    everything: Elsewhere, tmp_path: Path
) -> None:
    with httpx.Client(
        base_url=everything.service.url,
        headers={"Authorization": f"Bearer {everything.service.token('ann')}"},
        timeout=30,
    ) as ann:
        session = ann.post("/api/sessions/", json={}).json()["id"]
        announced = ann.post(
            f"/api/sessions/{session}/assets",
            json={"name": "x.txt", "content_type": "text/plain", "size": 5},
        ).json()
        everything.show(everything.pages.other_origin)
        ticket = json.dumps(announced["upload"])

        with pytest.raises(BrowserError, match="Failed to fetch"):
            everything.browser.evaluate(
                "(({ url, method, headers }) => fetch(url, { method, headers, body: 'hello' }))"
                f"({ticket})"
            )
        complete = f"/api/sessions/{session}/assets/{announced['asset']['id']}/complete"
        assert ann.post(complete).json()["code"] == "upload_incomplete"


# Fetching what could run. Each file, once it runs, calls the app's server at /ran.

_CALL = "new Image().src = '{origin}/ran?' + location.origin"
HOSTILE = {
    "page.html": "<!doctype html><title>taken over</title><script>{call}</script>",
    "page.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>taken over</title>'
    "<script>{call}</script></head><body/></html>",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    "<title>taken over</title><script>{call}</script></svg>",
}
_EMBED = """async (link) => {
  const ways = { iframe: "src", embed: "src", object: "data", img: "src" };
  for (const [name, attribute] of Object.entries(ways)) {
    const element = document.createElement(name);
    element.setAttribute(attribute, link);
    document.body.append(element);
  }
  // Not all of them say when they are done.
  await new Promise((done) => setTimeout(done, 500));
  return Object.keys(ways);
}"""
_INCLUDE = """(link) => new Promise((done) => {
  const script = document.createElement("script");
  script.onload = () => done("run");
  script.onerror = () => done("refused");
  script.src = link;
  document.body.append(script);
})"""
TYPES = {
    "page.html": "text/html",
    "page.xhtml": "application/xhtml+xml",
    "picture.svg": "image/svg+xml",
}


def hostile(name: str, origin: str) -> bytes:
    return HOSTILE[name].format(call=_CALL.format(origin=origin)).encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_such_a_file_runs_where_a_server_shows_it(elsewhere: Elsewhere, name: str) -> None:
    """The control of the tests below: the file does what they look for."""
    content = hostile(name, elsewhere.pages.origin)
    elsewhere.pages.own[f"/shown/{name}"] = (TYPES[name], content)

    shown = elsewhere.browser.open(f"{elsewhere.pages.origin}/shown/{name}")
    elsewhere.browser.evaluate("new Promise((done) => setTimeout(done, 300))")

    assert shown.title == "taken over"
    assert "/ran" in elsewhere.pages.called


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_run_is_saved_when_it_is_navigated_to(
    elsewhere: Elsewhere, tmp_path: Path, name: str
) -> None:
    content = hostile(name, elsewhere.pages.origin)
    asset = elsewhere.bring(written(tmp_path, name, content))
    assert asset["content_type"] == TYPES[name]
    link = elsewhere.content(asset)["link"]
    assert not link.startswith(elsewhere.pages.origin)

    shown = elsewhere.browser.open(link)

    assert shown.url.startswith(elsewhere.pages.origin), "the page stayed where it was"
    assert shown.title != "taken over"
    (saved,) = elsewhere.browser.downloads(1)
    assert saved == Download(name, saved.path, link)
    assert saved.path.read_bytes() == content
    assert "/ran" not in elsewhere.pages.called


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_run_does_not_when_a_page_embeds_it(
    elsewhere: Elsewhere, tmp_path: Path, name: str
) -> None:
    asset = elsewhere.bring(written(tmp_path, name, hostile(name, elsewhere.pages.origin)))
    link = elsewhere.content(asset)["link"]

    embedded = elsewhere.browser.evaluate(f"({_EMBED})({json.dumps(link)})")

    assert embedded == ["iframe", "embed", "object", "img"]
    assert "/ran" not in elsewhere.pages.called


# Stores say no `nosniff`, so a page that wants to can: it is its own origin that it opens.
@pytest.mark.parametrize("everything", ["filesystem"], indirect=True)
def test_a_script_that_was_brought_is_not_run_by_a_page(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    call = _CALL.format(origin=elsewhere.pages.origin).encode()
    asset = elsewhere.bring(written(tmp_path, "module.js", call))
    link = elsewhere.content(asset)["link"]

    outcome = elsewhere.browser.evaluate(f"({_INCLUDE})({json.dumps(link)})")

    assert outcome == "refused"
    assert "/ran" not in elsewhere.pages.called
