// Drives one Chromium for the tests. Each line on standard input is a call, [name, ...arguments] in
// JSON; each line on standard output is its answer, {"value": …} or {"error": "…"}.

import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [executablePath, downloadsPath] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  downloadsPath,
  // Root has no sandbox to offer, and the tests only visit pages of their own.
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
});
const context = await browser.newContext({ acceptDownloads: true });
let page = await context.newPage();
const messages = [];
const downloads = [];

const listen = (each) => {
  each.on("console", (message) => messages.push(message.text()));
  each.on("pageerror", (error) => messages.push(String(error)));
  each.on("download", (download) => downloads.push(download));
};
context.on("page", listen);
listen(page);

const calls = {
  /** Goes there; the address and the title of what is then shown. */
  async open(url) {
    // A navigation that becomes a download leaves the page where it was, and says so by an error.
    await page.goto(url, { waitUntil: "load" }).catch((error) => {
      if (!/download is starting|ERR_ABORTED/i.test(error.message)) throw error;
    });
    return { url: page.url(), title: await page.title() };
  },
  /** What the expression is worth in the page, once it is settled. */
  evaluate: (expression) => page.evaluate(expression),
  /** Chooses files in an <input type=file>, as a person does. */
  choose: (selector, paths) => page.setInputFiles(selector, paths),
  /** The element's text, once it holds `part`. */
  async text(selector, part) {
    const found = page.locator(selector).filter({ hasText: part });
    await found.waitFor({ timeout: 20_000 });
    return found.innerText();
  },
  click: (selector) => page.click(selector),
  async screenshot(path) {
    await page.screenshot({ path });
  },
  /** The downloads since the last call, finished: name, place on disk, and address. */
  async downloads(count) {
    const deadline = Date.now() + 20_000;
    while (downloads.length < count && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return Promise.all(
      downloads.splice(0).map(async (download) => ({
        name: download.suggestedFilename(),
        path: await download.path(),
        url: download.url(),
      })),
    );
  },
  /** What the pages wrote to their consoles since the last call. */
  messages: () => messages.splice(0),
  version: () => browser.version(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await calls[name](...given)) ?? null };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
