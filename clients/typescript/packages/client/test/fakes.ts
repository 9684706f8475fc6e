/** Second implementations of the ports: all that happens in them is what a test lets happen. */
import { createMemoryStorage, createSessionClient, type ClientOptions } from "../src/index.js";
import type { Clock, Fetch } from "../src/index.js";

export interface FakeClock extends Clock {
  /** Moves on, and calls what is due, in its order. */
  advance(milliseconds: number): Promise<void>;
  /** How many calls are waited for. */
  readonly waiting: number;
}

/** Lets everything that is ready happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}

export function createFakeClock(now = Date.UTC(2026, 10, 21)): FakeClock {
  const due = new Map<symbol, { at: number; call: () => void }>();
  return {
    now: () => now,
    after(milliseconds, call) {
      const key = Symbol("timer");
      due.set(key, { at: now + milliseconds, call });
      return () => void due.delete(key);
    },
    get waiting() {
      return due.size;
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        await settled();
        const next = [...due].filter(([, it]) => it.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
        if (!next) break;
        now = Math.max(now, next[1].at);
        due.delete(next[0]);
        next[1].call();
      }
      now = end;
      await settled();
    },
  };
}

/** A request as the service would see it. */
export interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
  keepalive: boolean;
}

export type Answer = (asked: Asked, signal: AbortSignal) => Response | Promise<Response>;

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers });
}

export function problem(
  status: number,
  code: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Response {
  return json({ code, status, title: code, detail: `${code}!`, ...more }, status, headers);
}

export const unreachable: Answer = () => {
  throw new TypeError("fetch failed");
};

/** Never answers, until the request is given up. */
export const silent: Answer = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** Answers by the given ones, in their order, the last one for ever. */
export function createFakeFetch(...answers: Answer[]): { fetch: Fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, init) => {
    const { pathname, search } = new URL(url, "http://service");
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : init.body;
    const request: Asked = {
      method: init.method ?? "GET",
      path: pathname + search,
      headers: new Headers(init.headers),
      body,
      keepalive: init.keepalive ?? false,
    };
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(request);
    if (!answer || !init.signal) throw new Error("nothing is to be asked");
    return answer(request, init.signal);
  };
  return { fetch, asked };
}

/** Ids 1, 2, 3 … as UUIDs v4. */
export function createFakeIds(): () => string {
  let made = 0;
  return () => `00000000-0000-4000-8000-${String((made += 1)).padStart(12, "0")}`;
}

export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

/** A client whose environment is fake, and what it asked. */
export function clientWith(answers: readonly Answer[], options: Partial<ClientOptions> = {}) {
  const { fetch, asked } = createFakeFetch(...answers);
  const clock = createFakeClock();
  const storage = createMemoryStorage();
  const client = createSessionClient({
    baseUrl: "http://service/",
    getToken: () => "token",
    fetch,
    clock,
    storage,
    ids: createFakeIds(),
    random: () => 0.5,
    ...options,
  });
  return { client, asked, clock, storage };
}
