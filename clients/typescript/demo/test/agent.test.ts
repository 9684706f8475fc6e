import type { Message } from "@session-api/client";
import { describe, expect, test } from "vitest";
import { questionOf } from "../src/agent/agent.js";
import { answerOf, planFor, titleOf, wordsOf, type Findings } from "../src/agent/plan.js";
import { piecesOf } from "../src/agent/run.js";
import { searchChat } from "../src/agent/tools.js";

let seq = 0;
function message(role: Message["role"], content: string, rest: Partial<Message> = {}): Message {
  seq += 1;
  return {
    ...{ id: `m${seq}`, seq, role, content, status: "complete", metadata: {}, asset_ids: [] },
    ...{ parent_id: null, created_at: "2026-11-21T12:00:00Z", edited_at: null },
    ...rest,
  };
}

describe("a question", () => {
  test("is the last thing that a person said, until it is answered", () => {
    const first = message("user", "one");
    const second = message("user", "two");
    expect(questionOf([first, second])).toBe(second);
    expect(questionOf([first, second, message("assistant", "both")])).toBeNull();
    expect(questionOf([])).toBeNull();
  });

  test("whose answer broke off is still one", () => {
    const question = message("user", "one");
    const begun = message("assistant", "so f", { status: "in_progress" });
    const stopped = message("assistant", "so f", { status: "cancelled" });
    expect(questionOf([question, begun])).toBe(question);
    expect(questionOf([question, stopped])).toBe(question);
  });

  test("is looked up by the words that carry its sense", () => {
    expect(wordsOf("Which day is the museum free, and WHICH museum?")).toEqual(["day", "museum", "free"]);
    expect(wordsOf("Où est le musée?")).toEqual(["est", "musée"]);
    expect(wordsOf("")).toEqual([]);
  });

  test("has a title of its first line, not too long", () => {
    expect(titleOf("  A ferry?\nAnd more")).toBe("A ferry?");
    expect(titleOf("x".repeat(90))).toHaveLength(58);
    expect(titleOf("\n")).toBe("A question");
  });

  test("is planned in hops that name it", () => {
    const question = message("user", "Which day is the museum free?");
    const hops = planFor(question);
    expect(hops.map(({ data }) => data)).toEqual(
      Array(hops.length).fill({ question: question.id, title: "Which day is the museum free?" }),
    );
    expect(hops.flatMap(({ tool_steps = [] }) => tool_steps.map(({ name }) => name))).toEqual([
      ...["search_chat", "list_files", "read_files", "write_answer"],
    ]);
  });
});

test("the chat is searched before the question alone", () => {
  const before = message("user", "The Museum!");
  const question = message("user", "museum?");
  const after = message("user", "museum museum");
  expect(searchChat([before, question, after], question, ["museum"])).toEqual({ before: 1, related: 1 });
});

describe("an answer", () => {
  const findings: Findings = {
    question: "Which day?",
    found: { before: 1, related: 0 },
    files: [],
    read: [
      { name: "a.txt", lines: [{ line: 1, text: "one", hits: 1 }], pixels: null },
      { name: "b.txt", lines: [{ line: 7, text: "the best", hits: 2 }], pixels: null },
      { name: "c.png", lines: [], pixels: "640 × 480 pixels" },
    ],
  };

  test("says the line that fits best, and where it stands", () => {
    expect(answerOf(findings)).toMatch(/^In b\.txt, line 7, I found:\n\n“the best”/);
    expect(answerOf(findings)).toContain("c.png is a picture of 640 × 480 pixels.");
    expect(answerOf(findings)).toContain("1 earlier message, and 0 files");
  });

  test("is the same for the same findings, so that one that broke off goes on", () => {
    expect(answerOf(structuredClone(findings))).toBe(answerOf(findings));
  });

  test.each(["", "one", "one two  three\n\nfour 😀 five ", " lead"])("goes out in pieces: %j", (text) => {
    const pieces = piecesOf(text, 2);
    expect(pieces.join("")).toBe(text);
    for (const piece of pieces) expect(piece.trim().split(/\s+/).length).toBeLessThanOrEqual(2);
  });
});
