// @vitest-environment happy-dom
import { StrictMode, act, createElement, version, type FunctionComponent } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMemoryOutbox, createSessionStore, type MissionWork, type SessionStore } from "../../src/store/index.js";
import {
  SessionProvider,
  SessionResetAlert,
  useAssets,
  useMessages,
  useMission,
  useMissionWork,
  useSession,
  useSessionUUID,
  useSyncStatus,
  type UsedAssets,
  type UsedMessages,
  type UsedSession,
} from "../../src/react/index.js";
import { createFakeService, createTab } from "../fake-service.js";
import { settled } from "../fakes.js";

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let service: ReturnType<typeof createFakeService>;
let tab: ReturnType<typeof createTab>;
let store: SessionStore;
let root: Root;
let place: HTMLElement;
let used: UsedSession;
let chat: UsedMessages;
let files: UsedAssets;
let mission: MissionWork;
let renders = 0;

beforeEach(() => {
  service = createFakeService();
  tab = createTab(service.fetch);
  store = createSessionStore(tab.client, { page: tab.page, outbox: createMemoryOutbox() });
  place = document.createElement("main");
  document.body.append(place);
  root = createRoot(place);
  renders = 0;
});

afterEach(async () => {
  await act(async () => root.unmount());
  place.remove();
});

const Shown: FunctionComponent = () => {
  renders += 1;
  used = useSession();
  chat = useMessages();
  files = useAssets();
  mission = useMissionWork();
  const { status, isPending } = useSyncStatus();
  const parts = [
    useSessionUUID() ?? "none",
    used.currentSession?.name ?? "unnamed",
    ...chat.messages.map(({ content }) => String(content)),
    ...chat.unsent.map(({ content }) => `${String(content)}?`),
    status + (isPending ? "…" : ""),
    `${files.assets.length} files`,
    useMission()?.name ?? "no mission",
  ];
  return createElement("p", null, parts.join(" "));
};

async function show(signedIn = true): Promise<void> {
  const inside = createElement(
    SessionProvider,
    { store, signedIn },
    createElement(SessionResetAlert),
    createElement(Shown),
  );
  await act(async () => {
    root.render(createElement(StrictMode, null, inside));
    await settled();
  });
}

const text = () => place.querySelector("p")?.textContent;
const later = (work: () => unknown) =>
  act(async () => {
    work();
    await settled();
  });

test("it is the React that is to be tested", () => {
  expect(version.split(".")[0]).toBe(process.env["REACT"] ?? "19");
});

describe("a component", () => {
  test("shows the session, what is said in it, and what others change, under StrictMode", async () => {
    await show();
    expect(text()).toBe(`${service.id} unnamed live 0 files no mission`);
    expect([used.isSessionLoading, used.sessionError]).toEqual([false, null]);
    expect(service.streams).toBe(1);

    act(() => void chat.say({ role: "user", content: "Hi" }));
    expect(text()).toBe(`${service.id} unnamed Hi? live… 0 files no mission`);
    await later(() => service.setFields({ name: "Trip" }));
    expect(text()).toBe(`${service.id} Trip Hi live 0 files no mission`);
  });

  test("saves, and reads what is not saved yet", async () => {
    await show();
    act(() => used.saveSessionState({ panel: "map" }));
    expect([used.getSessionMetadata(), service.metadata]).toEqual([{ panel: "map" }, {}]);
    await later(() => used.saveSessionState({ zoom: 3 }, { important: true }));

    expect(service.metadata).toEqual({ panel: "map", zoom: 3 });
  });

  test("works on the mission, and shows files on their way", async () => {
    await show();
    act(() => void store.mission.create({ name: "Plan" }));
    expect(text()).toBe(`${service.id} unnamed live… 0 files Plan`);
    await later(() => store.mission.update({ name: "Plan B" }));
    expect(text()).toBe(`${service.id} unnamed live 0 files Plan B`);
    expect(mission).toBe(store.mission);

    await later(() => service.cut());
    await later(() => void files.upload(new File(["a"], "a.txt")));
    expect(files.uploads).toMatchObject([{ name: "a.txt", size: 1, sent: 0 }]);
    await later(() => files.uploadOf(files.uploads[0]?.id ?? "")?.cancel());
    expect(files.uploads).toEqual([]);
  });

  test("without a session says so, rather than to ask for nothing", async () => {
    await show(false);

    await expect(used.linkMissionToSession("a")).rejects.toMatchObject({ code: "no_session" });
    expect(() => files.upload(new File(["a"], "a.txt"))).toThrow("sign in first");
    expect(service.asked).toEqual([]);
  });

  test("signs out in one call", async () => {
    await show();
    await later(() => used.signOut({ complete: true }));

    expect(service.asked.at(-1)).toBe("POST /complete");
    expect(text()).toBe("none unnamed idle 0 files no mission");
  });

  test("keeps the functions that it was given, and is drawn for changes alone", async () => {
    await show();
    const [before, drawn] = [used, renders];
    await later(() => tab.clock.advance(5_000));
    expect(renders).toBe(drawn);
    await later(() => service.setFields({ name: "New" }));

    expect(renders).toBeGreaterThan(drawn);
    expect(used.saveSessionState).toBe(before.saveSessionState);
    expect(used.listSessions).toBe(before.listSessions);
  });

  test("that goes leaves nothing going on", async () => {
    await show();
    await later(() => root.render(null));

    expect([service.streams, tab.clock.waiting, tab.page.heard]).toEqual([0, 0, 0]);
  });

  test("of nobody who is signed in has no session, and asks nothing", async () => {
    await show(false);
    expect(text()).toBe("none unnamed idle 0 files no mission");
    expect(service.asked).toEqual([]);
    await show(true);

    expect(text()).toContain("live");
  });

  test("without a provider says so", () => {
    expect(() => renderToString(createElement(Shown))).toThrow("no SessionProvider");
  });
});

test("a server draws nobody's session, whatever its store has", async () => {
  await store.signIn();
  const drawn = renderToString(
    createElement(SessionProvider, { store }, createElement(Shown), createElement(SessionResetAlert)),
  );
  store.stop();

  expect(drawn).toBe("<p>none unnamed idle 0 files no mission</p>");
});

describe("the alert", () => {
  const alert = () => place.querySelector('[role="alert"]');

  test("says that the session was completed elsewhere, and what is kept, and goes on", async () => {
    await show();
    expect(alert()).toBeNull();
    await later(() => service.setFields({ status: "completed" }, "session.status"));
    expect(alert()?.textContent).toContain("completed");
    expect(alert()?.textContent).toContain("kept");
    expect(alert()?.getAttribute("data-reason")).toBe("completed");
    service.setFields({ status: "active" });
    await later(() => place.querySelector("button")?.click());

    expect(alert()).toBeNull();
    expect(text()).toContain("live");
  });

  test("does not come for what the person completed here", async () => {
    await show();
    act(() => used.saveSessionState({ last: "words" }));
    await later(() => used.completeSession());

    expect(alert()).toBeNull();
    expect(service.metadata).toEqual({ last: "words" });
    expect(text()).toBe("none unnamed idle 0 files no mission");
  });

  test("shows what was not sent any more, in the words of the app", async () => {
    const alerted = createElement(SessionResetAlert, {
      className: "mine",
      texts: { completed: { why: "Fertig.", kept: "Alles bleibt." } },
      labels: { notSent: "Nicht gesendet:", beginAnew: "Neu beginnen" },
    });
    const shown = createElement(Shown);
    await later(() => root.render(createElement(SessionProvider, { store }, alerted, shown)));
    await later(() => service.cut());
    await later(() => {
      chat.say({ role: "user", content: "Lost" });
      chat.say({ role: "user", content: [{ type: "text", text: "too" }] });
    });
    await later(() => {
      service.setFields({ status: "completed" }, "session.status");
      service.mend();
      tab.page.happen("online");
    });

    expect(alert()?.outerHTML).toBe(
      '<div role="alert" class="mine" data-reason="completed"><strong>Fertig.</strong><p>Alles bleibt.</p>' +
        '<p>Nicht gesendet:</p><ul><li>Lost</li><li>too</li></ul><button type="button">Neu beginnen</button></div>',
    );
  });

  test("draws itself as the app wants", async () => {
    const inside = createElement(SessionProvider, { store }, [
      createElement(SessionResetAlert, {
        key: "alert",
        children: ({ reset }) => createElement("em", null, reset.reason),
      }),
    ]);
    await later(() => root.render(inside));
    await later(() => service.delete());

    expect(place.innerHTML).toBe("<em>session_deleted</em>");
  });
});
