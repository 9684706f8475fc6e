/** Whoever signs out does so in all tabs of the browser: they tell each other, and one that slept looks. */
import type { Core } from "./core.js";
import type { Page } from "./page.js";
import { createBroadcastChannel, type Channel } from "./tabs.js";

const SIGNED_OUT = "signed_out";

/** Of a browser's tabs. In Node.js many people share a process, and none signs out another. */
export function createOwnChannel(): Channel {
  if (typeof window !== "undefined") return createBroadcastChannel("session-api:v1");
  return { post() {}, listen: () => () => {} };
}

export type Signing = ReturnType<typeof createSigning>;

export function createSigning(core: Core, channel: Channel, page: Page) {
  let ends: (() => void)[] = [];

  async function hear(message: unknown): Promise<void> {
    if ((message as { kind?: unknown } | null)?.kind !== SIGNED_OUT) return;
    // Who signed in after that is not meant. Where nothing is in common, the word counts.
    if (await core.keeper.isOver(true)) core.signedOut();
  }

  return {
    /** Before a session is asked for. */
    async begin(signal: AbortSignal): Promise<void> {
      core.left = false;
      if (!(await core.isSignedIn()) || ends.length > 0) return;
      await core.keeper.begin();
      if (signal.aborted || ends.length > 0) return;
      ends = [
        channel.listen((message) => void hear(message)),
        page.listen((event) => {
          if (event === "visible") void core.isSignedIn();
        }),
      ];
    },
    /** Tells the other tabs. */
    tell(): void {
      const end = channel.listen(() => {}); // it is open only then
      channel.post({ kind: SIGNED_OUT });
      end();
    },
    end(): void {
      for (const end of ends) end();
      ends = [];
    },
  };
}
