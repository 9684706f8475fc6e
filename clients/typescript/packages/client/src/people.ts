/** Who one is and where one is signed in: guests, devices, tokens. */
import type { CallOptions, Http } from "./http.js";
import type { Device, GuestToken, MergedGuest } from "./schema.js";

export interface GuestMethods {
  /** A new guest; with a guest's last token, which may have expired, the same one again. */
  begin(token?: string | null, options?: CallOptions): Promise<GuestToken>;
  /** Takes what a guest has into the account that is signed in. */
  merge(guestToken: string, options?: CallOptions): Promise<MergedGuest>;
}

export interface DeviceMethods {
  list(options?: CallOptions): Promise<Device[]>;
  /** Signs that device out. */
  signOut(deviceId: string, options?: CallOptions): Promise<void>;
  /** Ends this token, or the one of the same person with this `jti`. */
  revokeToken(jti?: string, options?: CallOptions): Promise<void>;
  /** Ends all tokens of the person, this one included. */
  signOutEverywhere(options?: CallOptions): Promise<void>;
}

export function createGuestMethods(http: Http): GuestMethods {
  return {
    begin: (token = null, options) => http.call("begin_guest", { token }, options),
    merge: (guestToken, options) =>
      http.call("merge_guest", { body: { guest_token: guestToken } }, options),
  };
}

export function createDeviceMethods(http: Http): DeviceMethods {
  return {
    list: async (options) => (await http.call("list_devices", {}, options)).items,
    signOut: (deviceId, options) =>
      http.call("delete_device", { path: { device_id: deviceId } }, options),
    revokeToken: (jti, options) =>
      http.call("revoke_token", jti === undefined ? {} : { body: { jti } }, options),
    signOutEverywhere: (options) => http.call("sign_out_everywhere", {}, options),
  };
}
