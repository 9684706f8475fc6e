/** The files on their way, of whichever session, for as long as the page lives. */
import { isProblem, type SessionClient, type Upload } from "@session-api/client";

export interface Sending {
  readonly id: string;
  readonly sessionId: string;
  readonly name: string;
  readonly total: number;
  readonly sent: number;
  readonly state: "sending" | "paused" | "ready" | "failed";
  /** Why it failed, for a person. */
  readonly reason: string | null;
}

export interface Uploads {
  /** The same list until something changed. */
  getState(): readonly Sending[];
  subscribe(call: () => void): () => void;
  /** Brings them; the ids that their assets will have. */
  add(sessionId: string, files: Iterable<File>): string[];
  pause(id: string): void;
  resume(id: string): void;
  /** Stops it, and takes it off the list. */
  remove(id: string): void;
  /** Once more from where it stopped. */
  retry(id: string): void;
}

export function createUploads(client: SessionClient): Uploads {
  const subscribers = new Set<() => void>();
  const running = new Map<string, { upload: Upload; file: File }>();
  let list: readonly Sending[] = [];

  function show(next: readonly Sending[]): void {
    list = next;
    for (const call of [...subscribers]) call();
  }

  function change(id: string, part: Partial<Sending>): void {
    show(list.map((each) => (each.id === id ? { ...each, ...part } : each)));
  }

  function start(id: string, sessionId: string, file: File): void {
    const onProgress = ({ sent }: { sent: number }) => change(id, { sent });
    const upload = client.assets.upload(sessionId, file, { id, onProgress });
    running.set(id, { upload, file });
    upload.done.then(
      () => {
        running.delete(id);
        change(id, { state: "ready", sent: file.size });
      },
      (error: unknown) => {
        const reason = isProblem(error) ? error.message : "It was stopped.";
        change(id, { state: "failed", reason });
      },
    );
  }

  return {
    getState: () => list,
    subscribe(call) {
      subscribers.add(call);
      return () => void subscribers.delete(call);
    },
    add(sessionId, files) {
      const added = [...files].map((file) => ({ file, id: client.ports.ids() }));
      const waiting = added.map(
        ({ file, id }): Sending => ({
          ...{ id, sessionId, name: file.name, total: file.size },
          ...{ sent: 0, state: "sending", reason: null },
        }),
      );
      show([...list, ...waiting]);
      for (const { id, file } of added) start(id, sessionId, file);
      return added.map(({ id }) => id);
    },
    pause(id) {
      running.get(id)?.upload.pause();
      change(id, { state: "paused" });
    },
    resume(id) {
      running.get(id)?.upload.resume();
      change(id, { state: "sending" });
    },
    remove(id) {
      running.get(id)?.upload.cancel();
      running.delete(id);
      show(list.filter((each) => each.id !== id));
    },
    retry(id) {
      const known = list.find((each) => each.id === id);
      const file = running.get(id)?.file;
      if (!known || !file) return;
      change(id, { state: "sending", reason: null });
      start(id, known.sessionId, file);
    },
  };
}
