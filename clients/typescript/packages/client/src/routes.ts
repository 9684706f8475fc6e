import type { Operation, Path } from "./schema.js";

/**
 * When a request that failed may be sent again without asking anybody:
 *
 * | repeat   | no answer, 502, 503, 504 | 429 | all else, 409 and 412 too |
 * | -------- | ------------------------ | --- | ------------------------- |
 * | `safely` | yes                      | yes | no: that is an answer     |
 * | `unread` | no: it may have been done | yes | no                        |
 *
 * `safely` are reads, what creates under an id that the client made, and what changes nothing the
 * second time. With `If-Match` everything is `unread`: its repeat would be refused for the first.
 */
export type Repeat = "safely" | "unread";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const S = "/api/sessions/{session_id}";
const M = "/api/missions/{mission_id}";

export const ROUTES = {
  recover_session: ["POST", "/api/sessions/recover", "safely"],
  create_session: ["POST", "/api/sessions/", "safely"],
  list_sessions: ["GET", "/api/sessions/", "safely"],
  get_active_session: ["GET", "/api/sessions/active", "safely"],
  get_session: ["GET", S, "safely"],
  update_session: ["PUT", S, "unread"],
  merge_session: ["PATCH", S, "unread"],
  delete_session: ["DELETE", S, "unread"],
  touch_session: ["POST", `${S}/activity`, "safely"],
  link_mission: ["POST", `${S}/link-mission/{mission_id}`, "safely"],
  complete_session: ["POST", `${S}/complete`, "safely"],
  archive_session: ["POST", `${S}/archive`, "safely"],
  resume_session: ["POST", `${S}/resume`, "safely"],

  append_messages: ["POST", `${S}/messages`, "safely"],
  list_messages: ["GET", `${S}/messages`, "safely"],
  get_message: ["GET", `${S}/messages/{message_id}`, "safely"],
  update_message: ["PATCH", `${S}/messages/{message_id}`, "unread"],
  delete_message: ["DELETE", `${S}/messages/{message_id}`, "unread"],
  // The offset makes it safe.
  append_to_message: ["POST", `${S}/messages/{message_id}/append`, "safely"],

  create_mission: ["POST", "/api/missions/", "safely"],
  list_missions: ["GET", "/api/missions/", "safely"],
  get_mission: ["GET", M, "safely"],
  update_mission: ["PATCH", M, "unread"],
  delete_mission: ["DELETE", M, "unread"],
  add_hop: ["POST", `${M}/hops`, "safely"],
  update_hop: ["PATCH", `${M}/hops/{hop_id}`, "unread"],
  delete_hop: ["DELETE", `${M}/hops/{hop_id}`, "unread"],
  add_tool_step: ["POST", `${M}/hops/{hop_id}/tool-steps`, "safely"],
  update_tool_step: ["PATCH", `${M}/hops/{hop_id}/tool-steps/{step_id}`, "unread"],
  delete_tool_step: ["DELETE", `${M}/hops/{hop_id}/tool-steps/{step_id}`, "unread"],

  announce_asset: ["POST", `${S}/assets`, "safely"],
  list_assets: ["GET", `${S}/assets`, "safely"],
  upload_asset: ["POST", `${S}/assets/upload`, "safely"],
  get_asset: ["GET", `${S}/assets/{asset_id}`, "safely"],
  delete_asset: ["DELETE", `${S}/assets/{asset_id}`, "unread"],
  get_asset_content: ["GET", `${S}/assets/{asset_id}/content`, "safely"],
  get_asset_parts: ["POST", `${S}/assets/{asset_id}/parts`, "safely"],
  complete_asset: ["POST", `${S}/assets/{asset_id}/complete`, "safely"],

  list_changes: ["GET", `${S}/changes`, "safely"],
  follow_session: ["GET", `${S}/events`, "safely"],

  list_shares: ["GET", `${S}/shares`, "safely"],
  // A repeat has no token: whoever lost it ends the share and makes another.
  create_share: ["POST", `${S}/shares`, "safely"],
  update_share: ["PATCH", `${S}/shares/{share_id}`, "unread"],
  delete_share: ["DELETE", `${S}/shares/{share_id}`, "unread"],
  list_shared_sessions: ["GET", "/api/sessions/shared-with-me", "safely"],
  join_session: ["POST", "/api/sessions/join", "unread"],
  leave_session: ["DELETE", "/api/sessions/shared-with-me/{session_id}", "unread"],

  create_handoff: ["POST", `${S}/handoff`, "safely"],
  // Its key makes it safe.
  exchange_handoff: ["POST", "/api/sessions/handoff", "safely"],

  take_turn: ["POST", `${S}/turn`, "safely"],
  renew_turn: ["PUT", `${S}/turn`, "safely"],
  get_turn: ["GET", `${S}/turn`, "safely"],
  release_turn: ["DELETE", `${S}/turn`, "unread"],
  // A second stop could meet the next turn.
  stop_turn: ["POST", `${S}/turn/stop`, "unread"],

  // Each makes a guest.
  begin_guest: ["POST", "/api/auth/guest", "unread"],
  merge_guest: ["POST", "/api/sessions/merge", "safely"],
  list_devices: ["GET", "/api/devices", "safely"],
  delete_device: ["DELETE", "/api/devices/{device_id}", "unread"],
  revoke_token: ["POST", "/api/auth/revoke", "safely"],
  // The first ends the token that a second would need.
  sign_out_everywhere: ["POST", "/api/auth/sign-out-everywhere", "unread"],
} as const satisfies { [K in Operation]?: readonly [Method, Path, Repeat] };

/** The operations that this client offers. */
export type Offered = keyof typeof ROUTES;
