import { SessionResetAlert, useSession } from "@session-api/client/react";
import { useState } from "react";
import { Files } from "../files/files.js";
import { History } from "../history/history.js";
import type { Identity } from "../identity/identity.js";
import { MissionBoard } from "../mission/mission-board.js";
import { People } from "../people/people.js";
import { Tries } from "../tries/tries.js";
import { Announcer } from "./announcer.js";
import { Banners, type BannersProps } from "./banners.js";
import { Chat } from "./chat.js";
import { Header } from "./header.js";
import { Views, isPanel, type Panel, type View } from "./views.js";

export interface WorkspaceProps extends BannersProps {
  onSignOut: () => void;
  onIdentity: (identity: Identity) => void;
}

export function Workspace({ onSignOut, onIdentity, ...banners }: WorkspaceProps) {
  const { currentSession, isSessionLoading, saveSessionState } = useSession();
  // Narrow pages show one thing at a time; which of the panels it is belongs to the session.
  const [view, setView] = useState<"chat" | "sessions" | "panel">("chat");
  const [chosen, setChosen] = useState<Panel>("mission");
  const mayWrite = currentSession !== null && currentSession.access !== "viewer";
  const kept = currentSession?.session_metadata?.["panel"];
  const panel = mayWrite && isPanel(kept) ? kept : chosen;

  const show = (next: View) => {
    if (!isPanel(next)) return setView(next);
    setView("panel");
    setChosen(next);
    if (mayWrite && next !== panel) saveSessionState({ panel: next }, { important: true });
  };
  return (
    <div className="workspace" data-view={view}>
      <a className="skip" href="#say">
        Skip to the message field
      </a>
      <Header onSignOut={onSignOut} />
      <nav className="sessions" aria-label="Sessions">
        <History onSwitch={() => setView("chat")} />
      </nav>
      <main className="middle" aria-busy={isSessionLoading}>
        <SessionResetAlert />
        <Banners {...banners} />
        <Chat />
      </main>
      <Views view={view} panel={panel} onShow={show} />
      <aside className="panel" aria-label={LABELS[panel]}>
        {panel === "mission" && <MissionBoard />}
        {panel === "files" && <Files />}
        {panel === "people" && <People onIdentity={onIdentity} />}
        {panel === "try" && <Tries />}
      </aside>
      <Announcer />
    </div>
  );
}

const LABELS: Record<Panel, string> = {
  mission: "Mission",
  files: "Files",
  people: "People",
  try: "Things to try",
};
