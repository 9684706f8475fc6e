import type { CallOptions, Http } from "./http.js";
import type { StoredId } from "./ids.js";
import type { Handoff, Session } from "./schema.js";

/** Going on with a session on another device of the same person. */
export interface HandoffMethods {
  /** A code for the other device to type, and a text for it to scan. Good once, for two minutes. */
  create(sessionId: string, options?: CallOptions): Promise<Handoff>;
  /**
   * Uses a code: the whole session, which this browser then is in. A repeat with the same `key`, a
   * UUID, is answered once more; one is made where there is none.
   */
  exchange(code: string, options?: CallOptions & { key?: string }): Promise<Session>;
}

export function createHandoffMethods(http: Http, stored: StoredId): HandoffMethods {
  return {
    create: (id, options) => http.call("create_handoff", { path: { session_id: id } }, options),
    async exchange(code, { key, ...options } = {}) {
      const headers = { "Idempotency-Key": key ?? http.ports.ids() };
      const session = await http.call("exchange_handoff", { body: { code }, headers }, options);
      stored.set(session.id);
      return session;
    },
  };
}
