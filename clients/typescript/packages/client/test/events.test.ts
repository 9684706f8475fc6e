import { describe, expect, test } from "vitest";
import { growText, type LiveEvent } from "../src/index.js";
import { clientWith, idOf, problem, settled, unreachable, type Answer } from "./fakes.js";

/** An answer that goes on: `say` sends text, `end` ends it as a broken line does. */
function createStream() {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  let ended = false;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => void (controller = given),
    cancel: () => void (ended = true),
  });
  const answer: Answer = (_, signal) => {
    signal.addEventListener("abort", () => {
      if (!ended) controller?.error(signal.reason);
      ended = true;
    });
    return new Response(body);
  };
  return {
    answer,
    say: async (text: string) => {
      controller?.enqueue(new TextEncoder().encode(text));
      await settled();
    },
    bytes: async (bytes: Uint8Array) => {
      controller?.enqueue(bytes);
      await settled();
    },
    end: async () => {
      ended = true;
      controller?.close();
      await settled();
    },
    get ended() {
      return ended;
    },
  };
}

const event = (version: number, kind: string, more = {}) =>
  `id: ${version}\nevent: ${kind}\ndata: ${JSON.stringify({ version, kind, ...more })}\n\n`;

/** Reads events as they come; `problem` is what it threw in the end. */
function collect(events: AsyncGenerator<LiveEvent>) {
  const told: string[] = [];
  const ending = (async () => {
    for await (const it of events) {
      if (it.type === "live") told.push(`live ${it.version}`);
      else if (it.type === "lost") told.push(`lost ${it.problem.code}`);
      else told.push(`${it.change.kind} ${it.change.version}`);
    }
    return null;
  })().catch((error: unknown) => error);
  return { told, ending };
}

describe("a stream", () => {
  test("tells changes, wherever the line cuts them", async () => {
    const stream = createStream();
    const { client, asked } = clientWith([stream.answer]);
    const { told } = collect(client.events.follow(idOf(9), { since: 4 }));
    await settled();
    const whole = new TextEncoder().encode(
      `retry: 10\n${event(4, "hello")}:\r\n\r\n${event(5, "message.created", { é: "😀" })}`,
    );
    for (const byte of whole) await stream.bytes(Uint8Array.of(byte));

    expect(told).toEqual(["live 4", "message.created 5"]);
    expect(asked[0]?.path).toBe(`/api/sessions/${idOf(9)}/events?since=4`);
    expect(asked[0]?.headers.get("Accept")).toBe("text/event-stream");
  });

  test("that breaks is resumed behind what came", async () => {
    const [first, second] = [createStream(), createStream()];
    const { client, asked, clock } = clientWith([first.answer, unreachable, second.answer]);
    const { told } = collect(client.events.follow(idOf(9)));
    await settled();
    await first.say(event(4, "hello") + event(7, "session.updated"));
    await first.end();
    await clock.advance(10_000);
    await second.say(event(7, "hello") + event(8, "session.updated"));

    expect(told).toEqual([
      "live 4",
      "session.updated 7",
      "lost no_answer",
      "lost no_answer",
      "live 7",
      "session.updated 8",
    ]);
    expect(asked.map(({ path }) => path.split("?")[1])).toEqual([undefined, "since=7", "since=7"]);
  });

  test("that falls silent is taken for dead", async () => {
    const [first, second] = [createStream(), createStream()];
    const { client, clock } = clientWith([first.answer, second.answer]);
    const { told } = collect(client.events.follow(idOf(9)));
    await settled();
    await first.say(event(4, "hello"));
    await clock.advance(39_000);
    await first.say(":\n\n");
    await clock.advance(39_000);
    expect(told).toEqual(["live 4"]);
    await clock.advance(1_000);

    expect(told).toEqual(["live 4", "lost no_answer"]);
    expect(first.ended).toBe(true);
  });

  test("whose token ran out goes on with a newer one", async () => {
    const [first, second] = [createStream(), createStream()];
    let token = "old";
    const { client, asked, clock } = clientWith(
      [first.answer, () => problem(401, "token_expired"), second.answer],
      {
        getToken: ({ refresh }) => {
          if (refresh) token = "new";
          return token;
        },
      },
    );
    const { told } = collect(client.events.follow(idOf(9)));
    await settled();
    await first.say(event(4, "hello"));
    await first.say('event: end\ndata: {"reason":"token_expired","reconnect":false,"detail":"x"}\n\n');
    await clock.advance(2_000);
    await second.say(event(4, "hello"));

    expect(told).toEqual(["live 4", "lost token_expired", "live 4"]);
    expect(asked.at(-1)?.headers.get("Authorization")).toBe("Bearer new");
  });

  test.each(["session_deleted", "access_ended", "changes_gone"])("ends with %s", async (reason) => {
    const stream = createStream();
    const { client, clock } = clientWith([stream.answer]);
    const { ending } = collect(client.events.follow(idOf(9)));
    await settled();
    await stream.say(`event: end\ndata: {"reason":"${reason}","reconnect":false,"detail":"x"}\n\n`);

    expect(await ending).toMatchObject({ code: reason });
    expect(clock.waiting).toBe(0);
  });

  test("of a session that is not there is a problem", async () => {
    const { client } = clientWith([() => problem(404, "session_not_found")]);

    expect(await collect(client.events.follow(idOf(9))).ending).toMatchObject({
      code: "session_not_found",
    });
  });

  test("ends with its reader, and by the signal", async () => {
    const stream = createStream();
    const { client, clock } = clientWith([stream.answer]);
    const events = client.events.follow(idOf(9));
    const first = events.next();
    await settled();
    await stream.say(event(4, "hello"));
    await first;
    await events.return();
    expect([stream.ended, clock.waiting]).toEqual([true, 0]);

    const other = createStream();
    const again = clientWith([other.answer]);
    const stop = new AbortController();
    const { ending } = collect(again.client.events.follow(idOf(9), { signal: stop.signal }));
    await settled();
    stop.abort(new Error("left"));
    expect(await ending).toMatchObject({ message: "left" });
    expect([other.ended, again.clock.waiting]).toEqual([true, 0]);
  });
});

test("growth is put where it belongs, by code points", () => {
  expect(growText("😀 a", { id: "", offset: 3, text: "bc", length: 5 })).toBe("😀 abc");
  expect(growText("😀 ab", { id: "", offset: 2, text: "abc", length: 5 })).toBe("😀 abc");
});
