/** A service with one session, as far as the store uses it; and a network that can be cut. */
import { createSessionClient, createMemoryStorage, type Fetch } from "../src/index.js";
import { applyPatch, type Json } from "../src/store/merge.js";
import type { Page, PageEvent } from "../src/store/index.js";
import { createFakeMissions } from "./fake-missions.js";
import { createFakeClock, createFakeIds, idOf, json, problem, type Asked } from "./fakes.js";

interface Said {
  id: string;
  seq: number;
  content: unknown;
}

export function createFakeService() {
  const id = idOf(900);
  const asked: string[] = [];
  const keptAlive: unknown[] = [];
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const messages: Said[] = [];
  const log: Json[] = [];
  const missions = createFakeMissions();
  let online = true;
  /** Whether streams are dead without having broken, as behind a gateway that forgot them. */
  let silent = false;
  let version = 1;
  let fieldsVersion = 1;
  let fields = { name: null as string | null, status: "active", session_metadata: {} as Json };
  let gone = false;
  /** Answers the next request of this kind instead. */
  let next: { match: RegExp; answer: (asked: Asked) => Response | void } | null = null;

  const now = () => ({
    id,
    ...fields,
    version,
    updated_at: `2026-11-21T00:00:${String(version).padStart(2, "0")}Z`,
    mission_id: null,
    damaged: [],
    chat: null,
    mission: null,
    assets: null,
  });
  const whole = () => ({
    ...now(),
    chat: { id: idOf(901), message_count: messages.length, messages: [...messages], has_more: false },
    assets: [],
  });

  function changed(kind: string, data: unknown, more = {}): void {
    const [entity] = kind.split(".");
    const change = { version, kind, entity, entity_id: id, at: now().updated_at, data, ...more };
    log.push(change);
    if (!silent) for (const stream of streams) write(stream, kind, version, change);
  }

  function write(
    stream: ReadableStreamDefaultController<Uint8Array>,
    kind: string,
    at: number,
    data: unknown,
  ): void {
    stream.enqueue(new TextEncoder().encode(`id: ${at}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  function setFields(change: Partial<typeof fields>, kind = "session.updated"): void {
    fields = { ...fields, ...change };
    version += 1;
    fieldsVersion = version;
    changed(kind, now());
  }

  function answer(request: Asked): Response {
    const path = request.path.replace(/^\/api\/sessions/, "").replace(id, "ID");
    const [route = "", query = ""] = path.split("?");
    if (next?.match.test(`${request.method} ${route}`)) {
      const { answer: once } = next;
      next = null;
      const special = once(request);
      if (special) return special;
    }
    if (gone) return problem(404, "session_not_found");
    if (route.startsWith("/api/missions/")) return missions.answer(request);
    const match = request.headers.get("If-Match");
    switch (`${request.method} ${route}`) {
      case "POST /recover":
        return json({ outcome: "restored", reset: null, session: whole() });
      case "GET /ID":
        if (request.headers.get("If-None-Match") === `"${version}"`) {
          return new Response(null, { status: 304 });
        }
        return json(query.includes("include=") ? now() : whole());
      case "PATCH /ID": {
        if (fields.status !== "active") return problem(409, "session_not_active");
        if (match && Number(match.slice(1, -1)) < fieldsVersion) {
          return problem(412, "version_mismatch", { current_version: version });
        }
        const { session_metadata = {}, ...rest } = request.body as { session_metadata?: Json };
        setFields({ ...rest, session_metadata: applyPatch(fields.session_metadata, session_metadata) });
        return json(now());
      }
      case "POST /ID/messages": {
        if (fields.status !== "active") return problem(409, "session_not_active");
        const sent = request.body as { messages?: Said[] } & Said;
        const said = (sent.messages ?? [sent]).map((body) => {
          const known = messages.find((each) => each.id === body.id);
          if (known) return known;
          const message = { ...body, seq: messages.length + 1 };
          messages.push(message);
          version += 1;
          changed("message.created", message, { message_count: messages.length });
          return message;
        });
        return json({ messages: said, version }, 201);
      }
      case "GET /ID/changes": {
        const since = Number(new URLSearchParams(query).get("since"));
        const changes = log.filter((change) => Number(change["version"]) > since);
        return json({ changes, version, has_more: false });
      }
      case "POST /ID/activity":
        if (fields.status === "abandoned") setFields({ status: "active" }, "session.status");
        return new Response(null, { status: 204 });
      case "POST /ID/complete":
        setFields({ status: "completed" }, "session.status");
        return json(now());
      default:
        throw new Error(`the fake service knows no ${request.method} ${path}`);
    }
  }

  function follow(since: number, signal: AbortSignal): Response {
    const body = new ReadableStream<Uint8Array>({
      start(stream) {
        streams.add(stream);
        signal.addEventListener("abort", () => {
          if (streams.delete(stream)) stream.error(signal.reason);
        });
        write(stream, "hello", since, { version: since });
        for (const change of log) {
          const at = Number(change["version"]);
          if (at > since) write(stream, String(change["kind"]), at, change);
        }
      },
    });
    return new Response(body);
  }

  const fetch: Fetch = async (url, init) => {
    const { pathname, searchParams, search } = new URL(url);
    const request: Asked = {
      method: init.method ?? "GET",
      path: pathname + search,
      headers: new Headers(init.headers),
      body: typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : null,
      keepalive: init.keepalive ?? false,
    };
    if (!online) throw new TypeError("fetch failed");
    asked.push(`${request.method} ${pathname.replace(`/api/sessions/${id}`, "")}`);
    if (request.keepalive) keptAlive.push(request.body);
    if (pathname.endsWith("/events") && !gone && !next?.match.test("GET /ID/events")) {
      silent = false;
      const since = searchParams.get("since");
      return follow(since === null ? version : Number(since), init.signal as AbortSignal);
    }
    return answer(request);
  };

  return {
    id,
    fetch,
    asked,
    keptAlive,
    messages,
    missions,
    setFields,
    get metadata() {
      return fields.session_metadata;
    },
    get streams() {
      return streams.size;
    },
    /** What answers nothing only happens meanwhile. */
    answerOnce(match: RegExp, once: (asked: Asked) => Response | void) {
      next = { match, answer: once };
    },
    silence() {
      silent = true;
    },
    /** Quietly: streams that are there do not break. */
    cut({ quietly = false } = {}) {
      online = false;
      if (quietly) return;
      for (const stream of streams) stream.error(new TypeError("network changed"));
      streams.clear();
    },
    mend() {
      online = true;
    },
    delete() {
      gone = true;
      for (const stream of streams) {
        const end = { reason: "session_deleted", reconnect: false, detail: "gone" };
        stream.enqueue(new TextEncoder().encode(`event: end\ndata: ${JSON.stringify(end)}\n\n`));
      }
      streams.clear();
    },
  };
}

export function createFakePage(): Page & { happen(event: PageEvent): void; readonly heard: number } {
  const calls = new Set<(event: PageEvent) => void>();
  return {
    listen(call) {
      calls.add(call);
      return () => void calls.delete(call);
    },
    happen: (event) => [...calls].forEach((call) => call(event)),
    get heard() {
      return calls.size;
    },
  };
}

/** A tab of its own: a clock, a storage and a page. */
export function createTab(fetch: Fetch, clock = createFakeClock()) {
  const client = createSessionClient({
    baseUrl: "http://service",
    getToken: () => "token",
    fetch,
    clock,
    storage: createMemoryStorage(),
    ids: createFakeIds(),
    random: () => 0,
  });
  return { clock, client, page: createFakePage() };
}
