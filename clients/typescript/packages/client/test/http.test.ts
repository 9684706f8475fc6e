import { describe, expect, test } from "vitest";
import { isProblem, type ProblemError } from "../src/index.js";
import { pauseBefore } from "../src/http.js";
import { ProblemError as Problem, waitOf } from "../src/problems.js";
import { clientWith, idOf, json, problem, settled, silent, unreachable } from "./fakes.js";

const SESSION = { id: idOf(9), status: "active", version: 3 };
const ok = () => json(SESSION);

async function failure(promise: Promise<unknown>): Promise<ProblemError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isProblem(error)) throw error ?? new Error("it did not fail");
  return error;
}

describe("a request", () => {
  test("names the route, the token and the version that was seen", async () => {
    const { client, asked } = clientWith([ok], { deviceId: "laptop" });

    await client.autoSaveSession(idOf(9), { panel: "map" }, { ifMatch: 7, turn: 2 });

    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      method: "PATCH",
      path: `/api/sessions/${idOf(9)}`,
      body: { session_metadata: { panel: "map" } },
    });
    expect(Object.fromEntries(asked[0]?.headers ?? [])).toMatchObject({
      authorization: "Bearer token",
      "content-type": "application/merge-patch+json",
      "if-match": '"7"',
      "session-turn": "2",
      "x-device-id": "laptop",
    });
  });

  test("escapes ids and repeats lists in its query", async () => {
    const { client, asked } = clientWith([() => json({ items: [], next_cursor: null })]);

    await client.listSessions({ status: ["active", "completed"], q: "a&b" });

    expect(asked[0]?.path).toBe("/api/sessions/?status=active&status=completed&q=a%26b");
    await client.getSession("../x", { include: [] });
    expect(asked[1]?.path).toBe("/api/sessions/..%2Fx?include=");
  });

  test("is not sent without its id, which would make it another route", async () => {
    const { client, asked } = clientWith([ok]);

    await expect(client.deleteSession("")).rejects.toThrow("session_id is missing");
    expect(asked).toEqual([]);
  });
});

describe("a problem", () => {
  test("comes with its code and what the service says of it", async () => {
    const more = { current_version: 9, request_id: "r", errors: [{ pointer: "/x", detail: "y" }] };
    const { client } = clientWith([() => problem(412, "version_mismatch", more)]);

    const error = await failure(client.updateSession(idOf(9), { name: "x" }, { ifMatch: 3 }));

    expect(isProblem(error, "version_mismatch")).toBe(true);
    expect(isProblem(error, "session_not_found")).toBe(false);
    expect(error).toMatchObject({ status: 412, requestId: "r", message: "version_mismatch!" });
    expect(error.document["current_version"]).toBe(9);
    expect(error.errors).toEqual([{ pointer: "/x", detail: "y" }]);
  });

  test("of a proxy between is one too", async () => {
    const { client } = clientWith([() => new Response("<html>", { status: 400 })]);

    expect(await failure(client.getSession(idOf(9)))).toMatchObject({
      code: "unexpected_answer",
      status: 400,
    });
  });

  test("is told where a success is no JSON object", async () => {
    const { client } = clientWith([() => new Response("[1]")]);

    expect((await failure(client.getSession(idOf(9)))).code).toBe("unexpected_answer");
  });
});

describe("a token", () => {
  test("that is refused is renewed once, for all calls at once", async () => {
    let token = "old";
    const renewals: boolean[] = [];
    const answer = ({ headers }: { headers: Headers }) =>
      headers.get("Authorization") === "Bearer new" ? ok() : problem(401, "token_expired");
    const { client, asked } = clientWith([answer], {
      getToken: async ({ refresh }) => {
        if (refresh) {
          renewals.push(refresh);
          await settled();
          token = "new";
        }
        return token;
      },
    });

    await Promise.all([client.getSession(idOf(1)), client.getSession(idOf(2))]);

    expect(renewals).toHaveLength(1);
    expect(asked).toHaveLength(4);
  });

  test("that is refused twice is a problem", async () => {
    let made = 0;
    const { client, asked } = clientWith([() => problem(401, "token_revoked")], {
      getToken: () => `token ${(made += 1)}`,
    });

    expect((await failure(client.getSession(idOf(1)))).code).toBe("token_revoked");
    expect(asked).toHaveLength(2);
  });

  test("of which there is no newer one is not sent again", async () => {
    const { client, asked } = clientWith([() => problem(401, "token_expired")]);

    expect((await failure(client.getSession(idOf(1)))).status).toBe(401);
    expect(asked).toHaveLength(1);
  });

  test("is not asked for where a guest begins", async () => {
    const { client, asked } = clientWith([() => json({ token: "guest" }, 201)]);

    await client.guests.begin();

    expect(asked[0]?.headers.has("Authorization")).toBe(false);
  });
});

describe("a repeat", () => {
  test("comes where it is safe, after a pause, until it is answered", async () => {
    const { client, asked, clock } = clientWith([
      unreachable,
      () => problem(503, "database_unavailable", {}, { "Retry-After": "2" }),
      ok,
    ]);
    const call = client.createSession();
    await clock.advance(149);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect(asked).toHaveLength(2);
    await clock.advance(2_299);
    expect(asked).toHaveLength(2);
    await clock.advance(1);

    expect(await call).toEqual(SESSION);
    expect(asked.map(({ body }) => body)).toEqual(Array(3).fill({ id: idOf(1) }));
    expect(clock.waiting).toBe(0);
  });

  test("ends with the problem after four attempts", async () => {
    const { client, asked, clock } = clientWith([unreachable]);
    const call = failure(client.getSession(idOf(9)));
    await clock.advance(60_000);

    expect((await call).code).toBe("no_answer");
    expect(asked).toHaveLength(4);
  });

  test.each([
    ["a write without an answer", unreachable, "no_answer"],
    ["a write that may have been done", () => problem(503, "database_unavailable"), ""],
    ["a conflict", () => problem(409, "session_not_active"), ""],
    ["a stale write", () => problem(412, "version_mismatch"), ""],
  ])("does not come for %s", async (_, answer, code) => {
    const { client, asked, clock } = clientWith([answer]);
    const call = failure(client.updateSession(idOf(9), { name: "x" }));
    await clock.advance(60_000);

    expect((await call).code).toContain(code);
    expect(asked).toHaveLength(1);
  });

  test("does not come with If-Match, since the first would refuse the second", async () => {
    const { client, asked, clock } = clientWith([unreachable]);
    const call = failure(client.completeSession(idOf(9), { ifMatch: 3 }));
    await clock.advance(60_000);
    await call;

    expect(asked).toHaveLength(1);
  });

  test("of what was never read is safe for any write", async () => {
    const limited = () => problem(429, "rate_limited", {}, { "Retry-After": "1" });
    const { client, asked, clock } = clientWith([limited, ok]);
    const call = client.updateSession(idOf(9), { name: "x" });
    await clock.advance(1_150);

    expect(await call).toEqual(SESSION);
    expect(asked).toHaveLength(2);
  });

  test("waits as long as is asked, but for no more than half a minute", () => {
    const asked = (retryAfter: number) => new Problem("rate_limited", "", { status: 429, retryAfter });

    expect(pauseBefore(asked(29_000), "unread", 1, () => 0)).toBe(29_000);
    expect(pauseBefore(asked(31_000), "unread", 1, () => 0)).toBeNull();
    expect(waitOf("Sat, 21 Nov 2026 00:00:05 GMT", Date.UTC(2026, 10, 21))).toBe(5_000);
    expect(waitOf("soon", 0)).toBeNull();
  });
});

describe("a call ends", () => {
  test("by its time, attempt by attempt", async () => {
    const { client, asked, clock } = clientWith([silent], { timeout: 1_000, attempts: 2 });
    const call = failure(client.getSession(idOf(9)));
    await clock.advance(10_000);

    expect((await call).code).toBe("took_too_long");
    expect(asked).toHaveLength(2);
    expect(clock.waiting).toBe(0);
  });

  test("by the caller's signal, with its reason, in a request and in a pause", async () => {
    for (const answer of [silent, unreachable]) {
      const { client, clock } = clientWith([answer]);
      const stop = new AbortController();
      const call = client.getSession(idOf(9), { signal: stop.signal });
      await settled();
      const reason = new Error("left the page");
      stop.abort(reason);

      await expect(call).rejects.toBe(reason);
      expect(clock.waiting).toBe(0);
    }
  });
});
