import { defineConfig, mergeConfig } from "vitest/config";
import demo from "./vite.config.js";

export default mergeConfig(
  demo,
  defineConfig({ test: { environment: "node", include: ["test/**/*.test.ts"], pool: "threads", isolate: false } }),
);
