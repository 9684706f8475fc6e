import { createAssetMethods, type AssetMethods } from "./assets.js";
import { createChangeMethods, type ChangeMethods } from "./changes.js";
import { createChatMethods, type ChatMethods } from "./chat.js";
import { createEventMethods, type EventMethods } from "./events.js";
import { createHandoffMethods, type HandoffMethods } from "./handoff.js";
import { createHttp, type GetToken } from "./http.js";
import { createStoredId, type StoredId } from "./ids.js";
import { createMissionMethods, type MissionMethods } from "./missions.js";
import {
  createDeviceMethods,
  createGuestMethods,
  type DeviceMethods,
  type GuestMethods,
} from "./people.js";
import { portsFrom, type Ports } from "./ports.js";
import { createSessionMethods, type SessionMethods } from "./sessions.js";
import { createSharingMethods, type SharingMethods } from "./sharing.js";
import { createTurnMethods, type TurnMethods } from "./turns.js";

/** What a client is made of; all but the first two has a default. */
export interface ClientOptions extends Partial<Ports> {
  /** Where the service is, such as `https://sessions.example`; empty for this page's origin. */
  baseUrl: string;
  getToken: GetToken;
  /** Where the id of the session is kept: `<namespace>:v1:session`. */
  namespace?: string;
  /** Names this device among the person's (`X-Device-ID`). */
  deviceId?: string | null;
  /** For each attempt of a call, in milliseconds. */
  timeout?: number;
  /** How often a call is sent at most, where a repeat is safe. */
  attempts?: number;
}

export interface SessionClient extends SessionMethods {
  readonly chat: ChatMethods;
  readonly missions: MissionMethods;
  readonly assets: AssetMethods;
  readonly changes: ChangeMethods;
  readonly events: EventMethods;
  readonly sharing: SharingMethods;
  readonly handoff: HandoffMethods;
  readonly turns: TurnMethods;
  readonly guests: GuestMethods;
  readonly devices: DeviceMethods;
  /** The id of the session that this browser is in. */
  readonly storedId: StoredId;
  readonly ports: Ports;
}

/**
 * A client of the service. It holds no connection and no timer, so there is nothing to close.
 *
 * @example
 * const client = createSessionClient({
 *   baseUrl: "https://sessions.example",
 *   getToken: ({ refresh }) => auth.accessToken({ force: refresh }),
 * });
 */
export function createSessionClient(options: ClientOptions): SessionClient {
  const { baseUrl, getToken, namespace, timeout = 30_000, attempts = 4 } = options;
  const ports = portsFrom(options);
  const deviceId = options.deviceId ?? null;
  const http = createHttp({ baseUrl, getToken, ports, timeout, attempts, deviceId });
  const storedId = createStoredId(ports.storage, namespace);
  return {
    ...createSessionMethods(http, storedId),
    chat: createChatMethods(http),
    missions: createMissionMethods(http),
    assets: createAssetMethods(http),
    changes: createChangeMethods(http),
    events: createEventMethods(http),
    sharing: createSharingMethods(http),
    handoff: createHandoffMethods(http, storedId),
    turns: createTurnMethods(http),
    guests: createGuestMethods(http),
    devices: createDeviceMethods(http),
    storedId,
    ports,
  };
}
