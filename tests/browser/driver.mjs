// Drives one Chromium for the tests. Each line on standard input is a call, [name, ...arguments] in
// JSON; each line on standard output is its answer, {"value": …} or {"error": "…"}.

import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [executablePath, downloadsPath] = process.argv.slice(2);
const options = {
  executablePath,
  downloadsPath,
  // Root has no sandbox to offer, and the tests only visit pages of their own.
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"],
};
const browser = await chromium.launch(options);
/** Whose storage is whose: by name, each with its tabs. */
const profiles = new Map();
/** The one that calls are about, and its page. */
let profile;
let page;
const messages = [];
const downloads = [];

const listen = (each) => {
  each.on("console", (message) => messages.push(message.text()));
  each.on("pageerror", (error) => messages.push(String(error)));
  each.on("download", (download) => downloads.push(download));
};

async function use(context) {
  context.on("page", listen);
  context.pages().forEach(listen);
  // A profile that is kept opens with a page, which is its first.
  profile = { context, tabs: new Map(context.pages().map((each) => ["first", each])) };
  await calls.tab("first");
  return profile;
}

/** Speaks to the browser about the page, as its developer tools do. */
async function tell(method, parameters) {
  profile.told ??= new Map();
  if (!profile.told.has(page)) profile.told.set(page, await profile.context.newCDPSession(page));
  return profile.told.get(page).send(method, parameters);
}

const calls = {
  /** Goes to another profile, which is made where there is none; kept in a folder, if one is given. */
  async profile(name, folder) {
    if (!profiles.has(name)) {
      const made = folder
        ? await chromium.launchPersistentContext(folder, { ...options, acceptDownloads: true })
        : await browser.newContext({ acceptDownloads: true });
      profiles.set(name, await use(made));
    }
    profile = profiles.get(name);
    await calls.tab("first");
  },
  /** Closes it; what is kept in a folder stays there. */
  async closeProfile(name) {
    await profiles.get(name).context.close();
    profiles.delete(name);
    profile = profiles.values().next().value;
    if (profile) await calls.tab("first");
  },
  /** Goes to another tab of the profile, which is opened where there is none. */
  async tab(name) {
    if (!profile.tabs.has(name)) profile.tabs.set(name, await profile.context.newPage());
    page = profile.tabs.get(name);
  },
  /** Closes the present tab, as a person does; `crash` has its process end instead. */
  async closeTab({ crash = false } = {}) {
    if (crash) {
      const crashed = new Promise((resolve) => page.once("crash", resolve));
      tell("Page.crash").catch(() => {}); // nobody is left to answer
      await crashed;
    }
    for (const [name, each] of profile.tabs) if (each === page) profile.tabs.delete(name);
    await page.close();
    await calls.tab("first");
  },
  /**
   * No script of the tab runs until it thaws, as in a browser that saves its battery. (What DevTools
   * has for that, Page.setWebLifecycleState, does nothing to a tab of a headless browser.)
   */
  async freeze(frozen) {
    if (frozen) await tell("Debugger.enable");
    await tell(frozen ? "Debugger.pause" : "Debugger.resume");
    if (!frozen) await tell("Debugger.disable");
  },
  offline: (offline) => profile.context.setOffline(offline),
  /** Milliseconds to each answer, and bytes a second; 0 and -1 for what the machine can. */
  async slow(latency, bytes) {
    const both = { downloadThroughput: bytes, uploadThroughput: bytes };
    await tell("Network.enable");
    await tell("Network.emulateNetworkConditions", { offline: false, latency, ...both });
  },
  /** Goes there; the address and the title of what is then shown. */
  async open(url) {
    // A navigation that becomes a download leaves the page where it was, and says so by an error.
    await page.goto(url, { waitUntil: "load" }).catch((error) => {
      if (!/download is starting|ERR_ABORTED/i.test(error.message)) throw error;
    });
    return { url: page.url(), title: await page.title() };
  },
  async reload() {
    await page.reload({ waitUntil: "load" });
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
  click: (selector) => page.click(selector, { timeout: 20_000 }),
  /** Writes into a field, in place of what is there. */
  fill: (selector, text) => page.fill(selector, text, { timeout: 20_000 }),
  /** A key, such as "Enter" or "Shift+Tab", where the focus is. */
  press: (key) => page.keyboard.press(key),
  /** What the page is told of the screen: its size, and whether it is "light" or "dark". */
  async screen({ width, height, scheme }) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
  },
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

await calls.profile("first");
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
for (const { context } of profiles.values()) await context.close();
await browser.close();
