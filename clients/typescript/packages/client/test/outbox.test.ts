import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, describe, expect, test } from "vitest";
import { createIndexedDbOutbox, createMemoryOutbox, type Outbox, type Unsent } from "../src/store/index.js";
import { createFakeClock, idOf } from "./fakes.js";

const unsent = (content: string, patch = {}): Unsent => ({
  messages: [{ id: idOf(content.charCodeAt(0)), role: "user", content }],
  patch,
});
const contents = (left: Unsent) => left.messages.map(({ content }) => content);

let factory: IDBFactory;

beforeEach(() => {
  factory = new IDBFactory();
  globalThis.IDBKeyRange = IDBKeyRange;
});

const tab = (name: string) => createIndexedDbOutbox({ indexedDB: factory, tab: name });

/** All that stands in the database, as the browser's files would hold it. */
async function everything(): Promise<{ keys: unknown[]; unsent: { iv: Uint8Array; text: ArrayBuffer }[] }> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = factory.open("session-api", 1);
    request.onsuccess = () => resolve(request.result);
  });
  const all = <T>(store: string) =>
    new Promise<T[]>((resolve) => {
      const request = database.transaction(store).objectStore(store).getAll();
      request.onsuccess = () => resolve(request.result as T[]);
    });
  const found = { keys: await all("keys"), unsent: await all<never>("unsent") };
  database.close();
  return found;
}

// The contract of the port, for each that there is.
describe.each([
  ["in memory", () => createMemoryOutbox(), false],
  ["in IndexedDB", () => tab("a"), true],
  ["where IndexedDB is missing", () => createIndexedDbOutbox({ indexedDB: undefined }), false],
  [
    "where IndexedDB is blocked",
    () => {
      const blocked = { open: () => { throw new DOMException("no", "SecurityError"); } };
      return createIndexedDbOutbox({ indexedDB: blocked as unknown as IDBFactory });
    },
    false,
  ],
  [
    "where there is no TLS, and so no WebCrypto",
    () => createIndexedDbOutbox({ indexedDB: factory, crypto: {} as Crypto }),
    false,
  ],
] as [string, () => Outbox, boolean][])("an outbox %s", (_, make, lasting) => {
  test("gives back what was kept of a session, and of no other", async () => {
    const outbox = make();
    expect(contents(await outbox.load(idOf(1)))).toEqual([]);
    await outbox.keep(idOf(1), unsent("a", { key: [1, null, "é"] }));
    await outbox.keep(idOf(2), { ...unsent("b"), name: null });

    expect(await outbox.load(idOf(1))).toEqual(unsent("a", { key: [1, null, "é"] }));
    expect((await outbox.load(idOf(2))).name).toBeNull();
    expect(outbox.lasting).toBe(lasting);
  });

  test("keeps the last of a session, and nothing once nothing is unsent", async () => {
    const outbox = make();
    await outbox.keep(idOf(1), unsent("a"));
    await outbox.keep(idOf(1), unsent("b"));
    expect(contents(await outbox.load(idOf(1)))).toEqual(["b"]);
    await outbox.keep(idOf(1), { messages: [], patch: {} });

    expect(contents(await outbox.load(idOf(1)))).toEqual([]);
  });

  test("has nothing left once it was wiped", async () => {
    const outbox = make();
    await outbox.keep(idOf(1), unsent("a"));
    await outbox.wipe();
    expect(contents(await outbox.load(idOf(1)))).toEqual([]);
    await outbox.keep(idOf(1), unsent("b"));

    expect(contents(await outbox.load(idOf(1)))).toEqual(["b"]);
  });
});

describe("an outbox in IndexedDB", () => {
  test("outlives its tab: the next one takes over what was left, once", async () => {
    await tab("a").keep(idOf(1), unsent("a", { x: 1 }));
    await tab("b").keep(idOf(1), unsent("b", { y: 1 }));

    const left = await tab("c").load(idOf(1));
    expect([contents(left).sort(), left.patch]).toEqual([["a", "b"], { x: 1, y: 1 }]);
    expect((await everything()).unsent).toHaveLength(1);
    // It crashed in turn, before it sent anything.
    expect(contents(await tab("d").load(idOf(1))).sort()).toEqual(["a", "b"]);
  });

  test("removes what one tab has sent, and nothing of another's", async () => {
    const [a, b] = [tab("a"), tab("b")];
    await a.keep(idOf(1), unsent("a"));
    await b.keep(idOf(1), unsent("b"));
    await a.keep(idOf(1), { messages: [], patch: {} });

    expect(contents(await tab("c").load(idOf(1)))).toEqual(["b"]);
  });

  test("holds no text, and a key that can't be read", async () => {
    await tab("a").keep(idOf(1), unsent("secret words"));
    const { keys, unsent: sealed } = await everything();

    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ extractable: false });
    await expect(crypto.subtle.exportKey("raw", keys[0] as CryptoKey)).rejects.toThrow();
    expect(sealed).toHaveLength(1);
    const text = new TextDecoder("latin1").decode(sealed[0]?.text);
    expect([text.length > 40, text.includes("secret")]).toEqual([true, false]);
  });

  test("wiped, it holds not even the key", async () => {
    const outbox = tab("a");
    await outbox.keep(idOf(1), unsent("a"));
    await outbox.wipe();

    expect(await everything()).toEqual({ keys: [expect.any(String)], unsent: [] });
  });

  test("passes over what was moved to another session or changed", async () => {
    await tab("a").keep(idOf(1), unsent("a"));
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = factory.open("session-api", 1);
      request.onsuccess = () => resolve(request.result);
    });
    const store = database.transaction("unsent", "readwrite").objectStore("unsent");
    await new Promise<void>((resolve) => {
      const request = store.getAll();
      request.onsuccess = () => {
        store.put(request.result[0], [idOf(2), "a"]).onsuccess = () => resolve();
      };
    });
    database.close();

    expect(contents(await tab("b").load(idOf(2)))).toEqual([]);
    expect(contents(await tab("b").load(idOf(1)))).toEqual(["a"]);
  });

  test("forgets what nobody came back for in 30 days", async () => {
    const clock = createFakeClock();
    const later = (name: string) => createIndexedDbOutbox({ indexedDB: factory, tab: name, clock });
    await later("a").keep(idOf(1), unsent("a"));
    await clock.advance(20 * 24 * 3_600_000);
    await later("b").keep(idOf(2), unsent("b"));
    await clock.advance(11 * 24 * 3_600_000);

    expect(contents(await later("c").load(idOf(2)))).toEqual(["b"]);
    expect((await everything()).unsent).toHaveLength(1);
  });

  test("that never answers is done without", async () => {
    const clock = createFakeClock();
    const silent = { open: () => ({}) } as unknown as IDBFactory;
    const outbox = createIndexedDbOutbox({ indexedDB: silent, clock });
    const kept = outbox.keep(idOf(1), unsent("a"));
    await clock.advance(3_000);
    await kept;
    const left = outbox.load(idOf(1));
    await clock.advance(3_000);

    expect(contents(await left)).toEqual(["a"]);
    expect(clock.waiting).toBe(0);
  });
});
