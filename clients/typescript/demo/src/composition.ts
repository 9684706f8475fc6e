/** The parts of a signed-in page, made and connected in one place. Nothing starts here. */
import {
  createMemoryStorage,
  createSessionClient,
  type KeyValueStorage,
  type SessionClient,
} from "@session-api/client";
import { createSessionStore, createSharedEvents, type SessionStore } from "@session-api/client/store";
import { createAgent, type Agent } from "./agent/agent.js";
import type { Identities, Identity } from "./identity/identity.js";
import { createLine, type Line } from "./line.js";
import { createEntrance, type Entrance } from "./people/entrance.js";

export interface Parts {
  readonly identity: Identity;
  readonly client: SessionClient;
  /** Another program of the same person's: the switch of this tab does not reach it. */
  readonly elsewhere: SessionClient;
  readonly store: SessionStore;
  readonly agent: Agent;
  readonly line: Line;
  readonly entrance: Entrance;
}

export interface PartsOptions {
  identities: Identities;
  identity: Identity;
  storage: KeyValueStorage;
  /** How many times faster than a person likes to watch the agent works; tests are in a hurry. */
  pace: number;
}

export function createParts({ identities, identity, storage, pace }: PartsOptions): Parts {
  const line = createLine();
  const getToken = identities.getToken(() => elsewhere);
  const elsewhere: SessionClient = createSessionClient({
    baseUrl: "",
    getToken,
    storage: createMemoryStorage(), // what it does must not move this browser to another session
  });
  const client = createSessionClient({
    baseUrl: "",
    getToken,
    storage,
    fetch: line.fetch,
    sendBytes: line.guard(elsewhere.ports.sendBytes),
  });
  const { person } = identity;
  const channel = line.channel(`session-api:v1:${person}`);
  const store = createSessionStore(client, {
    page: line.page,
    events: createSharedEvents(client, { person, channel }),
  });
  return {
    identity,
    client,
    elsewhere,
    store,
    agent: createAgent({ client: elsewhere, store, storage: sessionStorageIfAny(storage), pace }),
    line,
    entrance: createEntrance({ client, store, storage }),
  };
}

/** What is kept for this tab alone. */
function sessionStorageIfAny(otherwise: KeyValueStorage): KeyValueStorage {
  try {
    return globalThis.sessionStorage;
  } catch {
    return otherwise;
  }
}
