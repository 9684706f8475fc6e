/**
 * Stores against the service itself: what each shows in the end is what the service has. What only a
 * browser does, and what happens to one, is in tests/clients/test_settling.py.
 */
import { afterEach, expect, test } from "vitest";
import { createMemoryStorage, createSessionClient, type Session } from "@session-api/client";
import { createSessionStore, createSharedEvents, type SessionStore } from "@session-api/client/store";

const baseUrl = process.env["SERVICE_URL"] ?? "";
const ann = process.env["ANN"] ?? "";
const open: SessionStore[] = [];

afterEach(() => open.splice(0).forEach((store) => store.stop()));

/** A browser of Ann's, which counts its streams. */
function browser(storedId?: string, { shared = false } = {}) {
  const network = { streams: 0 };
  const client = createSessionClient({
    baseUrl,
    getToken: () => ann,
    storage: createMemoryStorage(),
    fetch(url, init) {
      if (url.includes("/events")) network.streams += 1;
      return fetch(url, init);
    },
  });
  if (storedId) client.storedId.set(storedId);
  const events = shared ? createSharedEvents(client, { person: "ann" }) : client.events;
  const store = createSessionStore(client, { events });
  open.push(store);
  return { client, store, network };
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
