import type { SessionSummary, SharedSession } from "@session-api/client";
import { useSessionState } from "@session-api/client/react";
import { useCallback, useEffect, useState } from "react";
import { useParts } from "../parts.js";

const PAGE = 20;
/** The list follows the session, though not each word of an answer. */
const SETTLED_MS = 400;

export interface UsedSessionList {
  readonly own: readonly SessionSummary[];
  readonly shared: readonly SharedSession[];
  readonly hasMore: boolean;
  /** Whether it was read before something failed. */
  readonly isStale: boolean;
  loadMore(): void;
}

/** The person's sessions, read again when the current one changes in what the list shows of it. */
export function useSessionList(): UsedSessionList {
  const { client, identity } = useParts();
  const { session, status } = useSessionState();
  const [own, setOwn] = useState<readonly SessionSummary[]>([]);
  const [shared, setShared] = useState<readonly SharedSession[]>([]);
  const [hasMore, setMore] = useState(false);
  const [isStale, setStale] = useState(false);
  const [wanted, setWanted] = useState(PAGE);
  const { message_count } = session?.chat ?? {};
  const looks = [session?.id, session?.name, session?.status, message_count, session?.assets?.length, status];
  const key = looks.join();

  useEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    const read = async () => {
      const page = await client.listSessions({ limit: Math.min(100, wanted) }, { signal });
      setOwn(page.items);
      setMore(page.next_cursor !== null && wanted < 100);
      if (identity.kind === "account") {
        setShared((await client.sharing.listShared({ limit: PAGE }, { signal })).items);
      }
      setStale(false);
    };
    const timer = setTimeout(() => read().catch(() => setStale(!signal.aborted)), SETTLED_MS);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [client, identity, key, wanted]);

  const loadMore = useCallback(() => setWanted((number) => number + PAGE), []);
  return { own, shared, hasMore, isStale, loadMore };
}
