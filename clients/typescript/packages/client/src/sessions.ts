import type { CallOptions, Http, WriteOptions } from "./http.js";
import type { StoredId } from "./ids.js";
import type {
  MetadataPatch,
  QueryOf,
  Recovery,
  Session,
  SessionCreate,
  SessionPage,
  SessionPut,
} from "./schema.js";

/** What a session comes with. Both left out: all its parts, and the 50 latest messages. */
export interface Include {
  include?: readonly ("chat" | "mission" | "assets")[];
  /** How many of the latest messages, 0 to 200. */
  messages?: number;
}

export interface SessionMethods {
  /** A new session, which this browser then is in. With an `id` of yours, a repeat is safe. */
  createSession(body?: SessionCreate, options?: CallOptions): Promise<Session>;
  /**
   * The session to start with, whatever happened: the stored one, the latest, or a new one.
   * `reset` says why the stored one was not used. Unlike `recoverSession` it takes the stored id.
   */
  initializeSession(body?: { name?: string }, options?: CallOptions): Promise<Recovery>;
  /** As `initializeSession`, for an id that you name; none asks for the latest or a new one. */
  recoverSession(
    body?: { session_id?: string | null; name?: string },
    options?: CallOptions,
  ): Promise<Recovery>;
  /** The most recently active session, null where there is none. Counts as activity. */
  getActiveSession(options?: CallOptions): Promise<Session | null>;
  getSession(id: string, options?: CallOptions & Include): Promise<Session>;
  /** The session, or null while it is still at this version. */
  getSessionIfChanged(
    id: string,
    version: number,
    options?: CallOptions & Include,
  ): Promise<Session | null>;
  /** One page, latest activity first; `next_cursor` is the `cursor` of the next. */
  listSessions(query?: QueryOf<"list_sessions">, options?: CallOptions): Promise<SessionPage>;
  /** Another session, which this browser then is in; an abandoned one becomes active again. */
  switchToSession(id: string, options?: CallOptions): Promise<Session>;
  /** Changes what is given; metadata is replaced whole, unlike in `autoSaveSession`. */
  updateSession(id: string, body: SessionPut, options?: WriteOptions): Promise<Session>;
  /** Merges into the metadata (RFC 7396): other keys stay, null removes one. */
  autoSaveSession(
    id: string,
    patch: MetadataPatch,
    options?: WriteOptions & { name?: string | null },
  ): Promise<Session>;
  updateSessionActivity(id: string, options?: CallOptions): Promise<void>;
  linkMissionToSession(id: string, missionId: string, options?: WriteOptions): Promise<Session>;
  /** Ends it, and forgets its id: the next `initializeSession` is not told of a reset. */
  completeSession(id: string, options?: WriteOptions): Promise<Session>;
  archiveSession(id: string, options?: WriteOptions): Promise<Session>;
  resumeSession(id: string, options?: WriteOptions): Promise<Session>;
  /** Erases it with its chat, mission and files. */
  deleteSession(id: string, options?: WriteOptions): Promise<void>;
}

export function createSessionMethods(http: Http, stored: StoredId): SessionMethods {
  const at = (id: string) => ({ path: { session_id: id } });

  async function recoverSession(
    body: { session_id?: string | null; name?: string } = {},
    options?: CallOptions,
  ): Promise<Recovery> {
    const recovery = await http.call("recover_session", { body }, options);
    stored.set(recovery.session.id);
    return recovery;
  }

  function forget(id: string): void {
    if (stored.get() === id) stored.clear();
  }

  return {
    recoverSession,
    async createSession(body = {}, options) {
      const whole = { ...body, id: body.id ?? http.ports.ids() };
      const session = await http.call("create_session", { body: whole }, options);
      stored.set(session.id);
      return session;
    },
    initializeSession: (body = {}, options) =>
      recoverSession({ ...body, session_id: stored.get() }, options),
    getActiveSession: async (options) =>
      (await http.call("get_active_session", {}, options)) ?? null,
    getSession: (id, options) =>
      http.call("get_session", { ...at(id), query: queryOf(options) }, options),
    async getSessionIfChanged(id, version, options) {
      const headers = { "If-None-Match": `"${version}"` };
      const args = { ...at(id), query: queryOf(options), headers };
      // 304 has no body, which no success of the document says.
      const session: Session | undefined = await http.call("get_session", args, options);
      return session ?? null;
    },
    listSessions: (query, options) => http.call("list_sessions", { query }, options),
    async switchToSession(id, options) {
      let session = await http.call("get_session", at(id), options);
      if (session.status === "abandoned") {
        await http.call("touch_session", at(id), options);
        session = await http.call("get_session", at(id), options);
      }
      stored.set(id);
      return session;
    },
    updateSession: (id, body, options) => http.call("update_session", { ...at(id), body }, options),
    autoSaveSession(id, patch, { name, ...options } = {}) {
      const body = { session_metadata: patch, ...(name === undefined ? {} : { name }) };
      return http.call("merge_session", { ...at(id), body }, options);
    },
    updateSessionActivity: (id, options) => http.call("touch_session", at(id), options),
    linkMissionToSession: (id, missionId, options) =>
      http.call("link_mission", { path: { session_id: id, mission_id: missionId } }, options),
    async completeSession(id, options) {
      const session = await http.call("complete_session", at(id), options);
      forget(id);
      return session;
    },
    archiveSession: (id, options) => http.call("archive_session", at(id), options),
    resumeSession: (id, options) => http.call("resume_session", at(id), options),
    async deleteSession(id, options) {
      await http.call("delete_session", at(id), options);
      forget(id);
    },
  };
}

function queryOf({ include, messages }: Include = {}): { include?: string; messages?: number } {
  return {
    ...(include === undefined ? {} : { include: include.join(",") }),
    ...(messages === undefined ? {} : { messages }),
  };
}
