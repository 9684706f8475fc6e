"""The demo app does what it shows off, in real Chromium against the real service."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.chromium import Browser
from tests.clients.demo import NARROW, STORED_ID, WIDE, Demo, picture
from tests.clients.test_typescript import WORKSPACE
from tests.support.node import node_with
from tests.support.processes import Service
from tests.support.waiting import eventually

# Notes how long the answer is and what moves on the board, as often as the page draws itself.
WATCH = """
window.lengths = new Set(); window.moves = new Set();
const all = (selector) => document.querySelectorAll(selector);
new MutationObserver(() => {
  for (const { dataset } of all(".assistant")) lengths.add(Number(dataset.length));
  for (const each of all(".hop, .step")) moves.add(`${each.className} ${each.dataset.status}`);
}).observe(document.body, { subtree: true, childList: true, attributes: true });
"""


@pytest.fixture
def demo(browser: Browser, service: Service) -> Iterator[Demo]:
    """The demo of the service that all tests of the client share, in browsers of its own."""
    node_with("axe-core", WORKSPACE)
    demo = Demo(browser, service, [])
    demo.browser.messages()
    yield demo
    said = demo.browser.messages()
    demo.close()
    # Neither a mistake nor anything that the page's policy forbids.
    assert said == []


def test_a_guest_asks_and_finds_everything_again(demo: Demo) -> None:
    demo.open("guest", pace=4)  # so that it is seen to grow
    demo.browser.click("text=Continue as a guest")
    demo.is_live()
    demo.browser.evaluate(WATCH)

    demo.browser.click("text=Try it with sample notes")
    demo.answered()

    assert len(demo.browser.evaluate("[...lengths]")) > 3, "it did not grow"
    moves = set(demo.browser.evaluate("[...moves]"))
    for part in ("hop", "step"):
        assert {f"{part} {status}" for status in ("pending", "active", "completed")} <= moves
    (said, answer) = demo.session()["chat"]["messages"]
    assert "free on Sundays" in answer["content"]
    assert (said["role"], len(said["asset_ids"])) == ("user", 1)

    shown = demo.all(".message, .hop")
    assert "lisbon.txt" in shown[0]
    demo.reload()
    demo.comes_to(".message, .hop", shown)
    demo.comes_to(".row-name", ["Which day is the museum free?"])
    assert eventually(lambda: demo.session()["turn"] is None)

    # An account later, all of it is there.
    demo.show("People")
    demo.browser.fill("[name=token]", demo.token_of("no-guest"))
    demo.browser.click("text=Sign in and keep my work")
    demo.browser.text(".account", "no-guest")
    demo.is_live()
    demo.comes_to(".message", shown[:2])
    assert demo.session()["user_id"] == "no-guest"
    assert demo.all(".session-reset-alert") == []


def test_files_come_with_their_pictures(demo: Demo, tmp_path: Path) -> None:
    demo.sign_in("files")
    demo.show("Files")
    notes = tmp_path / "notes.txt"
    notes.write_text("The ferry leaves at nine.\n")

    demo.browser.choose("#bring", [notes])
    demo.comes_to(".asset-name > :first-child", ["notes.txt"])
    demo.browser.choose("#bring", [picture(tmp_path)])

    demo.comes_to(".asset-name > :first-child", ["notes.txt", "pixel.png"])
    drawn = "document.querySelector('.asset img')?.naturalWidth === 1"
    assert eventually(lambda: demo.browser.evaluate(drawn) is True)
    assert [file["status"] for file in demo.session()["assets"]] == ["ready", "ready"]

    # A slow line shows how far it is.
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(1_000_000))
    demo.browser.slow(bytes_per_second=400_000)
    demo.browser.choose("#bring", [large])
    progress = "document.querySelector('.coming progress')?.value"
    between = f"0 < {progress} && {progress} < 100"
    assert eventually(lambda: demo.browser.evaluate(between) is True)
    demo.browser.slow()
    demo.comes_to(".coming", [])

    demo.browser.click("[aria-label='Delete large.bin']")
    demo.browser.click("[aria-label='Delete pixel.png']")
    demo.comes_to(".asset-name > :first-child", ["notes.txt"])
    # The panel belongs to the session: a reload shows it again.
    demo.reload()
    demo.comes_to(".asset-name > :first-child", ["notes.txt"])


def test_what_is_said_offline_is_sent_in_order(demo: Demo) -> None:
    demo.sign_in("offline")
    demo.switch_offline()
    demo.browser.text(".pill", "Offline")
    for text in ("one", "two", "three"):
        demo.say(text)
    demo.browser.text(".pill", "3 kept")
    demo.comes_to(".waiting p", ["one", "two", "three"])
    assert demo.session()["chat"]["messages"] == []

    demo.switch_offline()
    demo.comes_to(".waiting", [])
    demo.answered()
    said = [
        each["content"] for each in demo.session()["chat"]["messages"] if each["role"] == "user"
    ]
    assert said == ["one", "two", "three"]


def test_a_second_tab_is_in_step(demo: Demo) -> None:
    demo.sign_in("tabs")
    demo.browser.tab("second")
    demo.browser.open(f"{demo.service.url}/demo?pace=20")
    demo.is_live()

    demo.browser.tab("first")
    demo.say("From the first tab")
    demo.answered()
    demo.browser.fill("#say", "a draft")
    shown = demo.all(".message, .hop")

    demo.browser.tab("second")
    demo.comes_to(".message, .hop", shown)
    draft = "document.getElementById('say').value"
    assert eventually(lambda: demo.browser.evaluate(draft) == "a draft")
    # Signed out in one, signed out in all.
    demo.browser.click("text=tabs")
    demo.browser.click("text=Sign out")
    demo.browser.tab("first")
    demo.browser.text("h1", "never loses your place")
    assert demo.browser.evaluate("localStorage.length + sessionStorage.length") == 0


def test_sessions_are_switched_each_with_its_own(demo: Demo) -> None:
    demo.sign_in("history")
    demo.say("What is in the first one?")
    demo.answered()
    first = demo.browser.evaluate(STORED_ID)
    demo.browser.click("text=New session")
    demo.comes_to(".message", [])
    demo.say("And in the second one?")
    demo.answered()
    demo.comes_to(".row-name", ["And in the second one?", "What is in the first one?"])
    assert demo.browser.evaluate(STORED_ID) != first

    demo.browser.click(".row:has-text('What is in the first one?')")

    demo.browser.text(".message.user", "What is in the first one?")
    demo.comes_to(".row[aria-current=true] .row-name", ["What is in the first one?"])
    assert demo.browser.evaluate(STORED_ID) == first


def test_an_answer_goes_on_after_a_reload_and_stops_when_it_is_told(demo: Demo) -> None:
    demo.sign_in("goes-on")
    slowly = f"{demo.service.url}/demo?pace=2"
    demo.browser.open(slowly)
    demo.is_live()
    path = f"{demo.service.url}/api/sessions/{demo.browser.evaluate(STORED_ID)}"
    signed_in = {"Authorization": f"Bearer {demo.token}"}
    demo.say("Will you go on?")
    assert eventually(lambda: "I have nothing" in "".join(demo.all(".assistant")))
    demo.browser.open("about:blank")
    begun = httpx.get(path, headers=signed_in).json()["chat"]["messages"][-1]
    assert begun["status"] == "in_progress"

    demo.browser.open(slowly)
    demo.answered()
    (_, answer) = demo.session()["chat"]["messages"]
    assert (answer["id"], answer["status"]) == (begun["id"], "complete")
    assert answer["content"].startswith(begun["content"])
    assert answer["content"].endswith("it goes on.")

    demo.say("And now stop.")
    demo.browser.click(".stop")
    demo.browser.text(".assistant[data-status=cancelled]", "Stopped")
    demo.comes_to(".hop[data-status=active], .step[data-status=active]", [])
    assert demo.session()["turn"] is None
    # The agent's next word was refused, which is how it knows.
    refusals: list[str] = []

    def is_refused() -> bool:
        refusals.extend(demo.browser.messages())
        return refusals != []

    assert eventually(is_refused)
    assert len(refusals) == 1
    assert "409" in refusals[0]


def test_another_persons_session_is_told_of_and_not_shown(demo: Demo) -> None:
    stranger = {"Authorization": f"Bearer {demo.token_of('somebody')}"}
    theirs = httpx.post(f"{demo.service.url}/api/sessions/", headers=stranger, json={}).json()["id"]
    demo.sign_in("reset")
    demo.browser.evaluate(STORED_ID.replace("getItem", "setItem").replace(")", f", '{theirs}')"))
    demo.reload()

    demo.browser.text("[role=alert][data-reason]", "not yours")
    assert demo.browser.evaluate(STORED_ID) != theirs
    assert demo.faults() == []
    demo.browser.click(".session-reset-alert button")
    demo.comes_to(".session-reset-alert", [])

    demo.show("Try")
    demo.browser.click("text=Complete it elsewhere")
    demo.browser.text("[data-reason=completed]", "Your last session was completed")
    demo.browser.click("text=Begin anew")
    demo.is_live()


def test_a_link_lets_somebody_else_in(demo: Demo) -> None:
    demo.sign_in("owner")
    demo.say("Come and see")
    demo.answered()
    demo.show("People")
    demo.browser.click("text=Make a link")
    demo.browser.text(".link", "Link into")
    link = str(demo.browser.evaluate("document.querySelector('.link input').value"))
    assert demo.faults() == []

    demo.sign_in("visitor", link.partition("/demo/")[2])
    demo.browser.text(".message.user", "Come and see")
    demo.browser.text(".badge", "viewer · of owner")
    assert demo.browser.evaluate("location.hash") == ""
    assert demo.browser.evaluate("document.getElementById('say').disabled") is True
    demo.reload()
    demo.browser.text(".message.user", "Come and see")
    assert demo.all(".session-reset-alert") == []

    demo.browser.profile("owner")
    demo.say("Are you there?")
    demo.answered(2)
    demo.browser.profile("visitor")
    demo.answered(2)


def test_everybody_can_use_it(demo: Demo) -> None:
    def look(view: str) -> None:
        """In both schemes, which differ in nothing but colours."""
        size = NARROW if view in ("Chat", "Sessions") else WIDE
        demo.screen(size, "light")
        assert demo.faults() == [], view
        demo.screen(size, "dark")
        assert demo.faults("color-contrast") == [], view

    demo.open("axe")
    look("sign-in")
    demo.browser.evaluate("document.body.append(document.createElement('button'))")
    assert "button-name" in demo.faults()[0], "it would find nothing"
    demo.browser.evaluate("document.body.lastElementChild.remove()")
    demo.browser.click("text=Continue as a guest")
    demo.is_live()
    demo.browser.click("text=Try it with sample notes")
    demo.answered()
    for view in ("Mission", "Files", "People", "Try"):
        demo.show(view)
        look(view)
    demo.switch_offline()
    demo.say("kept")
    demo.browser.text(".pill", "1 kept")
    look("offline")
    demo.screen(NARROW)
    for view in ("Chat", "Sessions"):
        demo.show(view)
        look(view)


def test_it_is_used_by_the_keyboard_alone(demo: Demo) -> None:
    demo.sign_in("keys")
    focused = "document.activeElement.outerHTML.slice(0, 200)"
    demo.browser.evaluate("document.activeElement.blur()")
    demo.browser.press("Tab")
    assert "skip" in demo.browser.evaluate(focused)
    demo.browser.press("Enter")
    assert eventually(lambda: 'id="say"' in demo.browser.evaluate(focused))
    demo.say("By keys")
    demo.answered()

    # The list of sessions is one of the stops, and is asked for beside all else.
    listed = "document.querySelector('.row[aria-current]') !== null"
    assert eventually(lambda: demo.browser.evaluate(listed))
    unseen = []
    for _ in range(9):  # to the first thing of the page
        demo.browser.press("Shift+Tab")
        outline = demo.browser.evaluate(
            "getComputedStyle(document.activeElement.matches('input[type=file]') ?"
            " document.activeElement.parentElement : document.activeElement).outlineStyle"
        )
        if outline != "solid":
            unseen.append((outline, demo.browser.evaluate(focused)))
    assert unseen == []
