import { beforeEach, describe, expect, test } from "vitest";
import {
  createMemoryOutbox,
  createSessionStore,
  type Outbox,
  type SessionStore,
  type StoreEvent,
} from "../src/store/index.js";
import { createFakeService, createTab } from "./fake-service.js";
import { idOf, problem, settled } from "./fakes.js";

let service: ReturnType<typeof createFakeService>;
let tab: ReturnType<typeof createTab>;
let outbox: Outbox;
let store: SessionStore;
let told: StoreEvent[];

beforeEach(async () => {
  service = createFakeService();
  outbox = createMemoryOutbox();
  await open();
});

async function open(): Promise<void> {
  tab = createTab(service.fetch);
  store = createSessionStore(tab.client, { page: tab.page, outbox });
  told = [];
  store.on((event) => told.push(event));
  await store.signIn();
  await settled();
}

async function mended(): Promise<void> {
  service.mend();
  tab.page.happen("online");
  await tab.clock.advance(1_000);
}

const shown = () => store.getState().session?.mission;
const writes = () => service.asked.filter((each) => /messages|missions/.test(each));

/** A mission with a hop and a step, all moved on, and something said in between. */
function work(): { hop: string; step: string } {
  store.mission.create({ name: "Plan", data: { budget: { euro: 5 } } });
  const hop = store.mission.addHop({ name: "Look", data: { a: 1, b: 1 } });
  store.say({ role: "user", content: "Go" });
  const step = store.mission.addToolStep(hop, { name: "search", input: { q: "museum" } });
  store.mission.updateToolStep(hop, step, { status: "active", input: { page: 2 } });
  store.mission.updateHop(hop, { status: "active", data: { b: null, c: 2 } });
  store.mission.update({ status: "active", data: { budget: { cent: 50 } } });
  return { hop, step };
}

describe("work on a mission", () => {
  test("shows at once as the service will have it, and is sent in the order in which it was done", async () => {
    service.cut();
    await settled();
    const { hop, step } = work();

    expect(shown()).toMatchObject({
      name: "Plan",
      status: "active",
      session_id: service.id,
      data: { budget: { euro: 5, cent: 50 } },
      hops: [
        {
          id: hop,
          seq: 1,
          status: "active",
          data: { a: 1, c: 2 },
          tool_steps: [
            { id: step, seq: 1, status: "active", input: { q: "museum", page: 2 }, finished_at: null },
          ],
        },
      ],
    });
    expect(shown()?.hops[0]?.tool_steps[0]?.started_at).not.toBeNull();
    expect([store.getState().work.length, writes()]).toEqual([6, []]);
    await mended();

    const mission = `/api/missions/${shown()?.id}`;
    expect(writes()).toEqual([
      "POST /api/missions/",
      `POST ${mission}/hops`,
      "POST /messages",
      `POST ${mission}/hops/${hop}/tool-steps`,
      `PATCH ${mission}/hops/${hop}/tool-steps/${step}`,
      `PATCH ${mission}/hops/${hop}`,
      `PATCH ${mission}`,
    ]);
    expect(store.getState()).toMatchObject({ work: [], unsent: [], status: "live" });
    expect(shown()).toEqual(service.missions.mission);
    expect(told.at(-1)?.type).toBe("synced");
  });

  test("shows the same objects until it is changed again", () => {
    service.cut();
    work();
    store.setMetadata({ panel: "map" });
    const before = store.getState().session;
    store.say({ role: "user", content: "Go on" });
    const after = store.getState().session;

    expect(after).not.toBe(before);
    expect(after?.mission).toBe(before?.mission);
    expect(after?.session_metadata).toBe(before?.session_metadata);
    store.mission.update({ name: "Plan B" });
    expect(store.getState().session?.mission?.name).toBe("Plan B");
  });

  test("survives the tab that did it, and is there once however often it is sent", async () => {
    service.cut();
    await settled();
    const { hop } = work();
    await settled();
    const left = await outbox.load(service.id);
    expect(left.work).toHaveLength(6);
    await mended();
    expect(service.missions.mission?.hops).toHaveLength(1);
    // A tab that had taken it over sends it once more.
    store.stop();
    await settled();
    await outbox.keep(service.id, left);
    await open();

    expect(service.missions.mission?.hops.map(({ id }) => id)).toEqual([hop]);
    expect([service.messages.length, store.getState().work]).toEqual([1, []]);
    expect(told.map(({ type }) => type)).toEqual(["restored", "synced"]);
  });

  test("removes, and what is gone already is removed", async () => {
    const { hop, step } = work();
    for (let turn = 0; turn < 3; turn += 1) await settled();
    store.mission.deleteToolStep(hop, step);
    expect(shown()?.hops[0]?.tool_steps).toEqual([]);
    await settled();
    expect(service.missions.mission?.hops[0]?.tool_steps).toEqual([]);
    service.answerOnce(/DELETE/, () => problem(404, "hop_not_found"));
    store.mission.deleteHop(hop);
    await settled();
    store.mission.delete();
    await settled();

    expect([shown(), service.missions.mission, store.getState().problem]).toEqual([null, null, null]);
    expect(told.map(({ type }) => type)).not.toContain("refused");
  });

  test("that is refused is given back, and does not hold up what follows", async () => {
    store.mission.create({ name: "Plan", hops: [{ name: "One", tool_steps: [{ name: "search" }] }] });
    await settled();
    const step = shown()?.hops[0]?.tool_steps[0]?.id ?? "";
    expect(step).not.toBe("");
    service.answerOnce(/PATCH/, () => problem(409, "invalid_transition"));
    store.mission.update({ status: "pending" });
    store.say({ role: "user", content: "And then" });
    await settled();

    const refused = told.find(({ type }) => type === "refused");
    expect(refused).toMatchObject({ unsent: { messages: [], work: [{ kind: "mission.update" }] } });
    expect(service.messages).toHaveLength(1);
  });

  test("needs a session and a mission, and is bounded with what is said", async () => {
    expect(() => store.mission.addHop({ name: "One" })).toThrow("no mission");
    service.cut();
    store.stop();
    expect(() => store.mission.create({ name: "Plan" })).toThrow("sign in first");
    store = createSessionStore(tab.client, { page: tab.page, most: 2 });
    service.mend();
    await store.signIn();
    service.cut();
    store.say({ role: "user", content: "a" });
    store.mission.create({ name: "Plan" });

    expect(() => store.mission.addHop({ name: "One" })).toThrow("2 messages wait");
    expect(() => store.mission.link(idOf(5))).toThrow("2 messages wait");
    store.stop();
  });

  test("and messages may not wait in any length", async () => {
    service.cut();
    const content = "x".repeat(1_000_000);
    for (let times = 0; times < 4; times += 1) store.say({ role: "user", content });

    expect(() => store.say({ role: "user", content })).toThrow("4 messages wait");
  });
});

test("a session that ended elsewhere gives back what was not sent, in the state too", async () => {
  service.cut();
  await settled();
  store.say({ role: "user", content: "Lost" });
  service.setFields({ status: "completed" }, "session.status");
  await mended();

  expect(store.getState().reset).toMatchObject({
    reason: "completed",
    unsent: { messages: [{ content: "Lost" }] },
  });
});

test("what was left in a session that was completed meanwhile is given back by the reset", async () => {
  const left = { messages: [{ id: idOf(7), role: "user" as const, content: "Lost" }], patch: {} };
  store.stop();
  await outbox.keep(idOf(800), left);
  tab.client.storedId.set(idOf(800));
  const session = await tab.client.getSession(service.id);
  const answer = (reason: string) => () =>
    new Response(JSON.stringify({ outcome: "fell_back", reset: { reason }, session }));
  service.answerOnce(/recover/, answer("not_found"));
  await store.signIn();
  expect(store.getState().reset).toEqual({ reason: "not_found", sessionId: idOf(800) });

  tab.client.storedId.set(idOf(800));
  service.answerOnce(/recover/, answer("completed"));
  await store.signIn();
  expect(store.getState().reset).toMatchObject({ reason: "completed", unsent: left });
  expect((await outbox.load(idOf(800))).messages).toEqual([]);
  store.stop();
});
