/** Stores against the service itself: what each shows in the end is what the service has. */
import { existsSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { createMemoryStorage, createSessionClient, type Session } from "@session-api/client";
import { createSessionStore, createSharedEvents, type SessionStore } from "@session-api/client/store";

const baseUrl = process.env["SERVICE_URL"] ?? "";
const ann = process.env["ANN"] ?? "";
const open: SessionStore[] = [];

afterEach(() => open.splice(0).forEach((store) => store.stop()));

/** A browser of Ann's, whose network can be cut. */
function browser(storedId?: string, { shared = false } = {}) {
  const network = { up: true, streams: 0 };
  const cut = new Set<AbortController>();
  const client = createSessionClient({
    baseUrl,
    getToken: () => ann,
    storage: createMemoryStorage(),
    fetch: async (url, init) => {
      if (!network.up) throw new TypeError("offline");
      const line = new AbortController();
      cut.add(line);
      const signal = AbortSignal.any([line.signal, ...(init.signal ? [init.signal] : [])]);
      if (url.includes("/events")) network.streams += 1;
      return fetch(url, { ...init, signal });
    },
  });
  if (storedId) client.storedId.set(storedId);
  let come = () => {};
  const events = shared ? createSharedEvents(client, { person: "ann" }) : client.events;
  const store = createSessionStore(client, {
    events,
    page: {
      listen(call) {
        come = () => call("online");
        return () => {};
      },
    },
  });
  open.push(store);
  return {
    client,
    store,
    network,
    unplug() {
      network.up = false;
      cut.forEach((line) => line.abort(new TypeError("offline")));
      cut.clear();
    },
    plug() {
      network.up = true;
      come();
    },
  };
}

/** Waits for the condition by looking often, and fails after a while. */
async function until(condition: () => boolean, milliseconds = 30_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What a person sees of a session: all but the activity, which is no change. */
const seen = (session: Session | null) => ({ ...session, last_activity_at: null });

async function isSettled(session: Session, ...stores: SessionStore[]): Promise<void> {
  await until(() =>
    stores.every((store) => {
      const { session: mine, unsent, unsaved } = store.getState();
      return unsent.length === 0 && !unsaved && mine?.version === session.version;
    }),
  );
  for (const store of stores) expect(seen(store.getState().session)).toEqual(seen(session));
}

test("two browsers and an agent end with the same session", async () => {
  const one = browser();
  await one.store.begin({ name: "Together" });
  const { id = "" } = one.store.getState().session ?? {};
  const two = browser(id);
  await two.store.signIn();
  const agent = one.client;

  one.store.say({ role: "user", content: "Plan it" });
  two.store.say({ role: "user", content: "And quickly" });
  one.store.setMetadata({ panel: "map" }, { important: true });
  two.store.setMetadata({ drafts: { a: "x" } }, { important: true });
  const mission = await agent.missions.create({ name: "Plan", hops: [{ name: "One" }] });
  await agent.linkMissionToSession(id, mission.id);
  const hop = await agent.missions.addHop(mission.id, { name: "Two" });
  const step = await agent.missions.addToolStep(mission.id, hop.id, { name: "search" });
  await agent.missions.updateToolStep(mission.id, hop.id, step.id, { status: "active" });
  await agent.missions.deleteHop(mission.id, mission.hops[0]?.id ?? "");
  const { messages } = await agent.chat.append(id, {
    role: "assistant",
    content: "😀",
    status: "in_progress",
  });
  const answer = messages[0]?.id ?? "";
  for (let offset = 1; offset < 21; offset += 1) {
    await agent.chat.grow(id, answer, { offset, text: "é" });
  }
  await agent.chat.update(id, answer, { status: "complete" });
  const file = await agent.assets.uploadInOneCall(id, new File(["a"], "a.txt", { type: "text/plain" }));
  await agent.assets.uploadInOneCall(id, new File(["b"], "b.txt", { type: "text/plain" }));
  await agent.assets.delete(id, file.id);
  await until(() => !one.store.getState().unsaved && !two.store.getState().unsaved);

  const now = await agent.getSession(id);
  expect(now.session_metadata).toEqual({ panel: "map", drafts: { a: "x" } });
  await isSettled(now, one.store, two.store);
});

test("a browser that was offline for 200 actions loses none and doubles none", async () => {
  const one = browser();
  await one.store.begin();
  const { id = "" } = one.store.getState().session ?? {};
  const two = browser(id);
  await two.store.signIn();
  await until(() => one.store.getState().status === "live");

  one.unplug();
  await until(() => one.store.getState().status === "offline");
  for (let number = 0; number < 100; number += 1) {
    one.store.say({ role: "user", content: `${number}` });
    one.store.setMetadata({ [`key${number % 10}`]: number });
  }
  await two.client.chat.append(id, { role: "assistant", content: "meanwhile" });
  two.store.setMetadata({ theirs: true }, { important: true });
  await until(() => !two.store.getState().unsaved);
  one.plug();
  await one.store.save();
  await until(() => one.store.getState().unsent.length === 0 && !one.store.getState().unsaved);

  const now = await two.client.getSession(id, { messages: 200 });
  const mine = now.chat?.messages.filter(({ role }) => role === "user") ?? [];
  expect(mine.map(({ content }) => content)).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`));
  expect(now.session_metadata).toMatchObject({ key0: 90, key9: 99, theirs: true });
  await isSettled(await two.client.getSession(id, { messages: 200 }), one.store);
});

test("a session completed elsewhere is noticed, and the next one begins", async () => {
  const one = browser();
  await one.store.begin();
  const { id = "" } = one.store.getState().session ?? {};
  await until(() => one.store.getState().status === "live");
  const mission = await one.client.missions.create({ name: "Soon done" });
  await one.client.linkMissionToSession(id, mission.id);

  await browser().client.missions.update(mission.id, { status: "completed" });
  await until(() => one.store.getState().status === "expired");

  expect(one.store.getState().reset).toEqual({ reason: "completed", sessionId: id });
  await one.store.signIn();
  expect(one.store.getState()).toMatchObject({ status: "live", reset: null });
  expect(one.store.getState().session?.id).not.toBe(id);
});

test("tabs share one stream, by the platform's own channel", async () => {
  const one = browser(undefined, { shared: true });
  await one.store.begin({ name: "Shared" });
  const { id = "" } = one.store.getState().session ?? {};
  await until(() => one.network.streams === 1);
  const two = browser(id, { shared: true });
  await two.store.signIn();
  two.store.say({ role: "user", content: "From the second" });
  two.store.setMetadata({ from: "two" }, { important: true });
  await until(() => !two.store.getState().unsaved && two.store.getState().unsent.length === 0);

  await isSettled(await one.client.getSession(id), one.store, two.store);
  expect([one.network.streams, two.network.streams]).toEqual([1, 0]);
  one.store.stop();
  await one.client.chat.append(id, { role: "assistant", content: "To whoever leads" });
  await isSettled(await one.client.getSession(id), two.store);
  expect(two.network.streams).toBe(1);
});

test("a service that is killed and started again under the app loses nothing", async () => {
  const order = process.env["KILL_ORDER"] ?? "";
  const one = browser();
  await one.store.begin();
  const { id = "" } = one.store.getState().session ?? {};
  await until(() => one.store.getState().status === "live");
  const said = Array.from({ length: 40 }, (_, number) => `${number}`);

  for (const content of said) {
    one.store.say({ role: "user", content });
    one.store.setMetadata({ last: content }, { important: true });
    if (content === "10") writeFileSync(order, "");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(() => !existsSync(order), 60_000); // the order was carried out
  one.plug(); // as a browser says that the network is there, rather than to wait out the pause
  await until(
    () => one.store.getState().unsent.length === 0 && !one.store.getState().unsaved,
    30_000,
  );

  const now = await one.client.getSession(id, { messages: 200 });
  expect(now.chat?.messages.map(({ content }) => content)).toEqual(said);
  expect(now.session_metadata).toEqual({ last: "39" });
  await until(() => one.store.getState().status === "live");
  await isSettled(await one.client.getSession(id, { messages: 200 }), one.store);
}, 90_000);

test("a session is handed over to another device, which goes on in it", async () => {
  const desk = browser();
  await desk.store.begin({ name: "Handed over" });
  const { id = "" } = desk.store.getState().session ?? {};
  const { code } = await desk.client.handoff.create(id);
  const phone = browser();
  await phone.store.takeOver(code.toLowerCase());

  expect(phone.store.getState().session?.id).toBe(id);
  phone.store.say({ role: "user", content: "From the phone" });
  await until(() => phone.store.getState().unsent.length === 0);
  await isSettled(await phone.client.getSession(id), desk.store, phone.store);
  await expect(browser().client.handoff.exchange(code)).rejects.toMatchObject({
    code: "handoff_code_invalid",
  });
});

test("a long chat is read back to its beginning, page by page", async () => {
  const writer = browser();
  await writer.store.begin();
  const { id = "" } = writer.store.getState().session ?? {};
  const said = Array.from({ length: 95 }, (_, number) => `${number}`);
  await writer.client.chat.append(id, said.map((content) => ({ role: "user" as const, content })));
  const reader = browser(id);
  await reader.store.signIn();
  const messages = () => reader.store.getState().session?.chat?.messages ?? [];

  expect(messages()).toHaveLength(50);
  await Promise.all([reader.store.loadOlder(30), reader.store.loadOlder(30)]);
  expect(messages()).toHaveLength(80);
  await reader.store.loadOlder(30);
  await reader.store.loadOlder(30);
  expect(messages().map(({ content }) => content)).toEqual(said);
  expect(reader.store.getState().session?.chat?.has_more).toBe(false);
});
