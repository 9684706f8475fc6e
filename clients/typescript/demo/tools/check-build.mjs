// What is committed of the demo must be what its sources make. Run in the demo's folder.
import { readFile, readdir } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { build } from "vite";

const COMMITTED = new URL("../../../../src/session_api/demo/static/", import.meta.url);
const MOST_BYTES = 300_000;

// Two versions of zlib pack the same content in different bytes.
const unpacked = (name, bytes) => (name.endsWith(".gz") ? gunzipSync(bytes) : Buffer.from(bytes));

const made = new Map();
for (const { fileName, source } of (await build({ logLevel: "warn", build: { write: false } })).output) {
  made.set(fileName, unpacked(fileName, source));
}
for (const name of await readdir("public")) made.set(name, await readFile(`public/${name}`));

const names = await readdir(COMMITTED).catch(() => []);
const stale = [...made.keys()].filter((name) => !names.includes(name));
let total = 0;
for (const name of names) {
  const bytes = await readFile(new URL(name, COMMITTED));
  total += bytes.length;
  if (!made.get(name)?.equals(unpacked(name, bytes))) stale.push(name);
}
console.log(`demo: ${total} bytes, of ${MOST_BYTES}`);
if (total > MOST_BYTES) process.exitCode = 1;
if (stale.length > 0) {
  console.error(`demo: out of date: ${stale.join(", ")}; npm run build --prefix clients/typescript/demo`);
  process.exitCode = 1;
}
