/** The current session of a tab: shown at once, saved by itself, never behind for long. */
export { applyChange } from "./copy.js";
export type { FileUpload } from "./files.js";
export { createIndexedDbOutbox, type IndexedDbOptions } from "./indexed-db.js";
export { applyPatch, composePatches } from "./merge.js";
export type { MissionWork } from "./mission.js";
export { createMemoryOutbox, type Outbox, type Unsent } from "./outbox.js";
export { createBrowserPage, type Page, type PageEvent } from "./page.js";
export type { SessionStore, StoreOptions } from "./contract.js";
export { createSessionStore } from "./store.js";
export type { Conflict, Reset, StoreEvent, StoreState, StoreStatus } from "./state.js";
export type { Deed, Work } from "./work.js";
export {
  createBroadcastChannel,
  createSharedEvents,
  type Channel,
  type SharedEventsOptions,
} from "./tabs.js";
