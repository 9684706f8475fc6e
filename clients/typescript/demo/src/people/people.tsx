import type { Share } from "@session-api/client";
import { useSession } from "@session-api/client/react";
import { useCallback, useEffect, useState } from "react";
import { useAttempt } from "../attempt.js";
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
  const { problem, isBusy, attempt } = useAttempt();
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
      <button type="button" className="button" disabled={isBusy} onClick={() => void attempt(leave)}>
        Leave it
      </button>
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}

function Shares({ sessionId }: { sessionId: string }) {
  const { client } = useParts();
  const [shares, setShares] = useState<readonly Share[]>([]);
  const { problem, attempt } = useAttempt();
  const read = useCallback(
    async () => setShares(await client.sharing.list(sessionId)),
    [client, sessionId],
  );
  useEffect(() => void attempt(read), [attempt, read]);

  const change = (work: () => Promise<unknown>) => {
    void attempt(async () => {
      await work();
      await read();
    });
  };
  return (
    <div className="people">
      <h2>People</h2>
      <Invite sessionId={sessionId} onInvited={() => void attempt(read)} />
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
                change(() => client.sharing.update(sessionId, share.id, { role }));
              }}
            >
              <option value="viewer">may read</option>
              <option value="editor">may write</option>
            </select>
            <button
              type="button"
              className="icon-button"
              aria-label={`End the share of ${nameOf(share)}`}
              onClick={() => change(() => client.sharing.delete(sessionId, share.id))}
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
