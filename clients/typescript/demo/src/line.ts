/**
 * The switch that takes this tab off the network: its calls, its streams, its uploads, and what other
 * tabs would tell it. The service and other tabs go on.
 */
import type { Fetch, SendBytes } from "@session-api/client";
import {
  createBroadcastChannel,
  createBrowserPage,
  type Channel,
  type Page,
  type PageEvent,
} from "@session-api/client/store";

export interface Line {
  readonly isCut: () => boolean;
  cut(cut: boolean): void;
  /** Calls after each turn of the switch; what it returns ends that. */
  subscribe(call: () => void): () => void;
  readonly fetch: Fetch;
  /** The same switch for what else sends bytes. */
  guard(send: SendBytes): SendBytes;
  channel(name: string): Channel;
  readonly page: Page;
}

export function createLine(): Line {
  const browser = createBrowserPage();
  const subscribers = new Set<() => void>();
  const told = new Set<(event: PageEvent) => void>();
  let isCut = false;
  let whole = new AbortController();

  /** As a broken line shows itself to whoever calls: no answer, and no abort of theirs. */
  const broken = () => new TypeError("This tab is switched offline.");

  async function send<T>(signal: AbortSignal | null | undefined, go: (both: AbortSignal) => Promise<T>) {
    if (isCut) throw broken();
    const both = signal ? AbortSignal.any([signal, whole.signal]) : whole.signal;
    return go(both);
  }

  return {
    isCut: () => isCut,
    cut(cut) {
      if (cut === isCut) return;
      isCut = cut;
      if (cut) whole.abort(broken());
      else whole = new AbortController();
      // Offline, a look at the session fails at once, where a stream of another tab would go on.
      for (const call of [...told]) call(cut ? "visible" : "online");
      for (const call of [...subscribers]) call();
    },
    subscribe(call) {
      subscribers.add(call);
      return () => void subscribers.delete(call);
    },
    fetch: (url, init) => send(init.signal, (signal) => fetch(url, { ...init, signal })),
    guard: (sendBytes) => (url, request) =>
      send(request.signal, (signal) => sendBytes(url, { ...request, signal })),
    channel(name) {
      const channel = createBroadcastChannel(name);
      return {
        post: (message) => void (isCut || channel.post(message)),
        listen: (call) => channel.listen((message) => void (isCut || call(message))),
      };
    },
    page: {
      listen(call) {
        told.add(call);
        const end = browser.listen(call);
        return () => {
          told.delete(call);
          end();
        };
      },
    },
  };
}
