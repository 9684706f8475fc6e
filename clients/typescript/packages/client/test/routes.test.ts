import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { outOfDate } from "../../../tools/generate.mjs";
import { ROUTES } from "../src/routes.js";

interface Document {
  paths: Record<string, Record<string, { operationId: string }>>;
}

const file = new URL("../../../openapi.json", import.meta.url);
const document = JSON.parse(readFileSync(file, "utf8")) as Document;

test("the generated types are those of the document", async () => {
  expect(await outOfDate(), "run `npm run generate` in clients/typescript").toEqual([]);
});

test("each route is where the document has it", () => {
  const known = new Map<string, string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { operationId }] of Object.entries(methods)) {
      known.set(operationId, `${method.toUpperCase()} ${path}`);
    }
  }
  for (const [operation, [method, path]] of Object.entries(ROUTES)) {
    expect(`${method} ${path}`, operation).toBe(known.get(operation));
  }
});
