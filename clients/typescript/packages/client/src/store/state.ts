import type { ProblemError } from "../problems.js";
import type { MessageCreate, Session } from "../schema.js";
import type { FileUpload } from "./files.js";
import type { Unsent } from "./outbox.js";
import type { Json } from "./merge.js";
import type { Work } from "./work.js";

/**
 * * `idle`: nobody is signed in, or the store was stopped.
 * * `recovering`: the session is being asked for.
 * * `live`: what is shown is what the service has, and what is done here on top.
 * * `offline`: the service can't be reached or read; what is shown may be old, and work goes on.
 * * `conflict`: somebody else changed what is unsaved here; `resolve` says whose stays.
 * * `expired`: the session was completed, deleted or taken away elsewhere. Only this clears it.
 */
export type StoreStatus = "idle" | "recovering" | "live" | "offline" | "conflict" | "expired";

/** Why the session is not the one that it was. */
export interface Reset {
  readonly reason: string;
  readonly sessionId: string | null;
  /** What could not be saved in it any more, if anything; it is kept nowhere else. */
  readonly unsent?: Unsent | undefined;
}

export interface Conflict {
  /** JSON pointers into the metadata. */
  readonly places: readonly string[];
  readonly mine: Json;
  readonly theirs: Json;
}

/** All that a view needs. The same object until something changed. */
export interface StoreState {
  readonly status: StoreStatus;
  /** With what is unsaved in it, but for messages, which have no place in the chat yet. */
  readonly session: Session | null;
  /** Said, and not yet confirmed. */
  readonly unsent: readonly (MessageCreate & { id: string })[];
  /** Done on the mission, and not yet confirmed. */
  readonly work: readonly Work[];
  /** Whether metadata or the name wait to be saved. */
  readonly unsaved: boolean;
  /** Files on their way, of other sessions of this tab too. */
  readonly uploads: readonly FileUpload[];
  /** Whether older messages are being read. */
  readonly loadingOlder: boolean;
  /** The last thing that went wrong; null once it went right. */
  readonly problem: ProblemError | null;
  readonly reset: Reset | null;
  readonly conflict: Conflict | null;
}

export const IDLE: StoreState = {
  status: "idle",
  session: null,
  unsent: [],
  work: [],
  unsaved: false,
  uploads: [],
  loadingOlder: false,
  problem: null,
  reset: null,
  conflict: null,
};

export type StoreEvent =
  /** How the session came about, as recovery says. */
  | { readonly type: "restored" | "resumed" | "created"; readonly session: Session }
  /** The stored session was not used. */
  | { readonly type: "reset"; readonly reset: Reset; readonly session: Session }
  /** It ended elsewhere. `unsent` is what could not be saved any more. */
  | { readonly type: "expired"; readonly reset: Reset; readonly unsent: Unsent }
  | { readonly type: "conflict"; readonly conflict: Conflict }
  | { readonly type: "offline"; readonly problem: ProblemError }
  /** All that was done here is at the service. */
  | { readonly type: "synced"; readonly session: Session }
  /** The person signed out, in this tab or another: forget the token, and ask for the next person. */
  | { readonly type: "signed_out" }
  /** The service said no to this, so that it is dropped. */
  | { readonly type: "refused"; readonly problem: ProblemError; readonly unsent: Unsent };
