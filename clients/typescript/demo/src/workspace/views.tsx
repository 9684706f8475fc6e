import { useAssets, useMission } from "@session-api/client/react";
import { Icon, type IconName } from "../icons.js";

export type Panel = "mission" | "files" | "people" | "try";
export type View = Panel | "chat" | "sessions";

const PANELS: readonly Panel[] = ["mission", "files", "people", "try"];

export function isPanel(value: unknown): value is Panel {
  return PANELS.some((panel) => panel === value);
}

const SHOWN: readonly { view: View; name: string; icon: IconName }[] = [
  { view: "sessions", name: "Sessions", icon: "clock" },
  { view: "chat", name: "Chat", icon: "chat" },
  { view: "mission", name: "Mission", icon: "route" },
  { view: "files", name: "Files", icon: "file" },
  { view: "people", name: "People", icon: "people" },
  { view: "try", name: "Try", icon: "flask" },
];

export interface ViewsProps {
  /** What a narrow page shows. */
  view: "chat" | "sessions" | "panel";
  panel: Panel;
  onShow: (view: View) => void;
}

/** Above the panel on a wide page, where chat and sessions are always there; else at the foot. */
export function Views({ view, panel, onShow }: ViewsProps) {
  const mission = useMission();
  const { assets } = useAssets();
  const isMoving = mission?.hops.some(({ status }) => status === "active") ?? false;
  return (
    <nav className="views" aria-label="Views">
      {SHOWN.map(({ view: each, name, icon }) => (
        <button
          key={each}
          type="button"
          className={isPanel(each) ? "view" : "view narrow"}
          data-shown={isPanel(each) ? view === "panel" && panel === each : view === each}
          aria-current={isPanel(each) ? panel === each : view === each}
          onClick={() => onShow(each)}
        >
          <Icon name={icon} />
          <span>{name}</span>
          {each === "files" && assets.length > 0 && <span className="count">{assets.length}</span>}
          {each === "mission" && isMoving && <span className="dot" title="moving" />}
        </button>
      ))}
    </nav>
  );
}
