/** How a session becomes the current one: recovered, chosen, begun, or handed over. */
import { asProblem } from "../http.js";
import { ProblemError } from "../problems.js";
import type { Recovery, Session } from "../schema.js";
import { isPassing, type Core } from "./core.js";
import type { Live } from "./live.js";
import { NOTHING_UNSENT, isNothing, type Unsent } from "./outbox.js";
import type { Page, PageEvent } from "./page.js";
import { pauseAfter, type Sending } from "./sending.js";
import type { Signing } from "./signing.js";
import type { Reset, StoreState } from "./state.js";

type Ask = (signal: AbortSignal) => Promise<Recovery | Session>;

/** Reasons that only the owner is told: what was left unsent there is this person's own. */
const OWN = new Set(["completed", "archived"]);

export function createEntry(core: Core, sending: Sending, live: Live, page: Page, signing: Signing) {
  const { clock, random } = core.client.ports;
  let leavePage = () => {};
  let cancelRetry: (() => void) | null = null;
  /** Ends the question for a session. */
  let entry = new AbortController();

  core.onEnd(() => {
    leavePage();
    leavePage = () => {};
    cancelRetry?.();
    cancelRetry = null;
  });

  /** Goes to the session that is answered; until then, and where none is, all stays as it was. */
  async function enter(ask: Ask, attempt = 0, anew = false): Promise<StoreState> {
    entry.abort();
    entry = new AbortController();
    // Of whoever was signed in before, nothing is shown to who signs in now.
    if (anew && (await core.keeper.isOver())) {
      if (entry.signal.aborted) return core.state;
      core.drop();
      entry = new AbortController();
    }
    const { signal } = entry;
    if (core.server === null) {
      core.end();
      core.show({ status: "recovering", conflict: null });
    }
    await signing.begin(signal);
    if (signal.aborted) return core.state;
    const stored = core.client.storedId.get();
    let answer: Recovery | Session;
    let left: Unsent;
    let reset: Reset | null;
    try {
      answer = await ask(signal);
      if (signal.aborted) return core.state;
      core.keep();
      left = await core.keeper.load("outcome" in answer ? answer.session.id : answer.id);
      const reason = "outcome" in answer ? answer.reset?.reason : undefined;
      reset = reason ? await resetOf(reason, stored) : null;
      if (signal.aborted) return core.state;
    } catch (error) {
      if (signal.aborted) return core.state;
      const problem = asProblem(error);
      if (core.server !== null) core.show({ problem });
      else if (isPassing(problem)) askAgain(ask, attempt, problem);
      else core.show({ status: "idle", problem });
      return core.state;
    }
    const [session, outcome] =
      "outcome" in answer ? [answer.session, answer.outcome] : [answer, "restored" as const];
    core.begin(session, left);
    leavePage = page.listen(hearPage);
    core.show({ status: "live", reset, problem: null, conflict: null });
    core.tell({ type: outcome === "fell_back" ? "restored" : outcome, session });
    if (reset) core.tell({ type: "reset", reset, session });
    if (signal.aborted) return core.state; // a listener has left it already
    void live.follow();
    if (!isNothing(left)) void sending.saveNow();
    return core.state;
  }

  /** Why the stored session was not used; and what was left unsent in it, which goes. */
  async function resetOf(reason: string, sessionId: string | null): Promise<Reset> {
    if (sessionId === null || !OWN.has(reason)) return { reason, sessionId };
    const unsent = await core.keeper.load(sessionId);
    core.keeper.keep(sessionId, NOTHING_UNSENT);
    return isNothing(unsent) ? { reason, sessionId } : { reason, sessionId, unsent };
  }

  /** There is nothing to show yet; with time, or with the network, there will be. */
  function askAgain(ask: Ask, attempt: number, problem: ProblemError): void {
    core.goOffline(problem);
    leavePage();
    cancelRetry?.();
    const next = () => void enter(ask, attempt + 1);
    leavePage = page.listen((event) => {
      if (event === "online" || event === "visible") next();
    });
    cancelRetry = clock.after(pauseAfter(attempt, random), next);
  }

  function hearPage(event: PageEvent): void {
    if (event === "visible" || event === "online") void live.validate();
    // A line that is gone may be silent for long: a new one knows at once.
    else if (event === "offline") live.reconnect();
    else if (event === "hidden") sending.saveAtOnce();
  }

  /** Ends what goes on, and any question for another session. */
  function leave(): void {
    entry.abort();
    signing.end();
    core.end();
  }
  core.onSignOut(leave);

  return { enter, leave };
}
