import type { CallOptions, Http } from "./http.js";
import type { Change, Changes, QueryOf } from "./schema.js";

export interface ChangeMethods {
  /** One page of what changed after `since`, oldest first; `changes_gone` if that is too old. */
  list(sessionId: string, query?: QueryOf<"list_changes">, options?: CallOptions): Promise<Changes>;
  /** All of them, page by page. Returns the version that they lead to. */
  all(
    sessionId: string,
    since: number,
    options?: CallOptions,
  ): AsyncGenerator<Change, number, undefined>;
}

export function createChangeMethods(http: Http): ChangeMethods {
  const list: ChangeMethods["list"] = (id, query, options) =>
    http.call("list_changes", { path: { session_id: id }, query }, options);
  return {
    list,
    async *all(id, since, options) {
      for (;;) {
        const page = await list(id, { since, limit: 1000 }, options);
        yield* page.changes;
        const last = page.changes.at(-1);
        if (!page.has_more || !last) return page.version;
        since = last.version;
      }
    },
  };
}
