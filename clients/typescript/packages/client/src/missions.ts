import type { CallOptions, Http, WriteOptions } from "./http.js";
import type {
  Hop,
  HopCreate,
  HopPatch,
  Mission,
  MissionCreate,
  MissionPage,
  MissionPatch,
  QueryOf,
  ToolStep,
  ToolStepCreate,
  ToolStepPatch,
} from "./schema.js";

/** Missions with their hops and tool steps. Whatever is made gets an id where it has none. */
export interface MissionMethods {
  /** With nested hops and tool steps, if given. */
  create(body: MissionCreate, options?: WriteOptions): Promise<Mission>;
  list(query?: QueryOf<"list_missions">, options?: CallOptions): Promise<MissionPage>;
  get(id: string, options?: CallOptions): Promise<Mission>;
  update(id: string, patch: MissionPatch, options?: WriteOptions): Promise<Mission>;
  delete(id: string, options?: WriteOptions): Promise<void>;
  addHop(id: string, body: HopCreate, options?: WriteOptions): Promise<Hop>;
  updateHop(id: string, hopId: string, patch: HopPatch, options?: WriteOptions): Promise<Hop>;
  deleteHop(id: string, hopId: string, options?: WriteOptions): Promise<void>;
  addToolStep(
    id: string,
    hopId: string,
    body: ToolStepCreate,
    options?: WriteOptions,
  ): Promise<ToolStep>;
  updateToolStep(
    id: string,
    hopId: string,
    stepId: string,
    patch: ToolStepPatch,
    options?: WriteOptions,
  ): Promise<ToolStep>;
  deleteToolStep(id: string, hopId: string, stepId: string, options?: WriteOptions): Promise<void>;
}

export function createMissionMethods(http: Http): MissionMethods {
  const at = (id: string) => ({ path: { mission_id: id } });
  const hop = (id: string, hopId: string) => ({ path: { mission_id: id, hop_id: hopId } });
  const step = (id: string, hopId: string, stepId: string) => ({
    path: { mission_id: id, hop_id: hopId, step_id: stepId },
  });
  const withId = <T extends { id?: string | null }>(body: T) => ({
    ...body,
    id: body.id ?? http.ports.ids(),
  });

  return {
    create: (body, options) => http.call("create_mission", { body: withId(body) }, options),
    list: (query, options) => http.call("list_missions", { query }, options),
    get: (id, options) => http.call("get_mission", at(id), options),
    update: (id, body, options) => http.call("update_mission", { ...at(id), body }, options),
    delete: (id, options) => http.call("delete_mission", at(id), options),
    addHop: (id, body, options) =>
      http.call("add_hop", { ...at(id), body: withId(body) }, options),
    updateHop: (id, hopId, body, options) =>
      http.call("update_hop", { ...hop(id, hopId), body }, options),
    deleteHop: (id, hopId, options) => http.call("delete_hop", hop(id, hopId), options),
    addToolStep: (id, hopId, body, options) =>
      http.call("add_tool_step", { ...hop(id, hopId), body: withId(body) }, options),
    updateToolStep: (id, hopId, stepId, body, options) =>
      http.call("update_tool_step", { ...step(id, hopId, stepId), body }, options),
    deleteToolStep: (id, hopId, stepId, options) =>
      http.call("delete_tool_step", step(id, hopId, stepId), options),
  };
}
