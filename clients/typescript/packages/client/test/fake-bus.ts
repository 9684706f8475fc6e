import type { Channel } from "../src/store/index.js";

/** Channels between tabs as browsers have them: copies, later, and not to oneself. */
export function createBus() {
  interface Line {
    calls: Set<(message: unknown) => void>;
    /** What a frozen tab will hear once it thaws. */
    held: unknown[] | null;
    dead: boolean;
    losing: number;
  }
  const channels = new Map<string, Line>();
  return {
    channel(name: string): Channel {
      const mine: Line = { calls: new Set(), held: null, dead: false, losing: 0 };
      channels.set(name, mine);
      return {
        post(message) {
          if (mine.held || mine.dead) return;
          for (const [other, each] of channels) {
            if (other === name) continue;
            const copy: unknown = structuredClone(message);
            if (each.dead) continue;
            if (each.losing > 0) each.losing -= 1;
            else if (each.held) each.held.push(copy);
            else queueMicrotask(() => each.calls.forEach((call) => call(copy)));
          }
        },
        listen(call) {
          mine.calls.add(call);
          return () => void mine.calls.delete(call);
        },
      };
    },
    freeze(name: string) {
      const it = channels.get(name);
      if (it) it.held = [];
    },
    thaw(name: string) {
      const it = channels.get(name);
      const held = it?.held ?? [];
      if (it) it.held = null;
      held.forEach((message) => it?.calls.forEach((call) => call(message)));
    },
    crash(name: string) {
      const it = channels.get(name);
      if (it) it.dead = true;
    },
    lose(name: string, messages: number) {
      const it = channels.get(name);
      if (it) it.losing = messages;
    },
  };
}
