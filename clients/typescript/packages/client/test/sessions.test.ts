import { describe, expect, test } from "vitest";
import { createMemoryStorage, createStoredId, isSessionId, isUuidV4, lengthOf, makeUuid } from "../src/index.js";
import { clientWith, idOf, json, problem, unreachable } from "./fakes.js";

const session = (id: string, more = {}) => ({ id, status: "active", version: 3, ...more });
const nothing = () => new Response(null, { status: 204 });

describe("the stored id", () => {
  test("is asked for at the start, and replaced by the one that was given", async () => {
    const recovery = { outcome: "fell_back", reset: { reason: "completed" }, session: session(idOf(7)) };
    const { client, asked, storage } = clientWith([() => json(recovery)]);
    client.storedId.set(idOf(5));

    expect((await client.initializeSession({ name: "Trip" })).reset?.reason).toBe("completed");

    expect(asked[0]?.body).toEqual({ name: "Trip", session_id: idOf(5) });
    expect(storage.getItem("session-api:v1:session")).toBe(idOf(7));
  });

  test("is that of the session one makes or switches to, and goes with its end", async () => {
    const { client } = clientWith([({ method, path }) =>
      method === "DELETE" ? nothing() : json(session(path.split("/")[3] || idOf(1)))]);

    expect((await client.createSession()).id).toBe(client.storedId.get());
    await client.switchToSession(idOf(4));
    expect(client.storedId.get()).toBe(idOf(4));
    await client.completeSession(idOf(3));
    expect(client.storedId.get()).toBe(idOf(4));
    await client.completeSession(idOf(4));
    expect(client.storedId.get()).toBeNull();
    await client.switchToSession(idOf(5));
    await client.deleteSession(idOf(5));
    expect(client.storedId.get()).toBeNull();
  });

  test("is kept in memory where the storage is blocked", () => {
    const blocked = () => {
      throw new DOMException("blocked", "SecurityError");
    };
    const stored = createStoredId({ getItem: blocked, setItem: blocked, removeItem: blocked });
    expect(stored.get()).toBeNull();

    stored.set(idOf(1));
    expect([stored.get(), stored.lasting]).toEqual([idOf(1), false]);
    stored.clear();
    expect(stored.get()).toBeNull();
  });

  test("is nobody else's: not another namespace's, not another version's, no other text", () => {
    const storage = createMemoryStorage();
    createStoredId(storage, "mine").set(idOf(1));
    storage.setItem("other:v1:session", "<script>");
    storage.setItem("old:v0:session", idOf(1));

    expect(createStoredId(storage, "mine").get()).toBe(idOf(1));
    expect(createStoredId(storage, "other").get()).toBeNull();
    expect(createStoredId(storage, "old").get()).toBeNull();
  });
});

test("an abandoned session is active again when one switches to it", async () => {
  const { client, asked } = clientWith([
    () => json(session(idOf(4), { status: "abandoned" })),
    nothing,
    () => json(session(idOf(4))),
  ]);

  expect((await client.switchToSession(idOf(4))).status).toBe("active");
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET /api/sessions/${idOf(4)}`,
    `POST /api/sessions/${idOf(4)}/activity`,
    `GET /api/sessions/${idOf(4)}`,
  ]);
});

test("a session that does not exist is not switched to", async () => {
  const { client } = clientWith([() => problem(404, "session_not_found")]);
  client.storedId.set(idOf(1));

  await expect(client.switchToSession(idOf(2))).rejects.toMatchObject({ code: "session_not_found" });
  expect(client.storedId.get()).toBe(idOf(1));
});

test("a session at the version that one has is null", async () => {
  const { client, asked } = clientWith([
    () => new Response(null, { status: 304 }),
    () => json(session(idOf(4), { version: 8 })),
  ]);

  expect(await client.getSessionIfChanged(idOf(4), 7, { include: [] })).toBeNull();
  expect((await client.getSessionIfChanged(idOf(4), 7))?.version).toBe(8);
  expect(asked[0]?.headers.get("If-None-Match")).toBe('"7"');
});

test("a hand-over is one use of its code, and leads into the session", async () => {
  const { client, asked, clock } = clientWith([unreachable, () => json(session(idOf(4)))]);
  const exchange = client.handoff.exchange("abcd efgh");
  await clock.advance(1_000);

  expect((await exchange).id).toBe(idOf(4));
  expect(asked.map(({ headers }) => headers.get("Idempotency-Key"))).toEqual([idOf(1), idOf(1)]);
  expect(client.storedId.get()).toBe(idOf(4));
});

test("no active session is null, not an error", async () => {
  const { client } = clientWith([nothing]);

  expect(await client.getActiveSession()).toBeNull();
  expect(await client.turns.get(idOf(4))).toBeNull();
});

test("messages get ids before they are sent, one or many", async () => {
  const { client, asked } = clientWith([() => json({ messages: [], version: 4 }, 201)]);

  await client.chat.append(idOf(4), { role: "user", content: "a" });
  await client.chat.append(idOf(4), [
    { role: "user", content: "b" },
    { role: "user", content: "c", id: idOf(77) },
  ]);

  expect(asked.map(({ body }) => body)).toEqual([
    { role: "user", content: "a", id: idOf(1) },
    {
      messages: [
        { role: "user", content: "b", id: idOf(2) },
        { role: "user", content: "c", id: idOf(77) },
      ],
    },
  ]);
});

test("pages of a chat go back to its first message", async () => {
  const { client, asked } = clientWith([
    () => json({ items: [{ seq: 3 }], has_more: true, next_before: 3, next_after: null }),
    () => json({ items: [{ seq: 1 }, { seq: 2 }], has_more: false, next_before: null }),
  ]);
  const seen: number[] = [];
  for await (const page of client.chat.pages(idOf(4), { limit: 2 })) {
    seen.push(...page.items.map(({ seq }) => seq));
  }

  expect(seen).toEqual([3, 1, 2]);
  expect(asked.map(({ path }) => path.split("?")[1])).toEqual(["limit=2", "limit=2&before=3"]);
});

test("all changes are read, page by page, and lead to a version", async () => {
  const { client, asked } = clientWith([
    () => json({ changes: [{ version: 5 }, { version: 6 }], version: 9, has_more: true }),
    () => json({ changes: [{ version: 9 }], version: 9, has_more: false }),
  ]);
  const changes = client.changes.all(idOf(4), 4);
  const seen: number[] = [];
  let next = await changes.next();
  while (!next.done) {
    seen.push(next.value.version);
    next = await changes.next();
  }

  expect([seen, next.value]).toEqual([[5, 6, 9], 9]);
  expect(asked[1]?.path).toContain("since=6");
});

test("ids are UUIDs, v4 as we make them and v7 as the service does", () => {
  const ids = Array.from({ length: 100 }, makeUuid);

  expect(ids.every(isUuidV4)).toBe(true);
  expect(new Set(ids).size).toBe(100);
  const seven = "0190f1ea-7c2e-7d4b-9f5e-3f1b6a0c8d21";
  expect([isUuidV4(seven), isSessionId(seven)]).toEqual([false, true]);
  const bad = [seven.toUpperCase(), `${seven} `, "0190f1ea-7c2e-7d4b-cf5e-3f1b6a0c8d21", "", null, 7];
  expect(bad.filter(isSessionId)).toEqual([]);
});

test("lengths are of code points, as offsets count", () => {
  expect([lengthOf("😀é"), "😀é".length]).toEqual([2, 3]);
});
