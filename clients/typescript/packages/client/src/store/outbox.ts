import type { MessageCreate } from "../schema.js";
import type { Json } from "./merge.js";

/** What a person has done in a session and the service has not confirmed. */
export interface Unsent {
  /** With their ids, in the order in which they were said. */
  readonly messages: readonly (MessageCreate & { id: string })[];
  readonly patch: Json;
  /** A new name; undefined where it stays. */
  readonly name?: string | null | undefined;
}

export const NOTHING_UNSENT: Unsent = { messages: [], patch: {} };

export function isNothing({ messages, patch, name }: Unsent): boolean {
  return messages.length === 0 && Object.keys(patch).length === 0 && name === undefined;
}

/**
 * Keeps what is unsent over reloads and crashes, one thing for each session. What can't be kept is
 * kept in memory at least; none of its methods rejects.
 */
export interface Outbox {
  /** What was left in a session, by tabs that are gone too. */
  load(sessionId: string): Promise<Unsent>;
  /** In the place of what was kept of that session; nothing unsent removes it. */
  keep(sessionId: string, unsent: Unsent): Promise<void>;
  /** Removes everything, of every session. */
  wipe(): Promise<void>;
  /** Whether what was kept last outlives the page. */
  readonly lasting: boolean;
}

/** An outbox that is gone with the page. */
export function createMemoryOutbox(): Outbox {
  const kept = new Map<string, Unsent>();
  return {
    lasting: false,
    load: async (id) => kept.get(id) ?? NOTHING_UNSENT,
    keep: async (id, unsent) => void (isNothing(unsent) ? kept.delete(id) : kept.set(id, unsent)),
    wipe: async () => kept.clear(),
  };
}
