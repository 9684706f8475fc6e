import { createMemoryStorage } from "@session-api/client";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { accountOf, createIdentities, type Identity } from "../src/identity/identity.js";
import { createLine } from "../src/line.js";
import { agoOf, sizeOf } from "../src/times.js";

const encoded = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString("base64url");
const ann: Identity = { kind: "account", person: "ann", token: "a.b.c" };
const KEY = "session-api-demo:v1:identity";

describe("who is signed in", () => {
  let storage: ReturnType<typeof createMemoryStorage>;
  beforeEach(() => {
    storage = createMemoryStorage();
    vi.stubGlobal("window", new EventTarget());
    return () => vi.unstubAllGlobals();
  });

  test("is kept, and told to all tabs", () => {
    createIdentities(storage).set(ann);
    const other = createIdentities(storage);
    expect(other.get()).toEqual(ann);
    const told = vi.fn();
    other.subscribe(told);
    storage.removeItem(KEY);
    window.dispatchEvent(Object.assign(new Event("storage"), { key: KEY }));
    expect([other.get(), told.mock.calls.length]).toEqual([null, 1]);
  });

  test.each(["", "{", "null", "[]", '{"kind":"guest"}', '{"kind":"root","person":"a","token":"b"}'])(
    "is nobody where %j is kept",
    (kept) => {
      storage.setItem(KEY, kept);
      expect(createIdentities(storage).get()).toBeNull();
    },
  );

  test("is the same person with a newer token, and the page is not told", async () => {
    const identities = createIdentities(storage);
    identities.set({ kind: "guest", person: "guest:1", token: "old" });
    const told = vi.fn();
    identities.subscribe(told);
    const begin = vi.fn(async () => ({ token: "new", user_id: "guest:1" }));
    const getToken = identities.getToken(() => ({ guests: { begin } }) as never);
    expect(await getToken({ refresh: false })).toBe("old");
    expect(await getToken({ refresh: true })).toBe("new");
    expect([begin.mock.calls, told.mock.calls.length]).toEqual([[["old"]], 0]);
    expect(createIdentities(storage).get()?.token).toBe("new");
  });

  test("is read from the token", () => {
    expect(accountOf(`x.${encoded({ sub: "Zoë" })}.y`)?.person).toBe("Zoë");
    for (const bad of ["", "x", "x.y.z", `x.${encoded([])}.z`, `x.${encoded({})}.z`]) {
      expect(accountOf(bad)).toBeNull();
    }
  });
});

describe("the offline switch", () => {
  test("ends what is under way as a broken line does, and mends", async () => {
    const line = createLine();
    vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
      return new Promise((_, reject) => {
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      });
    });
    const own = new AbortController();
    const asked = line.fetch("/", { signal: own.signal });
    line.cut(true);
    await expect(asked).rejects.toBeInstanceOf(TypeError);
    expect(own.signal.aborted).toBe(false);
    await expect(line.fetch("/", {})).rejects.toBeInstanceOf(TypeError);

    line.cut(false);
    vi.stubGlobal("fetch", async () => "answered");
    expect(await line.fetch("/", {})).toBe("answered");
    vi.unstubAllGlobals();
  });

  test("has the store look at once, both ways", () => {
    const line = createLine();
    const heard: string[] = [];
    const end = line.page.listen((event) => heard.push(event));
    line.cut(true);
    line.cut(true);
    line.cut(false);
    end();
    line.cut(true);
    expect(heard).toEqual(["visible", "online"]);
  });
});

test("sizes and times are said as people say them", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  expect([0, 999, 1000, 81_400, 3_400_000].map(sizeOf)).toEqual([
    ...["0 bytes", "999 bytes", "1.0 kB", "81 kB", "3.4 MB"],
  ]);
  expect(agoOf("2026-11-21T11:59:30Z", now)).toBe("just now");
  expect(agoOf("2026-11-21T09:10:00Z", now)).toBe("2 hours ago");
  expect(agoOf("2026-11-20T11:00:00Z", now)).toBe("yesterday");
});
