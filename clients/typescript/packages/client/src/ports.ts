/**
 * Everything of the environment that this client touches. Each has a default for browsers and
 * Node.js; an app or a test may bring its own. Nothing is looked at before it is used, so that a
 * module can be loaded anywhere.
 */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls once after so many milliseconds; what it returns calls it off. */
  after(milliseconds: number, call: () => void): () => void;
}

/** Where few small texts are kept, as `localStorage` does. Any of them may throw. */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Sends a file's bytes with progress. It resolves to the status, and rejects without an answer. */
export type SendBytes = (
  url: string,
  request: {
    method: string;
    headers: Readonly<Record<string, string>>;
    body: Blob | FormData;
    signal: AbortSignal;
    /** Told how many bytes of the body have left. May never be called. */
    progress: (sent: number) => void;
  },
) => Promise<{ status: number }>;

export interface Ports {
  fetch: Fetch;
  sendBytes: SendBytes;
  storage: KeyValueStorage;
  clock: Clock;
  /** A new UUID v4 or v7. */
  ids: () => string;
  /** From 0 up to 1, for jitter alone. */
  random: () => number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** The ports of this environment, where `given` brings no other. */
export function portsFrom(given: Partial<Ports>): Ports {
  const fetch: Fetch = given.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    fetch,
    sendBytes: given.sendBytes ?? sendBytesWith(fetch),
    storage: given.storage ?? browserStorage,
    clock: given.clock ?? systemClock,
    ids: given.ids ?? makeUuid,
    random: given.random ?? Math.random,
  };
}

/** A UUID v4. Unlike `crypto.randomUUID`, pages without TLS have it too. */
export function makeUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Storage that forgets with the page. */
export function createMemoryStorage(): KeyValueStorage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** Looked at only when it is used: where a browser blocks it, or where there is none, each throws. */
const browserStorage: KeyValueStorage = {
  getItem: (key) => localStorage.getItem(key),
  setItem: (key, value) => localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
};

function sendBytesWith(fetch: Fetch): SendBytes {
  return (url, { method, headers, body, signal, progress }) => {
    // fetch tells nothing of what it has sent.
    if (typeof XMLHttpRequest === "undefined") {
      return fetch(url, { method, headers, body, signal });
    }
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const abort = () => request.abort();
      request.open(method, url);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => progress(event.loaded);
      request.onload = () => resolve({ status: request.status });
      request.onerror = () => reject(new TypeError("The bytes could not be sent."));
      request.onabort = () => reject(signal.reason);
      request.onloadend = () => signal.removeEventListener("abort", abort);
      signal.addEventListener("abort", abort);
      if (signal.aborted) reject(signal.reason);
      else request.send(body);
    });
  };
}
