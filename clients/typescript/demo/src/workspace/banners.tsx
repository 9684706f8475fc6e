import { useSession, useSyncStatus } from "@session-api/client/react";
import { useAttempt } from "../attempt.js";
import { useParts } from "../parts.js";

export interface BannersProps {
  /** Why an invitation was not taken. */
  refused: string | null;
  onSignInAgain: () => void;
  onDismiss: () => void;
}

/** What the person has to know, or to decide, before they go on. */
export function Banners(props: BannersProps) {
  const { currentSession, sessionError } = useSession();
  const { client } = useParts();
  const { refused, onSignInAgain, onDismiss } = props;
  const isOver = currentSession !== null && currentSession.status !== "active";
  const isOwn = currentSession?.access === "owner";
  return (
    <>
      {refused !== null && (
        <Banner kind="warning" action="Dismiss" onAction={onDismiss}>
          The invitation was not taken: {refused}
        </Banner>
      )}
      {sessionError?.status === 401 && (
        <Banner kind="warning" action="Sign in again" onAction={onSignInAgain}>
          {sessionError.message} What you did here is kept.
        </Banner>
      )}
      {sessionError && sessionError.status >= 400 && sessionError.status !== 401 && (
        <Banner kind="warning">{sessionError.message}</Banner>
      )}
      <ConflictBanner />
      {isOver && (
        <Banner
          kind="quiet"
          action={isOwn ? "Resume it" : undefined}
          onAction={() => client.resumeSession(currentSession.id)}
        >
          This session is {currentSession.status}: it can be read, and nothing is added to it.
        </Banner>
      )}
    </>
  );
}

function ConflictBanner() {
  const { conflict, resolve } = useSyncStatus();
  if (conflict === null) return null;
  const places = conflict.places.map((place) => place.slice(1)).join(", ");
  return (
    <div className="banner warning" role="alert">
      <p>Somebody changed “{places}” while you did. Nothing is saved before you choose.</p>
      <div className="buttons">
        <button type="button" className="button small" onClick={() => resolve("mine")}>
          Keep mine
        </button>
        <button type="button" className="button small" onClick={() => resolve("theirs")}>
          Take theirs
        </button>
      </div>
    </div>
  );
}

interface BannerProps {
  kind: "warning" | "quiet";
  children: React.ReactNode;
  action?: string | undefined;
  onAction?: () => unknown;
}

function Banner({ kind, children, action, onAction }: BannerProps) {
  const { problem, isBusy, attempt } = useAttempt();
  return (
    <div className={`banner ${kind}`} role={kind === "warning" ? "alert" : "status"}>
      <p>{children}</p>
      <p className="problem">{problem}</p>
      {action && (
        <button
          type="button"
          className="button small"
          disabled={isBusy}
          onClick={() => void attempt(async () => onAction?.())}
        >
          {action}
        </button>
      )}
    </div>
  );
}
