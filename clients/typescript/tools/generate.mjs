// Writes the client's types from `openapi.json`. With --check it writes nothing, and ends with 1
// where what is there is not what would be written.
import { readFile, writeFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENT = new URL("../openapi.json", import.meta.url);
const FOLDER = new URL("../packages/client/src/generated/", import.meta.url);
const HEAD = "// Made from openapi.json by `npm run generate`; not to be changed by hand.\n\n";

/** Each generated file's text, by its name. */
export async function generated() {
  const document = JSON.parse(await readFile(DOCUMENT, "utf8"));
  // What has a default may be left out of a request.
  const types = astToString(await openapiTS(document, { defaultNonNullable: false }));
  const problems = Object.keys(document["x-problems"]);
  const codes = problems.map((code) => `  | ${JSON.stringify(code)}`).join("\n");
  return {
    "openapi.ts": HEAD + types,
    "problems.ts": `${HEAD}/** The codes of the service's catalogue of problems. */\nexport type ServiceProblemCode =\n${codes};\n`,
  };
}

/** Whether each file is as it would be written. */
export async function outOfDate() {
  const stale = [];
  for (const [name, text] of Object.entries(await generated())) {
    const written = await readFile(new URL(name, FOLDER), "utf8").catch(() => "");
    if (written !== text) stale.push(name);
  }
  return stale;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--check")) {
    const stale = await outOfDate();
    if (stale.length > 0) {
      console.error(`${stale.join(", ")}: out of date, run \`npm run generate\``);
      process.exit(1);
    }
  } else {
    await mkdir(FOLDER, { recursive: true });
    for (const [name, text] of Object.entries(await generated())) {
      await writeFile(new URL(name, FOLDER), text);
    }
  }
}
