import type { Asset } from "@session-api/client";
import { useAssets, useSession } from "@session-api/client/react";
import type { FileUpload } from "@session-api/client/store";
import { useState } from "react";
import { useAttempt } from "../attempt.js";
import { Icon } from "../icons.js";
import { useParts } from "../parts.js";
import { sizeOf } from "../times.js";
import { Thumbnail } from "./thumbnail.js";

export function Files() {
  const { currentSession } = useSession();
  const { assets, uploads, upload } = useAssets();
  const [isOver, setOver] = useState(false);
  const sessionId = currentSession?.id ?? null;
  const mayWrite = currentSession?.status === "active" && currentSession.access !== "viewer";
  const coming = uploads.filter((each) => each.sessionId === sessionId);
  const ready = assets.filter(({ status }) => status === "ready");
  const bring = (files: FileList | null) => {
    if (mayWrite) for (const file of files ?? []) upload(file);
  };
  return (
    <div className="files">
      <h2>Files</h2>
      {mayWrite && (
        <label
          className="drop"
          data-over={isOver}
          onDragOver={(event) => {
            event.preventDefault();
            setOver(true);
          }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => {
            event.preventDefault();
            setOver(false);
            bring(event.dataTransfer.files);
          }}
        >
          <Icon name="attach" />
          <span>
            <strong>Choose files</strong> or drop them here
          </span>
          <input
            id="bring"
            type="file"
            multiple
            aria-label="Choose files"
            onChange={({ currentTarget }) => {
              bring(currentTarget.files);
              currentTarget.value = "";
            }}
          />
        </label>
      )}
      {coming.length > 0 && (
        <ul aria-label="On their way">
          {coming.map((each) => (
            <Coming key={each.id} file={each} />
          ))}
        </ul>
      )}
      {ready.length === 0 && coming.length === 0 && <p className="hint">No files in this session.</p>}
      <ul className="assets" aria-label="Files of the session">
        {ready.map((asset) => (
          <AssetRow key={asset.id} asset={asset} mayDelete={mayWrite} />
        ))}
      </ul>
    </div>
  );
}

function Coming({ file }: { file: FileUpload }) {
  const { uploadOf } = useAssets();
  const { id, name, size, sent, paused, problem } = file;
  const share = size === 0 ? 0 : Math.round((100 * sent) / size);
  const handle = () => uploadOf(id);
  return (
    <li className="coming" data-failed={problem !== null}>
      <div className="coming-name">
        <span>{name}</span>
        <span>
          {share} % of {sizeOf(size)}
          {paused && ", paused"}
        </span>
      </div>
      {problem && <p className="problem">{problem.message}</p>}
      <progress aria-label={`Upload of ${name}`} value={share} max={100} />
      <button
        type="button"
        className="icon-button"
        aria-label={`${paused ? "Go on with" : "Pause"} ${name}`}
        onClick={() => (paused ? handle()?.resume() : handle()?.pause())}
      >
        <Icon name={paused ? "play" : "pause"} />
      </button>
      <button type="button" className="icon-button" aria-label={`Cancel ${name}`} onClick={() => handle()?.cancel()}>
        <Icon name="cross" />
      </button>
    </li>
  );
}

function AssetRow({ asset, mayDelete }: { asset: Asset; mayDelete: boolean }) {
  const { client } = useParts();
  const { problem, attempt } = useAttempt();
  const { id, session_id, name, size } = asset;
  const save = async () => {
    const url = URL.createObjectURL(await (await client.assets.download(session_id, id)).blob());
    const link = Object.assign(document.createElement("a"), { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <li className="asset">
      <Thumbnail asset={asset} />
      <div className="asset-name">
        <span>{name}</span>
        <span className="help">{problem ?? sizeOf(size)}</span>
      </div>
      <button type="button" className="icon-button" aria-label={`Download ${name}`} onClick={() => void attempt(save)}>
        <Icon name="save" />
      </button>
      {mayDelete && (
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete ${name}`}
          onClick={() => void attempt(() => client.assets.delete(session_id, id))}
        >
          <Icon name="cross" />
        </button>
      )}
    </li>
  );
}
