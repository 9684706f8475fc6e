import type { Asset } from "@session-api/client";
import { useEffect, useState } from "react";
import { Icon } from "../icons.js";
import { useParts } from "../parts.js";

/** Larger pictures are shown by their name alone. */
const LARGEST = 10_000_000;
/** What a browser draws, and what runs nothing. */
const DRAWN = /^image\/(png|jpeg|gif|webp|avif|svg\+xml)$/;

/** A picture of a picture, else the sign of a file. */
export function Thumbnail({ asset }: { asset: Asset }) {
  const url = usePicture(asset);
  return (
    <span className="thumbnail">
      {url === null ? <Icon name="file" /> : <img src={url} alt="" />}
    </span>
  );
}

/** Its content's address in this page; null for what is no picture, or while it is fetched. */
function usePicture({ id, session_id, content_type, size, status }: Asset): string | null {
  const { client } = useParts();
  const [url, setUrl] = useState<string | null>(null);
  const isPicture = status === "ready" && DRAWN.test(content_type) && size <= LARGEST;
  useEffect(() => {
    if (!isPicture) return undefined;
    const end = new AbortController();
    let made: string | null = null;
    const load = async () => {
      const { signal } = end;
      const content = await (await client.assets.download(session_id, id, { signal })).blob();
      if (signal.aborted) return;
      // With the type that was announced: the service hands everything out as a download.
      made = URL.createObjectURL(new Blob([content], { type: content_type }));
      setUrl(made);
    };
    load().catch(() => {}); // the sign of a file stays
    return () => {
      end.abort();
      if (made !== null) URL.revokeObjectURL(made);
      setUrl(null);
    };
  }, [client, isPicture, session_id, id, content_type]);
  return url;
}
