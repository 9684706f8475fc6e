import { createElement, type ReactNode } from "react";
import type { Reset } from "../store/state.js";
import { useSessionStore } from "./provider.js";
import { useSessionState } from "./state.js";

export interface ResetTexts {
  /** Why the session is not the one that it was. */
  why: string;
  /** What is kept of it. */
  kept: string;
}

const GONE = "What was in it is not here any more.";
const KEPT = "All of it is kept: you find it among your sessions.";

const TEXTS: Readonly<Record<string, ResetTexts>> = {
  completed: { why: "Your last session was completed.", kept: KEPT },
  archived: { why: "Your last session was archived.", kept: KEPT },
  not_found: { why: "Your last session is not there, or is not yours.", kept: GONE },
  session_not_found: { why: "This session is not there any more.", kept: GONE },
  session_deleted: { why: "This session was deleted.", kept: GONE },
  invalid_id: { why: "Your browser remembered no valid session.", kept: KEPT },
  access_ended: {
    why: "This session is no longer shared with you.",
    kept: "Its owner has all of it.",
  },
};

export interface ShownReset extends ResetTexts {
  readonly reset: Reset;
  /** Whether there is a session to go on with already. */
  readonly hasSession: boolean;
  /** Goes on in the present session, or in a new one, and takes the alert away. */
  goOn(): void;
}

/** Why the session is another one; null while it is not. */
export function useSessionReset(): ShownReset | null {
  const store = useSessionStore();
  const { reset, session } = useSessionState();
  if (reset === null) return null;
  const texts = TEXTS[reset.reason] ?? { why: "Your last session can't be used.", kept: KEPT };
  return {
    ...texts,
    reset,
    hasSession: session !== null,
    goOn() {
      store.dismiss();
      if (store.getState().session === null) void store.signIn();
    },
  };
}

export interface SessionResetAlertProps {
  /** In place of `session-reset-alert`. */
  className?: string;
  /** Draws it all by itself. */
  children?: (shown: ShownReset) => ReactNode;
}

/** Says that the session is another one, why, and what is kept; nothing while it is not. */
export function SessionResetAlert({ className, children }: SessionResetAlertProps) {
  const shown = useSessionReset();
  if (shown === null) return null;
  if (children) return children(shown);
  const { why, kept, hasSession, goOn, reset } = shown;
  return createElement(
    "div",
    { role: "alert", className: className ?? "session-reset-alert", "data-reason": reset.reason },
    createElement("strong", null, why),
    createElement("p", null, kept),
    createElement("button", { type: "button", onClick: goOn }, hasSession ? "Go on" : "Begin anew"),
  );
}
