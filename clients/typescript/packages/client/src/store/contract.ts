/** What the store of the current session is given, and what it promises. */
import type { SessionClient } from "../client.js";
import type { EventMethods } from "../events.js";
import type { MessageCreate } from "../schema.js";
import type { Json } from "./merge.js";
import type { Outbox } from "./outbox.js";
import type { Page } from "./page.js";
import type { Upload, UploadOptions } from "../uploads.js";
import type { MissionWork } from "./mission.js";
import type { StoreEvent, StoreState } from "./state.js";
import type { Channel } from "./tabs.js";

export interface StoreOptions {
  /** Where what is unsent is kept: IndexedDB, or memory where there is none. */
  outbox?: Outbox;
  page?: Page;
  /** Where changes come from: a stream of this tab, or one for all tabs (`createSharedEvents`). */
  events?: Pick<EventMethods, "follow">;
  /** By which tabs tell each other of a sign-out; a BroadcastChannel of its own. */
  channel?: Channel;
  /** Milliseconds from a change to its saving, unless it is important. */
  saveEvery?: number;
  /** Milliseconds between two touches of the session's activity. */
  touchEvery?: number;
  /** How many messages and changes of the mission may wait. */
  most?: number;
}

export interface SessionStore {
  readonly client: SessionClient;
  getState(): StoreState;
  /** Calls after each change of the state; what it returns ends that. */
  subscribe(call: () => void): () => void;
  /** Calls with each event; what it returns ends that. */
  on(call: (event: StoreEvent) => void): () => void;
  /** Recovers the session, sends what was left unsent in it, and follows it until `stop`. */
  signIn(body?: { name?: string }): Promise<StoreState>;
  /** Goes to another session, or to a new one. What is unsent here is kept for its return. */
  switchTo(sessionId: string): Promise<StoreState>;
  begin(body?: { name?: string; session_metadata?: Json }): Promise<StoreState>;
  /** Goes to the session that another device hands over by this code. */
  takeOver(code: string): Promise<StoreState>;
  /** Saves what it can, completes the session, and is without one. Throws where that is refused. */
  complete(): Promise<void>;
  /** Reads messages from before those that are there, if there are any. */
  loadOlder(limit?: number): Promise<void>;
  /** Takes `reset` out of the state, once the person knows. */
  dismiss(): void;
  /**
   * Saves what it can, completes the session if asked, and removes all that is kept here. All tabs
   * of the browser are signed out by it.
   */
  signOut(options?: { complete?: boolean }): Promise<void>;
  /** Ends all that goes on, and forgets nothing: `signIn` goes on from there. */
  stop(): void;
  /** Merges into the metadata (RFC 7396): shown at once, saved soon, or now if it is important. */
  setMetadata(patch: Json, options?: { important?: boolean }): void;
  rename(name: string | null): void;
  /** Says something: shown at once, and sent until it was confirmed. Returns its id. */
  say(message: MessageCreate): string;
  /** What is done on the session's mission: shown at once, and sent until it was confirmed. */
  readonly mission: MissionWork;
  /**
   * Brings a file: in `uploads` of the state while it is on its way, which goes on with the network
   * after it was lost. Unlike what is said, it is not kept over a reload.
   */
  upload(file: Blob & { name?: string }, options?: UploadOptions): Upload;
  /** The handle of one of `uploads`, by its id. */
  uploadOf(id: string): Upload | undefined;
  /** Sends now what waits. Resolves when it is there, refused, or can't be for now. */
  save(): Promise<void>;
  /** Says that the person is there. Call it as often as you like. */
  touch(): void;
  /** Ends a conflict: what is unsaved here overwrites theirs, or gives way to it. */
  resolve(whose: "mine" | "theirs"): void;
}
