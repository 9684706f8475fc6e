import type { CallOptions, Http, WriteOptions } from "./http.js";
import type { Asset, AssetAnnounced, AssetCreate, AssetPage, QueryOf } from "./schema.js";
import { startUpload, type Upload, type UploadOptions } from "./uploads.js";

export interface AssetMethods {
  /**
   * Brings a file straight to the store, in parts where it is large, with progress, pause and
   * resume. With the `id` of an upload that was left, it goes on with what is missing.
   */
  upload(sessionId: string, file: Blob & { name?: string }, options?: UploadOptions): Upload;
  /** Brings a small file through the service in one request, without progress. */
  uploadInOneCall(
    sessionId: string,
    file: Blob & { name?: string },
    options?: WriteOptions & Pick<UploadOptions, "id" | "name" | "mission_id" | "hop_id">,
  ): Promise<Asset>;
  /** The first half of `upload`, for apps that bring the bytes themselves. */
  announce(sessionId: string, body: AssetCreate, options?: WriteOptions): Promise<AssetAnnounced>;
  /** The last half: says that the bytes are there. */
  complete(sessionId: string, assetId: string, options?: WriteOptions): Promise<Asset>;
  list(
    sessionId: string,
    query?: QueryOf<"list_assets">,
    options?: CallOptions,
  ): Promise<AssetPage>;
  get(sessionId: string, assetId: string, options?: CallOptions): Promise<Asset>;
  /** Its content, by a fresh link, whose address is the `url` of the answer. */
  download(sessionId: string, assetId: string, options?: CallOptions): Promise<Response>;
  delete(sessionId: string, assetId: string, options?: WriteOptions): Promise<void>;
}

export function createAssetMethods(http: Http): AssetMethods {
  const at = (session_id: string, asset_id: string) => ({ path: { session_id, asset_id } });

  return {
    upload: (id, file, options) => startUpload(http, id, file, options),
    uploadInOneCall(sessionId, file, { id, name, mission_id, hop_id, ...options } = {}) {
      const form = new FormData();
      if (mission_id) form.append("mission_id", mission_id);
      if (hop_id) form.append("hop_id", hop_id);
      form.append("file", file, name ?? file.name ?? "file");
      const headers = { "Idempotency-Key": id ?? http.ports.ids() };
      const args = { path: { session_id: sessionId }, form, headers };
      return http.call("upload_asset", args, options);
    },
    announce: (id, body, options) =>
      http.call(
        "announce_asset",
        { path: { session_id: id }, body: { ...body, id: body.id ?? http.ports.ids() } },
        options,
      ),
    complete: (id, assetId, options) => http.call("complete_asset", at(id, assetId), options),
    list: (id, query, options) =>
      http.call("list_assets", { path: { session_id: id }, query }, options),
    get: (id, assetId, options) => http.call("get_asset", at(id, assetId), options),
    download: (id, assetId, options) => http.open("get_asset_content", at(id, assetId), options),
    delete: (id, assetId, options) => http.call("delete_asset", at(id, assetId), options),
  };
}
