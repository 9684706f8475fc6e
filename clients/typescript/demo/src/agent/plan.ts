/** What the agent does about a question, and what it says in the end. It is a script, not a model. */
import type { Asset, HopCreate, Message } from "@session-api/client";
import type { Found, Read } from "./tools.js";

/** The tools by the names that its steps have. */
export type Tool = "search_chat" | "list_files" | "read_files" | "write_answer";

/** The hops of one question; `data` says which: the id of its message, and a title to show. */
export function planFor(question: Message): HopCreate[] {
  const words = wordsOf(textOf(question));
  const data = { question: question.id, title: titleOf(textOf(question)) };
  return [
    {
      name: "Look around",
      description: "What does this workspace know already?",
      data,
      tool_steps: [
        { name: "search_chat", input: { words } },
        { name: "list_files", input: {} },
      ],
    },
    {
      name: "Read what fits",
      description: "Open the files and look for lines that answer.",
      data,
      tool_steps: [{ name: "read_files", input: { words } }],
    },
    {
      name: "Answer",
      description: "Write it down, word by word.",
      data,
      tool_steps: [{ name: "write_answer", input: {} }],
    },
  ];
}

const FILLERS = new Set(
  (
    "about after also because before could does from have into just like many more most much only " +
    "other over please shall should some such than that their them then there these they this " +
    "those through until what when where which while will with would your you the and for are can " +
    "how not was who why all any has its one our out did"
  ).split(" "),
);

/** The words of a text that carry its sense, at most eight. */
export function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return [...new Set(words)].filter((word) => !FILLERS.has(word)).slice(0, 8);
}

export function textOf({ content }: Pick<Message, "content">): string {
  if (typeof content === "string") return content;
  return content
    .map((part) => (typeof part === "object" && part !== null && "text" in part ? String(part.text) : ""))
    .join(" ");
}

/** A title of at most 60 characters. */
export function titleOf(text: string): string {
  const line = text.trim().split("\n")[0] ?? "";
  return line.length > 60 ? `${line.slice(0, 57).trimEnd()}…` : line || "A question";
}

export interface Findings {
  readonly question: string;
  readonly found: Found;
  readonly files: readonly Asset[];
  readonly read: readonly Read[];
}

/** The same findings give the same text: an answer that broke off is gone on with. */
export function answerOf({ question, found, files, read }: Findings): string {
  const best = read.flatMap(({ name, lines }) => lines.map((line) => ({ name, ...line })));
  const [first] = best.sort((one, other) => other.hits - one.hits);
  const parts = [];
  if (first) {
    parts.push(`In ${first.name}, line ${first.line}, I found:`, `“${first.text}”`);
  } else if (files.length > 0) {
    parts.push("Nothing in your files speaks of that.");
  } else {
    parts.push("I have nothing to look it up in yet: give me a text file, and ask again.");
  }
  const pictures = read.filter(({ pixels }) => pixels !== null);
  for (const { name, pixels } of pictures) parts.push(`${name} is a picture of ${pixels}.`);
  const before = count(found.before, "earlier message");
  const related = found.related > 0 ? `, ${found.related} of them about the same` : "";
  parts.push(`I looked through ${before}${related}, and ${count(files.length, "file")}.`);
  parts.push(
    "I am a small script in this page, not a model. What is real is how this is kept: I hold the " +
      `session's turn, and every word of my answer to “${titleOf(question)}” is on the server as you ` +
      "read it. Reload the page, go offline or watch from a second tab: it goes on.",
  );
  return parts.join("\n\n");
}

export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
