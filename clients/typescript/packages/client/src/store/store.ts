import type { SessionClient } from "../client.js";
import { ProblemError } from "../problems.js";
import { resolveConflict } from "./conflicts.js";
import type { SessionStore, StoreOptions } from "./contract.js";
import { createCore, noSession } from "./core.js";
import { createEntry } from "./entry.js";
import { createFiles } from "./files.js";
import { createIndexedDbOutbox } from "./indexed-db.js";
import { createLive } from "./live.js";
import { applyPatch, composePatches } from "./merge.js";
import { createMissionWork } from "./mission.js";
import { createBrowserPage } from "./page.js";
import { createSending } from "./sending.js";
import { createOwnChannel, createSigning } from "./signing.js";

const TOUCH_EVERY = 30_000;
const MOST = 500;
/** In characters of JSON, all that waits together. */
const MOST_TEXT = 5_000_000;
/** A farewell that takes longer is left to itself. */
const FAREWELL = 5_000;

/** The current session of this tab. Nothing happens before it is told to sign in. */
export function createSessionStore(client: SessionClient, options: StoreOptions = {}): SessionStore {
  const { clock, ids } = client.ports;
  const { most = MOST, touchEvery = TOUCH_EVERY } = options;
  const core = createCore(client, options.outbox ?? createIndexedDbOutbox({ clock }));
  const sending = createSending(core, options);
  const live = createLive(core, sending, options.events ?? client.events);
  const { page = createBrowserPage(), channel = createOwnChannel() } = options;
  const signing = createSigning(core, channel, page);
  const { enter, leave } = createEntry(core, sending, live, page, signing);
  const files = createFiles(core);
  /** The length of what waits, by its object. */
  const lengths = new WeakMap<object, number>();
  let touchedAt = -Infinity;

  function lengthOf(thing: object): number {
    const known = lengths.get(thing) ?? JSON.stringify(thing).length;
    lengths.set(thing, known);
    return known;
  }

  /** Takes one more thing into the queue, or throws. */
  function queue<T extends object>(thing: T): T {
    if (core.server === null) throw noSession();
    const waiting = [...core.unsent.messages, ...(core.unsent.work ?? [])];
    const length = waiting.reduce((sum, each) => sum + lengthOf(each), lengthOf(thing));
    if (waiting.length >= most || length > MOST_TEXT) {
      const message = `${waiting.length} messages wait to be sent, changes of the mission among them.`;
      throw new ProblemError("outbox_full", message);
    }
    return thing;
  }

  return {
    client,
    getState: () => core.state,
    subscribe: core.subscribe,
    on: core.on,
    signIn: (body) => enter((signal) => client.initializeSession(body, { signal }), 0, true),
    switchTo: (id) => enter((signal) => client.switchToSession(id, { signal })),
    begin(body = {}) {
      const id = ids(); // of one session, however often it is asked for
      return enter(async (signal) => {
        await client.createSession({ ...body, id }, { signal });
        // A new session is answered without its parts.
        const session = await client.getSession(id, { signal });
        return { outcome: "created", reset: null, session };
      });
    },
    takeOver(code) {
      const key = ids(); // asked again, it is the same use of the code
      return enter((signal) => client.handoff.exchange(code, { key, signal }));
    },
    async complete() {
      const id = core.server?.id;
      if (id === undefined) throw noSession();
      await sending.saveNow();
      core.completing = id;
      try {
        await client.completeSession(id);
        if (core.server?.id !== id) return;
        core.end();
        core.show({ status: "idle", conflict: null });
      } finally {
        core.completing = null;
      }
    },
    async loadOlder(limit = 50) {
      const { signal, server } = core;
      const before = server?.chat?.next_before;
      if (server === null || before === null || before === undefined) return;
      core.show({ loadingOlder: true });
      try {
        const page = await client.chat.list(server.id, { before, limit }, { signal });
        const chat = core.server?.chat;
        // Asked for twice at once, the page is there once.
        if (signal.aborted || core.server === null || !chat || chat.next_before !== before) return;
        const { has_more, next_before } = page;
        const messages = [...page.items, ...chat.messages];
        core.server = { ...core.server, chat: { ...chat, messages, has_more, next_before } };
      } finally {
        core.show({ loadingOlder: false });
      }
    },
    dismiss: () => core.show({ reset: null }),
    async signOut({ complete = false } = {}) {
      // Apps may sign out when they are told that somebody did, who is not to be another person.
      if (core.left || !(await core.isSignedIn())) return;
      const id = core.server?.id;
      const farewell = new AbortController();
      const cancel = clock.after(FAREWELL, () => farewell.abort());
      try {
        if (id !== undefined && core.state.status === "live") {
          await Promise.race([sending.saveNow(), aborted(farewell.signal)]);
        }
        files.cancel();
        leave();
        client.storedId.clear();
        core.left = true;
        core.forget();
        await core.keeper.wipe();
        if (id !== undefined && complete) {
          await client.completeSession(id, { signal: farewell.signal }).catch(() => {});
        }
      } finally {
        cancel();
        signing.tell();
        core.tell({ type: "signed_out" });
      }
    },
    stop() {
      core.keep();
      files.cancel();
      leave();
      core.show({ status: "idle", conflict: null });
    },
    setMetadata(patch, { important = false } = {}) {
      const { server, saving, unsent } = core;
      if (server === null) throw noSession();
      const base = applyPatch(server.session_metadata, saving?.patch ?? {});
      core.wait({ patch: composePatches(unsent.patch, patch, base) });
      if (important) void sending.saveNow();
      else sending.saveSoon();
    },
    rename(name) {
      if (core.server === null) throw noSession();
      core.wait({ name });
      sending.saveSoon();
    },
    say(message) {
      const whole = queue({ ...message, id: message.id ?? ids() });
      core.wait({ messages: [...core.unsent.messages, whole] });
      void sending.pump();
      return whole.id;
    },
    mission: createMissionWork(core, (deed) => {
      const behind = core.unsent.messages.at(-1)?.id ?? null;
      const at = new Date(clock.now()).toISOString();
      const whole = queue({ ...deed, id: ids(), at, behind });
      core.wait({ work: [...(core.unsent.work ?? []), whole] });
      void sending.pump();
    }),
    upload: files.upload,
    uploadOf: files.of,
    save: sending.saveNow,
    touch() {
      const now = clock.now();
      if (core.server === null || now - touchedAt < touchEvery) return;
      touchedAt = now;
      client.updateSessionActivity(core.server.id, { signal: core.signal }).catch(() => {});
    },
    resolve(whose) {
      if (resolveConflict(core, whose)) void sending.saveNow();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
