import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createSessionClient } from "../src/index.js";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const readme = read("../README.md");

test("the examples in the README are those that are compiled", () => {
  const examples = [...readme.matchAll(/```tsx?\n([\s\S]*?)```/g)].map((match) => match[1]);

  expect(examples).toEqual([read("./readme.example.ts"), read("./readme.store.example.ts"), read("./readme.react.example.tsx")]);
});

test("the first of them is a start of 20 lines", () => {
  expect(read("./readme.example.ts").trimEnd().split("\n").length).toBeLessThanOrEqual(20);
});

test("the README names every method", () => {
  const client = createSessionClient({ baseUrl: "", getToken: () => null });
  const own = ["ports", "storedId", "chat", "missions", "assets", "changes", "events", "sharing", "handoff", "turns", "guests", "devices"];

  for (const name of Object.keys(client).filter((name) => !own.includes(name))) {
    expect(readme).toContain(`\`${name}\``);
  }
  for (const group of ["chat", "assets", "changes", "events", "sharing", "handoff", "turns", "guests", "devices"] as const) {
    const row = new RegExp(`^\\| \`${group}\` \\| (.*)$`, "m").exec(readme)?.[1];
    for (const name of Object.keys(client[group])) expect(row, group).toContain(`\`${name}\``);
  }
});
