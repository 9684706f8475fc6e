import { beforeEach, describe, expect, test } from "vitest";
import {
  createMemoryOutbox,
  createSessionStore,
  type Outbox,
  type SessionStore,
  type StoreEvent,
} from "../src/store/index.js";
import { createFakeService, createTab } from "./fake-service.js";
import { problem, settled } from "./fakes.js";

let service: ReturnType<typeof createFakeService>;
let tab: ReturnType<typeof createTab>;
let outbox: Outbox;
let store: SessionStore;
let told: string[];
let last: StoreEvent | null;

beforeEach(() => {
  service = createFakeService();
  outbox = createMemoryOutbox();
  open();
});

/** A tab with a store, on what the outbox holds. */
function open(): void {
  tab = createTab(service.fetch);
  store = createSessionStore(tab.client, { page: tab.page, outbox });
  told = [];
  last = null;
  store.on((event) => {
    told.push(event.type);
    last = event;
  });
}

async function signedIn(): Promise<void> {
  await store.signIn();
  await settled();
  expect(store.getState().status).toBe("live");
}

const says = (content: string) => store.say({ role: "user", content });
const patches = () => service.asked.filter((each) => each.startsWith("PATCH")).length;
const contents = () => service.messages.map(({ content }) => content);

describe("signing in", () => {
  test("recovers, tells how, and follows", async () => {
    await signedIn();
    expect(told).toEqual(["restored"]);
    expect(service.streams).toBe(1);
    service.setFields({ name: "Elsewhere" });
    await settled();

    expect(store.getState().session?.name).toBe("Elsewhere");
  });

  test("offline goes on by itself once there is a network", async () => {
    service.cut();
    const signing = store.signIn();
    await tab.clock.advance(20_000);
    await signing;
    expect([store.getState().status, store.getState().problem?.code]).toEqual(["offline", "no_answer"]);
    service.mend();
    tab.page.happen("online");
    await settled();

    expect(store.getState().status).toBe("live");
  });

  test("offline in a page without events goes on by time", async () => {
    service.cut();
    void store.signIn();
    await tab.clock.advance(3_000);
    service.mend();
    await tab.clock.advance(60_000);

    expect(store.getState().status).toBe("live");
  });

  test("that is refused is no being offline", async () => {
    service.answerOnce(/recover/, () => problem(403, "insufficient_scope"));
    await store.signIn();

    expect(store.getState()).toMatchObject({ status: "idle", problem: { code: "insufficient_scope" } });
  });
});

describe("the state", () => {
  test("is the same object until something changed, and subscribers know of each change", async () => {
    let calls = 0;
    const end = store.subscribe(() => (calls += 1));
    await signedIn();
    const before = store.getState();
    expect(store.getState()).toBe(before);
    const counted = calls;
    store.setMetadata({ a: 1 });
    expect([calls, store.getState() === before]).toEqual([counted + 1, false]);
    end();
    store.setMetadata({ a: 2 });
    expect(calls).toBe(counted + 1);
  });

  test("can be changed by nobody who was not signed in", () => {
    expect(() => store.setMetadata({ a: 1 })).toThrow("sign in first");
    expect(() => says("x")).toThrow("sign in first");
  });
});

describe("metadata", () => {
  test("shows at once, and is saved in one request after half a minute", async () => {
    await signedIn();
    store.setMetadata({ a: 1, b: 1 });
    store.setMetadata({ b: null, c: 1 });
    store.rename("Trip");
    expect(store.getState()).toMatchObject({
      unsaved: true,
      session: { name: "Trip", session_metadata: { a: 1, c: 1 } },
    });
    await tab.clock.advance(29_999);
    expect(service.metadata).toEqual({});
    await tab.clock.advance(1);

    expect(service.metadata).toEqual({ a: 1, c: 1 });
    expect(service.asked.filter((each) => each.startsWith("PATCH"))).toHaveLength(1);
    expect(store.getState().unsaved).toBe(false);
    expect(told).toEqual(["restored", "synced"]);
  });

  test("and a name that is taken away show at once as well", async () => {
    await signedIn();
    service.setFields({ name: "Trip" });
    await settled();
    store.rename(null);
    expect(store.getState().session?.name).toBeNull();
    const saving = store.save();
    expect(store.getState().session?.name).toBeNull();
    await saving;

    expect(store.getState()).toMatchObject({ unsaved: false, session: { name: null } });
  });

  test("that is important is saved now", async () => {
    await signedIn();
    store.setMetadata({ a: 1 }, { important: true });
    await settled();

    expect(service.metadata).toEqual({ a: 1 });
  });

  test("is saved by a request that outlives the page, once", async () => {
    await signedIn();
    store.setMetadata({ a: 1 });
    tab.page.happen("hidden");
    await settled();
    tab.page.happen("hidden");
    await settled();

    expect(service.keptAlive).toEqual([{ session_metadata: { a: 1 } }]);
    expect(store.getState().unsaved).toBe(false);
  });

  test("of two tabs both survive under different keys", async () => {
    await signedIn();
    store.setMetadata({ mine: 1 });
    // Before the stream tells it: the save itself finds out.
    service.cut();
    service.setFields({ session_metadata: { theirs: 1 } });
    service.mend();
    await store.save();

    expect(service.metadata).toEqual({ theirs: 1, mine: 1 });
    expect(store.getState().conflict).toBeNull();
  });

  test.each(["mine", "theirs"] as const)("under one key is a conflict, which %s decides", async (whose) => {
    await signedIn();
    store.setMetadata({ key: "mine", other: 1 });
    service.setFields({ session_metadata: { key: "theirs" } });
    await settled();
    expect(store.getState()).toMatchObject({
      status: "conflict",
      conflict: { places: ["/key"], theirs: { key: "theirs" } },
    });
    await store.save();
    expect(service.metadata).toEqual({ key: "theirs" });
    store.resolve(whose);
    await settled();

    expect(service.metadata).toEqual({ key: whose, other: 1 });
    expect([store.getState().status, told.includes("conflict")]).toEqual(["live", true]);
  });

  test("of our own, told by the stream before the answer came, is no conflict", async () => {
    await signedIn();
    service.answerOnce(/PATCH/, () => store.setMetadata({ key: 2 }));
    store.setMetadata({ key: 1 }, { important: true });
    await settled();
    expect(patches()).toBe(2);
    await store.save();

    expect(told).not.toContain("conflict");
    expect(service.metadata).toEqual({ key: 2 });
  });

  test("of our own, answered while more was changed under the same key, is no conflict", async () => {
    await signedIn();
    service.cut(); // the stream, so that the answer comes first
    service.mend();
    service.answerOnce(/PATCH/, () => store.setMetadata({ key: null }));
    store.setMetadata({ key: 1 }, { important: true });
    await settled();
    expect(patches()).toBe(2);
    expect(store.getState().conflict).toBeNull();
    await store.save();

    expect(told).not.toContain("conflict");
    expect(service.metadata).toEqual({});
  });

  test("of our own, whose answer never came, is no conflict", async () => {
    await signedIn();
    service.answerOnce(/PATCH/, ({ body }) => {
      store.setMetadata({ key: 2 });
      service.setFields(body as object);
      service.cut();
      throw new TypeError("network changed");
    });
    store.setMetadata({ key: 1 }, { important: true });
    await tab.clock.advance(20_000);
    expect(store.getState().status).toBe("offline");
    service.mend();
    await tab.clock.advance(60_000);

    expect(told).not.toContain("conflict");
    expect(service.metadata).toEqual({ key: 2 });
  });

  test("of our own, before a day offline, is no conflict", async () => {
    await signedIn();
    service.answerOnce(/PATCH/, ({ body }) => {
      service.setFields(body as object);
      service.cut();
      throw new TypeError("network changed");
    });
    store.setMetadata({ key: 0 }, { important: true });
    for (let minute = 1; minute <= 60; minute += 1) {
      await tab.clock.advance(60_000);
      store.setMetadata({ key: minute });
    }
    service.mend();
    await tab.clock.advance(120_000);

    expect(told).not.toContain("conflict");
    expect(service.metadata).toEqual({ key: 60 });
  });

  test("of our own, refused when it was repeated, is no conflict", async () => {
    await signedIn();
    service.silence();
    service.answerOnce(/PATCH/, ({ body }) => {
      store.setMetadata({ key: 2 });
      service.setFields(body as object);
      throw new TypeError("network changed");
    });
    store.setMetadata({ key: 1 }, { important: true });
    await tab.clock.advance(20_000);
    await store.save();

    expect(told).not.toContain("conflict");
    expect(service.metadata).toEqual({ key: 2 });
  });

  test("of our own, sent as the page was hidden, is no conflict once it is back", async () => {
    await signedIn();
    service.answerOnce(/PATCH/, ({ body }) => {
      store.setMetadata({ key: 2 });
      service.setFields(body as object);
      throw new TypeError("network changed");
    });
    store.setMetadata({ key: 1 });
    tab.page.happen("hidden");
    await settled();
    expect(service.metadata).toEqual({ key: 1 });
    await store.save();

    expect(told).not.toContain("conflict");
    expect(service.metadata).toEqual({ key: 2 });
  });

  test("of somebody else, made while an answer never came, is one", async () => {
    await signedIn();
    service.answerOnce(/PATCH/, () => {
      store.setMetadata({ key: 2 });
      service.cut();
      throw new TypeError("network changed");
    });
    store.setMetadata({ key: 1 }, { important: true });
    await tab.clock.advance(20_000);
    service.setFields({ session_metadata: { key: "theirs" } });
    service.mend();
    await tab.clock.advance(60_000);

    expect(store.getState()).toMatchObject({ status: "conflict", conflict: { places: ["/key"] } });
    expect(service.metadata).toEqual({ key: "theirs" });
  });

  test("that the service refuses is given back, not tried for ever", async () => {
    await signedIn();
    service.answerOnce(/PATCH/, () => problem(422, "validation_failed"));
    store.setMetadata({ a: 1 }, { important: true });
    await settled();

    expect(last).toMatchObject({ type: "refused", unsent: { patch: { a: 1 } } });
    expect(store.getState()).toMatchObject({ unsaved: false, session: { session_metadata: {} } });
  });
});

describe("what is said", () => {
  test("shows at once, is sent in its order, and then is part of the chat", async () => {
    await signedIn();
    const ids = [says("a"), says("b")];
    expect(store.getState().unsent.map(({ id }) => id)).toEqual(ids);
    await settled();

    expect(contents()).toEqual(["a", "b"]);
    expect(store.getState().unsent).toEqual([]);
    expect(store.getState().session?.chat?.messages.map(({ id }) => id)).toEqual(ids);
    expect(store.getState().session?.chat?.message_count).toBe(2);
  });

  test("offline, 200 times, is there once, in order, when the network is back", async () => {
    await signedIn();
    service.cut();
    await settled();
    const said = Array.from({ length: 200 }, (_, number) => `${number}`);
    said.forEach(says);
    await tab.clock.advance(5_000);
    expect(store.getState().status).toBe("offline");
    expect(told.filter((type) => type === "offline")).toHaveLength(1);
    service.mend();
    tab.page.happen("online");
    for (let turn = 0; turn < 200 && store.getState().unsent.length > 0; turn += 1) await settled();
    await tab.clock.advance(10_000);

    expect(contents()).toEqual(said);
    expect(store.getState()).toMatchObject({ status: "live", unsent: [] });
    expect(store.getState().session?.chat?.messages).toHaveLength(200);
    expect(told.at(-1)).toBe("synced");
  });

  test("survives the tab that said it", async () => {
    await signedIn();
    service.cut();
    says("a");
    store.setMetadata({ key: 1 });
    await settled();
    store.stop();
    service.mend();
    open();
    await signedIn();

    expect(contents()).toEqual(["a"]);
    expect(service.metadata).toEqual({ key: 1 });
  });

  test("is bounded", async () => {
    store = createSessionStore(tab.client, { page: tab.page, most: 2 });
    await store.signIn();
    service.cut();
    says("a");
    says("b");

    expect(() => says("c")).toThrow("2 messages wait");
  });

  test("goes by a request that outlives the page, as far as nothing was done before it", async () => {
    await signedIn();
    service.cut();
    await settled();
    const ids = [says("a"), says("b")];
    store.mission.create({ name: "Plan" });
    says("c");
    says("x".repeat(20_000));
    await tab.clock.advance(5_000);
    service.mend();
    tab.page.happen("hidden");
    await settled();
    expect(service.keptAlive).toMatchObject([{ messages: ids.map((id) => ({ id })) }]);
    tab.page.happen("online");
    await tab.clock.advance(1_000);
    says("y".repeat(20_000));
    tab.page.happen("hidden");
    await settled();

    expect(contents().map((each) => String(each)[0])).toEqual(["a", "b", "c", "x", "y"]);
    expect(service.keptAlive).toHaveLength(1);
  });

  test("and refused does not hold up what follows", async () => {
    await signedIn();
    service.answerOnce(/messages/, () => problem(413, "payload_too_large"));
    says("too much");
    says("b");
    await settled();

    expect(contents()).toEqual(["b"]);
    expect(told).toContain("refused");
  });

  test("to a session that was left for a day makes it active again", async () => {
    await signedIn();
    service.setFields({ status: "abandoned" }, "session.status");
    await settled();
    expect(store.getState().status).toBe("live");
    says("I am back");
    await settled();

    expect(contents()).toEqual(["I am back"]);
    expect(store.getState().session?.status).toBe("active");
  });
});

describe("the end elsewhere", () => {
  test("is noticed by the stream, clears the session, and gives back what was unsaved", async () => {
    await signedIn();
    store.setMetadata({ a: 1 });
    service.setFields({ status: "completed" }, "session.status");
    await settled();

    expect(store.getState()).toMatchObject({
      status: "expired",
      session: null,
      reset: { reason: "completed", sessionId: service.id },
    });
    expect(last).toMatchObject({ type: "expired", unsent: { patch: { a: 1 } } });
    expect(tab.client.storedId.get()).toBeNull();
    // It would hear of a sign-out, and of nothing else.
    expect([service.streams, tab.clock.waiting, tab.page.heard]).toEqual([0, 0, 1]);
  });

  test("is noticed when the person comes back to the tab, before they type", async () => {
    await signedIn();
    service.cut();
    service.setFields({ status: "completed" }, "session.status");
    service.mend();
    tab.page.happen("visible");
    await settled();

    expect(store.getState().status).toBe("expired");
  });

  test("by erasing is one too", async () => {
    await signedIn();
    service.delete();
    await settled();

    expect(store.getState().reset?.reason).toBe("session_deleted");
  });
});

describe("a network that comes and goes", () => {
  test("keeps what is shown, and misses nothing", async () => {
    await signedIn();
    service.cut();
    await settled();
    expect(store.getState()).toMatchObject({ status: "offline", session: { id: service.id } });
    service.setFields({ name: "While away" });
    service.mend();
    await tab.clock.advance(10_000);

    expect(store.getState()).toMatchObject({ status: "live", session: { name: "While away" } });
  });

  test("is gone on with at once when it is back, however long the pause had grown", async () => {
    await signedIn();
    service.cut();
    await tab.clock.advance(300_000);
    service.mend();
    tab.page.happen("online");
    await settled();

    expect([store.getState().status, service.streams]).toEqual(["live", 1]);
  });

  test("and left a stream dead without a word is found out when the person comes back", async () => {
    await signedIn();
    service.silence();
    service.setFields({ name: "One" });
    service.setFields({ session_metadata: { panel: "map" } });
    tab.page.happen("visible");
    await settled();
    // Its own fields are there at once, all else with a new stream.
    expect(store.getState().session).toMatchObject({ name: "One", version: 1 });
    await tab.clock.advance(3_000);

    expect(service.streams).toBe(1);
    expect(store.getState().session).toMatchObject({ session_metadata: { panel: "map" }, version: 3 });
  });

  test("is said to be gone as soon as the browser says so", async () => {
    await signedIn();
    service.cut({ quietly: true });
    tab.page.happen("offline");
    await settled();
    expect(store.getState().status).toBe("offline");
    service.mend();
    tab.page.happen("online");
    await settled();

    expect([store.getState().status, service.streams]).toEqual(["live", 1]);
  });

  test("or a token that is refused for a while, is no end of following", async () => {
    service.answerOnce(/events/, () => problem(401, "token_expired"));
    await store.signIn();
    await settled();
    expect(store.getState()).toMatchObject({ status: "offline", problem: { code: "token_expired" } });
    expect(service.streams).toBe(0);
    await tab.clock.advance(1_000);

    expect([store.getState().status, service.streams]).toEqual(["live", 1]);
  });

  test("whose changes are no longer kept has the session read again", async () => {
    await signedIn();
    store.stop();
    const stream = service.fetch;
    let refused = 0;
    tab = createTab(async (url, init) => {
      if (url.includes("/events") && refused === 0) {
        refused += 1;
        return problem(410, "changes_gone");
      }
      return stream(url, init);
    });
    store = createSessionStore(tab.client, { page: tab.page });
    await store.signIn();
    await settled();

    expect([refused, store.getState().status, service.streams]).toEqual([1, "live", 1]);
  });
});

describe("leaving", () => {
  test("by signing out saves, completes, and removes all that is kept", async () => {
    await signedIn();
    store.setMetadata({ a: 1 });
    await store.signOut({ complete: true });

    expect(service.metadata).toEqual({ a: 1 });
    expect(service.asked.at(-1)).toBe("POST /complete");
    expect(store.getState()).toMatchObject({ status: "idle", session: null });
    expect(tab.client.storedId.get()).toBeNull();
    expect([service.streams, tab.clock.waiting, tab.page.heard]).toEqual([0, 0, 0]);
  });

  test("by signing out offline removes it all the same", async () => {
    await signedIn();
    service.cut();
    says("never sent");
    await settled();
    await store.signOut();
    await tab.clock.advance(60_000);
    service.mend();
    open();
    await signedIn();

    expect(contents()).toEqual([]);
  });

  test("by stopping forgets nothing, and leaves nothing going", async () => {
    await signedIn();
    store.setMetadata({ a: 1 });
    store.stop();
    await tab.clock.advance(60_000);
    expect([service.streams, tab.clock.waiting, tab.page.heard]).toEqual([0, 0, 0]);
    expect(store.getState().status).toBe("idle");
    await signedIn();

    expect(service.metadata).toEqual({ a: 1 });
  });

  test("for a session that is not there stays where one is", async () => {
    await signedIn();
    service.answerOnce(/GET/, () => problem(404, "session_not_found"));
    await store.switchTo("00000000-0000-4000-8000-000000000123");

    expect(store.getState()).toMatchObject({
      status: "live",
      session: { id: service.id },
      problem: { code: "session_not_found" },
    });
  });
});

test("an app whose listener fails is told so, and everything goes on", async () => {
  const failures: unknown[] = [];
  const listen = (error: unknown) => failures.push(error);
  process.on("uncaughtException", listen);
  store.subscribe(() => {
    throw new Error("in a view");
  });
  store.on(() => {
    throw new Error("in a listener");
  });
  await signedIn();
  says("a");
  await settled();
  process.off("uncaughtException", listen);

  expect([contents(), store.getState().unsent, store.getState().problem]).toEqual([["a"], [], null]);
  expect(new Set(failures.map(String))).toEqual(new Set(["Error: in a view", "Error: in a listener"]));
});

test("activity is told now and then, however often it is said", async () => {
  await signedIn();
  for (let times = 0; times < 50; times += 1) {
    store.touch();
    await tab.clock.advance(1_000);
  }

  expect(service.asked.filter((each) => each === "POST /activity")).toHaveLength(2);
});
