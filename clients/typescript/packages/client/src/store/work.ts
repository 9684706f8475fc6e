/**
 * What is done on the mission of a session, as the outbox keeps it. All of it may be sent again: what
 * is made has its id from here, a change that is there already changes nothing, and what is gone can
 * be removed no further.
 */
import type { SessionClient } from "../client.js";
import { isProblem } from "../problems.js";
import type {
  Hop,
  HopCreate,
  HopPatch,
  Mission,
  MissionCreate,
  MissionPatch,
  Session,
  ToolStep,
  ToolStepCreate,
  ToolStepPatch,
} from "../schema.js";
import { withHop, withMission, withToolStep } from "./copy.js";
import { applyPatch, type Json } from "./merge.js";

type WithId<T> = T & { readonly id: string };

/** One thing done, with the ids of what it is done to. */
export type Deed =
  | { readonly kind: "mission.create"; readonly mission: string; readonly body: WithId<MissionCreate> }
  | { readonly kind: "mission.link"; readonly mission: string }
  | { readonly kind: "mission.update"; readonly mission: string; readonly body: MissionPatch }
  | { readonly kind: "mission.delete"; readonly mission: string }
  | { readonly kind: "hop.add"; readonly mission: string; readonly body: WithId<HopCreate> }
  | { readonly kind: "hop.update"; readonly mission: string; readonly hop: string; readonly body: HopPatch }
  | { readonly kind: "hop.delete"; readonly mission: string; readonly hop: string }
  | {
      readonly kind: "step.add";
      readonly mission: string;
      readonly hop: string;
      readonly body: WithId<ToolStepCreate>;
    }
  | {
      readonly kind: "step.update";
      readonly mission: string;
      readonly hop: string;
      readonly step: string;
      readonly body: ToolStepPatch;
    }
  | { readonly kind: "step.delete"; readonly mission: string; readonly hop: string; readonly step: string };

export type Work = Deed & {
  /** Of this entry of the queue. */
  readonly id: string;
  /** When it was done, RFC 3339. */
  readonly at: string;
  /** The message that it was done after, and is sent after; null where none waited. */
  readonly behind: string | null;
};

/** Sends it. What it returns puts the answer into a copy of the session. */
export async function sendWork(
  client: SessionClient,
  sessionId: string,
  work: Work,
  signal: AbortSignal,
): Promise<(session: Session) => Session> {
  const { missions } = client;
  const { mission } = work;
  const options = { signal };
  switch (work.kind) {
    case "mission.create": {
      const made = await missions.create(work.body, options);
      return (session) => withMission(session, made);
    }
    case "mission.link": {
      const { mission: linked } = await client.linkMissionToSession(sessionId, mission, options);
      return (session) => (linked ? withMission(session, linked) : session);
    }
    case "mission.update": {
      const changed = await missions.update(mission, work.body, options);
      return (session) => withMission(session, changed);
    }
    case "mission.delete":
      await gone(missions.delete(mission, options));
      return (session) => withMission(session, { id: mission, deleted: true });
    case "hop.add": {
      const hop = await missions.addHop(mission, work.body, options);
      return (session) => withHop(session, mission, hop);
    }
    case "hop.update": {
      const hop = await missions.updateHop(mission, work.hop, work.body, options);
      return (session) => withHop(session, mission, hop);
    }
    case "hop.delete":
      await gone(missions.deleteHop(mission, work.hop, options));
      return (session) => withHop(session, mission, { id: work.hop, deleted: true });
    case "step.add": {
      const step = await missions.addToolStep(mission, work.hop, work.body, options);
      return (session) => withToolStep(session, mission, work.hop, step);
    }
    case "step.update": {
      const step = await missions.updateToolStep(mission, work.hop, work.step, work.body, options);
      return (session) => withToolStep(session, mission, work.hop, step);
    }
    case "step.delete":
      await gone(missions.deleteToolStep(mission, work.hop, work.step, options));
      return (session) => withToolStep(session, mission, work.hop, { id: work.step, deleted: true });
  }
}

/** Removed by us earlier, or by somebody else: it is gone, which is what was wanted. */
async function gone(removing: Promise<void>): Promise<void> {
  try {
    await removing;
  } catch (error) {
    if (!isProblem(error) || !/^(mission|hop|tool_step)_not_found$/.test(error.code)) throw error;
  }
}

/** The session as it will be once the work is done, as far as that can be known here. */
export function withWork(session: Session, work: Work): Session {
  const { mission } = session;
  if (work.kind === "mission.create") {
    return mission ? session : withMission(session, missionOf(work.body, session.id, work.at));
  }
  if (!mission || mission.id !== work.mission) return session;
  const hops = mission.hops;
  switch (work.kind) {
    case "mission.link":
      return session; // it is there
    case "mission.update":
      return withMission(session, { ...mission, ...changed(mission, work.body, ["data"]) });
    case "mission.delete":
      return withMission(session, { id: work.mission, deleted: true });
    case "hop.add":
      if (hops.some(({ id }) => id === work.body.id)) return session;
      return withHop(session, mission.id, hopOf(work.body, after(hops), work.at));
    case "hop.delete":
      return withHop(session, mission.id, { id: work.hop, deleted: true });
    case "step.delete":
      return withToolStep(session, mission.id, work.hop, { id: work.step, deleted: true });
  }
  const hop = hops.find(({ id }) => id === work.hop);
  if (!hop) return session;
  if (work.kind === "hop.update") {
    return withHop(session, mission.id, { ...hop, ...changed(hop, work.body, ["data"]) });
  }
  if (work.kind === "step.add") {
    if (hop.tool_steps.some(({ id }) => id === work.body.id)) return session;
    return withToolStep(session, mission.id, hop.id, stepOf(work.body, after(hop.tool_steps), work.at));
  }
  const step = hop.tool_steps.find(({ id }) => id === work.step);
  if (!step) return session;
  const body = changed(step, work.body, ["input", "output"]);
  const moved = times(body.status ?? step.status, work.at, step);
  return withToolStep(session, mission.id, hop.id, { ...step, ...body, ...moved });
}

/** The fields as the service changes them: some are merged, all others replaced. */
function changed<T extends object, P extends object>(before: T, patch: P, merged: (keyof P & keyof T)[]) {
  const fields: Partial<T> & Partial<P> = { ...patch } as Partial<T> & Partial<P>;
  for (const name of merged) {
    const value = patch[name];
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    Object.assign(fields, { [name]: applyPatch(before[name], value as Json) });
  }
  return fields as Partial<T>;
}

const after = (things: readonly { seq: number }[]) => (things.at(-1)?.seq ?? 0) + 1;

function missionOf(body: WithId<MissionCreate>, sessionId: string, at: string): Mission {
  const { id, name, description = null, status = "pending", data = {}, hops = [] } = body;
  return {
    ...{ id, name, description, status, data, session_id: sessionId },
    ...{ created_at: at, updated_at: at, completed_at: status === "completed" ? at : null },
    hops: hops.map((hop, place) => hopOf(hop, place + 1, at)),
  };
}

function hopOf(body: HopCreate, seq: number, at: string): Hop {
  const { name, description = null, status = "pending", data = {}, tool_steps = [] } = body;
  return {
    ...{ id: body.id ?? "", seq, name, description, status, data },
    tool_steps: tool_steps.map((step, place) => stepOf(step, place + 1, at)),
  };
}

function stepOf(body: ToolStepCreate, seq: number, at: string): ToolStep {
  const { name, status = "pending", input = null, output = null, error = null } = body;
  const unmoved = { started_at: null, finished_at: null };
  return { id: body.id ?? "", seq, name, status, input, output, error, ...times(status, at, unmoved) };
}

function times(status: ToolStep["status"], at: string, was: Pick<ToolStep, "started_at" | "finished_at">) {
  const finished = status !== "pending" && status !== "active";
  return {
    started_at: was.started_at ?? (status === "pending" ? null : at),
    finished_at: was.finished_at ?? (finished ? at : null),
  };
}
