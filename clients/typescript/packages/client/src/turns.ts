import type { CallOptions, Http } from "./http.js";
import type { Turn, TurnTake } from "./schema.js";

/** An agent's turn: while it lasts, nobody else writes as the agent. See the `turn` of writes. */
export interface TurnMethods {
  take(sessionId: string, body?: TurnTake, options?: CallOptions): Promise<Turn>;
  /** Makes it last for so many seconds from now on. */
  renew(
    sessionId: string,
    turn: number,
    body?: { ttl_seconds?: number },
    options?: CallOptions,
  ): Promise<Turn>;
  /** Null where nobody has it. */
  get(sessionId: string, options?: CallOptions): Promise<Turn | null>;
  release(sessionId: string, turn: number, options?: CallOptions): Promise<void>;
  /** Takes it from whoever has it. */
  stop(sessionId: string, options?: CallOptions): Promise<void>;
}

export function createTurnMethods(http: Http): TurnMethods {
  const at = (id: string) => ({ path: { session_id: id } });
  return {
    take: (id, body = {}, options) =>
      http.call(
        "take_turn",
        { ...at(id), body: { ...body, id: body.id ?? http.ports.ids() } },
        options,
      ),
    renew: (id, turn, body = {}, options) =>
      http.call("renew_turn", { ...at(id), body }, { ...options, turn }),
    get: async (id, options) => (await http.call("get_turn", at(id), options)) ?? null,
    release: (id, turn, options) => http.call("release_turn", at(id), { ...options, turn }),
    stop: (id, options) => http.call("stop_turn", at(id), options),
  };
}
