import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    lib: { entry: { index: "src/index.ts", store: "src/store/index.ts", react: "src/react/index.ts" }, formats: ["es"] },
    target: "es2022",
    rolldownOptions: { external: [/^react/] },
    minify: false,
    sourcemap: true,
    emptyOutDir: true,
  },
  test: { environment: "node", include: ["test/**/*.test.{ts,tsx}"], pool: "threads", maxWorkers: 1, isolate: false, testTimeout: 30_000 },
});
