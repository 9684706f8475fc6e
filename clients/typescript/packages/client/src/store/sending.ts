/** What is unsent goes to the service: in its order, one thing after the other, until confirmed. */
import { asProblem } from "../http.js";
import { ProblemError, isProblem } from "../problems.js";
import type { MessageCreate } from "../schema.js";
import { adopt } from "./conflicts.js";
import type { StoreOptions } from "./contract.js";
import { withMessages } from "./copy.js";
import { isEnd, isPassing, type Core } from "./core.js";
import { isSame, type Json } from "./merge.js";
import { hasFields, isNothing, type Unsent } from "./outbox.js";
import { sendWork, type Work } from "./work.js";

const SAVE_EVERY = 30_000;
const LONGEST_PAUSE = 60_000;
/** How many patches without an answer are remembered: days offline must not fill the memory. */
const MOST_SENT = 20;
/** In characters: at most 60 of the 64 KiB that a browser lets outlive its pages. */
const LAST_WORDS = 20_000;

type Message = MessageCreate & { id: string };

export type Sending = ReturnType<typeof createSending>;

/** Milliseconds before the next attempt after so many: half of them chance, so that not all come at once. */
export function pauseAfter(failures: number, random: () => number): number {
  return Math.min(LONGEST_PAUSE, 1_000 * 2 ** failures) * (0.5 + random() / 2);
}

export function createSending(core: Core, options: StoreOptions) {
  const { client } = core;
  const { clock, random } = client.ports;
  let pumping: Promise<void> | null = null;
  let again = false;
  /** Whether fields are to be saved now. */
  let due = false;
  let failures = 0;
  let cancelSave: (() => void) | null = null;
  let cancelRetry: (() => void) | null = null;

  core.onEnd(() => {
    cancelSave?.();
    cancelRetry?.();
    cancelSave = cancelRetry = pumping = null;
    due = again = false;
    failures = 0;
  });

  /** Sends what waits, never two things at once. */
  function pump(): Promise<void> {
    if (pumping) {
      again = true; // it may have looked already
      return pumping;
    }
    const mine = send().finally(() => {
      if (pumping !== mine) return;
      pumping = null;
      if (!again) return;
      again = false;
      return pump();
    });
    pumping = mine;
    return mine;
  }

  async function send(): Promise<void> {
    const { signal } = core;
    let sent = false;
    let revived = false;
    while (core.server !== null && !signal.aborted) {
      await core.isSignedIn();
      if (signal.aborted || core.server === null) return;
      const { id } = core.server;
      const next = nextOf(core.unsent);
      try {
        if (next && "kind" in next) await work(id, next, signal);
        else if (next) await say(id, next, signal);
        else if (due && core.state.conflict === null && hasFields(core.unsent)) await save(id, signal);
        else break;
        sent = true;
      } catch (error) {
        if (signal.aborted) return;
        const problem = asProblem(error);
        if (isEnd(problem)) return core.expire(problem.code);
        if (isPassing(problem)) return postpone(problem);
        if (problem.code === "session_not_active" && !revived) {
          revived = true;
          if (await wasRevived(id, signal)) continue;
          if (signal.aborted) return;
        }
        refuse(problem, next);
      }
    }
    if (signal.aborted || core.server === null) return;
    due = false;
    failures = 0;
    if (sent) cancelRetry?.();
    if (core.streaming && core.state.status === "offline") core.show({ status: "live", problem: null });
    if (sent && isNothing(core.allUnsent())) {
      core.show({ problem: null });
      core.tell({ type: "synced", session: core.server });
    }
  }

  /** A session that was left for a day is abandoned, and goes on with the person's activity. */
  async function wasRevived(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      const now = await client.getSession(id, { include: [], signal });
      if (signal.aborted) return false;
      if (now.status === "abandoned") {
        await client.updateSessionActivity(id, { signal });
        return !signal.aborted;
      }
      adopt(core, now);
    } catch {
      // Then what was refused stays refused.
    }
    return false;
  }

  async function say(id: string, message: Message, signal: AbortSignal): Promise<void> {
    const { messages } = await client.chat.append(id, message, { signal });
    if (signal.aborted || core.server === null) return;
    core.server = withMessages(core.server, messages);
    core.wait(without(core.unsent, message));
  }

  async function work(id: string, deed: Work, signal: AbortSignal): Promise<void> {
    const answered = await sendWork(client, id, deed, signal);
    if (signal.aborted || core.server === null) return;
    core.server = answered(core.server);
    core.wait(without(core.unsent, deed));
  }

  async function save(id: string, signal: AbortSignal): Promise<void> {
    const { patch, name } = core.unsent;
    core.saving = { patch, name };
    core.unsent = { ...core.unsent, patch: {}, name: undefined };
    remember(patch);
    try {
      const ifMatch = core.seen;
      const saved = await client.autoSaveSession(id, patch, { name, ifMatch, signal });
      if (signal.aborted) return;
      // While it is known as our own: under the same key more may have been changed meanwhile.
      adopt(core, saved);
      core.saving = null;
      core.sent = [];
    } catch (error) {
      if (signal.aborted) throw error;
      core.unsent = core.allUnsent();
      core.saving = null;
      if (!isProblem(error, "version_mismatch")) throw error;
      adopt(core, await client.getSession(id, { include: [], signal }));
    } finally {
      if (!signal.aborted) core.wait({});
    }
  }

  function remember(patch: Json): void {
    const [first, ...later] = core.sent.filter((each) => !isSame(each, patch));
    // The first may have been done as the line died; what followed, most likely not.
    core.sent = first ? [first, ...later.slice(2 - MOST_SENT), patch] : [patch];
  }

  function refuse(problem: ProblemError, what: Message | Work | undefined): void {
    const { unsent } = core;
    const refused: Unsent = !what
      ? { patch: unsent.patch, name: unsent.name, messages: [] }
      : "kind" in what
        ? { messages: [], work: [what], patch: {} }
        : { messages: [what], patch: {} };
    core.wait(what ? without(unsent, what) : { patch: {}, name: undefined });
    core.show({ problem });
    core.tell({ type: "refused", problem, unsent: refused });
  }

  function postpone(problem: ProblemError): void {
    core.goOffline(problem);
    cancelRetry?.();
    const pause = pauseAfter(failures, random);
    failures += 1;
    cancelRetry = clock.after(Math.max(pause, problem.retryAfter ?? 0), () => void pump());
  }

  function saveNow(): Promise<void> {
    due = true;
    return pump();
  }

  return {
    pump,
    saveNow,
    /** Sends as if nothing had failed so far: the network or the person is back. */
    revive(): Promise<void> {
      failures = 0;
      return pump();
    },
    saveSoon(): void {
      cancelSave ??= clock.after(options.saveEvery ?? SAVE_EVERY, () => {
        cancelSave = null;
        void saveNow();
      });
    },
    /**
     * The page may be gone in a moment: requests that outlive it, whatever else is on its way. Their
     * repeats, should the page stay after all, change nothing.
     */
    saveAtOnce(): void {
      const { server, unsent, signal } = core;
      if (server === null) return;
      const last = { keepalive: true, attempts: 1 };
      const messages = firstOf(unsent);
      if (messages.length > 0) client.chat.append(server.id, messages, last).catch(() => {});
      if (core.saving !== null || core.state.conflict || !hasFields(unsent)) return;
      const { patch, name } = unsent;
      remember(patch);
      client.autoSaveSession(server.id, patch, { name, ifMatch: core.seen, ...last }).then(
        (saved) => {
          if (signal.aborted || core.unsent.patch !== patch || core.unsent.name !== name) return;
          core.unsent = { ...core.unsent, patch: {}, name: undefined };
          adopt(core, saved);
          core.sent = [];
          core.keep();
        },
        () => {},
      );
    },
  };
}

/** The messages that nothing else was done before, as many as one request takes that outlives its page. */
function firstOf({ messages, work = [] }: Unsent): readonly Message[] {
  const end = work[0] ? messages.findIndex(({ id }) => id === work[0]?.behind) + 1 : messages.length;
  let length = 0;
  return messages
    .slice(0, Math.min(end, 100))
    .filter((message) => (length += JSON.stringify(message).length) <= LAST_WORDS);
}

/** What was done first: work once the message is gone that it was done behind. */
function nextOf({ messages, work = [] }: Unsent): Message | Work | undefined {
  const first = work[0];
  return first && !messages.some(({ id }) => id === first.behind) ? first : messages[0];
}

function without({ messages, work = [] }: Unsent, what: Message | Work): Partial<Unsent> {
  return "kind" in what
    ? { work: work.filter(({ id }) => id !== what.id) }
    : { messages: messages.filter(({ id }) => id !== what.id) };
}
