/** The session's own fields, which others may change under what is unsaved here. */
import type { Session } from "../schema.js";
import { withFields } from "./copy.js";
import type { Core } from "./core.js";
import { applyPatch, commonPlaces, overlaps, withoutPlaces } from "./merge.js";

/** Takes the session's own fields as the service has them, unless it knows newer ones. */
export function adopt(core: Core, fields: Session): void {
  const { server, unsent, sent } = core;
  if (server === null || fields.version < core.seen) return;
  const { session_metadata: before, status: was } = server;
  const theirs = fields.session_metadata ?? {};
  let places = overlaps(unsent.patch, before, theirs);
  for (const patch of places.length > 0 ? sent : []) {
    // What it shows may be our own, whose answer is still to come, or never came.
    places = commonPlaces(places, overlaps(unsent.patch, applyPatch(before, patch), theirs));
  }
  core.server = withFields(server, fields);
  core.seen = fields.version;
  if (was === "active" && (fields.status === "completed" || fields.status === "archived")) {
    return core.expire(fields.status);
  }
  if (places.length === 0) return core.show({});
  const conflict = { places, mine: unsent.patch, theirs };
  core.show({ status: "conflict", conflict });
  core.tell({ type: "conflict", conflict });
}

/** Ends the conflict, if there is one, and tells whether there was. */
export function resolveConflict(core: Core, whose: "mine" | "theirs"): boolean {
  const { state, unsent } = core;
  if (state.conflict === null) return false;
  const patch = whose === "mine" ? unsent.patch : withoutPlaces(unsent.patch, state.conflict.places);
  core.show({ status: core.streaming ? "live" : "offline", conflict: null });
  core.wait({ patch });
  return true;
}
