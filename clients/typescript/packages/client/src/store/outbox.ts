import type { MessageCreate } from "../schema.js";
import type { Json } from "./merge.js";
import type { Work } from "./work.js";

/** What a person has done in a session and the service has not confirmed. */
export interface Unsent {
  /** With their ids, in the order in which they were said. */
  readonly messages: readonly (MessageCreate & { id: string })[];
  /** What was done on the mission, in its order; each knows behind which message. */
  readonly work?: readonly Work[] | undefined;
  readonly patch: Json;
  /** A new name; undefined where it stays. */
  readonly name?: string | null | undefined;
}

export const NOTHING_UNSENT: Unsent = { messages: [], patch: {} };

export function isNothing(unsent: Unsent): boolean {
  return unsent.messages.length === 0 && !unsent.work?.length && !hasFields(unsent);
}

/** Whether metadata or the name are in it. */
export function hasFields({ patch, name }: Pick<Unsent, "patch" | "name">): boolean {
  return name !== undefined || Object.keys(patch).length > 0;
}

/**
 * Keeps what is unsent over reloads and crashes, one thing for each session. What can't be kept is
 * kept in memory at least; none of its methods rejects.
 */
export interface Outbox {
  /** What was left in a session, by tabs that are gone too. */
  load(sessionId: string): Promise<Unsent>;
  /**
   * In the place of what was kept of that session; nothing unsent removes it. With a `mark` that is
   * no longer the present one, it is dropped.
   */
  keep(sessionId: string, unsent: Unsent, mark?: string | null): Promise<void>;
  /** Removes everything, of every session; `here`, only what other tabs can't have removed. */
  wipe(here?: boolean): Promise<void>;
  /** Another one after each `wipe` by any tab; null where tabs have nothing in common. */
  mark(): Promise<string | null>;
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
    mark: async () => null,
  };
}

/** Writes to an outbox one after the other, and leaves out what a later one replaces anyway. */
export function createKeeper(outbox: Outbox) {
  const waiting = new Map<string, Unsent>();
  let busy: Promise<void> | null = null;
  /** As it was when the person signed in. */
  let mark: string | null = null;

  async function write(): Promise<void> {
    try {
      for (const [id, unsent] of waiting) {
        waiting.delete(id);
        await outbox.keep(id, unsent, mark);
      }
    } finally {
      busy = null;
    }
  }

  return {
    keep(sessionId: string, unsent: Unsent): void {
      waiting.set(sessionId, unsent);
      busy ??= write();
    },
    /** What was left in a session, once all is written that was to be. */
    async load(sessionId: string): Promise<Unsent> {
      await busy;
      return outbox.load(sessionId);
    },
    async begin(): Promise<void> {
      mark = await outbox.mark();
    },
    /** Whether the person has signed out since, in any tab; `unknown` where that can't be told. */
    async isOver(unknown = false): Promise<boolean> {
      const since = mark;
      const now = since === null ? null : await outbox.mark();
      if (mark !== since) return false; // found meanwhile
      return now === null ? unknown : now !== since;
    },
    async wipe(here = false): Promise<void> {
      mark = null;
      waiting.clear();
      await busy;
      await outbox.wipe(here);
    },
  };
}
