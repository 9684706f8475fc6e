import { useSyncExternalStore } from "react";
import { IDLE, type StoreState } from "../store/state.js";
import { useSessionStore } from "./provider.js";

const nothing = () => IDLE;

/** The state of the store: the only subscription there is. On a server, that of nobody. */
export function useSessionState(): StoreState {
  const { subscribe, getState } = useSessionStore();
  return useSyncExternalStore(subscribe, getState, nothing);
}
