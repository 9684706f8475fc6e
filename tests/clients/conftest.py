"""One Chromium and one service for all tests of the client that need them."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.chromium import Browser
from tests.browser.pages import pages
from tests.clients.tab import PAGE, Tab
from tests.clients.test_typescript import CLIENT, WORKSPACE
from tests.support.node import node_with
from tests.support.processes import Service, data_folder


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """The client as it is built, on a page of another origin than the service's."""
    node = node_with("vite", WORKSPACE)
    built = tmp_path_factory.mktemp("built")
    vite = WORKSPACE / "node_modules" / "vite" / "bin" / "vite.js"
    with ExitStack() as stack:
        # They start beside each other, which takes half the time.
        building = subprocess.Popen(
            [node, str(vite), "build", "--logLevel", "warn", "--outDir", str(built)], cwd=CLIENT
        )
        stack.callback(building.kill)
        browser = stack.enter_context(Browser())
        served = stack.enter_context(pages())
        data = stack.enter_context(data_folder())
        service = Service(data, SESSION_API_CORS_ORIGINS=served.origin)
        stack.enter_context(service)
        assert building.wait(120) == 0
        served.own["/"] = ("text/html", PAGE.read_bytes())
        for file in Path(built).glob("*.js"):
            served.own[f"/built/{file.name}"] = ("text/javascript", file.read_bytes())
        yield Tab(browser, served, service, "ann")


@pytest.fixture
def tab(opened: Tab, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """A tab of somebody whom the service has not seen yet, in a browser that has kept nothing."""
    person = request.node.name.removeprefix("test_")[:200]
    mine = Tab(opened.browser, opened.pages, opened.service, person)
    mine.browser.profile(person)
    mine.open()
    yield mine
    mine.browser.close_profile(person)
