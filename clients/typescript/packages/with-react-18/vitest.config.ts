import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The tests of the client's React bindings once more, on the oldest React that they promise. */
export default defineConfig({
  root: here("../client"),
  resolve: {
    alias: [
      { find: /^react-dom(.*)$/, replacement: `${here("node_modules/react-dom")}$1` },
      { find: /^react$/, replacement: here("node_modules/react") },
    ],
  },
  test: { env: { REACT: "18" }, include: ["test/react/*.test.ts"], pool: "threads", maxWorkers: 1, testTimeout: 30_000 },
});
