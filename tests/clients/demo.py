"""The demo at `/demo` in Chromium: what a person does there, and what the service has of it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from session_api.security import mint_development_token
from tests.browser.chromium import Browser
from tests.clients.test_typescript import WORKSPACE
from tests.support.processes import Service
from tests.support.waiting import eventually

AXE = WORKSPACE / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = (1360, 850), (390, 800)
_KEY = "session-api-demo:v1:identity"

# Styles that are on their way from one colour to the next have neither's contrast.
_STILL = """[...document.getAnimations()].forEach((each) => {
  try { each.finish(); } catch { each.cancel(); }
})"""


class Demo(NamedTuple):
    """The present tab of the present profile of a browser, and the service that offers the app."""

    browser: Browser
    service: Service
    people: list[str]

    def open(self, person: str, fragment: str = "", *, pace: int = 20) -> None:
        """In a browser that has kept nothing of anybody. The agent is in a hurry."""
        self.browser.profile(person)
        self.people.append(person)
        self.screen(WIDE)
        self.browser.open(f"{self.service.url}/demo?pace={pace}{fragment}")

    def close(self) -> None:
        """Closes all that was opened: what nobody looks at would go on following its session."""
        while self.people:
            self.browser.close_profile(self.people.pop())

    def sign_in(self, person: str, fragment: str = "") -> None:
        """Opens it and signs in with a token."""
        self.open(person, fragment)
        self.browser.fill("[name=token]", self.token_of(person))
        self.browser.press("Enter")
        self.is_live()

    def reload(self) -> None:
        # Not by `location.reload()`, which leaves the old page there for a moment to be looked at.
        self.browser.open(self.browser.evaluate("location.href"))
        self.is_live()

    def screen(self, size: tuple[int, int], scheme: str = "light") -> None:
        width, height = size
        self.browser.screen(width=width, height=height, scheme=scheme)

    # What a person does

    def say(self, text: str) -> None:
        self.browser.fill("#say", text)
        self.browser.press("Enter")

    def show(self, view: str) -> None:
        self.browser.click(f".views button:has-text('{view}')")

    def switch_offline(self) -> None:
        self.browser.click("[role=switch]")

    # What the page shows

    def is_live(self) -> None:
        self.browser.text(".pill", "Live")

    def all(self, selector: str) -> list[str]:
        """The texts of all such elements."""
        return list(
            self.browser.evaluate(
                f"[...document.querySelectorAll({selector!r})].map((each) => each.innerText.trim())"
            )
        )

    def comes_to(self, selector: str, texts: list[str]) -> None:
        """Waits until such elements say just that."""
        assert eventually(lambda: self.all(selector) == texts), self.all(selector)

    def answered(self, count: int = 1) -> None:
        """Waits until the agent has answered so often, and nothing moves on the board."""
        whole = ".assistant[data-status=complete]"
        assert eventually(lambda: len(self.all(whole)) == count), self.all(".message")
        self.comes_to(".views .dot", [])

    def faults(self, *rules: str) -> list[str]:
        """What axe finds serious or critical on the page as it is shown, by all of its rules or by
        those that are named.
        """
        self.browser.evaluate(_STILL)
        if not self.browser.evaluate("'axe' in window"):
            self.browser.evaluate(f"{AXE.read_text()};void 0")
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = rules
        asked = f"axe.run(document, {json.dumps(options)})"
        found = self.browser.evaluate(f"{asked}.then(({{ violations }}) => violations)")
        return [
            f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']]}"
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]

    # What the service has

    def token_of(self, person: str) -> str:
        """A development token, as `session-api token` prints it, in a hundredth of the time."""
        secrets = json.loads((self.service.data / "secrets.json").read_text())
        return mint_development_token(
            secrets["jwt_secret"],
            subject=person,
            tenant="default",
            roles=[],
            scopes=None,
            expires_in=timedelta(hours=1),
            issuer=None,
            audience=None,
            now=datetime.now(UTC),
            jti=str(uuid4()),
        )

    @property
    def token(self) -> str:
        identity = self.browser.evaluate(f"localStorage.getItem({_KEY!r})")
        return str(json.loads(identity)["token"])

    def session(self, **query: Any) -> Any:
        """The session that the page is in, as another device of the person reads it."""
        path = f"/api/sessions/{self.browser.evaluate(STORED_ID)}"
        return self.ask("GET", path, params=query).json()

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        signed_in = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.service.url}{path}"
        return httpx.request(method, url, headers=signed_in, timeout=30, **given)


STORED_ID = "localStorage.getItem('session-api:v1:session')"


def picture(folder: Path) -> Path:
    """A PNG of one pixel."""
    file = folder / "pixel.png"
    file.write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
            "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
        )
    )
    return file
