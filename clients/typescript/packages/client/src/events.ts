import { asProblem, sleep, type CallOptions, type Http } from "./http.js";
import { ProblemError, objectOf } from "./problems.js";
import type { Change } from "./schema.js";

/** New text of a message in progress: `growText` applies it. */
export interface Growth extends Omit<Change, "kind" | "data"> {
  readonly kind: "message.grown";
  readonly data: {
    readonly id: string;
    /** In code points. */
    readonly offset: number;
    readonly text: string;
    readonly length: number;
  };
}

export type LiveEvent =
  /** The stream is there: all after this version will come. First, and after each `lost`. */
  | { readonly type: "live"; readonly version: number }
  | { readonly type: "change"; readonly change: Change | Growth }
  /** It broke, and comes back by itself; nothing will be missed. */
  | { readonly type: "lost"; readonly problem: ProblemError };

export interface FollowOptions extends Omit<CallOptions, "keepalive"> {
  /** The version that one has; left out, the present one. */
  since?: number;
  /** Milliseconds without a word, heartbeats included, after which it is taken for dead. */
  silence?: number;
}

export interface EventMethods {
  /**
   * Every change after `since`, in order, over Server-Sent Events, for as long as one reads: it
   * comes back by itself where it broke, with a newer token where that ran out. Leaving the loop
   * ends it. Throws the problem that no coming back mends: `session_not_found`, `session_deleted`,
   * `access_ended`, a refused token of which `getToken` has no newer, and `changes_gone`, after
   * which the session is to be read again.
   */
  follow(sessionId: string, options?: FollowOptions): AsyncGenerator<LiveEvent, void, undefined>;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** The service says something every 15 seconds. */
const SILENCE = 40_000;

export function createEventMethods(http: Http): EventMethods {
  const { ports } = http;
  return {
    async *follow(sessionId, options = {}) {
      const { silence = SILENCE, signal, timeout } = options;
      let position = options.since;
      let pause = FIRST_PAUSE;
      let failures = 0;

      for (;;) {
        signal?.throwIfAborted();
        const inner = new AbortController();
        const abort = () => inner.abort(signal?.reason);
        signal?.addEventListener("abort", abort, { once: true });
        let quiet = () => {};
        const heard = () => {
          quiet();
          quiet = ports.clock.after(silence, () =>
            inner.abort(new ProblemError("no_answer", `Silent for ${silence} ms.`)),
          );
        };
        let problem: ProblemError | null = null;
        try {
          const answer = await http.open(
            "follow_session",
            {
              path: { session_id: sessionId },
              query: { since: position },
              headers: { Accept: "text/event-stream" },
            },
            { signal: inner.signal, timeout, attempts: 1 },
          );
          heard();
          for await (const { event, data, retry } of eventsOf(answer, heard)) {
            if (retry !== null) pause = retry;
            if (data === "") continue;
            const value = objectOf(data);
            if (value === null) continue;
            if (event === "end") {
              problem = problemOfEnd(value);
              break;
            }
            if (typeof value["version"] !== "number") continue;
            position = value["version"];
            if (event === "hello") {
              failures = 0;
              yield { type: "live", version: position };
            } else {
              yield { type: "change", change: value as unknown as Change | Growth };
            }
          }
        } catch (error) {
          signal?.throwIfAborted();
          problem = asProblem(error);
        } finally {
          quiet();
          signal?.removeEventListener("abort", abort);
          inner.abort(); // also where the reader left the loop
        }
        problem ??= new ProblemError("no_answer", "The stream broke off.");
        if (!comesBack(problem)) throw problem;
        yield { type: "lost", problem };
        const growing = Math.min(LONGEST_PAUSE, pause * 2 ** failures) * (0.5 + ports.random() / 2);
        failures += 1;
        await sleep(ports, Math.max(growing, problem.retryAfter ?? 0), signal);
      }
    },
  };
}

/** The text with the growth in it; right even where the two overlap. */
export function growText(text: string, { offset, text: more }: Growth["data"]): string {
  return [...text].slice(0, offset).join("") + more;
}

/** What the last event says; one that asks to come back is as a broken line. */
function problemOfEnd(value: Record<string, unknown>): ProblemError {
  const reason = String(value["reason"]);
  const detail = String(value["detail"] ?? reason);
  // Where a newer token mends it, connecting again asks for one.
  const again = value["reconnect"] === true || /^token_|^too_many|^rate_/.test(reason);
  return new ProblemError(reason, detail, { status: again ? 0 : 400, document: value });
}

export function comesBack({ status }: ProblemError): boolean {
  return status === 0 || status === 429 || status >= 500;
}

interface ServerSentEvent {
  event: string;
  data: string;
  retry: number | null;
}

/** The events of an answer's body (the HTML standard, § 9.2.6); `heard` is told of every word. */
async function* eventsOf(
  answer: Response,
  heard: () => void,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = "";
  let data: string[] = [];
  let retry: number | null = null;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    rest += value;
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        yield { event, data: data.join("\n"), retry };
        event = "";
        data = [];
        retry = null;
        continue;
      }
      const [, name, text = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (name === "event") event = text;
      else if (name === "data") data.push(text);
      else if (name === "retry" && /^\d+$/.test(text)) retry = Number(text);
    }
  }
}
