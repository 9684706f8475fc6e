/** Ids as clients make and keep them. */
import type { KeyValueStorage } from "./ports.js";

export { makeUuid } from "./ports.js";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether it is a UUID v4 in lower case, as `makeUuid` makes them. */
export function isUuidV4(value: unknown): value is string {
  const parts = typeof value === "string" ? UUID.exec(value) : null;
  return parts !== null && parts[1] === "4" && /[89ab]/.test(parts[2] ?? "");
}

/** Whether it is an id that the service could have given: v4 or v7, in lower case. */
export function isSessionId(value: unknown): value is string {
  const parts = typeof value === "string" ? UUID.exec(value) : null;
  return parts !== null && /[47]/.test(parts[1] ?? "") && /[89ab]/.test(parts[2] ?? "");
}

/** The id of the session that this browser was in. It grants nothing to whoever reads it. */
export interface StoredId {
  /** Null where none is kept, or what is kept is no id of ours. */
  get(): string | null;
  set(id: string): void;
  clear(): void;
  /** Whether the storage took the last id; else it is kept for as long as the page. */
  readonly lasting: boolean;
}

/** The version of what is stored; another one is another key, so that none is misread. */
const VERSION = 1;

/** Keeps the id under `<namespace>:v1:session`; in memory where the storage is blocked or full. */
export function createStoredId(storage: KeyValueStorage, namespace = "session-api"): StoredId {
  const key = `${namespace}:v${VERSION}:session`;
  let memory: string | null = null;
  let lasting = true;
  return {
    get lasting() {
      return lasting;
    },
    get() {
      if (memory !== null) return memory;
      try {
        const kept = storage.getItem(key);
        return isSessionId(kept) ? kept : null;
      } catch {
        return null;
      }
    },
    set(id) {
      try {
        storage.setItem(key, id);
        memory = null;
        lasting = true;
      } catch {
        memory = id;
        lasting = false;
      }
    },
    clear() {
      memory = null;
      try {
        storage.removeItem(key);
      } catch {
        // What can't be reached can't be read either.
      }
    },
  };
}
