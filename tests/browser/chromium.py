"""Debian's Chromium, driven by playwright-core through `driver.mjs`."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.support.node import node_with
from tests.support.processes import leave_out

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STOP_SECONDS = 20


class BrowserError(Exception):
    """The browser or the page could not do it."""


class Download(NamedTuple):
    """A file that the browser saved, at `path`, instead of showing it."""

    name: str
    path: Path
    url: str


class Shown(NamedTuple):
    """What the page is, after a navigation."""

    url: str
    title: str


class Browser:
    """One headless Chromium, at first with one page of one profile. Use it as a context manager;
    nothing of it is left.
    """

    def __init__(self) -> None:
        executable = _chromium()
        node = node_with("playwright-core", HERE)
        self._folder = tempfile.TemporaryDirectory(prefix="test-browser-")
        self._process = subprocess.Popen(
            [node, str(HERE / "driver.mjs"), executable, self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()  # it closes its browser and ends
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()

    def _call(self, *call: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(call), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise BrowserError(f"the driver ended with {self._process.wait(STOP_SECONDS)}")
        answer = json.loads(line)
        if "error" in answer:
            raise BrowserError(answer["error"])
        return answer["value"]

    # Profiles and tabs: calls are about the present tab of the present profile

    def profile(self, name: str, folder: Path | None = None) -> None:
        """Goes to the first tab of another profile, whose storage is its own. It is made where
        there is none; with a folder, it is there again after `close_profile`, as after a restart.
        """
        self._call("profile", name, str(folder) if folder else None)

    def close_profile(self, name: str) -> None:
        self._call("closeProfile", name)

    def tab(self, name: str) -> None:
        """Goes to another tab, which is opened where there is none; "first" is always there."""
        self._call("tab", name)

    def close_tab(self, *, crash: bool = False) -> None:
        """Ends the tab, or has its process crash before, and goes to the first one."""
        self._call("closeTab", {"crash": crash})

    def freeze(self, *, frozen: bool) -> None:
        """No script of the tab runs any more, not even one of `evaluate`; or all go on."""
        self._call("freeze", frozen)

    # Its network

    def offline(self, *, offline: bool) -> None:
        """Cuts the network of the whole profile, or mends it."""
        self._call("offline", offline)

    def slow(self, *, latency_ms: int = 0, bytes_per_second: int = -1) -> None:
        """The tab's network; as called without arguments, as fast as the machine is."""
        self._call("slow", latency_ms, bytes_per_second)

    # The page

    def open(self, url: str) -> Shown:
        """Goes there, as by the address bar."""
        return Shown(**self._call("open", url))

    def reload(self) -> None:
        self._call("reload")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; promises are waited for."""
        return self._call("evaluate", expression)

    def choose(self, selector: str, files: Sequence[Path]) -> None:
        """Picks files in an `<input type=file>`."""
        self._call("choose", selector, [str(file) for file in files])

    def text(self, selector: str, part: str) -> str:
        """The text of the element, waited for until it holds `part`."""
        return str(self._call("text", selector, part))

    def click(self, selector: str) -> None:
        self._call("click", selector)

    def fill(self, selector: str, text: str) -> None:
        """Writes into a field, in place of what is there."""
        self._call("fill", selector, text)

    def press(self, key: str) -> None:
        """A key, such as `Enter` or `Shift+Tab`, where the focus is."""
        self._call("press", key)

    def screen(self, *, width: int, height: int, scheme: str) -> None:
        """The size of the tab in pixels, and whether it is `light` or `dark`."""
        self._call("screen", {"width": width, "height": height, "scheme": scheme})

    def screenshot(self, file: Path) -> None:
        self._call("screenshot", str(file))

    def downloads(self, count: int) -> list[Download]:
        """Those since the last call; waits for `count` of them, and until they are whole."""
        found = self._call("downloads", count)
        return [Download(each["name"], Path(each["path"]), each["url"]) for each in found]

    def messages(self) -> list[str]:
        """What pages wrote to the console, or failed with, since the last call."""
        return list(self._call("messages"))


def _chromium() -> str:
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    leave_out("Chromium is not installed: apt-get install chromium")
    raise AssertionError
