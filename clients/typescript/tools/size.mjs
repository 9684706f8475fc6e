// Each entry, as an app ships it (minified, with all that it imports of ours, gzipped), must stay
// within its budget. Run in the package's folder, after a build.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "vite";

// The store's is beside the core, which it imports a little of.
const BUDGETS = { index: 8 * 1024, store: 11.5 * 1024, react: 4 * 1024 };

let over = false;
for (const [name, budget] of Object.entries(BUDGETS)) {
  const made = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      minify: true,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: {
        input: `dist/${name}.js`,
        external: [/^react/],
        preserveEntrySignatures: "strict",
      },
    },
  });
  const code = made.output.map((chunk) => chunk.code ?? "").join("\n");
  const bytes = gzipSync(code, { level: 9 }).length;
  console.log(`${name}: ${bytes} bytes gzipped, of ${budget}`);
  over ||= bytes > budget;
  const said = `${Math.ceil(bytes / 1000)} kB gzipped`;
  if (!(await readFile("README.md", "utf8")).includes(said)) {
    console.error(`README.md does not say "${said}"`);
    over = true;
  }
}
process.exit(over ? 1 : 0);
