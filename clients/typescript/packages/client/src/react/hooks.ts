import { useMemo } from "react";
import type { ProblemError } from "../problems.js";
import type { Asset, Message, MessageCreate, Mission, Session, SessionPage } from "../schema.js";
import type { SessionStore } from "../store/contract.js";
import type { StoreState, StoreStatus } from "../store/state.js";
import type { Upload, UploadOptions } from "../uploads.js";
import { useSessionStore } from "./provider.js";
import { useSessionState } from "./state.js";

type Json = Record<string, unknown>;

export interface SessionActions {
  /** The session to start with, whatever happened. */
  initializeSession(body?: { name?: string }): Promise<StoreState>;
  /** Another session; `switchToSession` is the same. */
  loadSession(id: string): Promise<StoreState>;
  switchToSession(id: string): Promise<StoreState>;
  /** As `initializeSession`, for a session that may be gone. */
  recoverSession(id: string): Promise<StoreState>;
  /** Merges into the metadata: shown at once, saved soon, or now if it is important. */
  saveSessionState(patch: Json, options?: { important?: boolean }): void;
  /** With what is unsaved in it; empty where there is no session. */
  getSessionMetadata(): Readonly<Json>;
  updateActivity(): void;
  linkMissionToSession(missionId: string): Promise<Session>;
  /** Saves, ends the session, and is without one. */
  completeSession(): Promise<void>;
  listSessions: SessionStore["client"]["listSessions"];
}

export interface UsedSession extends SessionActions {
  readonly currentSession: Session | null;
  readonly isSessionLoading: boolean;
  readonly sessionError: ProblemError | null;
}

/** The current session, and what one does with it. The functions stay the same. */
export function useSession(): UsedSession {
  const store = useSessionStore();
  const { session, status, problem } = useSessionState();
  const actions = useMemo(() => actionsOf(store), [store]);
  return {
    ...actions,
    currentSession: session,
    isSessionLoading: status === "recovering",
    sessionError: problem,
  };
}

function actionsOf(store: SessionStore): SessionActions {
  const { client } = store;
  return {
    initializeSession: (body) => store.signIn(body),
    loadSession: (id) => store.switchTo(id),
    switchToSession: (id) => store.switchTo(id),
    recoverSession(id) {
      client.storedId.set(id);
      return store.signIn();
    },
    saveSessionState: (patch, options) => store.setMetadata(patch, options),
    getSessionMetadata: () => store.getState().session?.session_metadata ?? {},
    updateActivity: () => store.touch(),
    linkMissionToSession: (missionId) =>
      client.linkMissionToSession(store.getState().session?.id ?? "", missionId),
    completeSession: () => store.complete(),
    listSessions: (query, options): Promise<SessionPage> => client.listSessions(query, options),
  };
}

/** The id of the current session; null where there is none. */
export function useSessionUUID(): string | null {
  return useSessionState().session?.id ?? null;
}

export interface UsedMessages {
  /** Those of the chat that were read, oldest first. */
  readonly messages: readonly Message[];
  /** Said and not yet confirmed; to be shown behind the others. */
  readonly unsent: StoreState["unsent"];
  readonly hasMore: boolean;
  /** Says something: it is in `unsent` at once. Returns its id. */
  say(message: MessageCreate): string;
  /** Reads older messages. */
  loadOlder(limit?: number): Promise<void>;
}

const NO_MESSAGES: readonly Message[] = [];

export function useMessages(): UsedMessages {
  const store = useSessionStore();
  const { session, unsent } = useSessionState();
  return {
    messages: session?.chat?.messages ?? NO_MESSAGES,
    unsent,
    hasMore: session?.chat?.has_more ?? false,
    say: store.say,
    loadOlder: store.loadOlder,
  };
}

/** The mission of the current session, with its hops and their tool steps. */
export function useMission(): Mission | null {
  return useSessionState().session?.mission ?? null;
}

export interface UsedAssets {
  readonly assets: readonly Asset[];
  /** Brings a file. It is in `assets` once it is ready. */
  upload(file: Blob & { name?: string }, options?: UploadOptions): Upload;
}

const NO_ASSETS: readonly Asset[] = [];

export function useAssets(): UsedAssets {
  const { client, getState } = useSessionStore();
  const { session } = useSessionState();
  return {
    assets: session?.assets ?? NO_ASSETS,
    upload: (file, options) => client.assets.upload(getState().session?.id ?? "", file, options),
  };
}

export interface SyncStatus {
  readonly status: StoreStatus;
  /** Whether anything done here is not at the service yet. */
  readonly isPending: boolean;
  readonly problem: ProblemError | null;
  readonly conflict: StoreState["conflict"];
  resolve(whose: "mine" | "theirs"): void;
}

export function useSyncStatus(): SyncStatus {
  const { resolve } = useSessionStore();
  const { status, unsaved, unsent, problem, conflict } = useSessionState();
  return { status, isPending: unsaved || unsent.length > 0, problem, conflict, resolve };
}
