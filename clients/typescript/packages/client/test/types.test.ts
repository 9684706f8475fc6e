/** Wrong uses that must not compile, beside the right ones. The compiler is the test. */
import { expect, expectTypeOf, test } from "vitest";
import { isProblem, type Message, type ProblemError, type Session, type SessionClient } from "../src/index.js";

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

test("are held by the compiler", () => expect(uses).toBeTypeOf("function"));
