/**
 * The client against the service itself, as Node.js runs it. `tests/clients/` starts the service and
 * says by the environment where it is and who is signed in.
 */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  createMemoryStorage,
  createSessionClient,
  growText,
  lengthOf,
  type ClientOptions,
  type Growth,
} from "@session-api/client";

const read = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this by pytest, tests/clients`);
  return value;
};
const baseUrl = read("SERVICE_URL");
const ann = read("ANN");
const bob = read("BOB");

const signedIn = (token: string, options: Partial<ClientOptions> = {}) =>
  createSessionClient({
    baseUrl,
    getToken: () => token,
    storage: createMemoryStorage(),
    ...options,
  });

/** Passes each request on, but loses the answers to the first few. */
function losing(answers: number): { fetch: typeof fetch; lost: () => number } {
  let lost = 0;
  return {
    lost: () => lost,
    fetch: async (url, init) => {
      const answer = await fetch(url, init);
      if (lost >= answers) return answer;
      lost += 1;
      await answer.body?.cancel();
      throw new TypeError("the line was cut");
    },
  };
}

describe("a session", () => {
  test("is created, comes back, is saved, completed, and then not used again", async () => {
    const client = signedIn(ann);
    const made = await client.createSession({ name: "Trip", session_metadata: { a: 1, b: 2 } });

    const back = await client.initializeSession();
    expect([back.outcome, back.reset, back.session.id]).toEqual(["restored", null, made.id]);

    const saved = await client.autoSaveSession(made.id, { b: null, c: 3 }, { ifMatch: made.version });
    expect(saved.session_metadata).toEqual({ a: 1, c: 3 });
    await expect(
      client.updateSession(made.id, { name: "Stale" }, { ifMatch: made.version }),
    ).rejects.toMatchObject({ code: "version_mismatch", status: 412 });
    expect(await client.getSessionIfChanged(made.id, saved.version)).toBeNull();
    expect((await client.getSessionIfChanged(made.id, made.version))?.name).toBe("Trip");

    const mission = await client.missions.create({ name: "Book it" });
    const linked = await client.linkMissionToSession(made.id, mission.id);
    expect(linked.mission?.id).toBe(mission.id);
    const hop = await client.missions.addHop(mission.id, { name: "Look" });
    const step = await client.missions.addToolStep(mission.id, hop.id, { name: "search" });
    await client.missions.updateToolStep(mission.id, hop.id, step.id, { status: "active" });
    expect((await client.missions.get(mission.id)).hops[0]?.tool_steps[0]?.status).toBe("active");

    await client.updateSessionActivity(made.id);
    const elsewhere = signedIn(ann);
    elsewhere.storedId.set(made.id);
    expect((await client.completeSession(made.id)).status).toBe("completed");
    expect((await elsewhere.initializeSession()).reset?.reason).toBe("completed");
    await client.deleteSession(made.id);
    await expect(client.getSession(made.id)).rejects.toMatchObject({ code: "session_not_found" });
  });

  test("of somebody else is one that does not exist", async () => {
    const theirs = await signedIn(ann).createSession();
    const client = signedIn(bob);
    client.storedId.set(theirs.id);

    expect((await client.initializeSession()).reset?.reason).toBe("not_found");
    expect(client.storedId.get()).not.toBe(theirs.id);
  });

  test("is made once, however often the answer is lost", async () => {
    const { fetch, lost } = losing(2);
    const client = signedIn(ann, { fetch, random: () => 0 });
    const before = (await client.listSessions({ q: "Once" })).items.length;

    const made = await client.createSession({ name: "Once" });
    const { messages } = await client.chat.append(made.id, { role: "user", content: "Hello" });

    expect(lost()).toBe(2);
    expect(messages).toHaveLength(1);
    expect((await client.listSessions({ q: "Once" })).items).toHaveLength(before + 1);
  });

  test("goes on with the token that a refused one was renewed to", async () => {
    const asked: boolean[] = [];
    const client = signedIn("", {
      getToken: ({ refresh }) => {
        asked.push(refresh);
        return refresh ? ann : "no.such.token";
      },
    });

    expect((await client.listSessions({ limit: 1 })).items.length).toBeLessThanOrEqual(1);
    expect(asked).toEqual([false, false, true]);
  });
});

test("a chat is appended to, grows, is stopped, and is read in pages and changes", async () => {
  const client = signedIn(ann);
  const { id } = await client.createSession();
  await client.chat.append(
    id,
    [1, 2, 3, 4, 5].map((number) => ({ role: "user" as const, content: `${number}` })),
  );
  const { messages, version } = await client.chat.append(id, {
    role: "assistant",
    content: "😀",
    status: "in_progress",
  });
  const answer = messages[0]?.id ?? "";

  const { length } = await client.chat.grow(id, answer, { offset: lengthOf("😀"), text: " yes" });
  expect(length).toBe(5);
  await client.chat.grow(id, answer, { offset: 1, text: " yes" });
  await expect(client.chat.grow(id, answer, { offset: 9, text: "!" })).rejects.toMatchObject({
    code: "offset_mismatch",
  });
  expect(await client.chat.stop(id, answer)).toMatchObject({ content: "😀 yes", status: "cancelled" });

  const seen: number[] = [];
  for await (const page of client.chat.pages(id, { limit: 4 })) {
    seen.unshift(...page.items.map(({ seq }) => seq));
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6]);

  const changed: string[] = [];
  for await (const { kind, entity_id } of client.changes.all(id, version)) {
    changed.push(`${kind} ${entity_id === answer}`);
  }
  expect(changed.at(-1)).toBe("message.updated true");
});

describe("a file", () => {
  const bytes = new Uint8Array(11 * 2 ** 20).map((_, place) => (place * 7919) >> 3);
  const digest = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

  test("comes in parts, pauses, and is read back as it was", async () => {
    const client = signedIn(ann);
    const { id } = await client.createSession();
    const file = new File([bytes], "large.bin");
    const seen: number[] = [];
    let pausedOnce = false;
    const upload = client.assets.upload(id, file, {
      parallel: 1,
      onProgress: ({ sent, total }) => {
        seen.push(sent / total);
        if (sent > 0 && !pausedOnce) {
          pausedOnce = true;
          upload.pause();
          setTimeout(() => upload.resume(), 20);
        }
      },
    });

    expect(await upload.done).toMatchObject({ id: upload.id, status: "ready", size: bytes.length });
    expect([pausedOnce, seen.at(-1)]).toEqual([true, 1]);
    const answer = await client.assets.download(id, upload.id);
    expect(digest(new Uint8Array(await answer.arrayBuffer()))).toBe(digest(bytes));
  });

  test("that is small comes with its digest checked, or in one call", async () => {
    const client = signedIn(ann);
    const { id } = await client.createSession();
    const file = new File(["Free on Sundays"], "notes.txt", { type: "text/plain" });

    const sha256 = digest(new TextEncoder().encode("Free on Sundays"));
    const first = await client.assets.upload(id, file, { sha256 }).done;
    const second = await client.assets.uploadInOneCall(id, file);

    expect([first.sha256, second.name]).toEqual([sha256, "notes.txt"]);
    expect((await client.assets.list(id)).items).toHaveLength(2);
    await client.assets.delete(id, first.id);
    expect((await client.getSession(id)).assets).toHaveLength(1);
  });
});

test("a turn is taken, written under, and lost to a stop", async () => {
  const client = signedIn(ann);
  const { id } = await client.createSession();
  const turn = await client.turns.take(id, { holder: "agent" });

  await client.chat.append(id, { role: "assistant", content: "a" }, { turn: turn.number });
  expect((await client.turns.get(id))?.holder).toBe("agent");
  await client.turns.stop(id);
  await expect(
    client.chat.append(id, { role: "assistant", content: "b" }, { turn: turn.number }),
  ).rejects.toMatchObject({ code: "turn_lost" });
});

test("a guest begins without a token and is taken into an account", async () => {
  const { token } = await signedIn(ann).guests.begin();
  const guest = signedIn(token);
  const { id } = await guest.createSession({ name: "Guest's" });
  const account = signedIn(bob);

  expect((await account.guests.merge(token)).sessions).toContain(id);
  expect((await account.getSession(id)).name).toBe("Guest's");
});

test("devices are listed by the name that the client gives", async () => {
  const client = signedIn(ann, { deviceId: "e2e" });
  await client.getActiveSession();

  expect((await client.devices.list()).length).toBeGreaterThanOrEqual(0);
});

test("a stream tells what others do, grows an answer, and ends with the session", async () => {
  const client = signedIn(ann);
  const { id, version } = await client.createSession();
  const { messages } = await client.chat.append(id, {
    role: "assistant",
    content: "😀",
    status: "in_progress",
  });
  const answer = messages[0]?.id ?? "";
  const told: string[] = [];
  let text = "";
  let offset = 1;
  const ending = (async () => {
    for await (const event of client.events.follow(id, { since: version })) {
      if (event.type !== "change") continue;
      const { kind, data } = event.change;
      told.push(kind);
      if (kind === "message.grown") text = growText(text, (event.change as Growth).data);
      else if (data && "content" in data) text = String(data.content);
      if (offset < 4) {
        await client.chat.grow(id, answer, { offset, text: "." });
        offset += 1;
      } else if (text === "😀...") {
        await client.deleteSession(id);
      }
    }
  })();

  await expect(ending).rejects.toMatchObject({ code: "session_deleted" });
  expect([told[0], text]).toEqual(["message.created", "😀..."]);
  expect(told).toContain("message.grown");
});

test("a session is shared by name and by link, and left again", async () => {
  const host = signedIn(ann);
  const member = signedIn(bob);
  const { id } = await host.createSession({ name: "Shared" });

  const share = await host.sharing.create(id, { user_id: "bob", role: "viewer" });
  expect((await member.getSession(id)).name).toBe("Shared");
  await expect(member.updateSession(id, { name: "Mine" })).rejects.toMatchObject({
    code: "insufficient_access",
  });
  await host.sharing.update(id, share.id, { role: "editor" });
  expect((await member.updateSession(id, { name: "Ours" })).name).toBe("Ours");
  await host.sharing.delete(id, share.id);
  await expect(member.getSession(id)).rejects.toMatchObject({ code: "session_not_found" });

  const { token } = await host.sharing.create(id, { link: { max_uses: 1 }, role: "viewer" });
  await member.sharing.join(token ?? "");
  expect((await member.sharing.listShared()).items).toHaveLength(1);
  await member.sharing.leave(id);
  expect((await host.sharing.list(id)).filter(({ user_id }) => user_id === "bob")).toEqual([]);
});
