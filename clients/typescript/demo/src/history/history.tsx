import type { SessionSummary } from "@session-api/client";
import { useSession } from "@session-api/client/react";
import { Icon } from "../icons.js";
import { useParts } from "../parts.js";
import { count } from "../agent/plan.js";
import { agoOf } from "../times.js";
import { useSessionList } from "./session-list.js";

/** The sessions of the person, and those that others share with them. */
export function History({ onSwitch }: { onSwitch: () => void }) {
  const { currentSession, switchToSession } = useSession();
  const { store } = useParts();
  const { own, shared, hasMore, isStale, loadMore } = useSessionList();
  const go = (id: string) => {
    onSwitch();
    if (id !== currentSession?.id) void switchToSession(id);
  };
  const rowOf = (each: SessionSummary) => (
    <li key={each.id}>
      <Row session={each} isCurrent={each.id === currentSession?.id} onGo={() => go(each.id)} />
    </li>
  );
  return (
    <div className="history">
      <button
        type="button"
        className="button new"
        onClick={() => {
          onSwitch();
          void store.begin();
        }}
      >
        <Icon name="plus" /> New session
      </button>
      <h2>Your sessions</h2>
      {isStale && <p className="help">The list can’t be read just now.</p>}
      <ul className="rows">{own.map(rowOf)}</ul>
      {hasMore && (
        <button type="button" className="button small" onClick={loadMore}>
          More
        </button>
      )}
      {shared.length > 0 && (
        <>
          <h2>Shared with you</h2>
          <ul className="rows">{shared.map(rowOf)}</ul>
        </>
      )}
    </div>
  );
}

interface RowProps {
  session: SessionSummary;
  isCurrent: boolean;
  onGo: () => void;
}

function Row({ session, isCurrent, onGo }: RowProps) {
  const { name, status, message_count, asset_count, last_activity_at, access, user_id } = session;
  const parts = [count(message_count, "message")];
  if (asset_count > 0) parts.push(count(asset_count, "file"));
  return (
    <button type="button" className="row" aria-current={isCurrent ? "true" : undefined} onClick={onGo}>
      <span className="row-name">{name ?? "Untitled session"}</span>
      <span className="row-facts">
        {parts.join(" · ")} · {agoOf(last_activity_at)}
      </span>
      {status !== "active" && <span className="badge">{status}</span>}
      {access !== "owner" && (
        <span className="badge">
          {access} · of {user_id}
        </span>
      )}
    </button>
  );
}
