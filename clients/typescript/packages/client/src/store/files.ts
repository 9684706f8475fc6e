/** Files on their way into the session. Their bytes stay where the person has them: see the README. */
import { asProblem } from "../http.js";
import type { ProblemError } from "../problems.js";
import type { Asset } from "../schema.js";
import type { Upload, UploadOptions } from "../uploads.js";
import { withAsset } from "./copy.js";
import { isPassing, noSession, type Core } from "./core.js";
import { pauseAfter } from "./sending.js";

/** A file that is not there yet. The same object until something of it changed. */
export interface FileUpload {
  /** Of the asset that it becomes. */
  readonly id: string;
  readonly sessionId: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly sent: number;
  readonly paused: boolean;
  /** Why it does not go on; null while it does. What passes is tried again with the network. */
  readonly problem: ProblemError | null;
}

export type Files = ReturnType<typeof createFiles>;

export function createFiles(core: Core) {
  const { client } = core;
  const { clock, random } = client.ports;
  const handles = new Map<string, Upload>();
  /** Those that wait for the network, by their id. */
  const waiting = new Map<string, () => void>();

  function change(id: string, by: Partial<FileUpload>): void {
    const { uploads } = core.state;
    core.show({ uploads: uploads.map((each) => (each.id === id ? { ...each, ...by } : each)) });
  }

  function remove(id: string): void {
    handles.delete(id);
    waiting.delete(id);
    core.show({ uploads: core.state.uploads.filter((each) => each.id !== id) });
  }

  let was = core.streaming;
  core.subscribe(() => {
    // The stream is there again, so the network is.
    if (core.streaming && !was) for (const [, goOn] of [...waiting]) goOn();
    was = core.streaming;
  });

  function cancel(): void {
    for (const [, upload] of [...handles]) upload.cancel();
  }
  core.onSignOut(cancel);

  return {
    /** Brings a file, and shows it among `uploads` until it is ready, refused or cancelled. */
    upload(file: Blob & { name?: string }, options: UploadOptions = {}): Upload {
      const { server } = core;
      if (server === null) throw noSession();
      const sessionId = server.id;
      const id = options.id ?? client.ports.ids();
      const name = options.name ?? file.name ?? "file";
      const ended = new AbortController();
      ended.signal.addEventListener("abort", () => remove(id));
      options.signal?.addEventListener("abort", () => ended.abort(options.signal?.reason));
      let inner: Upload | null = null;
      let failures = 0;

      async function run(): Promise<Asset> {
        for (;;) {
          ended.signal.throwIfAborted();
          try {
            inner = client.assets.upload(sessionId, file, {
              ...options,
              id,
              signal: ended.signal,
              onProgress(progress) {
                change(id, { sent: progress.sent });
                options.onProgress?.(progress);
              },
            });
            if (core.state.uploads.some((each) => each.id === id && each.paused)) inner.pause();
            const asset = await inner.done;
            if (core.server?.id === sessionId) core.server = withAsset(core.server, asset);
            remove(id);
            return asset;
          } catch (error) {
            ended.signal.throwIfAborted();
            const problem = asProblem(error);
            change(id, { problem });
            if (!isPassing(problem)) throw problem;
            await new Promise<void>((goOn) => {
              const cancel = clock.after(pauseAfter(failures, random), goOn);
              const wake = () => {
                cancel();
                goOn();
              };
              waiting.set(id, wake);
              ended.signal.addEventListener("abort", wake, { once: true });
            });
            waiting.delete(id);
            failures += 1;
            change(id, { problem: null });
          }
        }
      }

      const first: FileUpload = { id, sessionId, name, size: file.size, sent: 0, paused: false, problem: null };
      const upload: Upload = {
        id,
        done: Promise.resolve().then(run),
        pause() {
          change(id, { paused: true });
          inner?.pause();
        },
        resume() {
          change(id, { paused: false });
          inner?.resume();
          waiting.get(id)?.();
        },
        cancel(reason = new DOMException("Upload cancelled.", "AbortError")) {
          ended.abort(reason);
        },
      };
      upload.done.catch(() => {}); // it is told by the state as well
      handles.set(id, upload);
      core.show({ uploads: [...core.state.uploads.filter((each) => each.id !== id), first] });
      if (options.signal?.aborted) ended.abort(options.signal.reason);
      return upload;
    },
    /** The handle of one of `uploads`. */
    of: (id: string) => handles.get(id),
    /** Ends them all. */
    cancel,
  };
}
