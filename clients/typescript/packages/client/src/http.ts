import type { Ports } from "./ports.js";
import { ProblemError, isProblem, objectOf, problemOf } from "./problems.js";
import { ROUTES, type Offered } from "./routes.js";
import type { AnswerOf, BodyOf, PathOf, QueryOf } from "./schema.js";

/**
 * Asks the app for a bearer token. `refresh` is true after one was refused: then the answer should
 * be a newer one, or the same where there is none. Null sends the request without a token.
 */
export type GetToken = (ask: { refresh: boolean }) => string | null | Promise<string | null>;

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it then throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** For one attempt, in milliseconds; 0 for none. */
  timeout?: number | undefined;
  /** How often it is sent at most, where a repeat is safe. */
  attempts?: number | undefined;
  /** The request outlives the page; its body must stay below 64 KiB. */
  keepalive?: boolean | undefined;
}

/** What calls that write take. */
export interface WriteOptions extends CallOptions {
  /** The version that was seen: with `version_mismatch` if what is written has changed since. */
  ifMatch?: number | undefined;
  /** The number of the turn that it is written under. */
  turn?: number | undefined;
}

type Argument<Name extends string, T> = [T] extends [undefined | never]
  ? { [N in Name]?: undefined }
  : { [N in Name]: T };

export type Arguments<K extends Offered> = Argument<"path", PathOf<K>> & {
  query?: [QueryOf<K>] extends [never] ? undefined : QueryOf<K> | undefined;
  body?: BodyOf<K> | undefined;
  form?: FormData;
  headers?: Record<string, string>;
  /** In place of the one that `getToken` has. */
  token?: string | null;
};

/** The least that features need to know of HTTP. */
export interface Http {
  /** The JSON of the answer; undefined where it has none. Throws ProblemError. */
  call<K extends Offered>(
    operation: K,
    args: Arguments<K>,
    options?: WriteOptions,
  ): Promise<AnswerOf<K>>;
  /** The answer itself, once its head is there and says success (or 304). */
  open(operation: Offered, args: Anything, options?: WriteOptions): Promise<Response>;
  readonly ports: Ports;
}

interface Anything {
  path?: Readonly<Record<string, string>> | undefined;
  query?: Readonly<Record<string, unknown>> | undefined;
  body?: unknown;
  form?: FormData | undefined;
  headers?: Record<string, string> | undefined;
  token?: string | null | undefined;
}

export interface HttpOptions {
  baseUrl: string;
  getToken: GetToken;
  ports: Ports;
  timeout: number;
  attempts: number;
  deviceId: string | null;
}

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 8_000;
/** Nobody waits for longer: the problem is told instead. */
const LONGEST_RETRY_AFTER = 30_000;

export function createHttp(options: HttpOptions): Http {
  const { ports, getToken } = options;
  const base = options.baseUrl.replace(/\/+$/, "");
  let renewing: Promise<string | null> | null = null;

  /** A token other than the refused one, by one question however many ask; else null. */
  async function renewed(refused: string): Promise<string | null> {
    const present = await getToken({ refresh: false });
    if (present !== null && present !== refused) return present;
    renewing ??= Promise.resolve(getToken({ refresh: true })).finally(() => {
      renewing = null;
    });
    const token = await renewing;
    return token === refused ? null : token;
  }

  /** Sends it as often as the table of routes allows, and reads the answer by `read`. */
  async function send<T>(
    operation: Offered,
    args: Anything,
    call: WriteOptions,
    read: (answer: Response) => Promise<T>,
    goesOn = false,
  ): Promise<T> {
    const [method, template, repeat] = ROUTES[operation];
    const url = base + filled(template, args.path) + queryOf(args.query);
    const given = args.token !== undefined;
    let token = given ? (args.token ?? null) : await getToken({ refresh: false });
    let mayRenew = !given && token !== null;
    const headers = headersOf(method, args, call, options.deviceId);
    const body = args.form ?? (args.body === undefined ? null : JSON.stringify(args.body));
    const again = call.ifMatch === undefined ? repeat : "unread";

    for (let attempt = 1; ; attempt += 1) {
      if (token !== null) headers["Authorization"] = `Bearer ${token}`;
      let problem: ProblemError;
      try {
        const init: RequestInit = { method, headers, body, keepalive: call.keepalive ?? false };
        const limits = { milliseconds: call.timeout ?? options.timeout, goesOn };
        return await timed(ports, limits, call.signal, async (signal) => {
          const answer = await ports.fetch(url, { ...init, signal });
          if (!answer.ok && answer.status !== 304) {
            throw await problemOf(answer, ports.clock.now());
          }
          return read(answer);
        });
      } catch (error) {
        call.signal?.throwIfAborted();
        problem = asProblem(error);
      }
      if (problem.status === 401 && mayRenew && token !== null) {
        mayRenew = false;
        const newer = await renewed(token);
        if (newer === null) throw problem;
        token = newer;
        attempt -= 1;
        continue;
      }
      const pause = pauseBefore(problem, again, attempt, ports.random);
      if (pause === null || attempt >= (call.attempts ?? options.attempts)) throw problem;
      await sleep(ports, pause, call.signal);
    }
  }

  return {
    ports,
    call: (operation, args, call = {}) =>
      send(operation, args as Anything, call, async (answer) => {
        if (answer.status === 204 || answer.status === 304) return undefined as never;
        const value = objectOf(await answer.text());
        if (value === null) {
          throw new ProblemError("unexpected_answer", "The service answered something else.", {
            status: answer.status,
          });
        }
        // The one place where an answer is believed: the service's tests hold it to its document.
        return value as never;
      }),
    open: (operation, args, call = {}) => send(operation, args, call, async (answer) => answer, true),
  };
}

/** Milliseconds to wait before a repeat; null where there must be none. */
export function pauseBefore(
  problem: ProblemError,
  repeat: "safely" | "unread",
  attempt: number,
  random: () => number,
): number | null {
  const { status, retryAfter } = problem;
  const unanswered = status === 0 || status === 502 || status === 503 || status === 504;
  if (status !== 429 && !(unanswered && repeat === "safely")) return null;
  if (retryAfter !== null && retryAfter > LONGEST_RETRY_AFTER) return null;
  // The whole pause is chance, so that clients that failed together do not come back together.
  const jitter = random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1));
  return (retryAfter ?? 0) + jitter;
}

/** Resolves after so long; rejects with the signal's reason. */
export function sleep(
  { clock }: Pick<Ports, "clock">,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(milliseconds, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

const TIMED_OUT = Symbol("timed out");

/** Where it `goesOn`, the body is read later: the outer signal still ends it, the time does not. */
async function timed<T>(
  { clock }: Ports,
  { milliseconds, goesOn }: { milliseconds: number; goesOn: boolean },
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const inner = new AbortController();
  const abort = () => inner.abort(outer?.reason);
  outer?.addEventListener("abort", abort, { once: true });
  const cancel = milliseconds > 0 ? clock.after(milliseconds, () => inner.abort(TIMED_OUT)) : null;
  try {
    return await work(inner.signal);
  } catch (error) {
    if (inner.signal.reason !== TIMED_OUT) throw error;
    throw new ProblemError("took_too_long", `No answer within ${milliseconds} ms.`);
  } finally {
    cancel?.();
    if (!goesOn) outer?.removeEventListener("abort", abort);
  }
}

export function asProblem(error: unknown): ProblemError {
  if (isProblem(error)) return error;
  return new ProblemError("no_answer", "The service could not be reached.", { cause: error });
}

function headersOf(
  method: string,
  args: Anything,
  call: WriteOptions,
  deviceId: string | null,
): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json", ...args.headers };
  if (args.body !== undefined) {
    headers["Content-Type"] = `application/${method === "PATCH" ? "merge-patch+" : ""}json`;
  }
  if (call.ifMatch !== undefined) headers["If-Match"] = `"${call.ifMatch}"`;
  if (call.turn !== undefined) headers["Session-Turn"] = String(call.turn);
  if (deviceId !== null) headers["X-Device-ID"] = deviceId;
  return headers;
}

function filled(template: string, path: Readonly<Record<string, string>> = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = path[name];
    // A missing id would make another route of the path.
    if (!value) throw new TypeError(`${name} is missing`);
    return encodeURIComponent(value);
  });
}

function queryOf(query: Readonly<Record<string, unknown>> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) search.append(name, String(one));
    }
  }
  return search.size > 0 ? `?${search}` : "";
}
