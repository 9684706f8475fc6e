/**
 * Keeps a copy of a session up to date by changes alone, as docs/changes.md says. The copy is never
 * changed but made anew, with the parts that stayed.
 */
import { growText, type Growth } from "../events.js";
import type { Asset, Change, Hop, Message, Mission, Session, ToolStep } from "../schema.js";

export interface Gone {
  readonly id: string;
  readonly deleted: true;
  readonly reason?: string | null;
}

/** The session with the change in it; the same object where the change is no part of it. */
export function applyChange(session: Session, change: Change | Growth): Session {
  if (change.version <= session.version) return session;
  const moved: Session = {
    ...session,
    version: change.version,
    updated_at: change.at > session.updated_at ? change.at : session.updated_at,
  };
  if (isGrowth(change)) return withGrowth(moved, change);
  const { data } = change;
  if (data === null) return moved;
  switch (change.entity) {
    case "session":
      return withFields(moved, data as Session);
    case "message":
      return withMessage(moved, data as Message | Gone, change.message_count);
    case "mission":
      return withMission(moved, data as Mission | Gone);
    case "hop":
      return aged(withHop(moved, change.mission_id, data as Hop | Gone), change);
    case "tool_step":
      return aged(withToolStep(moved, change.mission_id, change.hop_id, data as ToolStep | Gone), change);
    case "asset":
      return withAsset(moved, data as Asset | Gone);
    default:
      return moved;
  }
}

/** The session with its own fields as `fields` has them, and the parts that it had. */
export function withFields(session: Session, fields: Session): Session {
  const { chat, mission, assets, version, updated_at } = session;
  const lost = session.damaged.filter(({ part }) => part.startsWith("assets/"));
  const own = fields.damaged.filter(({ part }) => !part.startsWith("assets/"));
  const latest = fields.updated_at > updated_at ? fields.updated_at : updated_at;
  return {
    ...fields,
    ...{ chat, mission, assets, version },
    updated_at: latest,
    damaged: [...own, ...lost],
  };
}

/** The session with messages as an answer of our own shows them. */
export function withMessages(session: Session, messages: readonly Message[]): Session {
  return messages.reduce((copy, message) => withMessage(copy, message, undefined), session);
}

function withMessage(
  session: Session,
  data: Message | Gone,
  count: number | null | undefined,
): Session {
  const { chat } = session;
  if (!chat) return session;
  const isNew = !isGone(data) && !chat.messages.some(({ id }) => id === data.id);
  const message_count = count ?? chat.message_count + Number(isNew);
  const oldest = chat.messages[0];
  // Of a chat that was not read to its beginning, what is older than the copy stays unread.
  const unread = !isGone(data) && chat.has_more && (!oldest || data.seq < oldest.seq);
  const messages = unread ? chat.messages : put(chat.messages, data, bySeq);
  return { ...session, chat: { ...chat, message_count, messages } };
}

function withGrowth(session: Session, { data }: Growth): Session {
  const { chat } = session;
  if (!chat) return session;
  const messages = chat.messages.map((message) =>
    message.id === data.id && typeof message.content === "string"
      ? { ...message, content: growText(message.content, data) }
      : message,
  );
  return { ...session, chat: { ...chat, messages } };
}

export function withMission(session: Session, data: Mission | Gone): Session {
  if (!isGone(data)) return { ...session, mission: data, mission_id: data.id };
  // Each by itself: a change of the session may have told of another mission, or of none.
  return {
    ...session,
    mission: session.mission?.id === data.id ? null : session.mission,
    mission_id: session.mission_id === data.id ? null : session.mission_id,
  };
}

export function withHop(
  session: Session,
  missionId: string | null | undefined,
  data: Hop | Gone,
): Session {
  return withHops(session, missionId, (hops) => put(hops, data, bySeq));
}

export function withToolStep(
  session: Session,
  missionId: string | null | undefined,
  hopId: string | null | undefined,
  data: ToolStep | Gone,
): Session {
  return withHops(session, missionId, (hops) =>
    hops.map((hop) =>
      hop.id === hopId ? { ...hop, tool_steps: put(hop.tool_steps, data, bySeq) } : hop,
    ),
  );
}

function withHops(
  session: Session,
  missionId: string | null | undefined,
  work: (hops: Hop[]) => Hop[],
): Session {
  const { mission } = session;
  if (!mission || mission.id !== missionId) return session; // it went meanwhile
  return { ...session, mission: { ...mission, hops: work(mission.hops) } };
}

/** A mission is as old as the last change in it. */
function aged(session: Session, { mission_id, at }: Change): Session {
  const { mission } = session;
  if (!mission || mission.id !== mission_id) return session;
  return { ...session, mission: { ...mission, updated_at: at } };
}

export function withAsset(session: Session, data: Asset | Gone): Session {
  const part = `assets/${data.id}`;
  const damaged = session.damaged.filter((each) => each.part !== part);
  const lost = isGone(data) && data.reason === "object_missing";
  return {
    ...session,
    damaged: lost ? [...damaged, { part, code: "object_missing" }] : damaged,
    assets: session.assets ? put(session.assets, data, byAge) : session.assets,
  };
}

function isGrowth(change: Change | Growth): change is Growth {
  return change.kind === "message.grown";
}

function isGone(data: object): data is Gone {
  return "deleted" in data && data.deleted === true;
}

const bySeq = (one: { seq: number }, other: { seq: number }) => one.seq - other.seq;
const byAge = (one: Asset, other: Asset) =>
  compare(one.created_at, other.created_at) || compare(one.id, other.id);

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** The list with the thing added, replaced, or removed where it is gone. */
function put<T extends { id: string }>(
  things: readonly T[],
  data: T | Gone,
  order: (one: T, other: T) => number,
): T[] {
  const others = things.filter((thing) => thing.id !== data.id);
  return isGone(data) ? others : [...others, data].sort(order);
}
