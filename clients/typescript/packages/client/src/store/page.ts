/**
 * What the store needs to know of the page that it works in. `gone` comes after `hidden` where the
 * page is left: it may come back, from the browser's cache of pages.
 */
export type PageEvent = "visible" | "hidden" | "gone" | "online" | "offline";

export interface Page {
  /** Calls with each event from now on; what it returns ends that. */
  listen(call: (event: PageEvent) => void): () => void;
}

/** The browser's page; where there is none, as in Node.js, nothing ever happens to it. */
export function createBrowserPage(): Page {
  return {
    listen(call) {
      if (typeof window === "undefined") return () => {};
      const ends = [
        on(document, "visibilitychange", () => call(document.hidden ? "hidden" : "visible")),
        // Some pages go without having been hidden.
        on(window, "pagehide", () => {
          call("hidden");
          call("gone");
        }),
        on(window, "online", () => call("online")),
        on(window, "offline", () => call("offline")),
      ];
      return () => ends.forEach((end) => end());
    },
  };
}

function on(target: EventTarget, name: string, call: () => void): () => void {
  target.addEventListener(name, call);
  return () => target.removeEventListener(name, call);
}
