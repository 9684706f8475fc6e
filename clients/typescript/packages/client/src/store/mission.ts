/** What a person or an agent of this page does on the mission of the session. */
import { ProblemError } from "../problems.js";
import type {
  HopCreate,
  HopPatch,
  MissionCreate,
  MissionPatch,
  ToolStepCreate,
  ToolStepPatch,
} from "../schema.js";
import { noSession, type Core } from "./core.js";
import type { Deed } from "./work.js";

/**
 * The mission of the current session, with its hops and tool steps. Each call shows at once and is
 * sent in its order until it was confirmed, also after a reload; ids are made here. Throws `no_session`
 * and `no_mission` where there is none, and `outbox_full`.
 */
export interface MissionWork {
  /** Makes the mission of this session. Returns its id. */
  create(body: Omit<MissionCreate, "session_id">): string;
  /** Takes a mission that exists for the one of this session; it shows once it was confirmed. */
  link(missionId: string): void;
  update(patch: MissionPatch): void;
  delete(): void;
  addHop(body: HopCreate): string;
  updateHop(hopId: string, patch: HopPatch): void;
  deleteHop(hopId: string): void;
  addToolStep(hopId: string, body: ToolStepCreate): string;
  updateToolStep(hopId: string, stepId: string, patch: ToolStepPatch): void;
  deleteToolStep(hopId: string, stepId: string): void;
}

export function createMissionWork(core: Core, add: (deed: Deed) => void): MissionWork {
  const { ids } = core.client.ports;
  const withId = <T extends { id?: string | null }>(body: T) => ({ ...body, id: body.id ?? ids() });
  const hopWithIds = (body: HopCreate) => ({
    ...withId(body),
    ...(body.tool_steps && { tool_steps: body.tool_steps.map(withId) }),
  });
  const mission = () => {
    const { session } = core.state;
    if (session === null) throw noSession();
    if (!session.mission) throw new ProblemError("no_mission", "The session has no mission.");
    return session.mission.id;
  };

  return {
    create(given) {
      const { session } = core.state;
      if (session === null) throw noSession();
      const hops = given.hops && { hops: given.hops.map(hopWithIds) };
      const body = { ...withId(given), ...hops, session_id: session.id };
      add({ kind: "mission.create", mission: body.id, body });
      return body.id;
    },
    link: (missionId) => add({ kind: "mission.link", mission: missionId }),
    update: (body) => add({ kind: "mission.update", mission: mission(), body }),
    delete: () => add({ kind: "mission.delete", mission: mission() }),
    addHop(given) {
      const body = hopWithIds(given);
      add({ kind: "hop.add", mission: mission(), body });
      return body.id;
    },
    updateHop: (hop, body) => add({ kind: "hop.update", mission: mission(), hop, body }),
    deleteHop: (hop) => add({ kind: "hop.delete", mission: mission(), hop }),
    addToolStep(hop, given) {
      const body = withId(given);
      add({ kind: "step.add", mission: mission(), hop, body });
      return body.id;
    },
    updateToolStep: (hop, step, body) =>
      add({ kind: "step.update", mission: mission(), hop, step, body }),
    deleteToolStep: (hop, step) => add({ kind: "step.delete", mission: mission(), hop, step }),
  };
}
