"""WebSockets of pages in a real browser: those of the app's origin open, no others do."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx
import pytest

from tests.browser.chromium import Browser
from tests.browser.pages import Pages, pages
from tests.support.processes import Service, data_folder

# What an app would write; what it heard up to the first change, or its end.
OPEN = """
new Promise((resolve) => {
  const heard = [];
  const [url, protocols, first] = ASKED;
  const socket = new WebSocket(url, protocols);
  socket.onopen = () => first && socket.send(JSON.stringify(first));
  socket.onmessage = ({ data }) => {
    heard.push(JSON.parse(data));
    if (heard.at(-1).type === "change") {
      resolve({ heard, protocol: socket.protocol, code: 0 });
      socket.close();
    }
  };
  socket.onclose = ({ code }) => resolve({ heard, protocol: socket.protocol, code });
})
"""


class Elsewhere(NamedTuple):
    """A browser, the app's web server, and the service at another origin."""

    browser: Browser
    pages: Pages
    service: Service
    session_id: str

    def opens(self, protocols: list[str], first: Any = None) -> Any:
        """What the page that is shown hears."""
        path = f"/api/sessions/{self.session_id}/ws?since=0"
        asked = [self.service.url.replace("http", "ws") + path, protocols, first]
        return self.browser.evaluate(OPEN.replace("ASKED", json.dumps(asked)))


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    with ExitStack() as stack:
        data = stack.enter_context(data_folder())
        app = stack.enter_context(pages())
        app.own["/app"] = ("text/html; charset=utf-8", b"<title>app</title>")
        service = stack.enter_context(Service(data, SESSION_API_CORS_ORIGINS=app.origin))
        headers = {"Authorization": f"Bearer {service.token('ann')}"}
        with httpx.Client(base_url=service.url, headers=headers) as ann:
            session_id = ann.post("/api/sessions/", json={}).json()["id"]
            message = {"role": "user", "content": "hello"}
            ann.post(f"/api/sessions/{session_id}/messages", json=message)
        yield Elsewhere(stack.enter_context(Browser()), app, service, session_id)


def test_a_page_of_the_app_hears_its_session(elsewhere: Elsewhere) -> None:
    token = elsewhere.service.token("ann")
    elsewhere.browser.open(f"{elsewhere.pages.origin}/app")
    ways: tuple[tuple[list[str], Any, str], ...] = (
        (["session-api.v1", f"bearer.{token}"], None, "session-api.v1"),
        ([f"bearer.{token}"], None, f"bearer.{token}"),
        (["session-api.v1"], {"type": "auth", "token": token, "since": 0}, "session-api.v1"),
        ([], {"type": "auth", "token": token, "since": 0}, ""),
    )
    for protocols, first, chosen in ways:
        found = elsewhere.opens(protocols, first)
        assert found["protocol"] == chosen, found
        assert [each["type"] for each in found["heard"][:1]] == ["hello"]
        assert found["heard"][-1]["type"] == "change"


def test_a_page_sees_why_its_first_message_was_refused(elsewhere: Elsewhere) -> None:
    elsewhere.browser.open(f"{elsewhere.pages.origin}/app")
    found = elsewhere.opens(["session-api.v1"], {"type": "auth", "token": "x"})
    assert (found["code"], found["heard"][-1]["reason"]) == (4401, "token_invalid")


def test_a_page_of_another_origin_opens_none_whatever_it_knows(elsewhere: Elsewhere) -> None:
    token = elsewhere.service.token("ann")
    elsewhere.browser.open(f"{elsewhere.pages.other_origin}/app")
    for protocols, first in (
        (["session-api.v1", f"bearer.{token}"], None),
        (["session-api.v1"], {"type": "auth", "token": token}),
    ):
        assert elsewhere.opens(protocols, first) == {"heard": [], "protocol": "", "code": 1006}
    assert any("403" in message for message in elsewhere.browser.messages())
    assert token.split(".")[1] not in elsewhere.service.output
