"""The TypeScript client in real Chromium, on a page of another origin than the service's."""

from typing import Any

from tests.clients.tab import Tab
from tests.support.waiting import eventually

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
        return store.getState().unsent.length;
    """)
    assert kept == 2
    assert eventually(lambda: tab.browser.evaluate("line.writing") == 0)

    tab.open()

    def said() -> list[Any]:
        return [message["content"] for message in tab.session()["chat"]["messages"]]

    assert eventually(lambda: said()[-2:] == ["one", "two"], seconds=10), said()


def test_a_page_that_goes_saves_first(tab: Tab) -> None:
    tab.run('store.setMetadata({ left: "just now" });')

    tab.browser.open("about:blank")

    def saved() -> bool:
        answer = tab.ask("GET", "/api/sessions/active")
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
        const keys = await new Promise((done) => {
          const request = database.transaction("keys").objectStore("keys").getAll();
          request.onsuccess = () => done(request.result);
        });
        // Of a random mark, other tabs know that the person has left.
        const marks = keys.filter((each) => /^[0-9a-f-]{36}$/.test(each));
        const others = keys.length - marks.length;
        return [others, marks.length, await count("unsent"), localStorage.length];
    """)

    assert left == [0, 1, 0, 0]
