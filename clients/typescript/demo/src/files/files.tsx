import { isProblem, type Asset } from "@session-api/client";
import { useAssets, useSession } from "@session-api/client/react";
import { useState } from "react";
import { Icon } from "../icons.js";
import { useParts, useSendings } from "../parts.js";
import { sizeOf } from "../times.js";
import { Thumbnail } from "./thumbnail.js";
import type { Sending } from "./uploads.js";

export function Files() {
  const { currentSession } = useSession();
  const { assets } = useAssets();
  const { uploads } = useParts();
  const all = useSendings();
  const [isOver, setOver] = useState(false);
  const sessionId = currentSession?.id ?? null;
  const mayWrite = currentSession?.status === "active" && currentSession.access !== "viewer";
  const sendings = all.filter((each) => each.sessionId === sessionId && each.state !== "ready");
  const ready = assets.filter(({ status }) => status === "ready");
  const bring = (files: FileList | null) => {
    if (mayWrite && sessionId && files) uploads.add(sessionId, files);
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
      {sendings.length > 0 && (
        <ul className="sendings" aria-label="On their way">
          {sendings.map((each) => (
            <SendingRow key={each.id} sending={each} />
          ))}
        </ul>
      )}
      {ready.length === 0 && sendings.length === 0 && <p className="hint">No files in this session.</p>}
      <ul className="assets" aria-label="Files of the session">
        {ready.map((asset) => (
          <AssetRow key={asset.id} asset={asset} mayDelete={mayWrite} />
        ))}
      </ul>
    </div>
  );
}

function SendingRow({ sending }: { sending: Sending }) {
  const { uploads } = useParts();
  const { id, name, sent, total, state, reason } = sending;
  const share = total === 0 ? 100 : Math.round((100 * sent) / total);
  const said = { sending: `${share} %`, paused: `${share} %, paused`, failed: reason, ready: "" }[state];
  return (
    <li className="sending" data-state={state}>
      <div className="sending-name">
        <span>{name}</span>
        <span>
          {said} of {sizeOf(total)}
        </span>
      </div>
      <progress aria-label={`Upload of ${name}`} value={share} max={100} />
      {state === "sending" && (
        <button type="button" className="icon-button" aria-label={`Pause ${name}`} onClick={() => uploads.pause(id)}>
          <Icon name="pause" />
        </button>
      )}
      {state === "paused" && (
        <button type="button" className="icon-button" aria-label={`Go on with ${name}`} onClick={() => uploads.resume(id)}>
          <Icon name="play" />
        </button>
      )}
      {state === "failed" && (
        <button type="button" className="button small" onClick={() => uploads.retry(id)}>
          Try again
        </button>
      )}
      <button type="button" className="icon-button" aria-label={`Cancel ${name}`} onClick={() => uploads.remove(id)}>
        <Icon name="cross" />
      </button>
    </li>
  );
}

function AssetRow({ asset, mayDelete }: { asset: Asset; mayDelete: boolean }) {
  const { client } = useParts();
  const [problem, setProblem] = useState<string | null>(null);
  const { id, session_id, name, size } = asset;
  const attempt = (work: () => Promise<void>) => {
    setProblem(null);
    work().catch((error: unknown) => setProblem(isProblem(error) ? error.message : String(error)));
  };
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
      <button type="button" className="icon-button" aria-label={`Download ${name}`} onClick={() => attempt(save)}>
        <Icon name="save" />
      </button>
      {mayDelete && (
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete ${name}`}
          onClick={() => attempt(() => client.assets.delete(session_id, id))}
        >
          <Icon name="cross" />
        </button>
      )}
    </li>
  );
}
