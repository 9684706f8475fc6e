import { useCallback, useState } from "react";

export interface Attempts {
  /** Why the last one failed, for a person; null while nothing has. */
  readonly problem: string | null;
  readonly isBusy: boolean;
  /** Does it, and tells how it went: it never rejects, and says whether it went well. */
  attempt(work: () => Promise<unknown>): Promise<boolean>;
}

/** What a person asks for by a button, and may not get. */
export function useAttempt(): Attempts {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const attempt = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { problem, isBusy, attempt };
}
