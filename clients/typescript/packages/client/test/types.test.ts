/** Wrong uses that must not compile, beside the right ones. The compiler is the test. */
import { expect, expectTypeOf, test } from "vitest";
import { createElement } from "react";
import {
  isProblem,
  type Message,
  type Mission,
  type ProblemError,
  type Session,
  type SessionClient,
} from "../src/index.js";
import {
  SessionProvider,
  SessionResetAlert,
  useAssets,
  useMission,
  useSession,
} from "../src/react/index.js";
import { createSessionStore, type SessionStore } from "../src/store/index.js";

/** Compiled, and never called. */
export async function uses(client: SessionClient, error: unknown): Promise<void> {
  await client.createSession({ name: "Trip", session_metadata: { any: ["json", 1, null] } });
  // @ts-expect-error a misspelt field
  await client.createSession({ nmae: "Trip" });
  // @ts-expect-error metadata is an object
  await client.createSession({ session_metadata: "text" });

  expectTypeOf(await client.getSession("id")).toEqualTypeOf<Session>();
  expectTypeOf(await client.getActiveSession()).toEqualTypeOf<Session | null>();
  // @ts-expect-error there may be none
  (await client.getActiveSession()).id;
  // @ts-expect-error no such part
  await client.getSession("id", { include: ["files"] });
  // @ts-expect-error no such status
  await client.listSessions({ status: ["done"] });
  // @ts-expect-error reads have no If-Match
  await client.getSession("id", { ifMatch: 3 });

  await client.chat.append("id", { role: "assistant", content: "", status: "in_progress" });
  await client.chat.append("id", [{ role: "user", content: [{ type: "text" }] }]);
  // @ts-expect-error no such role
  await client.chat.append("id", { role: "robot", content: "x" });
  // @ts-expect-error a message is not created cancelled
  await client.chat.append("id", { role: "user", content: "x", status: "cancelled" });
  // @ts-expect-error the offset is what makes it safe
  await client.chat.grow("id", "message", { text: "more" });
  expectTypeOf((await client.chat.get("id", "message")).status).toEqualTypeOf<Message["status"]>();

  // @ts-expect-error a file is announced with its size
  await client.assets.announce("id", { name: "a", content_type: "text/plain" });
  // @ts-expect-error an upload is a handle; its `done` is the promise
  (await client.assets.upload("id", new Blob())).then;
  // @ts-expect-error the number of the turn is needed
  await client.turns.release("id");

  if (isProblem(error, "version_mismatch")) {
    expectTypeOf(error.code).toEqualTypeOf<"version_mismatch">();
    expectTypeOf(error).toExtend<ProblemError>();
  }
  // A newer service may know others.
  isProblem(error, "a_code_of_tomorrow");
}

/** Of the store and its components. */
export function storeUses(store: SessionStore): void {
  const { session, uploads, reset } = store.getState();
  // @ts-expect-error there may be no session
  session.name;
  // @ts-expect-error what is shown is changed by the store alone
  store.getState().status = "live";
  // @ts-expect-error nor is a list of it
  uploads.push(uploads[0]);
  expectTypeOf(reset?.unsent?.messages[0]?.id).toEqualTypeOf<string | undefined>();

  expectTypeOf(store.say({ role: "user", content: "x" })).toEqualTypeOf<string>();
  // @ts-expect-error a message has content
  store.say({ role: "user" });
  // @ts-expect-error metadata is an object
  store.setMetadata("text");
  // @ts-expect-error a conflict is ours or theirs
  store.resolve("both");
  expectTypeOf(store.mission.addHop({ name: "One" })).toEqualTypeOf<string>();
  // @ts-expect-error the store's mission is that of its session
  store.mission.create({ name: "Plan", session_id: "id" });
  // @ts-expect-error no such status
  store.mission.updateHop("hop", { status: "done" });
  // @ts-expect-error a tool step stands in a hop
  store.mission.addToolStep({ name: "search" });

  store.on((event) => {
    if (event.type === "expired") expectTypeOf(event.unsent.patch).toEqualTypeOf<Record<string, unknown>>();
    // @ts-expect-error only where it ended
    event.unsent;
    // @ts-expect-error no such event
    if (event.type === "saved") return;
  });
  // @ts-expect-error a store needs a client
  createSessionStore({ baseUrl: "" });
}

export function componentUses(store: SessionStore): void {
  createElement(SessionProvider, { store });
  // @ts-expect-error a provider needs a store
  createElement(SessionProvider, { signedIn: true });
  createElement(SessionResetAlert, { labels: { goOn: "Weiter" } });
  // @ts-expect-error a text by reason says what is kept, too
  createElement(SessionResetAlert, { texts: { completed: { why: "Fertig." } } });
  expectTypeOf(useMission).returns.toEqualTypeOf<Mission | null>();
  // @ts-expect-error there may be no mission
  useMission().hops;
  // @ts-expect-error a file, not its name
  useAssets().upload("notes.txt");
  // @ts-expect-error a hook takes no store
  useSession(store);
}

test("are held by the compiler", () => {
  for (const each of [uses, storeUses, componentUses]) expect(each).toBeTypeOf("function");
});
