/**
 * The simulated agent: it stands for a program on somebody's server, and does by the public API what
 * such a program would do. It takes the session's turn, moves hops and tool steps, and writes its
 * answer by growth. Every step looks first at what is there, so that a page which was reloaded goes on.
 */
import { isProblem, type KeyValueStorage, type Message, type Session, type SessionClient } from "@session-api/client";
import type { SessionStore } from "@session-api/client/store";
import { createRun } from "./run.js";

export interface Agent {
  /** Watches the session for questions; what it returns ends that. */
  start(): () => void;
  /** Answers at once what this tab says: other tabs leave it some time. */
  heed(messageId: string): void;
}

export interface AgentOptions {
  /** Of its own: it is not this page's. */
  client: SessionClient;
  store: SessionStore;
  /** Keeps the number of its turn over a reload. */
  storage: KeyValueStorage;
  pace: number;
}

const HELD = "session-api-demo:v1:turn";
/** A question of another tab is that tab's for so long. */
const OTHERS_FIRST = 2_500;
const TURN_SECONDS = 20;

interface Held {
  readonly session: string;
  readonly turn: number;
}

export function createAgent({ client, store, storage, pace }: AgentOptions): Agent {
  const { clock } = client.ports;
  const own = new Set<string>();
  const tried = new Set<string>();
  let stay = new AbortController();
  let isBusy = false;
  let cancel = () => {};

  /** Whether there is something to answer, and when; null where there is not. */
  function due({ id, access, status, chat, turn }: Session): number | null {
    const last = chat?.messages.at(-1);
    if (!last || status !== "active" || access === "viewer") return null;
    const isLeft = last.role === "assistant" && last.status === "in_progress";
    if (last.role !== "user" && !isLeft) return null;
    if (tried.has(last.id)) return null;
    if (held()?.session === id || own.has(last.id)) return 0;
    const until = turn === null ? 0 : Date.parse(turn.expires_at) - clock.now() + 500;
    return Math.max(OTHERS_FIRST, until);
  }

  function look(): void {
    const { session } = store.getState();
    cancel();
    cancel = () => {};
    if (session === null || isBusy) return;
    const wait = due(session);
    if (wait === null) return;
    if (wait === 0) void work(session.id);
    else cancel = clock.after(wait, () => void work(session.id));
  }

  async function work(sessionId: string): Promise<void> {
    if (isBusy || store.getState().session?.id !== sessionId) return;
    isBusy = true;
    const { signal } = stay;
    try {
      const turn = await takeTurn(sessionId, signal);
      if (turn === null) return;
      try {
        await underTurn(sessionId, turn, signal);
      } finally {
        if (!signal.aborted) {
          storage.removeItem(HELD);
          await client.turns.release(sessionId, turn).catch(() => {});
        }
      }
    } catch (error) {
      // Nothing is lost with it: the question stays, and the next look finds it.
      if (!signal.aborted && !isProblem(error)) throw error;
    } finally {
      if (signal === stay.signal) {
        isBusy = false;
        look();
      }
    }
  }

  /** The turn that this tab had before it was reloaded, else a new one; null where another has it. */
  async function takeTurn(sessionId: string, signal: AbortSignal): Promise<number | null> {
    const before = held();
    try {
      if (before?.session === sessionId) {
        await client.turns.renew(sessionId, before.turn, { ttl_seconds: TURN_SECONDS }, { signal });
        return before.turn;
      }
    } catch (error) {
      storage.removeItem(HELD);
      if (!isProblem(error, "turn_lost")) throw error;
    }
    try {
      const ask = { ttl_seconds: TURN_SECONDS, holder: "Demo agent" };
      const { number } = await client.turns.take(sessionId, ask, { signal });
      storage.setItem(HELD, JSON.stringify({ session: sessionId, turn: number }));
      return number;
    } catch (error) {
      if (isProblem(error, "turn_in_progress")) return null;
      throw error;
    }
  }

  async function underTurn(sessionId: string, turn: number, outer: AbortSignal): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([outer, over.signal]);
    const beat = () => {
      end = clock.after((TURN_SECONDS * 1000) / 3, () => {
        client.turns
          .renew(sessionId, turn, { ttl_seconds: TURN_SECONDS }, { signal })
          .then(beat, () => over.abort(new DOMException("The turn is over.", "AbortError")));
      });
    };
    let end = () => {};
    beat();
    let question: Message | null = null;
    try {
      // Read after the turn was taken: what others wrote under theirs is then all there.
      const history = (await client.chat.list(sessionId, { limit: 50 }, { signal })).items;
      question = questionOf(history);
      if (question === null) return;
      const run = createRun({ client, sessionId, turn, pace, signal });
      await run.answer(question, history);
    } catch (error) {
      if (isProblem(error, "turn_lost") && question) tried.add(question.id);
      if (!outer.aborted && !over.signal.aborted && !isProblem(error, "turn_lost")) {
        if (question) tried.add(question.id);
        throw error;
      }
    } finally {
      end();
      own.delete(question?.id ?? "");
    }
  }

  function held(): Held | null {
    try {
      const value: unknown = JSON.parse(storage.getItem(HELD) ?? "null");
      if (typeof value !== "object" || value === null) return null;
      const { session, turn } = value as Record<string, unknown>;
      return typeof session === "string" && typeof turn === "number" ? { session, turn } : null;
    } catch {
      return null;
    }
  }

  return {
    heed: (messageId) => void own.add(messageId),
    start() {
      stay = new AbortController();
      isBusy = false;
      const end = store.subscribe(look);
      look();
      return () => {
        end();
        cancel();
        stay.abort(new DOMException("The page went.", "AbortError"));
      };
    },
  };
}

/** The last thing that a person said, unless it is answered. */
export function questionOf(history: readonly Message[]): Message | null {
  const question = history.findLast(({ role }) => role === "user");
  if (!question) return null;
  const answered = history.some(
    ({ role, status, seq }) => role === "assistant" && seq > question.seq && status === "complete",
  );
  return answered ? null : question;
}
