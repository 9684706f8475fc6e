import { createElement, type ReactNode } from "react";
import type { MessageCreate } from "../schema.js";
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

export interface ResetLabels {
  /** Of the button, where there is a session already, and where one is to be begun. */
  goOn: string;
  beginAnew: string;
  /** Above what could not be sent any more. */
  notSent: string;
}

const LABELS: ResetLabels = {
  goOn: "Go on",
  beginAnew: "Begin anew",
  notSent: "This was not sent any more:",
};

export interface ShownReset extends ResetTexts {
  readonly reset: Reset;
  /** Whether there is a session to go on with already. */
  readonly hasSession: boolean;
  /** What was said and could not be sent any more. It is kept nowhere else. */
  readonly notSent: readonly string[];
  /** Goes on in the present session, or in a new one, and takes the alert away. */
  goOn(): void;
}

/** Texts of an app, by reason; English ones where it has none. */
export type TextsByReason = Readonly<Record<string, ResetTexts>>;

/** Why the session is another one; null while it is not. */
export function useSessionReset(texts: TextsByReason = {}): ShownReset | null {
  const store = useSessionStore();
  const { reset, session } = useSessionState();
  if (reset === null) return null;
  const { reason, unsent } = reset;
  const other = { why: "Your last session can't be used.", kept: KEPT };
  return {
    ...(texts[reason] ?? TEXTS[reason] ?? other),
    reset,
    hasSession: session !== null,
    notSent: (unsent?.messages ?? []).map(({ content }) => textOf(content)),
    goOn() {
      store.dismiss();
      if (store.getState().session === null) void store.signIn();
    },
  };
}

/** The text of a message that may be a list of parts. */
function textOf(content: MessageCreate["content"]): string {
  if (typeof content === "string") return content;
  const parts = content as readonly { text?: unknown }[];
  return parts.map((part) => (typeof part?.text === "string" ? part.text : "")).join("");
}

export interface SessionResetAlertProps {
  /** In place of `session-reset-alert`. */
  className?: string;
  /** In another language, or other words. */
  texts?: TextsByReason;
  labels?: Partial<ResetLabels>;
  /** Draws it all by itself. */
  children?: (shown: ShownReset) => ReactNode;
}

/** Says that the session is another one, why, and what is kept; nothing while it is not. */
export function SessionResetAlert({ className, texts, labels, children }: SessionResetAlertProps) {
  const shown = useSessionReset(texts);
  if (shown === null) return null;
  if (children) return children(shown);
  const { why, kept, hasSession, notSent, goOn, reset } = shown;
  const { goOn: on, beginAnew, notSent: above } = { ...LABELS, ...labels };
  return createElement(
    "div",
    { role: "alert", className: className ?? "session-reset-alert", "data-reason": reset.reason },
    createElement("strong", null, why),
    createElement("p", null, kept),
    notSent.length > 0 && createElement("p", null, above),
    notSent.length > 0 &&
      createElement("ul", null, ...notSent.map((text, place) => createElement("li", { key: place }, text))),
    createElement("button", { type: "button", onClick: goOn }, hasSession ? on : beginAnew),
  );
}
