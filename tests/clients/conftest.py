"""One Chromium and one service for all tests of the client that need them."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.browser.chromium import Browser
from tests.browser.pages import Pages, pages
from tests.clients.tab import PAGE, Tab
from tests.clients.test_typescript import CLIENT, WORKSPACE
from tests.support.node import node_with
from tests.support.processes import Service, data_folder


@pytest.fixture(scope="package")
def served() -> Iterator[Pages]:
    """The origin of the app's pages, which is another one than the service's."""
    with pages() as served:
        yield served


@pytest.fixture(scope="package")
def service(served: Pages) -> Iterator[Service]:
    """The service, with all that the client makes use of: guests, and files in parts."""
    parts = str(5 * 2**20)
    with (
        data_folder() as data,
        Service(
            data,
            SESSION_API_CORS_ORIGINS=served.origin,
            SESSION_API_GUESTS="true",
            SESSION_API_UPLOAD_PARTS_ABOVE=parts,
            SESSION_API_UPLOAD_PART_BYTES=parts,
        ) as service,
    ):
        yield service


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory, served: Pages) -> None:
    """The page, and the client as it is built for it."""
    node = node_with("vite", WORKSPACE)
    folder = tmp_path_factory.mktemp("built")
    vite = WORKSPACE / "node_modules" / "vite" / "bin" / "vite.js"
    subprocess.run(
        [node, str(vite), "build", "--logLevel", "warn", "--outDir", str(folder)],
        cwd=CLIENT,
        check=True,
        timeout=120,
    )
    served.own["/"] = ("text/html", PAGE.read_bytes())
    for file in folder.glob("*.js"):
        served.own[f"/built/{file.name}"] = ("text/javascript", file.read_bytes())


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def tab(
    built: None, browser: Browser, served: Pages, service: Service, request: pytest.FixtureRequest
) -> Iterator[Tab]:
    """A tab of somebody whom the service has not seen yet, in a browser that has kept nothing."""
    person = request.node.name.removeprefix("test_")
    mine = Tab(browser, served, service, person)
    browser.profile(person)
    mine.open()
    yield mine
    browser.close_profile(person)
