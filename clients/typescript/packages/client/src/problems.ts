import type { ServiceProblemCode } from "./schema.js";

/**
 * What can go wrong without an answer of the service:
 * `no_answer` (offline, refused, cut), `took_too_long` (our own timeout), `unexpected_answer`
 * (something between answered, such as a proxy), `upload_refused` (the store did not take bytes).
 */
export type ClientProblemCode =
  | "no_answer"
  | "took_too_long"
  | "unexpected_answer"
  | "upload_refused";

/** Codes that this version knows, and any that a newer service may send. */
export type ProblemCode = ServiceProblemCode | ClientProblemCode | (string & {});

/** One fault of a request, where `code` is `validation_failed`. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/**
 * The one error that this client throws, but for a caller's own abort, which comes as its reason.
 * `code` is for programs, `message` for a person, `status` 0 where nobody answered.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly requestId: string | null;
  readonly errors: readonly Fault[];
  /** The whole problem document (RFC 9457), for members such as `current_version`. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Milliseconds that the service asks to wait; null where it does not say. */
  readonly retryAfter: number | null;

  constructor(
    code: ProblemCode,
    message: string,
    rest: {
      status?: number;
      document?: Record<string, unknown>;
      retryAfter?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, rest.cause === undefined ? undefined : { cause: rest.cause });
    const document = rest.document ?? {};
    this.code = code;
    this.status = rest.status ?? 0;
    this.document = document;
    this.title = textOr(document["title"], message);
    this.requestId = typeof document["request_id"] === "string" ? document["request_id"] : null;
    this.errors = Array.isArray(document["errors"]) ? document["errors"].filter(isFault) : [];
    this.retryAfter = rest.retryAfter ?? null;
  }
}

/**
 * Whether it is a problem, and of this code where one is given. Unlike `instanceof`, it knows those
 * of another copy of this package too.
 */
export function isProblem<C extends ProblemCode>(
  error: unknown,
  code?: C,
): error is ProblemError & { readonly code: C } {
  return (
    error instanceof Error &&
    error.name === "ProblemError" &&
    (code === undefined || (error as ProblemError).code === code)
  );
}

/** The problem that an answer is; `now` is in milliseconds. */
export async function problemOf(answer: Response, now: number): Promise<ProblemError> {
  const text = await answer.text();
  const status = answer.status;
  const retryAfter = waitOf(answer.headers.get("Retry-After"), now);
  const document = objectOf(text);
  if (document && typeof document["code"] === "string") {
    const detail = textOr(document["detail"], document["code"]);
    return new ProblemError(document["code"], detail, { status, document, retryAfter });
  }
  return new ProblemError("unexpected_answer", `The service answered ${status}.`, {
    status,
    retryAfter,
  });
}

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110 § 10.2.3). */
export function waitOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** The JSON object in a text; null where there is none. */
export function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function isFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && "pointer" in value && "detail" in value;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
