import type { CallOptions, Http } from "./http.js";
import type { BodyOf, QueryOf, Share, ShareCreated, SharedSession, SharedSessionPage } from "./schema.js";

/** Letting others into one's session, by name or by link, and going into theirs. */
export interface SharingMethods {
  /** A share for a person (`user_id`) or a link. A link's `token` is shown here and never again. */
  create(
    sessionId: string,
    body: BodyOf<"create_share">,
    options?: CallOptions,
  ): Promise<ShareCreated>;
  list(sessionId: string, options?: CallOptions): Promise<Share[]>;
  update(
    sessionId: string,
    shareId: string,
    patch: BodyOf<"update_share">,
    options?: CallOptions,
  ): Promise<Share>;
  /** Ends it, and the streams that came by it. */
  delete(sessionId: string, shareId: string, options?: CallOptions): Promise<void>;
  /** The sessions of others that one may enter. */
  listShared(
    query?: QueryOf<"list_shared_sessions">,
    options?: CallOptions,
  ): Promise<SharedSessionPage>;
  /** Uses a link's token. */
  join(token: string, options?: CallOptions): Promise<SharedSession>;
  leave(sessionId: string, options?: CallOptions): Promise<void>;
}

export function createSharingMethods(http: Http): SharingMethods {
  const at = (id: string) => ({ path: { session_id: id } });
  const share = (id: string, shareId: string) => ({ path: { session_id: id, share_id: shareId } });
  return {
    create: (id, body, options) =>
      http.call(
        "create_share",
        { ...at(id), body: { ...body, id: body.id ?? http.ports.ids() } },
        options,
      ),
    list: async (id, options) => (await http.call("list_shares", at(id), options)).items,
    update: (id, shareId, body, options) =>
      http.call("update_share", { ...share(id, shareId), body }, options),
    delete: (id, shareId, options) => http.call("delete_share", share(id, shareId), options),
    listShared: (query, options) => http.call("list_shared_sessions", { query }, options),
    join: (token, options) => http.call("join_session", { body: { token } }, options),
    leave: (id, options) => http.call("leave_session", at(id), options),
  };
}
