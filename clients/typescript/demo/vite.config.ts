import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const client = (path: string) =>
  fileURLToPath(new URL(`../packages/client/src/${path}`, import.meta.url));

/** Scripts and styles as they are sent: React alone would be 200 kB in every copy of the package. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      for (const [fileName, file] of Object.entries(bundle)) {
        if (!/\.(js|css)$/.test(fileName)) continue;
        const content = file.type === "chunk" ? file.code : file.source;
        const source = gzipSync(content, { level: 9 });
        this.emitFile({ type: "asset", fileName: `${fileName}.gz`, source });
        delete bundle[fileName];
      }
    },
  },
};

// What is built is committed, so that `make run` needs no Node.js: the names of the files stay from
// build to build, since the service has browsers ask whether what they keep is still good.
export default defineConfig({
  base: "/demo/",
  plugins: [compressed],
  resolve: {
    alias: {
      "@session-api/client/store": client("store/index.ts"),
      "@session-api/client/react": client("react/index.ts"),
      "@session-api/client": client("index.ts"),
    },
    dedupe: ["react", "react-dom"],
  },
  build: {
    outDir: "../../../src/session_api/demo/static",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: "chrome123", // the first of those that know `light-dark()`, as Firefox 120 and Safari 17.5 do
    sourcemap: false,
    modulePreload: { polyfill: false },
    // No picture inside of a style: the page's policy takes none but from the service.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: { entryFileNames: "demo.js", assetFileNames: "demo[extname]", codeSplitting: false },
    },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
