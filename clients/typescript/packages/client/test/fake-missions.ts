/** Missions as far as the store uses them: one, with its hops and tool steps. */
import { applyPatch, type Json } from "../src/store/merge.js";
import { json, problem, type Asked } from "./fakes.js";

interface Thing extends Json {
  id: string;
}

export function createFakeMissions() {
  let mission: (Thing & { hops: (Thing & { tool_steps: Thing[] })[] }) | null = null;

  const hopOf = (body: Json, seq: number) => ({ seq, tool_steps: [], ...body }) as never;

  /** Made once, however often it is asked for. */
  function add<T extends Thing>(things: T[], made: T): Response {
    const known = things.find(({ id }) => id === made.id);
    if (!known) things.push(made);
    return json(known ?? made, known ? 200 : 201);
  }

  function change<T extends Thing>(things: T[], thing: T | undefined, request: Asked, kind: string) {
    if (!thing) return problem(404, `${kind}_not_found`);
    if (request.method === "DELETE") {
      things.splice(things.indexOf(thing), 1);
      return new Response(null, { status: 204 });
    }
    return json(Object.assign(thing, applyPatch(thing, request.body as Json)));
  }

  return {
    get mission() {
      return mission;
    },
    answer(request: Asked): Response {
      const [, id, , hopId, , stepId] = request.path.replace(/^\/api\//, "").split("/");
      const body = request.body as Thing;
      if (!id) {
        const hops = (body["hops"] as Json[] | undefined) ?? [];
        mission ??= { status: "pending", ...body, hops: hops.map((hop, place) => hopOf(hop, place + 1)) };
        return json(mission, 201);
      }
      if (mission?.id !== id) return problem(404, "mission_not_found");
      const { hops } = mission;
      const hop = hops.find((each) => each.id === hopId);
      const [what] = request.path.split("/").slice(-1);
      if (what === "hops") return add(hops, hopOf(body, hops.length + 1));
      if (what === "tool-steps") return hop ? add(hop.tool_steps, body) : problem(404, "hop_not_found");
      if (stepId) {
        const steps = hop?.tool_steps ?? [];
        return change(steps, steps.find((each) => each.id === stepId), request, "tool_step");
      }
      if (hopId) return change(hops, hop, request, "hop");
      const all = [mission];
      const answer = change(all, mission, request, "mission");
      mission = all[0] ?? null;
      return answer;
    },
  };
}
