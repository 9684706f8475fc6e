/** The agent's tools. They do what they say, through the public API. */
import type { Asset, Message, SessionClient } from "@session-api/client";
import { textOf } from "./plan.js";

export interface Found {
  /** How many messages there are before the question. */
  readonly before: number;
  /** How many of them share a word with it. */
  readonly related: number;
}

export interface Read {
  readonly name: string;
  /** The lines that share words with the question, best first. */
  readonly lines: readonly { line: number; text: string; hits: number }[];
  /** Such as `640 × 480 pixels`; null for what is no picture. */
  readonly pixels: string | null;
}

const LONGEST_TEXT = 200_000;
const MOST_FILES = 4;
const TEXTS = /^text\/|^application\/(json|xml|x-yaml)/;

export function searchChat(history: readonly Message[], question: Message, words: readonly string[]): Found {
  const before = history.filter(({ seq, role }) => seq < question.seq && role !== "system");
  const related = before.filter((message) => hitsOf(textOf(message), words) > 0).length;
  return { before: before.length, related };
}

/** Reads the newest files that it can make sense of. */
export async function readFiles(
  client: SessionClient,
  files: readonly Asset[],
  words: readonly string[],
): Promise<Read[]> {
  const readable = files.filter(
    ({ content_type, size }) =>
      content_type.startsWith("image/") || (TEXTS.test(content_type) && size <= LONGEST_TEXT),
  );
  const read = [];
  for (const file of readable.slice(-MOST_FILES)) {
    const content = await (await client.assets.download(file.session_id, file.id)).blob();
    if (file.content_type.startsWith("image/")) {
      read.push({ name: file.name, lines: [], pixels: await pixelsOf(content) });
    } else {
      read.push({ name: file.name, lines: linesOf(await content.text(), words), pixels: null });
    }
  }
  return read;
}

function linesOf(text: string, words: readonly string[]): Read["lines"] {
  return text
    .split("\n")
    .map((line, place) => ({ line: place + 1, text: line.trim().slice(0, 200), hits: hitsOf(line, words) }))
    .filter(({ hits }) => hits > 0)
    .sort((one, other) => other.hits - one.hits)
    .slice(0, 3);
}

function hitsOf(text: string, words: readonly string[]): number {
  const lower = text.toLowerCase();
  return words.filter((word) => lower.includes(word)).length;
}

async function pixelsOf(content: Blob): Promise<string | null> {
  try {
    const picture = await createImageBitmap(content);
    const size = `${picture.width} × ${picture.height} pixels`;
    picture.close();
    return size;
  } catch {
    return null; // it only calls itself a picture
  }
}
