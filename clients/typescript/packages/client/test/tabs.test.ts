import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createMemoryOutbox,
  createSessionStore,
  createSharedEvents,
  type SessionStore,
} from "../src/store/index.js";
import { createBus } from "./fake-bus.js";
import { createFakeService, createTab } from "./fake-service.js";
import { createFakeClock, settled } from "./fakes.js";

let service: ReturnType<typeof createFakeService>;
let bus: ReturnType<typeof createBus>;
let clock: ReturnType<typeof createFakeClock>;
const stores: SessionStore[] = [];

beforeEach(() => {
  service = createFakeService();
  bus = createBus();
  clock = createFakeClock();
});

afterEach(() => stores.splice(0).forEach((store) => store.stop()));

/** The pages of the tabs, by their names. */
const pages = new Map<string, ReturnType<typeof createTab>["page"]>();

async function open(name: string): Promise<SessionStore> {
  const { client, page } = createTab(service.fetch, clock);
  pages.set(name, page);
  const events = createSharedEvents(client, {
    person: "ann",
    channel: bus.channel(name),
    tab: name,
    page,
  });
  const store = createSessionStore(client, { page, events, outbox: createMemoryOutbox() });
  stores.push(store);
  await store.signIn();
  await clock.advance(1_000);
  return store;
}

const names = (...stores: SessionStore[]) => stores.map((store) => store.getState().session?.name);

test("three tabs have one stream, and all hear what it tells", async () => {
  const all = [await open("a"), await open("b"), await open("c")];
  service.setFields({ name: "New" });
  await settled();

  expect(service.streams).toBe(1);
  expect(names(...all)).toEqual(["New", "New", "New"]);
  expect(all.map((store) => store.getState().status)).toEqual(["live", "live", "live"]);
  await clock.advance(20_000);
  expect(service.streams).toBe(1);
});

test("a leader whose page is left is followed at once, and follows if it comes back", async () => {
  const [a, b] = [await open("a"), await open("b")];
  pages.get("a")?.happen("gone");
  await clock.advance(1_000);
  bus.lose("a", 1);
  service.setFields({ name: "While a was away" });
  await settled();
  expect([service.streams, ...names(a, b)]).toEqual([1, null, "While a was away"]);
  await clock.advance(2_000);

  expect([service.streams, ...names(a, b)]).toEqual([1, "While a was away", "While a was away"]);
});

test("a leader that leaves is followed at once", async () => {
  const [a, b, c] = [await open("a"), await open("b"), await open("c")];
  a.stop();
  await clock.advance(1_000);
  service.setFields({ name: "New" });
  await settled();

  expect(service.streams).toBe(1);
  expect(names(b, c)).toEqual(["New", "New"]);
});

test("a leader that is gone without a word is replaced, and nothing is missed", async () => {
  const [, b, c] = [await open("a"), await open("b"), await open("c")];
  bus.crash("a");
  service.setFields({ name: "Missed by all" });
  await settled();
  expect(names(b, c)).toEqual([null, null]);
  await clock.advance(8_000);

  expect(names(b, c)).toEqual(["Missed by all", "Missed by all"]);
  expect(service.streams).toBe(2); // the gone one's own is its browser's to close
});

test("a leader that was frozen steps down when it hears of the other", async () => {
  const [a, b] = [await open("a"), await open("b")];
  bus.freeze("a");
  await clock.advance(8_000);
  expect(service.streams).toBe(2);
  bus.thaw("a");
  await clock.advance(1_000);
  service.setFields({ name: "New" });
  await settled();

  expect(service.streams).toBe(1);
  expect(names(a, b)).toEqual(["New", "New"]);
});

test("a tab that was frozen catches up by changes", async () => {
  const [a, b] = [await open("a"), await open("b")];
  bus.freeze("b");
  service.setFields({ name: "One" });
  service.setFields({ name: "Two" });
  await settled();
  expect(names(a, b)).toEqual(["Two", null]);
  bus.thaw("b");
  await clock.advance(3_000);

  expect(names(a, b)).toEqual(["Two", "Two"]);
});

test("what a tab was not told is found out by the next word", async () => {
  const [a, b] = [await open("a"), await open("b")];
  bus.lose("b", 1);
  service.setFields({ name: "One" });
  await settled();
  expect(names(a, b)).toEqual(["One", null]);
  await clock.advance(2_000);
  expect(names(a, b)).toEqual(["One", "One"]);

  bus.lose("b", 1);
  service.setFields({ session_metadata: { panel: "map" } });
  service.setFields({ name: "Two" });
  await settled();
  expect(b.getState().session).toMatchObject({ name: "Two", session_metadata: { panel: "map" } });
});

test("tabs know when the leader lost its line, and when it is back", async () => {
  const [a, b] = [await open("a"), await open("b")];
  service.cut();
  await settled();
  expect([a, b].map((store) => store.getState().status)).toEqual(["offline", "offline"]);
  service.setFields({ name: "While away" });
  service.mend();
  await clock.advance(20_000);

  expect([a, b].map((store) => store.getState().status)).toEqual(["live", "live"]);
  expect(names(a, b)).toEqual(["While away", "While away"]);
  expect(service.streams).toBe(1);
});

test("two that begin together agree", async () => {
  const [a, b] = await Promise.all([open("a"), open("b")]);
  await clock.advance(3_000);
  service.setFields({ name: "New" });
  await settled();

  expect(service.streams).toBe(1);
  expect(names(a ?? b, b)).toEqual(["New", "New"]);
});

test("an end is an end for all", async () => {
  const [a, b] = [await open("a"), await open("b")];
  service.delete();
  await clock.advance(8_000);

  expect([a, b].map((store) => store.getState().status)).toEqual(["expired", "expired"]);
  expect(clock.waiting).toBe(0);
});
