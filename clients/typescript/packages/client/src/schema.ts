/**
 * The names that people use for what is generated. Nothing else reads `generated/`.
 */
import type { components, operations, paths } from "./generated/openapi.js";

export type { ServiceProblemCode } from "./generated/problems.js";

export type Path = keyof paths;
export type Operation = keyof operations;

type Parts = components["schemas"];
export type Session = Parts["Session"];
export type SessionSummary = Parts["SessionSummary"];
export type SessionPage = Parts["SessionPage"];
export type SessionCreate = Parts["SessionCreate"];
export type SessionPut = Parts["SessionPut"];
export type SessionPatch = Parts["SessionPatch"];
export type Recovery = Parts["Recovery"];
export type Chat = Parts["Chat"];
export type Message = Parts["Message"];
export type MessageCreate = Parts["MessageCreate"];
export type MessagePatch = Parts["MessagePatch"];
export type MessagePage = Parts["MessagePage"];
export type MessagesAppended = Parts["MessagesAppended"];
export type MessageLength = Parts["MessageGrown"];
export type Mission = Parts["Mission"];
export type MissionCreate = Parts["MissionCreate"];
export type MissionPatch = Parts["MissionPatch"];
export type MissionPage = Parts["MissionPage"];
export type Hop = Parts["Hop"];
export type HopCreate = Parts["HopCreate"];
export type HopPatch = Parts["HopPatch"];
export type ToolStep = Parts["ToolStep"];
export type ToolStepCreate = Parts["ToolStepCreate"];
export type ToolStepPatch = Parts["ToolStepPatch"];
export type Asset = Parts["Asset"];
export type AssetCreate = Parts["AssetCreate"];
export type AssetPage = Parts["AssetPage"];
export type AssetAnnounced = Parts["AssetAnnounced"];
export type UploadTicket = Parts["UploadTicket"];
export type PartTicket = Parts["PartTicket"];
export type PartTickets = Parts["PartTickets"];
export type Change = Parts["Change"];
export type Changes = Parts["Changes"];
export type Share = Parts["Share"];
export type ShareCreated = Parts["ShareCreated"];
export type SharedSession = Parts["SharedSession"];
export type SharedSessionPage = Parts["SharedSessionPage"];
export type Handoff = Parts["Handoff"];
export type Turn = Parts["Turn"];
export type TurnTake = Parts["TurnTake"];
export type GuestToken = Parts["GuestToken"];
export type MergedGuest = Parts["MergedGuest"];
export type Device = Parts["Device"];

/** A metadata patch (RFC 7396): null removes a key. */
export type MetadataPatch = NonNullable<SessionPatch["session_metadata"]>;

// What an operation takes and answers

type Given<K extends Operation> = operations[K]["parameters"];
export type PathOf<K extends Operation> = Given<K> extends { path: infer P } ? P : undefined;
export type QueryOf<K extends Operation> = Exclude<Given<K>["query"], undefined>;

type ContentOf<T> = T extends { content: infer C } ? C[keyof C] : never;
export type BodyOf<K extends Operation> = operations[K] extends { requestBody?: infer B }
  ? Exclude<ContentOf<Exclude<B, undefined>>, null>
  : never;

type Responses<K extends Operation> = operations[K]["responses"];
type Succeeded<R> = { [S in keyof R]: S extends 200 | 201 ? ContentOf<R[S]> : never }[keyof R];
/** The JSON of its successes; undefined where it answers nothing. */
export type AnswerOf<K extends Operation> =
  | Succeeded<Responses<K>>
  | (204 extends keyof Responses<K> ? undefined : never);
