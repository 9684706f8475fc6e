/** Who is signed in, in all tabs of this browser. */
import {
  createMemoryStorage,
  isProblem,
  type GetToken,
  type GuestToken,
  type KeyValueStorage,
  type SessionClient,
} from "@session-api/client";

export interface Identity {
  readonly kind: "guest" | "account";
  /** The `sub` of the token. */
  readonly person: string;
  readonly token: string;
}

export interface Identities {
  /** The same object until another signs in, or nobody is. */
  get(): Identity | null;
  subscribe(call: () => void): () => void;
  set(identity: Identity | null): void;
  /** For a client: a guest's token is renewed when it ran out, an account's can't be here. */
  getToken(renew: () => SessionClient): GetToken;
}

const KEY = "session-api-demo:v1:identity";

export function createIdentities(storage: KeyValueStorage): Identities {
  const subscribers = new Set<() => void>();
  let kept = read(storage.getItem(KEY));

  function adopt(identity: Identity | null): void {
    const isSame = identity?.person === kept?.person && identity?.token === kept?.token;
    if (isSame) return;
    // A fresh token of the same person is no news to the page: it stays the same person's.
    const isNews = identity?.person !== kept?.person;
    kept = identity;
    if (isNews) for (const call of [...subscribers]) call();
  }

  window.addEventListener("storage", ({ key }) => {
    if (key === KEY || key === null) adopt(read(storage.getItem(KEY)));
  });

  function set(identity: Identity | null): void {
    if (identity) storage.setItem(KEY, JSON.stringify(identity));
    else storage.removeItem(KEY);
    adopt(identity);
  }

  return {
    get: () => kept,
    subscribe(call) {
      subscribers.add(call);
      return () => void subscribers.delete(call);
    },
    set,
    getToken: (renew) => async ({ refresh }) => {
      if (!refresh || kept?.kind !== "guest") return kept?.token ?? null;
      try {
        set(guestOf(await renew().guests.begin(kept.token)));
      } catch (error) {
        if (!isProblem(error) || error.status === 0 || error.status >= 500) throw error;
      }
      return kept.token;
    },
  };
}

export function guestOf({ token, user_id }: GuestToken): Identity {
  return { kind: "guest", person: user_id, token };
}

/** Whose token it is, as it says itself; the service is who checks it. Null where it says nothing. */
export function accountOf(token: string): Identity | null {
  const payload = token.split(".")[1];
  if (payload === undefined) return null;
  try {
    const text = atob(payload.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof claims !== "object" || claims === null || !("sub" in claims)) return null;
    return { kind: "account", person: String(claims.sub), token };
  } catch {
    return null;
  }
}

function read(text: string | null): Identity | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    if (typeof value !== "object" || value === null) return null;
    const { kind, person, token } = value as Record<string, unknown>;
    const isWhole = (kind === "guest" || kind === "account") && typeof person === "string";
    return isWhole && typeof token === "string" ? { kind, person, token } : null;
  } catch {
    return null;
  }
}

/** That of the browser; where it is blocked, one that lasts as long as the page. */
export function storageOfBrowser(): KeyValueStorage {
  try {
    localStorage.getItem(KEY);
    return localStorage;
  } catch {
    return createMemoryStorage();
  }
}
