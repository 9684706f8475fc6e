"""A small app with the TypeScript client, in a tab of Chromium, and what the service has of it."""

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.browser.chromium import Browser
from tests.browser.pages import Pages
from tests.support.processes import Service
from tests.support.waiting import eventually

PAGE = Path(__file__).parent / "page.html"
SETTLED = "live 0"
"""What the page says of itself when it follows the session and nothing waits to be sent."""


class Tab:
    """Tabs of `tests/clients/page.html`, signed in as one person: the present one is meant."""

    def __init__(self, browser: Browser, pages: Pages, service: Service, person: str) -> None:
        self.browser = browser
        self.pages = pages
        self.service = service
        self.person = person

    def open(self, **given: str) -> None:
        """Anew, with what the browser has kept. `token` is one that works unless given."""
        here = {"service": self.service.url, "person": self.person, "token": self.token} | given
        self.browser.open("about:blank")
        self.browser.open(f"{self.pages.origin}/#{urlencode(here)}")

    @property
    def token(self) -> str:
        return self.service.token(self.person)

    def run(self, body: str) -> Any:
        """What a function of `client` and `store` returns."""
        return self.browser.evaluate(f"app.then(async ({{ client, store }}) => {{ {body} }})")

    def begin(self) -> str:
        """A new session; returns its id once the tab follows it."""
        session = str(self.run("return (await store.begin()).session.id"))
        assert eventually(lambda: self.status == SETTLED), self.status
        return session

    # What the page shows

    def shown(self, place: str) -> str:
        return str(self.browser.evaluate(f"document.getElementById({place!r}).textContent"))

    @property
    def status(self) -> str:
        """The store's, and how many things wait."""
        return self.shown("status")

    def comes_to(self, status: str, *, seconds: float = 20) -> None:
        assert eventually(lambda: self.status == status, seconds=seconds), self.status

    # What the service has

    def session(self, session_id: str | None = None, *, messages: int = 200) -> Any:
        """A session as the service has it: the tab's own where no other is meant."""
        session_id = session_id or self.run("return client.storedId.get()")
        answer = self.ask("GET", f"/api/sessions/{session_id}?messages={messages}")
        return answer.json()

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """As another device of the person does."""
        signed_in = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.service.url}{path}"
        return httpx.request(method, url, headers=signed_in, timeout=30, **given)

    def settles(self, *, seconds: float = 20) -> Any:
        """Waits until the page shows the session as the service has it, whole, and returns that."""
        deadline = time.monotonic() + seconds
        while True:
            before = self.status
            shown = json.loads(self.shown("session") or "null")
            there = shown and self.session(shown["id"])
            # Being there is no change: it has no version.
            for tree in (shown, there):
                if tree:
                    tree["last_activity_at"] = None
            if (before, shown) == (SETTLED, there):
                return there
            if time.monotonic() > deadline:
                assert before == SETTLED
                assert shown == there
            time.sleep(0.02)
