/** The service's API for browsers and Node.js, and what a session needs on this side. */
export { createSessionClient, type ClientOptions, type SessionClient } from "./client.js";
export { lengthOf } from "./chat.js";
export { growText } from "./events.js";
export { createStoredId, isSessionId, isUuidV4, makeUuid, type StoredId } from "./ids.js";
export { createMemoryStorage } from "./ports.js";
export { ProblemError, isProblem } from "./problems.js";

export type { AssetMethods } from "./assets.js";
export type { ChangeMethods } from "./changes.js";
export type { ChatMethods } from "./chat.js";
export type { EventMethods, FollowOptions, Growth, LiveEvent } from "./events.js";
export type { HandoffMethods } from "./handoff.js";
export type { CallOptions, GetToken, WriteOptions } from "./http.js";
export type { MissionMethods } from "./missions.js";
export type { DeviceMethods, GuestMethods } from "./people.js";
export type { Clock, Fetch, KeyValueStorage, Ports, SendBytes } from "./ports.js";
export type { ClientProblemCode, Fault, ProblemCode } from "./problems.js";
export type { Include, SessionMethods } from "./sessions.js";
export type { SharingMethods } from "./sharing.js";
export type { TurnMethods } from "./turns.js";
export type { Upload, UploadOptions } from "./uploads.js";
export type {
  Asset,
  AssetAnnounced,
  AssetCreate,
  AssetPage,
  Change,
  Changes,
  Chat,
  Device,
  GuestToken,
  Handoff,
  Hop,
  HopCreate,
  HopPatch,
  MergedGuest,
  Message,
  MessageCreate,
  MessageLength,
  MessagePage,
  MessagePatch,
  MessagesAppended,
  MetadataPatch,
  Mission,
  MissionCreate,
  MissionPage,
  MissionPatch,
  Recovery,
  ServiceProblemCode,
  Session,
  SessionCreate,
  SessionPage,
  SessionPatch,
  SessionPut,
  SessionSummary,
  Share,
  ShareCreated,
  SharedSession,
  SharedSessionPage,
  ToolStep,
  ToolStepCreate,
  ToolStepPatch,
  Turn,
  TurnTake,
} from "./schema.js";
