"""Whatever happens to a tab, what it shows in the end is what the service has, field by field."""

import json
from pathlib import Path
from typing import Any

from tests.clients.tab import SETTLED, Tab
from tests.support.waiting import eventually

WORK = """
    store.say({ role: "user", content: "Plan it 😀" });
    store.setMetadata({ panel: { open: "map", zoom: 3 } });
    store.mission.create({ name: "Trip", hops: [{ name: "Look" }] });
    const hop = store.mission.addHop({ name: "Book" });
    const step = store.mission.addToolStep(hop, { name: "search", input: { q: "train" } });
    store.mission.updateToolStep(hop, step, { status: "active" });
    store.say({ role: "user", content: "And quickly" });
    void store.save();
"""
"""Of every kind that waits in the outbox, none of it waited for."""


def holds_the_work(session: Any) -> None:
    assert [message["content"] for message in session["chat"]["messages"]] == [
        "Plan it 😀",
        "And quickly",
    ]
    assert session["session_metadata"] == {"panel": {"open": "map", "zoom": 3}}
    look, book = session["mission"]["hops"]
    assert (look["name"], look["tool_steps"]) == ("Look", [])
    assert [step["status"] for step in book["tool_steps"]] == ["active"]


def written(tab: Tab) -> None:
    """Waits until all that is unsent is on the disk."""
    assert eventually(lambda: tab.browser.evaluate("line.writing") == 0)


def test_reload(tab: Tab) -> None:
    session = tab.begin()
    tab.run(WORK)
    written(tab)
    tab.browser.reload()

    there = tab.settles()
    assert there["id"] == session
    holds_the_work(there)

    # What was said in that moment goes by a request that outlives the page.
    tab.run('store.say({ role: "user", content: "One more" });')
    tab.browser.reload()
    there = tab.settles()
    assert there["chat"]["messages"][-1]["content"] == "One more"


def test_crash_of_the_tab_while_offline(tab: Tab) -> None:
    session = tab.begin()
    tab.browser.offline(offline=True)
    tab.run(WORK)
    tab.comes_to("offline 7")
    written(tab)
    tab.browser.close_tab(crash=True)
    tab.browser.offline(offline=False)
    tab.open()

    there = tab.settles()
    assert there["id"] == session
    holds_the_work(there)


def test_restart_of_the_browser(tab: Tab, tmp_path: Path) -> None:
    tab.browser.profile("kept", tmp_path)
    tab.open()
    session = tab.begin()
    tab.browser.offline(offline=True)
    tab.run(WORK)
    written(tab)
    tab.browser.close_profile("kept")
    tab.browser.profile("kept", tmp_path)
    tab.open()

    there = tab.settles()
    tab.browser.close_profile("kept")
    assert there["id"] == session
    holds_the_work(there)


def test_tabs_whose_leader_is_closed_and_then_frozen(tab: Tab) -> None:
    def leader(*names: str) -> str:
        """Who alone has a stream. Two may begin to lead in one moment: then one gives way."""
        leading: list[str] = []

        def is_one() -> bool:
            leading.clear()
            for name in names:
                tab.browser.tab(name)
                if tab.browser.evaluate("line.streams"):
                    leading.append(name)
            return len(leading) == 1

        assert eventually(is_one), leading
        return leading[0]

    session = tab.begin()
    names = ("one", "two", "three")
    for name in names:
        tab.browser.tab(name)
        tab.open(beat="200")
        tab.settles()
    first = leader(*names)

    tab.browser.tab(first)
    tab.browser.close_tab()
    tab.ask("PATCH", f"/api/sessions/{session}", json={"name": "Without the first"})
    left = [name for name in names if name != first]
    for name in left:
        tab.browser.tab(name)
        assert tab.settles()["name"] == "Without the first"
    frozen = leader(*left)

    tab.browser.tab(frozen)
    tab.browser.freeze(frozen=True)
    tab.ask("PATCH", f"/api/sessions/{session}", json={"name": "While it stood still"})
    tab.browser.tab(next(name for name in left if name != frozen))
    assert tab.settles()["name"] == "While it stood still"
    assert eventually(lambda: tab.browser.evaluate("line.streams") == 1)
    tab.run(WORK)
    holds_the_work(tab.settles())

    tab.browser.tab(frozen)
    tab.browser.freeze(frozen=False)
    holds_the_work(tab.settles())


def test_signed_out_in_one_tab(tab: Tab) -> None:
    tab.begin()
    tab.run(WORK)
    tab.settles()
    for name in ("hears", "sleeps"):
        tab.browser.tab(name)
        tab.open(**({"beat": "200"} if name == "hears" else {"deaf": "yes"}))
        tab.settles()

    tab.browser.tab("first")
    tab.run("await store.signOut();")
    tab.browser.tab("hears")
    tab.comes_to("idle 0")
    assert tab.shown("session") == ""
    assert tab.browser.evaluate("line.told").count("signed_out") == 1

    # Somebody else signs in before the other one knows, and has things of their own to say.
    tab.browser.tab("first")
    other = Tab(tab.browser, tab.pages, tab.service, f"{tab.person}_other")
    other.open()
    theirs = other.begin()
    tab.browser.evaluate("line.cut = true")
    other.run('store.say({ role: "user", content: "mine" });')
    written(other)

    tab.browser.tab("sleeps")
    assert tab.status == SETTLED
    tab.browser.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    tab.comes_to("idle 0")
    assert tab.shown("session") == ""
    assert tab.browser.evaluate("line.told").count("signed_out") == 1

    tab.browser.tab("first")
    other.open()
    there = other.settles()
    assert there["id"] == theirs
    assert [message["content"] for message in there["chat"]["messages"]] == ["mine"]


def test_profiles_that_meet_under_one_key(tab: Tab) -> None:
    session = tab.begin()
    tab.browser.profile("other")
    tab.open()
    tab.settles()
    tab.run('store.setMetadata({ theme: "dark", mine: 1 });')
    tab.browser.profile(tab.person)
    tab.run('store.setMetadata({ theme: "light", ours: 1 }, { important: true });')
    tab.settles()
    tab.browser.profile("other")
    tab.comes_to("conflict 1")
    tab.run('store.resolve("mine");')
    for profile in ("other", tab.person):
        tab.browser.profile(profile)
        there = tab.settles()
        assert there["session_metadata"] == {"theme": "dark", "mine": 1, "ours": 1}
        assert there["id"] == session
    tab.browser.close_profile("other")
    tab.browser.profile(tab.person)


def test_200_actions_offline(tab: Tab) -> None:
    session = tab.begin()
    tab.run(WORK)
    tab.settles()
    tab.browser.offline(offline=True)
    tab.run("""
        const { hops } = store.getState().session.mission;
        for (let number = 0; number < 50; number += 1) {
          store.say({ role: "user", content: `${number}` });
          store.setMetadata({ [`key${number % 10}`]: number });
          const step = store.mission.addToolStep(hops[0].id, { name: `step ${number}` });
          store.mission.updateToolStep(hops[0].id, step, { status: "active" });
        }
        store.upload(new File([new Uint8Array(100_000)], "zeros.bin"));
        void store.save();
    """)
    tab.comes_to("offline 152")
    said = {"role": "assistant", "content": "meanwhile"}
    tab.ask("POST", f"/api/sessions/{session}/messages", json=said)
    tab.ask("PATCH", f"/api/sessions/{session}", json={"session_metadata": {"theirs": True}})
    tab.browser.offline(offline=False)

    there = tab.settles(seconds=40)
    contents = [message["content"] for message in there["chat"]["messages"]]
    assert contents[2:] == ["meanwhile", *map(str, range(50))]
    steps = there["mission"]["hops"][0]["tool_steps"]
    assert [step["name"] for step in steps] == [f"step {number}" for number in range(50)]
    assert {step["status"] for step in steps} == {"active"}
    assert [(file["name"], file["size"]) for file in there["assets"]] == [("zeros.bin", 100_000)]
    assert there["session_metadata"]["theirs"] is True
    assert there["session_metadata"]["key9"] == 49


def test_service_killed_under_the_app(tab: Tab) -> None:
    tab.begin()
    tab.run("""
        window.saying = (async () => {
          for (let number = 0; number < 40; number += 1) {
            store.say({ role: "user", content: `${number}` });
            store.setMetadata({ last: number }, { important: true });
            await new Promise((done) => setTimeout(done, 10));
          }
        })();
    """)
    tab.service.kill()
    tab.browser.evaluate("saying")
    assert eventually(lambda: tab.status.startswith("offline"))
    tab.service.start()

    there = tab.settles(seconds=40)
    said = [message["content"] for message in there["chat"]["messages"]]
    assert said == [str(number) for number in range(40)]
    assert there["session_metadata"] == {"last": 39}


def test_token_that_expires(tab: Tab) -> None:
    short = tab.service.token(tab.person, "--expires", "2")
    tab.open(token=short, fresh=tab.token)
    tab.begin()
    # The stream ends with the token, and comes back with the fresh one.
    assert eventually(lambda: tab.browser.evaluate("line.refreshed") == 1)
    tab.run(WORK)
    holds_the_work(tab.settles())
    assert tab.browser.evaluate("line.refreshed") == 1

    # Calls that are refused together ask once.
    tab.open(token=short, fresh=tab.token)
    tab.run("await Promise.all([1, 2, 3].map(() => client.listSessions()));")
    holds_the_work(tab.settles())
    assert tab.browser.evaluate("line.refreshed") == 1


def test_id_that_another_user_left_in_the_browser(tab: Tab) -> None:
    session = tab.begin()
    tab.browser.offline(offline=True)
    tab.run('store.say({ role: "user", content: "for nobody else" });')
    written(tab)
    tab.browser.offline(offline=False)
    other = Tab(tab.browser, tab.pages, tab.service, f"{tab.person}_other")
    tab.browser.evaluate("line.cut = true")
    other.open()

    there = other.settles()
    assert there["id"] != session
    assert other.shown("reset") == "not_found"
    assert there["chat"]["messages"] == []
    assert other.run("return store.getState().reset.unsent ?? null") is None


def test_storage_blocked(tab: Tab, tmp_path: Path) -> None:
    preferences = tmp_path / "Default" / "Preferences"
    preferences.parent.mkdir()
    blocked = {"default_content_setting_values": {"cookies": 2}}
    preferences.write_text(json.dumps({"profile": blocked}))
    tab.browser.profile("blocked", tmp_path)
    tab.open()
    tab.begin()
    tab.run(WORK)
    holds_the_work(tab.settles())
    kept = tab.run("""
        const tried = [];
        try { tried.push(typeof localStorage.length); } catch (error) { tried.push(error.name); }
        return [...tried, client.storedId.lasting];
    """)
    tab.browser.close_profile("blocked")

    assert kept == ["SecurityError", False]


def test_slow_network(tab: Tab) -> None:
    tab.browser.slow(latency_ms=100, bytes_per_second=50_000)
    tab.open()
    tab.begin()
    tab.run(WORK)
    assert tab.status != SETTLED

    holds_the_work(tab.settles())


def test_mission_that_completes_elsewhere(tab: Tab) -> None:
    session = tab.begin()
    tab.run(WORK)
    mission = tab.settles()["mission"]["id"]
    tab.ask("PATCH", f"/api/missions/{mission}", json={"status": "completed"})

    tab.comes_to("expired 0")
    assert (tab.shown("reset"), tab.shown("session")) == ("completed", "")
    assert tab.session(session)["status"] == "completed"
    tab.run("await store.signIn();")
    assert tab.settles()["id"] != session
    assert tab.shown("reset") == ""
