/**
 * Into the session: the one that an invitation leads to, that of somebody else where this browser was
 * last, else one's own. Recovery answers only one's own, so that the shared one is asked for by its id.
 */
import { ProblemError, isProblem, type KeyValueStorage, type SessionClient } from "@session-api/client";
import type { SessionStore } from "@session-api/client/store";

export interface Entrance {
  /** Goes in; what it returns leaves again, and forgets nothing. */
  enter(invitation: string | null, tell: (problem: ProblemError) => void): () => void;
  /** Who signs out leaves no trace of whom they visited. */
  forget(): void;
}

const KEY = "session-api-demo:v1:shared";

export function createEntrance(parts: {
  client: SessionClient;
  store: SessionStore;
  storage: KeyValueStorage;
}): Entrance {
  const { client, store, storage } = parts;

  function remember(): void {
    const { session } = store.getState();
    if (session === null) return;
    if (session.access === "owner") storage.removeItem(KEY);
    else storage.setItem(KEY, session.id);
  }

  async function goIn(invitation: string | null, signal: AbortSignal): Promise<void> {
    let shared = storage.getItem(KEY);
    if (shared !== client.storedId.get()) shared = null;
    if (invitation !== null) shared = (await client.sharing.join(invitation, { signal })).id;
    if (shared === null || signal.aborted) return;
    const { session, status } = await store.switchTo(shared);
    // It is not shared any more: then there is nothing to come back to.
    if (session === null && status === "idle" && !signal.aborted) {
      client.storedId.clear();
      storage.removeItem(KEY);
    }
  }

  return {
    forget: () => storage.removeItem(KEY),
    enter(invitation, tell) {
      const stay = new AbortController();
      const { signal } = stay;
      const end = store.subscribe(remember);
      void goIn(invitation, signal)
        .catch((error: unknown) => {
          if (!signal.aborted && isProblem(error)) tell(error);
        })
        .then(() => {
          if (!signal.aborted && store.getState().status === "idle") return store.signIn();
          return undefined;
        });
      return () => {
        stay.abort(new DOMException("The page went.", "AbortError"));
        end();
        store.stop();
      };
    },
  };
}
