import { isProblem, type Share } from "@session-api/client";
import { useSession } from "@session-api/client/react";
import { useCallback, useEffect, useState } from "react";
import type { Identity } from "../identity/identity.js";
import { Icon } from "../icons.js";
import { useParts } from "../parts.js";
import { Invite } from "./invite.js";
import { KeepGuestWork } from "./keep-guest-work.js";

/** Who else is in the session, and how others come in. */
export function People({ onIdentity }: { onIdentity: (identity: Identity) => void }) {
  const { currentSession } = useSession();
  const { identity } = useParts();
  if (identity.kind === "guest") return <KeepGuestWork onIdentity={onIdentity} />;
  if (currentSession === null) return null;
  if (currentSession.access !== "owner") return <Visiting />;
  return <Shares key={currentSession.id} sessionId={currentSession.id} />;
}

function Visiting() {
  const { currentSession } = useSession();
  const { client, store } = useParts();
  if (currentSession === null) return null;
  const { id, user_id, access } = currentSession;
  const leave = async () => {
    await client.sharing.leave(id);
    client.storedId.clear();
    await store.signIn();
  };
  return (
    <div className="people">
      <h2>People</h2>
      <p>
        This session is {user_id}’s. You are in it as {access}.
      </p>
      <button type="button" className="button" onClick={() => void leave()}>
        Leave it
      </button>
    </div>
  );
}

function Shares({ sessionId }: { sessionId: string }) {
  const { client } = useParts();
  const [shares, setShares] = useState<readonly Share[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const read = useCallback(async () => {
    try {
      setShares(await client.sharing.list(sessionId));
      setProblem(null);
    } catch (error) {
      setProblem(isProblem(error) ? error.message : String(error));
    }
  }, [client, sessionId]);
  useEffect(() => void read(), [read]);

  const change = async (work: Promise<unknown>) => {
    await work.catch((error: unknown) => setProblem(isProblem(error) ? error.message : String(error)));
    await read();
  };
  return (
    <div className="people">
      <h2>People</h2>
      <Invite sessionId={sessionId} onInvited={() => void read()} />
      <p className="problem" role="alert">
        {problem}
      </p>
      {shares.length > 0 && <h3>Who may come in</h3>}
      <ul className="shares">
        {shares.map((share) => (
          <li key={share.id} className="share">
            <span className="share-name">{nameOf(share)}</span>
            <select
              aria-label={`What ${nameOf(share)} may do`}
              value={share.role}
              onChange={({ currentTarget }) => {
                const role = currentTarget.value === "editor" ? "editor" : "viewer";
                void change(client.sharing.update(sessionId, share.id, { role }));
              }}
            >
              <option value="viewer">may read</option>
              <option value="editor">may write</option>
            </select>
            <button
              type="button"
              className="icon-button"
              aria-label={`End the share of ${nameOf(share)}`}
              onClick={() => void change(client.sharing.delete(sessionId, share.id))}
            >
              <Icon name="cross" />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function nameOf({ user_id, link }: Share): string {
  if (user_id !== null) return user_id;
  const most = link?.max_uses ? ` of ${link.max_uses}` : "";
  return `A link, used ${link?.uses ?? 0}${most} times`;
}
