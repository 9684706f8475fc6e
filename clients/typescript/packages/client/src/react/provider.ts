import { createContext, createElement, useContext, useEffect, type ReactNode } from "react";
import type { SessionStore } from "../store/contract.js";

const Context = createContext<SessionStore | null>(null);

export interface SessionProviderProps {
  /** Made once by the app, outside of any component. */
  store: SessionStore;
  /** Whether somebody is signed in: only then is there a session. */
  signedIn?: boolean;
  children?: ReactNode;
}

/** Recovers and follows the session for as long as it is mounted and somebody is signed in. */
export function SessionProvider({ store, signedIn = true, children }: SessionProviderProps) {
  useEffect(() => {
    if (!signedIn) return;
    // StrictMode does both twice: `stop` forgets nothing, and `signIn` goes on from there.
    void store.signIn();
    return () => store.stop();
  }, [store, signedIn]);
  return createElement(Context.Provider, { value: store }, children);
}

/** The store of the provider around. Throws where there is none. */
export function useSessionStore(): SessionStore {
  const store = useContext(Context);
  if (store === null) throw new Error("There is no SessionProvider around this component.");
  return store;
}
