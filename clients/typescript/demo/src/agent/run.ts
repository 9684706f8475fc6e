/** One question, answered under a turn. */
import {
  isProblem,
  lengthOf,
  type Asset,
  type Hop,
  type Message,
  type Mission,
  type SessionClient,
  type ToolStep,
} from "@session-api/client";
import { answerOf, planFor, textOf, titleOf, wordsOf } from "./plan.js";
import { readFiles, searchChat, type Found, type Read } from "./tools.js";

export interface Run {
  /** Resolves when the answer is whole. Throws what ends the turn. */
  answer(question: Message, history: readonly Message[]): Promise<void>;
}

export interface RunOptions {
  client: SessionClient;
  sessionId: string;
  turn: number;
  pace: number;
  signal: AbortSignal;
}

const STEP_MS = 900;
const WORDS_MS = 70;
/** How many words go in one request, when nobody is in a hurry. */
const AT_ONCE = 3;

export function createRun({ client, sessionId, turn, pace, signal }: RunOptions): Run {
  const { clock } = client.ports;
  const write = { turn, signal };

  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const abort = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = clock.after(milliseconds / pace, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  /** The hops of this question on the session's mission; none where it may have no mission. */
  async function hopsOf(question: Message): Promise<{ mission: Mission; hops: Hop[] } | null> {
    const session = await client.getSession(sessionId, { include: ["mission"], signal });
    if (session.name === null) {
      const name = titleOf(textOf(question));
      await client.autoSaveSession(sessionId, {}, { name, ...write });
    }
    let mission = session.mission ?? null;
    if (mission && mission.status !== "active" && mission.status !== "pending") return null;
    if (mission === null) {
      if (session.access !== "owner") return null; // only whose it is gives it a mission
      const name = titleOf(textOf(question));
      mission = await client.missions.create({ name, session_id: sessionId, status: "active" }, write);
    }
    const begun = mission.hops.filter(({ data }) => data["question"] === question.id);
    if (begun.length > 0) return { mission, hops: begun };
    const hops = [];
    for (const hop of planFor(question)) {
      hops.push(await client.missions.addHop(mission.id, hop, write));
    }
    return { mission, hops };
  }

  /** The last words of the page before a reload may arrive after this one has read the message. */
  async function writeOut(message: Message, text: string): Promise<void> {
    try {
      await writeOn(message, text);
    } catch (error) {
      if (!isProblem(error, "offset_mismatch")) throw error;
      await writeOn(await client.chat.get(sessionId, message.id, { signal }), text);
    }
  }

  async function writeOn(message: Message, text: string): Promise<void> {
    let written = typeof message.content === "string" ? message.content : "";
    // What stands there was written from other findings, such as before a file came.
    if (!text.startsWith(written)) written = "";
    let offset = lengthOf(written);
    if (written === "" && message.content !== "") {
      await client.chat.update(sessionId, message.id, { content: "" }, write);
    }
    for (const piece of piecesOf(text.slice(written.length), Math.ceil(AT_ONCE * Math.sqrt(pace)))) {
      await client.chat.grow(sessionId, message.id, { offset, text: piece }, write);
      offset += lengthOf(piece);
      await pause(WORDS_MS);
    }
    await client.chat.update(sessionId, message.id, { status: "complete" }, write);
  }

  return {
    async answer(question, history) {
      const words = wordsOf(textOf(question));
      const begun = history.find(
        ({ parent_id, status }) => parent_id === question.id && status === "in_progress",
      );
      // Before the work: whoever reads along sees who is at it, and may stop it.
      const answer = begun ?? (await begin(question));
      const work = await hopsOf(question);
      let found: Found = { before: 0, related: 0 };
      let files: readonly Asset[] = [];
      let read: readonly Read[] = [];
      const tools: Record<string, () => Promise<unknown>> = {
        async search_chat(): Promise<Found> {
          return (found = searchChat(history, question, words));
        },
        async list_files() {
          const { items } = await client.assets.list(sessionId, {}, { signal });
          files = items.filter(({ status }) => status === "ready");
          return { count: items.length, names: items.slice(0, 10).map(({ name }) => name) };
        },
        async read_files(): Promise<readonly Read[]> {
          return (read = await readFiles(client, files, words));
        },
        async write_answer() {
          const text = answerOf({ question: textOf(question), found, files, read });
          await writeOut(answer, text);
          return { characters: lengthOf(text) };
        },
      };

      /** Does the step; one that is done already is done again without a word, for its findings. */
      async function take(hop: Hop, step: ToolStep): Promise<void> {
        const tool = tools[step.name];
        if (!tool || !work) return;
        if (step.status === "completed") {
          if (step.name !== "write_answer") await tool();
          return;
        }
        const at = [work.mission.id, hop.id, step.id] as const;
        await client.missions.updateToolStep(...at, { status: "active" }, write);
        if (step.name !== "write_answer") await pause(STEP_MS);
        const output = await tool();
        await client.missions.updateToolStep(...at, { status: "completed", output }, write);
      }

      if (work === null) {
        for (const tool of Object.values(tools)) await tool();
        return;
      }
      try {
        for (const hop of work.hops) {
          if (hop.status === "pending") {
            await client.missions.updateHop(work.mission.id, hop.id, { status: "active" }, write);
          }
          for (const step of hop.tool_steps) await take(hop, step);
          if (hop.status !== "completed") {
            await client.missions.updateHop(work.mission.id, hop.id, { status: "completed" }, write);
          }
        }
      } catch (error) {
        await callOff(work.mission.id, question.id);
        throw error;
      }
    },
  };

  async function begin(question: Message): Promise<Message> {
    const { messages } = await client.chat.append(
      sessionId,
      { role: "assistant", content: "", status: "in_progress", parent_id: question.id },
      write,
    );
    const [message] = messages;
    if (!message) throw new Error("The service appended nothing.");
    return message;
  }

  /** Stopped by the person: the board says so. A page that goes calls nothing off. */
  async function callOff(missionId: string, question: string): Promise<void> {
    const turnOfNow = await client.turns.get(sessionId).catch(() => undefined);
    if (turnOfNow === undefined || turnOfNow?.number === turn) return;
    const { hops } = await client.missions.get(missionId);
    for (const hop of hops.filter(({ data }) => data["question"] === question)) {
      for (const step of hop.tool_steps) {
        if (step.status === "completed") continue;
        await client.missions.updateToolStep(missionId, hop.id, step.id, { status: "cancelled" });
      }
      if (hop.status === "completed") continue;
      await client.missions.updateHop(missionId, hop.id, { status: "cancelled" });
    }
  }
}

/** The text in pieces of so many words, spaces and all. */
export function piecesOf(text: string, words: number): string[] {
  const whole = text.match(/\s*\S+\s*$|\s*\S+/g) ?? [];
  const pieces = [];
  for (let from = 0; from < whole.length; from += words) {
    pieces.push(whole.slice(from, from + words).join(""));
  }
  return pieces;
}
