/** The store in React: components that only subscribe. */
export {
  SessionResetAlert,
  useSessionReset,
  type ResetLabels,
  type ResetTexts,
  type SessionResetAlertProps,
  type ShownReset,
} from "./alert.js";
export {
  useAssets,
  useMessages,
  useMission,
  useMissionWork,
  useSession,
  useSessionUUID,
  useSyncStatus,
  type SessionActions,
  type SyncStatus,
  type UsedAssets,
  type UsedMessages,
  type UsedSession,
} from "./hooks.js";
export { SessionProvider, useSessionStore, type SessionProviderProps } from "./provider.js";
export { useSessionState } from "./state.js";
