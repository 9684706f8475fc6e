/** What the rooms of a store share: the session, what is unsent in it, and the state that is shown. */
import type { SessionClient } from "../client.js";
import { ProblemError } from "../problems.js";
import type { Session } from "../schema.js";
import { applyPatch, composePatches, type Json } from "./merge.js";
import { NOTHING_UNSENT, createKeeper, hasFields, isNothing, type Outbox, type Unsent } from "./outbox.js";
import { IDLE, type Reset, type StoreEvent, type StoreState } from "./state.js";
import { withWork, type Work } from "./work.js";

export type Core = ReturnType<typeof createCore>;

export function createCore(client: SessionClient, outbox: Outbox) {
  const keeper = createKeeper(outbox);
  const subscribers = new Set<() => void>();
  const listeners = new Set<(event: StoreEvent) => void>();
  const ends: (() => void)[] = [];
  const leaves: (() => void)[] = [];
  let state: StoreState = IDLE;
  /** Ends with the session that is followed. */
  let life = new AbortController();

  // The same objects as long as nothing of theirs changed, for views that compare.
  const worked = remembering(
    (id: string, mission: Session["mission"], mission_id: string | null, work: readonly Work[]) => {
      const after = work.reduce(withWork, { id, mission, mission_id } as Session);
      return { mission: after.mission, mission_id: after.mission_id };
    },
  );
  const patched = remembering((metadata: Session["session_metadata"], ...patches: (Json | undefined)[]) =>
    patches.reduce<typeof metadata>(
      (before, patch) => (patch && Object.keys(patch).length > 0 ? applyPatch(before, patch) : before),
      metadata,
    ),
  );

  const core = {
    client,
    keeper,
    /** The session as the service last told it; its version is how far changes are applied. */
    server: null as Session | null,
    /** The version at which `server`'s own fields are known: what If-Match says. */
    seen: 0,
    unsent: NOTHING_UNSENT,
    /** The part of `unsent` that is on its way. */
    saving: null as Pick<Unsent, "patch" | "name"> | null,
    /** Patches that were sent since one was saved: the service may have one of them. */
    sent: [] as readonly Json[],
    /** Whether the stream is there. */
    streaming: false,
    /** The session that is being completed here: its end is no surprise. */
    completing: null as string | null,
    /** Whether the person has signed out, and nobody signed in since: there is nothing left to forget. */
    left: false,

    get state() {
      return state;
    },
    get signal() {
      return life.signal;
    },
    subscribe(call: () => void): () => void {
      subscribers.add(call);
      return () => void subscribers.delete(call);
    },
    on(call: (event: StoreEvent) => void): () => void {
      listeners.add(call);
      return () => void listeners.delete(call);
    },

    /** The one place where the state changes. */
    show(change: Partial<StoreState>): void {
      state = {
        ...state,
        ...change,
        session: core.server && shown(core.server),
        unsent: core.unsent.messages,
        work: core.unsent.work ?? IDLE.work,
        unsaved: core.saving !== null || hasFields(core.unsent),
      };
      for (const call of [...subscribers]) safely(call);
    },
    tell(event: StoreEvent): void {
      for (const call of [...listeners]) safely(() => call(event));
    },
    goOffline(problem: ProblemError): void {
      const was = state.status;
      core.show({ status: state.conflict ? "conflict" : "offline", problem });
      if (was !== "offline" && state.status === "offline") core.tell({ type: "offline", problem });
    },

    /** Changes what is unsent: kept, and shown. */
    wait(change: Partial<Unsent>): void {
      core.unsent = { ...core.unsent, ...change };
      core.keep();
      core.show({});
    },
    /** What is on its way is unsent until it was answered. */
    allUnsent(): Unsent {
      const { saving, unsent, server } = core;
      if (saving === null) return unsent;
      const name = unsent.name === undefined ? saving.name : unsent.name;
      const patch = composePatches(saving.patch, unsent.patch, server?.session_metadata);
      return { ...unsent, patch, name };
    },
    keep(): void {
      if (core.server !== null) keeper.keep(core.server.id, core.allUnsent());
    },

    /** Begins with a session, and with what was left unsent in it. */
    begin(session: Session, left: Unsent): void {
      core.end();
      life = new AbortController();
      core.server = session;
      core.seen = session.version;
      core.unsent = left;
    },
    /** Calls at each end of a session: whatever a room has going on ends there. */
    onEnd(call: () => void): void {
      ends.push(call);
    },
    /** Ends what goes on with the session; what is kept stays. */
    end(): void {
      life.abort(new DOMException("The session was left.", "AbortError"));
      for (const call of ends) call();
      core.server = core.saving = null;
      core.sent = [];
      core.unsent = NOTHING_UNSENT;
      core.streaming = false;
    },
    /** The session ended elsewhere: what could not be saved any more is given back. */
    expire(reason: string): void {
      if (core.server === null) return;
      const { id } = core.server;
      if (id === core.completing) return;
      const unsent = core.allUnsent();
      core.end();
      keeper.keep(id, NOTHING_UNSENT);
      if (client.storedId.get() === id) client.storedId.clear();
      const reset: Reset = { reason, sessionId: id, ...(isNothing(unsent) ? {} : { unsent }) };
      core.show({ status: "expired", reset, conflict: null, problem: null });
      core.tell({ type: "expired", reset, unsent });
    },
    forget(): void {
      state = IDLE;
      core.show({});
    },

    /** Calls when another tab has signed out: whatever a room has going on for the person ends. */
    onSignOut(call: () => void): void {
      leaves.push(call);
    },
    /** Asked before anything goes to the service: the person may have signed out while we slept. */
    async isSignedIn(): Promise<boolean> {
      if (!(await keeper.isOver())) return true;
      core.signedOut();
      return false;
    },
    /** By another tab, which has removed what was kept: here, what is in memory goes. */
    signedOut(): void {
      core.drop();
      core.tell({ type: "signed_out" });
    },
    drop(): void {
      const id = core.server?.id;
      // By now another person's may be stored.
      if (id !== undefined && client.storedId.get() === id) client.storedId.clear();
      for (const call of leaves) call();
      core.end();
      void keeper.wipe(true);
      core.left = true;
      core.forget();
    },
  };

  /** The session with what is unsent in it, but for messages, which have no place in it yet. */
  function shown(server: Session): Session {
    const { name, work = IDLE.work } = core.unsent;
    const { id, mission, mission_id, session_metadata } = server;
    return {
      ...server,
      ...worked(id, mission, mission_id, work),
      name: [name, core.saving?.name, server.name].find((each) => each !== undefined) ?? null,
      session_metadata: patched(session_metadata, core.saving?.patch, core.unsent.patch),
    };
  }

  return core;
}

/** The last result again, while what it was made of is the same. */
function remembering<A extends readonly unknown[], R>(make: (...from: A) => R): (...from: A) => R {
  let last: { from: A; made: R } | null = null;
  return (...from) => {
    const known = last?.from;
    if (last === null || from.some((each, place) => each !== known?.[place])) {
      last = { from, made: make(...from) };
    }
    return last.made;
  };
}

/** An app's own failure is the app's: it is reported as one, and what goes on here goes on. */
function safely(call: () => void): void {
  try {
    call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Problems after which there is no such session for this person. */
export function isEnd({ code }: ProblemError): boolean {
  return code === "session_not_found" || code === "session_deleted" || code === "access_ended";
}

/** Problems that time, a network or a sign-in mends. */
export function isPassing({ status }: ProblemError): boolean {
  return status === 0 || status === 401 || status === 429 || status >= 500;
}

export function noSession(): ProblemError {
  return new ProblemError("no_session", "There is no session: sign in first.");
}
