import type { SessionClient } from "../client.js";
import { asProblem } from "../http.js";
import { ProblemError, isProblem } from "../problems.js";
import type { MessageCreate, Recovery, Session } from "../schema.js";
import type { LiveEvent } from "../events.js";
import type { SessionStore, StoreOptions } from "./contract.js";
import { applyChange, withFields, withMessages } from "./copy.js";
import { applyPatch, composePatches, overlaps, withoutPlaces } from "./merge.js";
import { createIndexedDbOutbox } from "./indexed-db.js";
import { NOTHING_UNSENT, isNothing, type Unsent } from "./outbox.js";
import { createBrowserPage } from "./page.js";
import { IDLE, type StoreEvent, type StoreState } from "./state.js";

const SAVE_EVERY = 30_000;
const TOUCH_EVERY = 30_000;
const MOST = 500;
const LONGEST_PAUSE = 60_000;
/** A farewell that takes longer is left to itself. */
const FAREWELL = 5_000;

/** The current session of this tab. Nothing happens before it is told to sign in. */
export function createSessionStore(client: SessionClient, options: StoreOptions = {}): SessionStore {
  const { clock } = client.ports;
  const outbox = options.outbox ?? createIndexedDbOutbox({ clock });
  const page = options.page ?? createBrowserPage();
  const events = options.events ?? client.events;
  const most = options.most ?? MOST;
  const subscribers = new Set<() => void>();
  const listeners = new Set<(event: StoreEvent) => void>();

  let state: StoreState = IDLE;
  /** The session as the service last told it; its version is how far changes are applied. */
  let server: Session | null = null;
  /** The version at which `server`'s own fields are known: what If-Match says. */
  let seen = 0;
  let unsent: Unsent = NOTHING_UNSENT;
  /** The part of `unsent` that is on its way. */
  let saving: Pick<Unsent, "patch" | "name"> | null = null;
  /** Ends with the session that is followed. */
  let life = new AbortController();
  let leavePage = () => {};
  let cancelSave: (() => void) | null = null;
  let cancelRetry: (() => void) | null = null;
  let following = false;
  /** Ends the stream alone. */
  let line = new AbortController();
  let due = false;
  /** The session that is being completed here: its end is no surprise. */
  let completing: string | null = null;
  let failures = 0;
  let touchedAt = -Infinity;
  let pumping: Promise<void> | null = null;
  let again = false;
  /** Whether the stream is there. */
  let streaming = false;
  /** Ends the question for another session. */
  let entry = new AbortController();
  let keeping: Promise<void> = Promise.resolve();

  // The one place where the state changes

  function show(change: Partial<StoreState>): void {
    const session = server && {
      ...server,
      name: unsent.name ?? saving?.name ?? server.name,
      session_metadata: shownMetadata(server),
    };
    state = {
      ...state,
      ...change,
      session,
      unsent: unsent.messages,
      unsaved: saving !== null || !isNothing({ ...unsent, messages: [] }),
    };
    for (const call of [...subscribers]) call();
  }

  function shownMetadata({ session_metadata }: Session): Session["session_metadata"] {
    const { patch } = allUnsent();
    return Object.keys(patch).length === 0 ? session_metadata : applyPatch(session_metadata, patch);
  }

  function tell(event: StoreEvent): void {
    for (const call of [...listeners]) call(event);
  }

  // What is unsent

  function wait(change: Partial<Unsent>): void {
    unsent = { ...unsent, ...change };
    keep();
    show({});
  }

  /** What is on its way is unsent until it was answered. */
  function allUnsent(): Unsent {
    if (saving === null) return unsent;
    const name = unsent.name === undefined ? saving.name : unsent.name;
    const patch = composePatches(saving.patch, unsent.patch, server?.session_metadata);
    return { ...unsent, patch, name };
  }

  function keep(): void {
    if (server === null) return;
    const { id } = server;
    const now = allUnsent();
    keeping = keeping.then(() => outbox.keep(id, now));
  }

  // Sending

  /** Sends what waits, one thing after the other; never two at once. */
  function pump(): Promise<void> {
    if (pumping) {
      again = true; // it may have looked already
      return pumping;
    }
    const mine = send().finally(() => {
      if (pumping !== mine) return;
      pumping = null;
      if (!again) return;
      again = false;
      return pump();
    });
    pumping = mine;
    return mine;
  }

  async function send(): Promise<void> {
    const { signal } = life;
    let sent = false;
    let revived = false;
    while (server !== null && !signal.aborted) {
      const message = unsent.messages[0];
      try {
        if (message) await sendMessage(server.id, message, signal);
        else if (due && state.conflict === null && hasUnsaved()) await saveFields(server.id, signal);
        else break;
        sent = true;
      } catch (error) {
        if (signal.aborted) return;
        const problem = asProblem(error);
        if (isEnd(problem)) return expire(problem.code);
        if (isPassing(problem)) return postpone(problem);
        if (problem.code === "session_not_active" && !revived) {
          revived = true;
          if (await wasRevived(server.id, signal)) continue;
          if (signal.aborted) return;
        }
        refuse(problem, message);
      }
    }
    if (signal.aborted || server === null) return;
    due = false;
    failures = 0;
    if (sent) cancelRetry?.();
    if (streaming && state.status === "offline") show({ status: "live", problem: null });
    if (sent && isNothing(allUnsent())) {
      show({ problem: null });
      tell({ type: "synced", session: server });
    }
  }

  /** A session that was left for a day is abandoned, and goes on with the person's activity. */
  async function wasRevived(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      const now = await client.getSession(id, { include: [], signal });
      if (signal.aborted) return false;
      if (now.status === "abandoned") {
        await client.updateSessionActivity(id, { signal });
        return !signal.aborted;
      }
      adopt(now);
    } catch {
      // Then what was refused stays refused.
    }
    return false;
  }

  const hasUnsaved = () => !isNothing({ ...unsent, messages: [] });

  async function sendMessage(id: string, message: MessageCreate & { id: string }, signal: AbortSignal) {
    const { messages } = await client.chat.append(id, message, { signal });
    if (signal.aborted || server === null) return;
    server = withMessages(server, messages);
    wait({ messages: unsent.messages.filter((each) => each.id !== message.id) });
  }

  async function saveFields(id: string, signal: AbortSignal): Promise<void> {
    const { patch, name } = unsent;
    saving = { patch, name };
    unsent = { ...unsent, patch: {}, name: undefined };
    try {
      const saved = await client.autoSaveSession(id, patch, { name, ifMatch: seen, signal });
      if (signal.aborted) return;
      saving = null;
      adopt(saved);
    } catch (error) {
      if (signal.aborted) throw error;
      unsent = allUnsent();
      saving = null;
      if (!isProblem(error, "version_mismatch")) throw error;
      adopt(await client.getSession(id, { include: [], signal }));
    } finally {
      if (!signal.aborted) wait({});
    }
  }

  /** Takes the session's own fields as the service has them, unless it knows newer ones. */
  function adopt(fields: Session): void {
    if (server === null || fields.version < seen) return;
    const { session_metadata: before, status: was } = server;
    const theirs = fields.session_metadata ?? {};
    let places = overlaps(unsent.patch, before, theirs);
    if (saving !== null && places.length > 0) {
      // What it shows may be our own, whose answer is still to come.
      const ours = overlaps(unsent.patch, applyPatch(before, saving.patch), theirs);
      places = places.filter((place) => ours.includes(place));
    }
    server = withFields(server, fields);
    seen = fields.version;
    if (was === "active" && (fields.status === "completed" || fields.status === "archived")) {
      return expire(fields.status);
    }
    if (places.length === 0) return show({});
    const conflict = { places, mine: unsent.patch, theirs };
    show({ status: "conflict", conflict });
    tell({ type: "conflict", conflict });
  }

  function refuse(problem: ProblemError, message: (MessageCreate & { id: string }) | undefined) {
    const refused: Unsent = message
      ? { messages: [message], patch: {} }
      : { ...unsent, messages: [] };
    if (message) wait({ messages: unsent.messages.filter((each) => each !== message) });
    else wait({ patch: {}, name: undefined });
    show({ problem });
    tell({ type: "refused", problem, unsent: refused });
  }

  function postpone(problem: ProblemError): void {
    goOffline(problem);
    cancelRetry?.();
    const pause = Math.min(LONGEST_PAUSE, 1_000 * 2 ** failures);
    failures += 1;
    cancelRetry = clock.after(Math.max(pause, problem.retryAfter ?? 0), () => void pump());
  }

  function goOffline(problem: ProblemError): void {
    const was = state.status;
    show({ status: state.conflict ? "conflict" : "offline", problem });
    if (was !== "offline") tell({ type: "offline", problem });
  }

  function saveSoon(important: boolean): void {
    if (important) {
      due = true;
      void pump();
      return;
    }
    cancelSave ??= clock.after(options.saveEvery ?? SAVE_EVERY, () => {
      cancelSave = null;
      due = true;
      void pump();
    });
  }

  // Following

  async function follow(): Promise<void> {
    if (following || server === null) return;
    following = true;
    line = new AbortController();
    const { signal } = line;
    try {
      while (server !== null && !signal.aborted) {
        try {
          const { id, version }: Session = server;
          for await (const event of events.follow(id, { since: version, signal })) {
            if (signal.aborted) return;
            hear(event);
          }
        } catch (error) {
          if (signal.aborted) return;
          const problem = asProblem(error);
          if (isEnd(problem)) return expire(problem.code);
          if (!isProblem(error, "changes_gone")) return goOffline(problem);
          await reload(signal);
        }
      }
    } catch (error) {
      if (!signal.aborted) goOffline(asProblem(error));
    } finally {
      if (!signal.aborted) following = streaming = false;
    }
  }

  async function reload(signal: AbortSignal): Promise<void> {
    if (server === null) return;
    const whole = await client.getSession(server.id, { signal });
    if (signal.aborted || server === null) return;
    // Its own fields by the same way as ever, so that a conflict is noticed.
    server = { ...server, chat: whole.chat, mission: whole.mission, assets: whole.assets };
    server = { ...server, version: whole.version, damaged: whole.damaged };
    adopt(whole);
  }

  function hear(event: LiveEvent): void {
    if (server === null) return;
    streaming = event.type !== "lost";
    if (event.type === "lost") return goOffline(event.problem);
    if (event.type === "live") {
      show({ status: state.conflict ? "conflict" : "live", problem: null });
      failures = 0;
      void pump();
      return;
    }
    const { change } = event;
    if (change.entity !== "session" || change.data === null) {
      server = applyChange(server, change);
      return show({});
    }
    server = applyChange(server, { ...change, data: null } as typeof change);
    adopt(change.data as Session);
  }

  /** Whether the session is still what it was, before the person goes on in it. */
  async function validate(): Promise<void> {
    if (server === null) return;
    const { signal } = life;
    try {
      const since = Math.max(seen, server.version);
      const now = await client.getSessionIfChanged(server.id, since, { include: [], signal });
      if (signal.aborted) return;
      if (now) adopt(now);
    } catch (error) {
      if (signal.aborted) return;
      const problem = asProblem(error);
      return isEnd(problem) ? expire(problem.code) : goOffline(problem);
    }
    if (!streaming) {
      // It may be waiting out a long pause, for a network that is there again.
      line.abort();
      following = false;
      void follow();
    }
    void pump();
  }

  function expire(reason: string): void {
    if (server === null) return;
    const { id } = server;
    if (id === completing) return;
    const lost = allUnsent();
    end();
    keeping = keeping.then(() => outbox.keep(id, NOTHING_UNSENT));
    if (client.storedId.get() === id) client.storedId.clear();
    const reset = { reason, sessionId: id };
    show({ status: "expired", reset, conflict: null, problem: null });
    tell({ type: "expired", reset, unsent: lost });
  }

  // Its life

  /** Ends what goes on with the session; what is kept stays. */
  function end(): void {
    life.abort(new DOMException("The session was left.", "AbortError"));
    line.abort(life.signal.reason);
    leavePage();
    cancelSave?.();
    cancelRetry?.();
    cancelSave = cancelRetry = null;
    leavePage = () => {};
    server = null;
    unsent = NOTHING_UNSENT;
    saving = null;
    due = following = streaming = again = false;
    failures = 0;
    pumping = null;
  }

  /** Goes to the session that is answered; until then, and where none is, all stays as it was. */
  async function enter(
    ask: (signal: AbortSignal) => Promise<Recovery | Session>,
    attempt = 0,
  ): Promise<StoreState> {
    entry.abort();
    entry = new AbortController();
    const { signal } = entry;
    const stored = client.storedId.get();
    if (server === null) {
      end();
      show({ status: "recovering", conflict: null });
    }
    let answer: Recovery | Session;
    let left: Unsent;
    try {
      answer = await ask(signal);
      if (signal.aborted) return state;
      keep();
      await keeping;
      left = await outbox.load("outcome" in answer ? answer.session.id : answer.id);
      if (signal.aborted) return state;
    } catch (error) {
      if (signal.aborted) return state;
      const problem = asProblem(error);
      if (server !== null) show({ problem });
      else if (!isPassing(problem)) show({ status: "idle", problem });
      else askAgain(ask, attempt, problem);
      return state;
    }
    end();
    life = new AbortController();
    const recovery = "outcome" in answer ? answer : null;
    const session: Session = recovery ? recovery.session : (answer as Session);
    server = session;
    seen = session.version;
    unsent = left;
    due = !isNothing(left);
    leavePage = page.listen(onPage);
    const reset = recovery?.reset ? { reason: recovery.reset.reason, sessionId: stored } : null;
    show({ status: "live", reset, problem: null, conflict: null });
    const outcome = recovery?.outcome ?? "restored";
    tell({ type: outcome === "fell_back" ? "restored" : outcome, session });
    if (reset) tell({ type: "reset", reset, session });
    void follow();
    void pump();
    return state;
  }

  /** There is nothing to show yet; with time, or with the network, there will be. */
  function askAgain(
    ask: (signal: AbortSignal) => Promise<Recovery | Session>,
    attempt: number,
    problem: ProblemError,
  ): void {
    goOffline(problem);
    leavePage();
    cancelRetry?.();
    const next = () => void enter(ask, attempt + 1);
    leavePage = page.listen((event) => {
      if (event === "online" || event === "visible") next();
    });
    cancelRetry = clock.after(Math.min(LONGEST_PAUSE, 1_000 * 2 ** attempt), next);
  }

  function onPage(event: "visible" | "hidden" | "online" | "offline"): void {
    if (event === "visible" || event === "online") {
      failures = 0;
      void validate();
    } else if (event === "hidden") {
      saveAtOnce();
    }
  }

  /** The page may be gone in a moment: one request that outlives it, whatever else is on its way. */
  function saveAtOnce(): void {
    if (server === null || saving !== null || state.conflict || !hasUnsaved()) return;
    const { id } = server;
    const { signal } = life;
    const { patch, name } = unsent;
    // Its repeat, should the page stay after all, changes nothing.
    client.autoSaveSession(id, patch, { name, ifMatch: seen, keepalive: true }).then(
      (saved) => {
        if (signal.aborted || unsent.patch !== patch || unsent.name !== name) return;
        unsent = { ...unsent, patch: {}, name: undefined };
        adopt(saved);
        keep();
      },
      () => {},
    );
  }

  return {
    client,
    getState: () => state,
    subscribe(call) {
      subscribers.add(call);
      return () => void subscribers.delete(call);
    },
    on(call) {
      listeners.add(call);
      return () => void listeners.delete(call);
    },
    signIn: (body) => enter((signal) => client.initializeSession(body, { signal })),
    switchTo: (id) => enter((signal) => client.switchToSession(id, { signal })),
    begin(body = {}) {
      const id = client.ports.ids(); // of one session, however often it is asked for
      return enter(async (signal) => {
        await client.createSession({ ...body, id }, { signal });
        // A new session is answered without its parts.
        const session = await client.getSession(id, { signal });
        return { outcome: "created", reset: null, session };
      });
    },
    takeOver(code) {
      const key = client.ports.ids(); // asked again, it is the same use of the code
      return enter((signal) => client.handoff.exchange(code, { key, signal }));
    },
    async complete() {
      const id = server?.id;
      if (id === undefined) throw noSession();
      due = true;
      await pump();
      completing = id;
      try {
        await client.completeSession(id);
        if (server?.id !== id) return;
        end();
        show({ status: "idle", conflict: null });
      } finally {
        completing = null;
      }
    },
    async loadOlder(limit = 50) {
      const { signal } = life;
      const before = server?.chat?.next_before;
      if (server === null || before === null || before === undefined) return;
      const page = await client.chat.list(server.id, { before, limit }, { signal });
      const chat = server?.chat;
      // Asked for twice at once, the page is there once.
      if (signal.aborted || server === null || !chat || chat.next_before !== before) return;
      const { has_more, next_before } = page;
      const messages = [...page.items, ...chat.messages];
      server = { ...server, chat: { ...chat, messages, has_more, next_before } };
      show({});
    },
    dismiss: () => show({ reset: null }),
    async signOut({ complete = false } = {}) {
      const id = server?.id;
      const farewell = new AbortController();
      const cancel = clock.after(FAREWELL, () => farewell.abort());
      try {
        if (id !== undefined && state.status === "live") {
          due = true;
          await Promise.race([pump(), aborted(farewell.signal)]);
        }
        entry.abort();
        end();
        client.storedId.clear();
        state = IDLE;
        show({});
        await keeping;
        await outbox.wipe();
        if (id !== undefined && complete) {
          await client.completeSession(id, { signal: farewell.signal }).catch(() => {});
        }
      } finally {
        cancel();
      }
    },
    stop() {
      entry.abort();
      keep();
      end();
      show({ status: "idle", conflict: null });
    },
    setMetadata(patch, { important = false } = {}) {
      if (server === null) throw noSession();
      const base = applyPatch(server.session_metadata, saving?.patch ?? {});
      wait({ patch: composePatches(unsent.patch, patch, base) });
      saveSoon(important);
    },
    rename(name) {
      if (server === null) throw noSession();
      wait({ name });
      saveSoon(false);
    },
    say(message) {
      if (server === null) throw noSession();
      if (unsent.messages.length >= most) {
        throw new ProblemError("outbox_full", `${most} messages wait to be sent.`);
      }
      const whole = { ...message, id: message.id ?? client.ports.ids() };
      wait({ messages: [...unsent.messages, whole] });
      void pump();
      return whole.id;
    },
    save() {
      due = true;
      return pump();
    },
    touch() {
      const now = clock.now();
      if (server === null || now - touchedAt < (options.touchEvery ?? TOUCH_EVERY)) return;
      touchedAt = now;
      client.updateSessionActivity(server.id, { signal: life.signal }).catch(() => {});
    },
    resolve(whose) {
      const { conflict } = state;
      if (conflict === null) return;
      if (whose === "theirs") unsent = { ...unsent, patch: withoutPlaces(unsent.patch, conflict.places) };
      show({ status: "live", conflict: null });
      wait({});
      due = true;
      void pump();
    },
  };
}

/** Problems after which there is no such session for this person. */
function isEnd({ code }: ProblemError): boolean {
  return (
    code === "session_not_found" ||
    code === "session_deleted" ||
    code === "access_ended"
  );
}

/** Problems that time, a network or a sign-in mends. */
function isPassing({ status }: ProblemError): boolean {
  return status === 0 || status === 401 || status === 429 || status >= 500;
}

function noSession(): ProblemError {
  return new ProblemError("no_session", "There is no session: sign in first.");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
