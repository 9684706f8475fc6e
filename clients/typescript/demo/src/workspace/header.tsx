import { useSession, useSyncStatus } from "@session-api/client/react";
import { useEffect, useState } from "react";
import { useAttempt } from "../attempt.js";
import { Icon, Logo } from "../icons.js";
import { useIsCut, useParts } from "../parts.js";
import { Menu } from "./menu.js";

export function Header({ onSignOut }: { onSignOut: () => void }) {
  const { identity, line } = useParts();
  const isCut = useIsCut();
  const isGuest = identity.kind === "guest";
  const leave = () => {
    const lost = "You are a guest: once signed out, nobody comes back to this workspace. Sign out?";
    if (!isGuest || window.confirm(lost)) onSignOut();
  };
  return (
    <header className="header">
      <Logo />
      <h1 className="unseen">Session API demo</h1>
      <SessionName />
      <SyncPill />
      <button
        type="button"
        role="switch"
        aria-checked={isCut}
        className="switch"
        onClick={() => line.cut(!isCut)}
      >
        <span className="switch-track" aria-hidden="true" />
        <span>Offline</span>
      </button>
      <SessionMenu />
      <Menu
        label={<span className="account-name">{isGuest ? "Guest" : identity.person}</span>}
        className="account"
      >
        <p className="who">
          {isGuest ? "A guest, without an account" : `Signed in as ${identity.person}`}
        </p>
        <button type="button" className="menu-item" onClick={leave}>
          Sign out
        </button>
      </Menu>
    </header>
  );
}

function SessionName() {
  const { currentSession } = useSession();
  const { store } = useParts();
  const name = currentSession?.name ?? "";
  const [text, setText] = useState(name);
  useEffect(() => setText(name), [name, currentSession?.id]);
  const mayWrite = currentSession?.status === "active" && currentSession.access !== "viewer";
  const save = () => {
    const next = text.trim();
    if (!mayWrite || next === name) return setText(name);
    store.rename(next === "" ? null : next);
    void store.save();
  };
  return (
    <div className="session-name">
      <input
        aria-label="Name of the session"
        value={text}
        maxLength={200}
        disabled={!mayWrite}
        placeholder={currentSession ? "Untitled session" : ""}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        onBlur={save}
        onKeyDown={({ key, currentTarget }) => {
          if (key === "Enter") currentTarget.blur();
          if (key === "Escape") setText(name);
        }}
      />
      {currentSession && currentSession.access !== "owner" && (
        <span className="badge">
          {currentSession.access} · of {currentSession.user_id}
        </span>
      )}
    </div>
  );
}

const STATUS = {
  idle: "No session",
  recovering: "Finding your session",
  live: "Live",
  offline: "Offline",
  conflict: "Needs you",
  expired: "Ended",
} as const;

function SyncPill() {
  const { status, isPending } = useSyncStatus();
  const { store } = useParts();
  const waiting = store.getState().unsent.length;
  const kept = waiting > 0 ? ` · ${waiting} kept` : "";
  const text = status === "live" && isPending ? "Saving" : STATUS[status] + (status === "offline" ? kept : "");
  return (
    <>
      <span className="pill" data-status={status} aria-hidden="true">
        {text}
      </span>
      {/* Who listens is not told of each saving. */}
      <span className="unseen" role="status">
        {STATUS[status]}
      </span>
    </>
  );
}

function SessionMenu() {
  const { currentSession } = useSession();
  const { client, store } = useParts();
  const { problem, attempt } = useAttempt();
  if (currentSession === null || currentSession.access !== "owner") return null;
  const { id, status, name } = currentSession;
  const erase = () => {
    const question = `Erase “${name ?? "Untitled session"}” with its chat, mission and files?`;
    if (window.confirm(question)) void attempt(() => client.deleteSession(id));
  };
  const complete = async () => {
    await store.complete();
    await store.signIn();
  };
  return (
    <Menu label={<Icon name="more" />} name="What to do with the session" problem={problem}>
      {status === "active" && (
        <button type="button" className="menu-item" onClick={() => void attempt(complete)}>
          Complete it
        </button>
      )}
      {status === "completed" && (
        <button type="button" className="menu-item" onClick={() => void attempt(() => client.archiveSession(id))}>
          Archive it
        </button>
      )}
      <button type="button" className="menu-item danger" onClick={erase}>
        Erase it
      </button>
    </Menu>
  );
}
