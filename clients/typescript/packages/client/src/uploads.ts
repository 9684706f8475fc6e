import { asProblem, pauseBefore, sleep, type Http } from "./http.js";
import { ProblemError } from "./problems.js";
import type { Asset, PartTicket, UploadTicket } from "./schema.js";

export interface UploadOptions {
  /** A client-made id: the same one again goes on with what is missing. */
  id?: string;
  name?: string;
  content_type?: string;
  /** In hex; the store refuses other bytes. */
  sha256?: string;
  mission_id?: string;
  hop_id?: string;
  /** The turn it is written under. */
  turn?: number;
  onProgress?: (progress: { sent: number; total: number }) => void;
  signal?: AbortSignal;
  /** How many parts go at once. */
  parallel?: number;
}

export interface Upload {
  /** The asset's id, known from the start. */
  readonly id: string;
  /** The asset once it is ready. Rejects with a ProblemError, or the reason of `cancel`. */
  readonly done: Promise<Asset>;
  /** Stops sending; parts that have arrived stay. */
  pause(): void;
  resume(): void;
  cancel(reason?: unknown): void;
}

/** Failures in a row, none of which brought a byte, before it is given up. */
const ATTEMPTS = 5;

export function startUpload(
  http: Http,
  sessionId: string,
  file: Blob & { name?: string },
  options: UploadOptions = {},
): Upload {
  const { ports } = http;
  const { name, content_type, sha256, mission_id, hop_id, turn, parallel = 3 } = options;
  const id = options.id ?? ports.ids();
  const total = file.size;
  const whole = new AbortController();
  const path = { session_id: sessionId, asset_id: id };
  const body = {
    id,
    name: name ?? file.name ?? "file",
    content_type: content_type ?? (file.type || "application/octet-stream"),
    size: total,
    ...(sha256 && { sha256 }),
    ...(mission_id && { mission_id }),
    ...(hop_id && { hop_id }),
  };
  /** Ends what is being sent, not the upload. */
  let sending = new AbortController();
  /** Resolves when a paused upload goes on; null while it is not paused. */
  let paused: { promise: Promise<void>; go: () => void } | null = null;
  let arrived = 0;

  const tell = (sent: number) => options.onProgress?.({ sent: Math.min(sent, total), total });

  async function send(
    ticket: Pick<UploadTicket | PartTicket, "method" | "url" | "headers">,
    bytes: Blob | FormData,
    progress: (sent: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { url, method, headers } = ticket;
    const { status } = await ports.sendBytes(url, {
      method,
      headers,
      body: bytes,
      signal,
      progress,
    });
    if (status < 200 || status > 299) {
      throw new ProblemError("upload_refused", `The store answered ${status}.`, { status });
    }
  }

  async function sendParts({ size, count }: { size: number; count: number }, signal: AbortSignal) {
    const ask = (numbers: number[]) =>
      http.call("get_asset_parts", { path, body: { numbers } }, { signal, turn });
    const bytesOf = (number: number) => Math.min(size, total - (number - 1) * size);
    const { received } = await ask([]);
    const there = new Set(
      received.filter((part) => part.size === bytesOf(part.number)).map((part) => part.number),
    );
    const missing: number[] = [];
    for (let number = 1; number <= count; number += 1) if (!there.has(number)) missing.push(number);
    const moving = new Map<number, number>();
    const sentSoFar = () => [...moving.values()].reduce((sum, bytes) => sum + bytes, arrived);
    arrived = [...there].reduce((sum, number) => sum + bytesOf(number), 0);
    tell(arrived);

    async function work(): Promise<void> {
      for (;;) {
        const number = missing.shift();
        if (number === undefined) return;
        // A ticket is asked for when it is used: no pause makes it too old.
        const ticket = (await ask([number])).parts[0];
        if (!ticket) continue; // it has arrived meanwhile
        const progress = (sent: number) => {
          moving.set(number, sent);
          tell(sentSoFar());
        };
        await send(ticket, file.slice(ticket.offset, ticket.offset + ticket.size), progress, signal);
        moving.delete(number);
        arrived += ticket.size;
        tell(sentSoFar());
      }
    }
    await Promise.all(Array.from({ length: Math.min(parallel, missing.length) }, work));
  }

  async function once(signal: AbortSignal): Promise<Asset> {
    const announced = await http.call(
      "announce_asset",
      { path: { session_id: sessionId }, body },
      { signal, turn },
    );
    const ticket = announced.upload;
    if (ticket === null) return announced.asset;
    if (ticket.parts) {
      await sendParts(ticket.parts, signal);
    } else {
      await send(ticket, ticket.fields ? formOf(ticket.fields, file) : file, tell, signal);
    }
    const asset = await http.call("complete_asset", { path }, { signal, turn });
    tell(total);
    return asset;
  }

  async function run(): Promise<Asset> {
    for (let attempt = 1; ; attempt += 1) {
      while (paused) await paused.promise;
      whole.signal.throwIfAborted();
      const before = arrived;
      sending = new AbortController();
      try {
        return await once(sending.signal);
      } catch (error) {
        sending.abort(); // the other parts
        whole.signal.throwIfAborted();
        if (paused) {
          attempt = 0;
          continue;
        }
        if (arrived > before) attempt = 1;
        const problem = asProblem(error);
        // The store's refusal is often a ticket that grew old; the next attempt has a new one.
        const refused = problem.code === "upload_refused";
        if (attempt >= ATTEMPTS || !(refused || problem.status === 0)) throw problem;
        const silent = new ProblemError("no_answer", problem.message);
        await sleep(ports, pauseBefore(silent, "safely", attempt, ports.random) ?? 0, whole.signal);
      }
    }
  }

  const upload: Upload = {
    id,
    done: Promise.resolve().then(run),
    pause() {
      if (paused || whole.signal.aborted) return;
      let go = () => {};
      const promise = new Promise<void>((resolve) => (go = resolve));
      paused = { promise, go };
      sending.abort();
    },
    resume() {
      paused?.go();
      paused = null;
    },
    cancel(reason = new DOMException("Upload cancelled.", "AbortError")) {
      whole.abort(reason);
      sending.abort(reason);
      upload.resume();
    },
  };
  const outer = options.signal;
  if (outer?.aborted) upload.cancel(outer.reason);
  else outer?.addEventListener("abort", () => upload.cancel(outer.reason), { once: true });
  return upload;
}

function formOf(fields: Readonly<Record<string, string>>, file: Blob): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file); // the store reads nothing behind it
  return form;
}
