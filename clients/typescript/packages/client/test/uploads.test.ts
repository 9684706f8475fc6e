import { describe, expect, test } from "vitest";
import { clientWith, idOf, json, problem, settled, type Asked } from "./fakes.js";
import type { SendBytes } from "../src/index.js";

/** A store and the service's side of it; parts of 4 bytes for what is longer. */
function createFakeStore({ partSize = 4, failures = 0 } = {}) {
  const parts = new Map<number, string>();
  let whole: string | null = null;
  let size = 0;
  let open: (() => void) | null = null;
  let held = false;
  const sent: string[] = [];

  function answer({ path, body, method }: Asked): Response {
    if (path.endsWith("/assets") && method === "POST") {
      size = (body as { size: number }).size;
      const cut = size > partSize ? { size: partSize, count: Math.ceil(size / partSize) } : null;
      const upload = { method: "PUT", url: "store:", headers: { a: "b" }, fields: null, parts: cut };
      return json({ asset: { id: (body as { id: string }).id, status: "pending" }, upload }, 201);
    }
    if (path.endsWith("/parts")) {
      const { numbers } = body as { numbers: number[] };
      return json({
        parts: numbers.map((number) => {
          const offset = (number - 1) * partSize;
          const length = Math.min(partSize, size - offset);
          return { number, offset, size: length, method: "PUT", url: `store:${number}`, headers: {} };
        }),
        received: [...parts].map(([number, text]) => ({ number, size: text.length })),
      });
    }
    const text = whole ?? [...parts].sort(([a], [b]) => a - b).map(([, part]) => part).join("");
    if (text.length !== size) return problem(409, "upload_incomplete");
    return json({ id: idOf(1), status: "ready", size });
  }

  const sendBytes: SendBytes = async (url, { body, signal, progress }) => {
    sent.push(url);
    const text = await (body as Blob).text();
    if (held) {
      await new Promise<void>((resolve, reject) => {
        open = resolve;
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    }
    signal.throwIfAborted();
    if (failures > 0) {
      failures -= 1;
      return { status: 403 };
    }
    progress(text.length);
    const number = Number(url.slice("store:".length));
    if (number > 0) parts.set(number, text);
    else whole = text;
    return { status: 200 };
  };
  return {
    answer,
    sendBytes,
    sent,
    text: () => whole ?? [...parts].sort(([a], [b]) => a - b).map(([, part]) => part).join(""),
    hold: () => void (held = true),
    letGo: () => {
      held = false;
      open?.();
    },
  };
}

const file = (text: string) => new File([text], "notes.txt", { type: "text/plain" });

describe("an upload", () => {
  test("of a small file is announced, sent where the ticket says, and completed", async () => {
    const store = createFakeStore();
    const { client, asked } = clientWith([store.answer], { sendBytes: store.sendBytes });
    const seen: number[] = [];

    const upload = client.assets.upload(idOf(9), file("abc"), {
      onProgress: ({ sent }) => seen.push(sent),
    });

    expect(await upload.done).toMatchObject({ status: "ready", size: 3 });
    expect(upload.id).toBe(idOf(1));
    expect(asked[0]?.body).toEqual({
      id: idOf(1),
      name: "notes.txt",
      content_type: "text/plain",
      size: 3,
    });
    expect(seen.at(-1)).toBe(3);
    expect(store.text()).toBe("abc");
  });

  test("of a large file goes in parts and tells how far it is", async () => {
    const store = createFakeStore();
    const { client } = clientWith([store.answer], { sendBytes: store.sendBytes });
    const seen: number[] = [];

    await client.assets.upload(idOf(9), file("abcdefghij"), {
      onProgress: ({ sent }) => seen.push(sent),
    }).done;

    expect(store.text()).toBe("abcdefghij");
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect([seen[0], seen.at(-1)]).toEqual([0, 10]);
  });

  test("that is paused sends nothing, and goes on with what is missing", async () => {
    const store = createFakeStore();
    const { client } = clientWith([store.answer], { sendBytes: store.sendBytes });
    store.hold();
    const upload = client.assets.upload(idOf(9), file("abcdefghij"), { parallel: 1 });
    await settled();
    upload.pause();
    await settled();
    const before = store.sent.length;
    store.letGo();
    await settled();
    expect(store.sent).toHaveLength(before);

    upload.resume();
    await upload.done;
    expect(store.text()).toBe("abcdefghij");
  });

  test("that was left goes on by its id, without what has arrived", async () => {
    const store = createFakeStore();
    const { client } = clientWith([store.answer], { sendBytes: store.sendBytes });
    await store.sendBytes("store:1", {
      method: "PUT",
      headers: {},
      body: new Blob(["abcd"]),
      signal: new AbortController().signal,
      progress: () => {},
    });
    store.sent.length = 0;

    await client.assets.upload(idOf(9), file("abcdefghij"), { id: idOf(1) }).done;

    expect(store.sent.sort()).toEqual(["store:2", "store:3"]);
  });

  test("gets a new ticket where the store refuses the old one", async () => {
    const store = createFakeStore({ failures: 2 });
    const { client, asked, clock } = clientWith([store.answer], { sendBytes: store.sendBytes });

    const upload = client.assets.upload(idOf(9), file("abc"));
    await clock.advance(10_000);

    await upload.done;
    expect(asked.filter(({ path }) => path.endsWith("/assets"))).toHaveLength(3);
  });

  test("is given up after five refusals", async () => {
    const store = createFakeStore({ failures: 99 });
    const { client, clock } = clientWith([store.answer], { sendBytes: store.sendBytes });

    const done = client.assets.upload(idOf(9), file("abc")).done.catch((error: unknown) => error);
    await clock.advance(60_000);

    expect(await done).toMatchObject({ code: "upload_refused", status: 403 });
    expect(store.sent).toHaveLength(5);
  });

  test("is not tried again where the service says no", async () => {
    const { client, asked } = clientWith([() => problem(409, "quota_exceeded")]);

    await expect(client.assets.upload(idOf(9), file("abc")).done).rejects.toMatchObject({
      code: "quota_exceeded",
    });
    expect(asked).toHaveLength(1);
  });

  test("ends with the reason it was cancelled for, paused or not", async () => {
    for (const pause of [true, false]) {
      const store = createFakeStore();
      const { client } = clientWith([store.answer], { sendBytes: store.sendBytes });
      store.hold();
      const stop = new AbortController();
      const upload = client.assets.upload(idOf(9), file("abc"), { signal: stop.signal });
      await settled();
      if (pause) upload.pause();
      const reason = new Error("left");
      stop.abort(reason);

      await expect(upload.done).rejects.toBe(reason);
    }
  });
});

test("an upload in one call is a form, and its repeat is safe", async () => {
  const { client, asked } = clientWith([() => json({ id: idOf(1), status: "ready" }, 201)]);

  await client.assets.uploadInOneCall(idOf(9), file("abc"), { hop_id: idOf(3) });

  expect(asked[0]?.headers.get("Idempotency-Key")).toBe(idOf(1));
  expect(asked[0]?.headers.has("Content-Type")).toBe(false);
  const form = asked[0]?.body as FormData;
  expect([...form.keys()]).toEqual(["hop_id", "file"]);
});
