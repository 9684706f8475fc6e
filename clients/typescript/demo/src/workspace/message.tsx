import { lengthOf, type Message, type MessageCreate } from "@session-api/client";
import { useAssets, useSession, useSyncStatus } from "@session-api/client/react";
import { useAttempt } from "../attempt.js";
import { textOf } from "../agent/plan.js";
import { Thumbnail } from "../files/thumbnail.js";
import { Icon } from "../icons.js";
import { useParts } from "../parts.js";
import { timeOf } from "../times.js";

const WHO = { user: "You", assistant: "Agent", system: "System", tool: "Tool" } as const;

export function Said({ message }: { message: Message }) {
  const { currentSession } = useSession();
  const { client } = useParts();
  const { problem, attempt } = useAttempt();
  const { id, role, status, created_at, asset_ids } = message;
  const text = textOf(message);
  const isGrowing = status === "in_progress";
  const mayStop = isGrowing && currentSession !== null && currentSession.access !== "viewer";
  const stop = async (sessionId: string) => {
    // The turn first: whoever writes is told by its number. What nobody writes is stopped by itself.
    await client.turns.stop(sessionId);
    await client.chat.stop(sessionId, id).catch(() => {});
  };
  const who = role === "user" && currentSession?.access !== "owner" ? "Person" : WHO[role];
  return (
    <li className={`message ${role}`} data-status={status} data-length={lengthOf(text)}>
      <div className="by">
        {role === "assistant" && <Icon name="agent" />}
        <span>{who}</span>
        <time dateTime={created_at}>{timeOf(created_at)}</time>
      </div>
      <div className="bubble">
        {text === "" && isGrowing ? (
          <p className="thinking">Working on it</p>
        ) : (
          <Paragraphs text={text} isGrowing={isGrowing} />
        )}
        <Attached ids={asset_ids} />
        {status === "cancelled" && <p className="ended">Stopped.</p>}
        {status === "failed" && <p className="ended">This failed.</p>}
      </div>
      {mayStop && (
        <button type="button" className="button small stop" onClick={() => void attempt(() => stop(currentSession.id))}>
          <Icon name="stop" /> Stop
        </button>
      )}
      {mayStop && <p className="problem">{problem}</p>}
    </li>
  );
}

/** Said here, and not yet confirmed. */
export function Waiting({ message }: { message: MessageCreate & { id: string } }) {
  const { status } = useSyncStatus();
  const { content, asset_ids = [] } = message;
  return (
    <li className="message user waiting" aria-busy="true">
      <div className="by">
        <span>You</span>
        <span>{status === "offline" ? "waits for the network" : "is being sent"}</span>
      </div>
      <div className="bubble">
        <Paragraphs text={textOf({ content })} />
        <Attached ids={asset_ids} />
      </div>
    </li>
  );
}

function Paragraphs({ text, isGrowing = false }: { text: string; isGrowing?: boolean }) {
  const paragraphs = text.split(/\n{2,}/);
  return paragraphs.map((paragraph, place) => (
    <p key={place}>
      {paragraph}
      {isGrowing && place === paragraphs.length - 1 && <span className="caret" aria-hidden="true" />}
    </p>
  ));
}

function Attached({ ids }: { ids: readonly string[] }) {
  const { assets } = useAssets();
  if (ids.length === 0) return null;
  const known = assets.filter(({ id }) => ids.includes(id));
  return (
    <ul className="attached" aria-label="Attached files">
      {known.map((asset) => (
        <li key={asset.id}>
          <Thumbnail asset={asset} />
          <span>{asset.name}</span>
        </li>
      ))}
      {known.length < ids.length && <li>{ids.length - known.length} removed</li>}
    </ul>
  );
}
