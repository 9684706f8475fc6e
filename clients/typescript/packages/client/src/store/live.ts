/** The session as others change it: by the stream, and by looking again when the person is back. */
import type { EventMethods, LiveEvent } from "../events.js";
import { asProblem } from "../http.js";
import { ProblemError, isProblem } from "../problems.js";
import type { Session } from "../schema.js";
import { adopt } from "./conflicts.js";
import { applyChange } from "./copy.js";
import { isEnd, type Core } from "./core.js";
import { pauseAfter, type Sending } from "./sending.js";

/** How long a stream may take to tell what a look has found before it is taken for dead. */
const LAG = 3_000;

export type Live = ReturnType<typeof createLive>;

export function createLive(core: Core, sending: Sending, events: Pick<EventMethods, "follow">) {
  const { client } = core;
  const { clock, random } = client.ports;
  let following = false;
  /** Ends the stream alone. */
  let line = new AbortController();
  let cancelLook: (() => void) | null = null;
  let cancelRetry: (() => void) | null = null;
  let failures = 0;

  core.onEnd(() => {
    line.abort(core.signal.reason);
    cancelLook?.();
    cancelRetry?.();
    cancelLook = cancelRetry = null;
    following = false;
    failures = 0;
  });

  async function follow(): Promise<void> {
    if (following || core.server === null) return;
    following = true;
    line = new AbortController();
    const { signal } = line;
    try {
      while (core.server !== null && !signal.aborted) {
        try {
          await core.isSignedIn();
          if (signal.aborted || core.server === null) return;
          const { id, version }: Session = core.server;
          for await (const event of events.follow(id, { since: version, signal })) {
            if (signal.aborted) return;
            hear(event);
          }
        } catch (error) {
          if (signal.aborted) return;
          const problem = asProblem(error);
          if (isEnd(problem)) return core.expire(problem.code);
          if (!isProblem(error, "changes_gone")) throw problem;
          await reload(signal);
        }
      }
    } catch (error) {
      if (!signal.aborted) postpone(asProblem(error));
    } finally {
      if (!signal.aborted) following = core.streaming = false;
    }
  }

  /** What the stream itself does not come back from, such as a refused token, may be mended in time. */
  function postpone(problem: ProblemError): void {
    core.goOffline(problem);
    cancelRetry?.();
    cancelRetry = clock.after(pauseAfter(failures, random), reconnect);
    failures += 1;
  }

  async function reload(signal: AbortSignal): Promise<void> {
    if (core.server === null) return;
    const whole = await client.getSession(core.server.id, { signal });
    if (signal.aborted || core.server === null) return;
    // Its own fields by the same way as ever, so that a conflict is noticed.
    const { chat, mission, assets, version, damaged } = whole;
    core.server = { ...core.server, chat, mission, assets, version, damaged };
    adopt(core, whole);
  }

  function hear(event: LiveEvent): void {
    if (core.server === null) return;
    core.streaming = event.type !== "lost";
    if (event.type === "lost") return core.goOffline(event.problem);
    if (event.type === "live") {
      failures = 0;
      core.show({ status: core.state.conflict ? "conflict" : "live", problem: null });
      void sending.revive();
      return;
    }
    const { change } = event;
    if (change.entity !== "session" || change.data === null) {
      core.server = applyChange(core.server, change);
      return core.show({});
    }
    core.server = applyChange(core.server, { ...change, data: null } as typeof change);
    adopt(core, change.data as Session);
  }

  /** Follows by a new stream, from where the old one was. */
  function reconnect(): void {
    cancelRetry?.();
    line.abort();
    following = core.streaming = false;
    void follow();
  }

  return {
    follow,
    reconnect,
    /** Whether the session is still what it was, before the person goes on in it. */
    async validate(): Promise<void> {
      if (core.server === null) return;
      const { id, version } = core.server;
      const { signal } = core;
      let now: Session | null;
      try {
        await core.isSignedIn();
        if (signal.aborted) return;
        now = await client.getSessionIfChanged(id, version, { include: [], signal });
        if (signal.aborted) return;
        if (now) adopt(core, now);
      } catch (error) {
        if (signal.aborted) return;
        const problem = asProblem(error);
        return isEnd(problem) ? core.expire(problem.code) : core.goOffline(problem);
      }
      if (signal.aborted) return; // it ended elsewhere
      // It may be waiting out a long pause, for a network that is there again.
      if (!core.streaming) reconnect();
      const { version: there = 0 } = now ?? {};
      cancelLook?.();
      cancelLook = clock.after(LAG, () => {
        if (core.server !== null && core.server.version < there) reconnect();
      });
      void sending.revive();
    },
  };
}
