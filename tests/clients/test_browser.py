"""The TypeScript client in real Chromium, on a page of another origin than the service's."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.browser.chromium import Browser
from tests.browser.pages import Pages, pages
from tests.clients.test_typescript import CLIENT, WORKSPACE
from tests.support.node import node_with
from tests.support.processes import Service, data_folder
from tests.support.waiting import eventually

PAGE = """<!doctype html><title>A session</title>
<link rel="icon" href="data:,"><script type="module">
import { createSessionClient } from "/built/index.js";
import { createSessionStore } from "/built/store.js";

const { service, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
window.line = { cut: false };
const client = createSessionClient({
  baseUrl: service,
  getToken: () => token,
  deviceId: "chromium",
  fetch: (url, init) => {
    return line.cut ? Promise.reject(new TypeError("no network")) : fetch(url, init);
  },
});
const store = createSessionStore(client);
window.app = store.signIn().then(() => ({ client, store }));
</script>"""


class Tab(NamedTuple):
    """A page with a store, which is signed in as Ann."""

    browser: Browser
    pages: Pages
    service: Service

    def open(self) -> None:
        """Anew, with what the browser has kept."""
        self.browser.open("about:blank")
        token = self.service.token("ann")
        self.browser.open(f"{self.pages.origin}/#service={self.service.url}&token={token}")

    def run(self, body: str) -> Any:
        """What a function of `client` and `store` returns."""
        return self.browser.evaluate(f"app.then(async ({{ client, store }}) => {{ {body} }})")

    def session(self) -> Any:
        """Ann's session as the service has it."""
        session = self.run("return client.storedId.get()")
        answer = httpx.get(
            f"{self.service.url}/api/sessions/{session}",
            headers={"Authorization": f"Bearer {self.service.token('ann')}"},
        )
        return answer.json()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    node = node_with("vite", WORKSPACE)
    built = tmp_path_factory.mktemp("built")
    vite = WORKSPACE / "node_modules" / "vite" / "bin" / "vite.js"
    subprocess.run(
        [node, str(vite), "build", "--logLevel", "warn", "--outDir", str(built)],
        cwd=CLIENT,
        check=True,
        timeout=120,
    )
    with ExitStack() as stack:
        browser = stack.enter_context(Browser())
        served = stack.enter_context(pages())
        served.own["/"] = ("text/html", PAGE.encode())
        for file in Path(built).glob("*.js"):
            served.own[f"/built/{file.name}"] = ("text/javascript", file.read_bytes())
        data = stack.enter_context(data_folder())
        settings = {"SESSION_API_CORS_ORIGINS": served.origin}
        yield Tab(browser, served, stack.enter_context(Service(data, **settings)))


@pytest.fixture
def tab(opened: Tab) -> Tab:
    opened.open()
    opened.browser.messages()
    return opened


_LIVE = """await new Promise((done) => {
  const look = () => (store.getState().status === "live" ? done() : setTimeout(look, 5));
  look();
});"""


def test_a_page_of_another_origin_does_it_all(tab: Tab) -> None:
    seen = tab.run(f"""
        {_LIVE}
        store.say({{ role: "user", content: "Hello 😀" }});
        store.setMetadata({{ panel: "map" }}, {{ important: true }});
        await store.save();
        const {{ id, version }} = await client.getSession(store.getState().session.id);
        const unchanged = await client.getSessionIfChanged(id, version);
        const sent = [];
        const file = new File([new Uint8Array(300_000)], "zeros.bin");
        const onProgress = (progress) => sent.push(progress.sent);
        const {{ status }} = await client.assets.upload(id, file, {{ onProgress }}).done;
        const {{ messages }} = store.getState().session.chat;
        return {{ unchanged, status, sent: sent.at(-1), said: messages.at(-1).content }};
    """)

    assert seen == {"unchanged": None, "status": "ready", "sent": 300_000, "said": "Hello 😀"}
    assert tab.session()["session_metadata"]["panel"] == "map"
    assert tab.browser.messages() == []


def test_what_was_said_offline_survives_the_page(tab: Tab) -> None:
    kept = tab.run("""
        line.cut = true;
        for (const content of ["one", "two"]) store.say({ role: "user", content });
        // Its own queue of writes: what was asked for later comes later.
        await new Promise((done) => setTimeout(done, 300));
        return store.getState().unsent.length;
    """)
    assert kept == 2

    tab.open()

    def said() -> list[Any]:
        return [message["content"] for message in tab.session()["chat"]["messages"]]

    assert eventually(lambda: said()[-2:] == ["one", "two"], seconds=10), said()


def test_a_page_that_goes_saves_first(tab: Tab) -> None:
    tab.run('store.setMetadata({ left: "just now" });')

    tab.browser.open("about:blank")

    signed_in = {"Authorization": f"Bearer {tab.service.token('ann')}"}

    def saved() -> bool:
        answer = httpx.get(f"{tab.service.url}/api/sessions/active", headers=signed_in)
        return bool(answer.json()["session_metadata"].get("left") == "just now")

    assert eventually(saved, seconds=10)


def test_signing_out_leaves_nothing_in_the_browser(tab: Tab) -> None:
    left = tab.run("""
        line.cut = true;
        store.say({ role: "user", content: "never sent" });
        await new Promise((done) => setTimeout(done, 200));
        await store.signOut();
        const database = await new Promise((done) => {
          const request = indexedDB.open("session-api", 1);
          request.onsuccess = () => done(request.result);
        });
        const count = (name) => new Promise((done) => {
          const request = database.transaction(name).objectStore(name).count();
          request.onsuccess = () => done(request.result);
        });
        return [await count("keys"), await count("unsent"), localStorage.length];
    """)

    assert left == [0, 0, 0]
