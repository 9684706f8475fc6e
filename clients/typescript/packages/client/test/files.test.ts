import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ProblemError, type Asset, type Upload, type UploadOptions } from "../src/index.js";
import { createMemoryOutbox, createSessionStore, type SessionStore } from "../src/store/index.js";
import { createFakeService, createTab } from "./fake-service.js";
import { settled } from "./fakes.js";

let service: ReturnType<typeof createFakeService>;
let tab: ReturnType<typeof createTab>;
let store: SessionStore;
/** What the client was asked to bring, oldest first. */
let asked: { options: UploadOptions; done: (asset: Asset) => void; fail: (why: unknown) => void; calls: string[] }[];

beforeEach(async () => {
  service = createFakeService();
  tab = createTab(service.fetch);
  asked = [];
  const upload = (_: string, file: Blob & { name?: string }, options: UploadOptions = {}): Upload => {
    const calls: string[] = [];
    const promise = new Promise<Asset>((resolve, reject) => {
      asked.push({ options, done: resolve, fail: reject, calls });
      options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
    });
    expect(file.size).toBe(10);
    const pause = () => calls.push("pause");
    return { id: options.id ?? "", done: promise, pause, resume: () => calls.push("resume"), cancel: () => {} };
  };
  const client = { ...tab.client, assets: { ...tab.client.assets, upload } };
  store = createSessionStore(client, { page: tab.page, outbox: createMemoryOutbox() });
  await store.signIn();
  await settled();
});

afterEach(() => store.stop());

const file = new File(["0123456789"], "notes.txt");
const asset = (id: string) => ({ id, created_at: "2026-11-21T00:00:00Z" }) as Asset;
const offline = new ProblemError("no_answer", "The bytes could not be sent.");

describe("a file on its way", () => {
  test("shows how far it is, and then is one of the session's", async () => {
    const progress: number[] = [];
    const upload = store.upload(file, { onProgress: ({ sent }) => progress.push(sent) });
    await settled();
    asked[0]?.options.onProgress?.({ sent: 4, total: 10 });
    expect(store.getState().uploads).toEqual([
      { id: upload.id, sessionId: service.id, name: "notes.txt", size: 10, sent: 4, paused: false, problem: null },
    ]);
    asked[0]?.done(asset(upload.id));

    expect((await upload.done).id).toBe(upload.id);
    expect(store.getState().uploads).toEqual([]);
    expect(store.getState().session?.assets?.map(({ id }) => id)).toEqual([upload.id]);
    expect([progress, store.uploadOf(upload.id)]).toEqual([[4], undefined]);
  });

  test("waits while it is paused", async () => {
    const { id } = store.upload(file);
    store.uploadOf(id)?.pause();
    await settled();
    expect([store.getState().uploads[0]?.paused, asked[0]?.calls]).toEqual([true, ["pause"]]);
    store.uploadOf(id)?.resume();

    expect([store.getState().uploads[0]?.paused, asked[0]?.calls]).toEqual([false, ["pause", "resume"]]);
  });

  test.each([
    ["the network is back", () => (service.mend(), tab.page.happen("online"))],
    ["some time has gone", () => tab.clock.advance(1_000)],
    ["the person asks", () => store.uploadOf(store.getState().uploads[0]?.id ?? "")?.resume()],
  ])("that lost its line goes on with what is missing once %s", async (_, goOn) => {
    service.cut();
    await settled();
    const upload = store.upload(file);
    await settled();
    asked[0]?.fail(offline);
    await settled();
    expect([asked.length, store.getState().uploads[0]?.problem]).toEqual([1, offline]);
    await goOn();
    await settled();

    expect(asked.map(({ options }) => options.id)).toEqual([upload.id, upload.id]);
    expect(store.getState().uploads[0]?.problem).toBeNull();
    asked[1]?.done(asset(upload.id));
    await upload.done;
  });

  test("that is refused says why, until it is taken away", async () => {
    const refused = new ProblemError("payload_too_large", "too large", { status: 413 });
    const upload = store.upload(file);
    await settled();
    asked[0]?.fail(refused);
    await expect(upload.done).rejects.toBe(refused);
    expect(store.getState().uploads[0]?.problem).toBe(refused);
    store.uploadOf(upload.id)?.cancel();

    expect([store.getState().uploads, asked.length]).toEqual([[], 1]);
  });

  test.each(["cancel", "signal", "stop"])("ends by %s, also while it waits", async (how) => {
    const app = new AbortController();
    const uploads = [store.upload(file, { signal: app.signal }), store.upload(file, { signal: app.signal })];
    await settled();
    asked[0]?.fail(offline);
    await settled();
    if (how === "cancel") uploads.forEach((upload) => upload.cancel());
    else if (how === "signal") app.abort();
    else store.stop();

    for (const { done } of uploads) await expect(done).rejects.toMatchObject({ name: "AbortError" });
    expect(store.getState().uploads).toEqual([]);
    store.stop();
    await settled();
    expect(tab.clock.waiting).toBe(0);
  });
});
