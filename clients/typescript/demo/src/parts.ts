import { createContext, use, useSyncExternalStore } from "react";
import type { Parts } from "./composition.js";

export const PartsContext = createContext<Parts | null>(null);

export function useParts(): Parts {
  const parts = use(PartsContext);
  if (parts === null) throw new Error("Nobody is signed in around this component.");
  return parts;
}

/** Whether this tab is switched offline. */
export function useIsCut(): boolean {
  const { line } = useParts();
  return useSyncExternalStore(line.subscribe, line.isCut);
}
