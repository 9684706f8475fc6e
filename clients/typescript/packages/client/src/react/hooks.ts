import { useMemo } from "react";
import { ProblemError } from "../problems.js";
import type { Asset, Message, MessageCreate, Mission, Session, SessionPage } from "../schema.js";
import type { SessionStore } from "../store/contract.js";
import type { FileUpload } from "../store/files.js";
import type { MissionWork } from "../store/mission.js";
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
  /** Rejects where it is refused; `useMissionWork().link` is sent again until it was answered. */
  linkMissionToSession(missionId: string): Promise<Session>;
  /** Saves, ends the session, and is without one. */
  completeSession(): Promise<void>;
  listSessions: SessionStore["client"]["listSessions"];
  /** Saves what it can, and removes all that is kept in this browser; offline too. */
  signOut(options?: { complete?: boolean }): Promise<void>;
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
    async linkMissionToSession(missionId) {
      const { session } = store.getState();
      if (session === null) throw new ProblemError("no_session", "There is no session: sign in first.");
      return client.linkMissionToSession(session.id, missionId);
    },
    completeSession: () => store.complete(),
    listSessions: (query, options): Promise<SessionPage> => client.listSessions(query, options),
    signOut: (options) => store.signOut(options),
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
  readonly isLoadingOlder: boolean;
}

const NO_MESSAGES: readonly Message[] = [];

export function useMessages(): UsedMessages {
  const store = useSessionStore();
  const { session, unsent, loadingOlder } = useSessionState();
  return {
    messages: session?.chat?.messages ?? NO_MESSAGES,
    unsent,
    hasMore: session?.chat?.has_more ?? false,
    say: store.say,
    loadOlder: store.loadOlder,
    isLoadingOlder: loadingOlder,
  };
}

/** The mission of the current session, with its hops and tool steps, and what is not sent of them. */
export function useMission(): Mission | null {
  return useSessionState().session?.mission ?? null;
}

/** What one does with the mission: shown at once, sent until confirmed. The functions stay the same. */
export function useMissionWork(): MissionWork {
  return useSessionStore().mission;
}

export interface UsedAssets {
  readonly assets: readonly Asset[];
  /** Those on their way, with their progress; `uploadOf` has the handle of each. */
  readonly uploads: readonly FileUpload[];
  /** Brings a file: in `uploads` at once, in `assets` when it is ready. */
  upload(file: Blob & { name?: string }, options?: UploadOptions): Upload;
  uploadOf(id: string): Upload | undefined;
}

const NO_ASSETS: readonly Asset[] = [];

export function useAssets(): UsedAssets {
  const { upload, uploadOf } = useSessionStore();
  const { session, uploads } = useSessionState();
  return { assets: session?.assets ?? NO_ASSETS, uploads, upload, uploadOf };
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
  const { status, unsaved, unsent, work, problem, conflict } = useSessionState();
  const isPending = unsaved || unsent.length + work.length > 0;
  return { status, isPending, problem, conflict, resolve };
}
