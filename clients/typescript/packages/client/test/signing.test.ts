import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  createIndexedDbOutbox,
  createMemoryOutbox,
  createSessionStore,
  type Outbox,
  type SessionStore,
} from "../src/store/index.js";
import { createBus } from "./fake-bus.js";
import { createFakeService, createTab } from "./fake-service.js";
import { idOf } from "./fakes.js";

let service: ReturnType<typeof createFakeService>;
let bus: ReturnType<typeof createBus>;
let factory: IDBFactory;
const stores: SessionStore[] = [];

beforeEach(() => {
  service = createFakeService();
  bus = createBus();
  factory = new IDBFactory();
  globalThis.IDBKeyRange = IDBKeyRange;
});

afterEach(() => stores.splice(0).forEach((store) => store.stop()));

const disk = (name: string) => createIndexedDbOutbox({ indexedDB: factory, tab: name });

/** A tab that is signed in. */
async function open(name: string, outbox: Outbox = disk(name)) {
  const { client, page } = createTab(service.fetch);
  const store = createSessionStore(client, { page, outbox, channel: bus.channel(name) });
  stores.push(store);
  const told: string[] = [];
  store.on(({ type }) => told.push(type));
  await store.signIn();
  await comesTo(store, "live");
  await vi.waitFor(() => expect(service.streams).toBe(stores.length));
  return { store, client, page, told };
}

async function comesTo(store: SessionStore, status: string): Promise<void> {
  await vi.waitFor(() => expect(store.getState().status).toBe(status));
}

/** Long enough for whatever is on its way. */
const while_ = () => new Promise((done) => setTimeout(done, 50));

const says = (store: SessionStore, content: string) => store.say({ role: "user", content });

test.each([
  ["IndexedDB", disk],
  ["memory", () => createMemoryOutbox()],
])("signed out in one tab, all are, with their outboxes in %s", async (_, outbox) => {
  const [a, b, c] = [await open("a", outbox("a")), await open("b", outbox("b")), await open("c", outbox("c"))];
  service.cut({ quietly: true });
  says(b.store, "never sent");
  await a.store.signOut();
  for (const { store, client, page, told } of [a, b, c]) {
    await vi.waitFor(() => expect(told.filter((type) => type === "signed_out")).toHaveLength(1));
    expect(store.getState()).toMatchObject({ status: "idle", session: null, unsent: [], problem: null });
    expect([client.storedId.get(), page.heard]).toEqual([null, 0]);
  }
  expect(service.streams).toBe(0);
  service.mend();
  await while_();
  expect(service.messages).toEqual([]);
});

/** Of two tabs the second, which has not heard that the first signed out. */
async function asleep(prepare: (store: SessionStore) => void = () => {}) {
  const [a, b] = [await open("a"), await open("b")];
  prepare(b.store);
  bus.crash("b");
  await a.store.signOut();
  await while_();
  expect(b.store.getState().status).toBe("live");
  return b;
}

test("a tab that slept finds out when it is looked at, before it asks the service", async () => {
  const { store, page, told } = await asleep();
  const asked = service.asked.length;
  page.happen("visible");
  await comesTo(store, "idle");

  expect(store.getState().session).toBeNull();
  expect(told.filter((type) => type === "signed_out")).toHaveLength(1);
  expect([service.asked.length, service.streams]).toEqual([asked, 0]);
});

test("what is done in a tab that slept is neither sent nor kept", async () => {
  const { store, told } = await asleep();
  says(store, "for nobody else");
  await comesTo(store, "idle");
  await while_();

  expect(told).toContain("signed_out");
  expect(service.messages).toEqual([]);
  expect((await disk("next").load(service.id)).messages).toEqual([]);
});

test("a tab that wakes leaves alone what the next person keeps", async () => {
  const { store, client, page } = await asleep();
  const next = disk("next");
  const theirs = { id: idOf(9), role: "user" as const, content: "theirs" };
  await next.keep(idOf(7), { messages: [theirs], patch: {} }, await next.mark());
  client.storedId.set(idOf(7));
  page.happen("visible");
  await comesTo(store, "idle");
  await while_();

  expect(client.storedId.get()).toBe(idOf(7));
  expect((await disk("later").load(idOf(7))).messages).toEqual([theirs]);
});

test("who signs in where another was is shown nothing of theirs", async () => {
  const { store, told } = await asleep((it) => it.setMetadata({ draft: "mine alone" }));
  service.cut({ quietly: true });
  void store.signIn();
  await comesTo(store, "recovering");

  expect(store.getState()).toMatchObject({ session: null, unsent: [], unsaved: false });
  // It is not this person who signed out.
  expect(told).not.toContain("signed_out");
});

test("an app that signs out when it is told to ends there, and signs out nobody else", async () => {
  const { store, page } = await asleep();
  const mark = await disk("next").mark();
  let calls = 0;
  store.on(({ type }) => {
    if (type !== "signed_out") return;
    calls += 1;
    void store.signOut();
  });
  page.happen("visible");
  await comesTo(store, "idle");
  await while_();

  expect([calls, await disk("next").mark()]).toEqual([1, mark]);
});

test("signing out in a tab that slept signs out nobody who came after", async () => {
  const { store, client } = await asleep();
  const mark = await disk("next").mark();
  client.storedId.set(idOf(7));
  await store.signOut();

  expect(store.getState()).toMatchObject({ status: "idle", session: null });
  expect([client.storedId.get(), await disk("next").mark()]).toEqual([idOf(7), mark]);
});

test("people whose stores share a process of Node.js have nothing in common", async () => {
  const make = () => {
    const { client, page } = createTab(service.fetch);
    return createSessionStore(client, { page, outbox: createMemoryOutbox() });
  };
  const [one, other] = [make(), make()];
  stores.push(other);
  await one.signIn();
  await other.signIn();
  await one.signOut();
  await while_();

  expect(other.getState().status).toBe("live");
});

test("another session is not gone to by somebody who has signed out", async () => {
  const { store } = await asleep();
  const asked = service.asked.length;
  await store.switchTo(idOf(5));

  expect(store.getState()).toMatchObject({ status: "idle", session: null });
  expect(service.asked.length).toBe(asked);
});

test("a word that comes late means nobody who signed in after it", async () => {
  const a = await open("a");
  await a.store.signOut();
  stores.length = 0;
  const b = await open("b");
  bus.channel("late").post({ kind: "signed_out" });
  await while_();

  expect(b.store.getState().status).toBe("live");
  expect(b.told).not.toContain("signed_out");
});
