import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  resolve: { alias: {
      "@session-api/client/store": source("store/index.ts"),
      "@session-api/client": source("index.ts"),
    } },
  test: { environment: "node", include: ["e2e/**/*.e2e.ts"], pool: "threads", maxWorkers: 1, testTimeout: 60_000 },
});
