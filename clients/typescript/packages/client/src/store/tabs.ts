/**
 * One stream for all tabs of a browser: one tab leads and passes on what it hears. There is no lock.
 * A leader says every two seconds that it is there, and says good-bye when its page is left; who
 * misses it for six leads, and says so with a higher term, upon which a leader that was only frozen steps down. Two leaders for a moment cost a
 * second stream and nothing else.
 */
import type { SessionClient } from "../client.js";
import { comesBack, type EventMethods, type FollowOptions, type LiveEvent } from "../events.js";
import { asProblem } from "../http.js";
import { makeUuid } from "../ports.js";
import { ProblemError } from "../problems.js";
import { createBrowserPage, type Page } from "./page.js";

/** What tabs hear of each other. What one posts, it does not hear itself. */
export interface Channel {
  post(message: unknown): void;
  /** Calls with each message from now on; what it returns ends that. */
  listen(call: (message: unknown) => void): () => void;
}

export interface SharedEventsOptions {
  /** Who is signed in: tabs of different people share nothing. */
  person: string;
  channel?: Channel;
  /** Names this tab. */
  tab?: string;
  /** When this page is left, it leads no longer. */
  page?: Page;
  /** Milliseconds between two words of a leader, the same in all tabs; after three it is missed. */
  beat?: number;
}

type Said = { readonly session: string; readonly tab: string } & (
  | { readonly kind: "ask" }
  | { readonly kind: "lead"; readonly term: number; readonly position: number; readonly live: boolean }
  | { readonly kind: "event"; readonly term: number; readonly after: number; readonly event: LiveEvent }
  | { readonly kind: "bye"; readonly term: number }
);

const BEAT = 2_000;
/** How long a tab that comes waits for a leader to answer. */
const ANSWER = 300;

/** A BroadcastChannel, open while somebody listens; where there is none, nobody is heard. */
export function createBroadcastChannel(name: string): Channel {
  let open: BroadcastChannel | null = null;
  const calls = new Set<(message: unknown) => void>();
  return {
    post: (message) => open?.postMessage(message),
    listen(call) {
      if (typeof BroadcastChannel === "undefined") return () => {};
      if (open === null) {
        open = new BroadcastChannel(name);
        open.onmessage = ({ data }) => [...calls].forEach((each) => each(data));
      }
      calls.add(call);
      return () => {
        calls.delete(call);
        if (calls.size > 0) return;
        open?.close();
        open = null;
      };
    },
  };
}

/**
 * `events` of the client, by one stream for all tabs. For the store's option of that name. End a
 * `follow` by its signal: until then it may wait for what others say.
 */
export function createSharedEvents(
  client: SessionClient,
  options: SharedEventsOptions,
): EventMethods {
  const { clock, random } = client.ports;
  const channel = options.channel ?? createBroadcastChannel(`session-api:v1:${options.person}`);
  const { tab = makeUuid(), page = createBrowserPage(), beat: every = BEAT } = options;

  return {
    async *follow(sessionId, given: FollowOptions = {}) {
      const { since, signal } = given;
      if (since === undefined) {
        yield* client.events.follow(sessionId, given);
        return;
      }
      let position = since;
      let term = 0;
      let live = false;
      let hear: (said: Said) => void = () => {};
      const end = channel.listen((message) => {
        if (isSaid(message) && message.session === sessionId && message.tab !== tab) hear(message);
      });
      const post = (said: object) => channel.post({ session: sessionId, tab, ...said });

      /** Until nobody leads. */
      async function* obey(): AsyncGenerator<LiveEvent, void, undefined> {
        const inbox: Said[] = [];
        let wake = () => {};
        hear = (said) => {
          inbox.push(said);
          wake();
        };
        let leader: string | null = null;
        let until = clock.now() + ANSWER * (1 + random());
        post({ kind: "ask" });
        for (;;) {
          signal?.throwIfAborted();
          const said = inbox.shift();
          if (!said) {
            const left = until - clock.now();
            if (left <= 0) return;
            await new Promise<void>((resolve) => {
              const cancel = clock.after(left, resolve);
              wake = () => {
                cancel();
                resolve();
              };
              signal?.addEventListener("abort", wake, { once: true });
            });
            signal?.removeEventListener("abort", wake);
            continue;
          }
          if (said.kind === "ask" || said.term < term) continue;
          if (said.kind === "bye") {
            if (said.tab !== leader) continue;
            leader = null;
            until = clock.now() + ANSWER * random(); // not all that are left at once
            continue;
          }
          term = said.term;
          leader = said.tab;
          until = clock.now() + 3 * every;
          yield* follow(said);
        }
      }

      async function* follow(
        said: Extract<Said, { kind: "lead" | "event" }>,
      ): AsyncGenerator<LiveEvent, void, undefined> {
        const event = said.kind === "event" ? said.event : null;
        if (event?.type === "lost" || (said.kind === "lead" && !said.live)) {
          const problem = event?.type === "lost" ? event.problem : null;
          if (live) yield { type: "lost", problem: revived(problem) };
          live = false;
          return;
        }
        // What came before this we may have missed: a tab that comes, or that was frozen.
        const before = said.kind === "lead" ? said.position : said.after;
        try {
          if (before > position) {
            for await (const change of client.changes.all(sessionId, position, { signal })) {
              position = change.version;
              yield { type: "change", change };
            }
          }
        } catch (error) {
          signal?.throwIfAborted();
          const problem = asProblem(error);
          if (!comesBack(problem)) throw problem;
          if (live) yield { type: "lost", problem };
          live = false;
          return; // the leader's next word has us try again
        }
        if (!live) yield { type: "live", version: position };
        live = true;
        if (event?.type === "change" && event.change.version > position) {
          position = event.change.version;
          yield event;
        }
      }

      /** Until another leads with better right. */
      async function* lead(): AsyncGenerator<LiveEvent, void, undefined> {
        term += 1;
        const own = new AbortController();
        const abort = () => own.abort(signal?.reason);
        signal?.addEventListener("abort", abort, { once: true });
        let gaveWay = false;
        let gone = false;
        let cancel = () => {};
        const beat = () => {
          post({ kind: "lead", term, position, live });
          cancel();
          cancel = clock.after(every, beat);
        };
        hear = (said) => {
          if (said.kind === "bye") return;
          if (said.kind === "ask") return beat();
          if (said.term > term || (said.term === term && said.tab < tab)) {
            gaveWay = true;
            own.abort();
          } else if (said.kind === "lead") {
            beat(); // it does not know yet
          }
        };
        const leave = page.listen((event) => {
          if (event !== "gone") return;
          gone = true;
          post({ kind: "bye", term }); // now: there may be no later
          own.abort();
        });
        live = false;
        beat();
        try {
          const stream = { ...given, since: position, signal: own.signal };
          for await (const event of client.events.follow(sessionId, stream)) {
            const after = position;
            live = event.type !== "lost";
            if (event.type === "change") position = event.change.version;
            post({ kind: "event", term, after, event: portable(event) });
            yield event;
          }
        } catch (error) {
          if (!gaveWay && !gone) throw error;
        } finally {
          cancel();
          leave();
          signal?.removeEventListener("abort", abort);
          own.abort(); // also where the reader left
          if (!gaveWay && !gone) post({ kind: "bye", term });
        }
      }

      try {
        for (;;) {
          yield* obey();
          yield* lead();
        }
      } finally {
        end();
      }
    },
  };
}

/** As a channel takes it: an error would come without what it says. */
function portable(event: LiveEvent): unknown {
  if (event.type !== "lost") return event;
  const { code, message } = event.problem;
  return { type: "lost", problem: { code, message } };
}

function revived(problem: { code: string; message: string } | null): ProblemError {
  return new ProblemError(problem?.code ?? "no_answer", problem?.message ?? "The leading tab is offline.");
}

function isSaid(message: unknown): message is Said {
  if (typeof message !== "object" || message === null) return false;
  const { session, tab, kind, term } = message as Record<string, unknown>;
  const known = kind === "ask" || kind === "lead" || kind === "event" || kind === "bye";
  return (
    typeof session === "string" &&
    typeof tab === "string" &&
    known &&
    (kind === "ask" || typeof term === "number")
  );
}
