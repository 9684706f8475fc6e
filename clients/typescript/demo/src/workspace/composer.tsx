import { useAssets, useMessages, useSession } from "@session-api/client/react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { Icon } from "../icons.js";
import { useParts } from "../parts.js";

/** A draft is saved so long after the last key. */
const DRAFT_MS = 700;

export function Composer() {
  const { currentSession, updateActivity } = useSession();
  const { say } = useMessages();
  const { agent } = useParts();
  const { assets, uploads, upload, uploadOf } = useAssets();
  const [attached, setAttached] = useState<readonly string[]>([]);
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useDraft(field);
  const sessionId = currentSession?.id ?? null;
  useEffect(() => setAttached([]), [sessionId]);

  const mayWrite = currentSession?.status === "active" && currentSession.access !== "viewer";
  const coming = uploads.filter(({ id }) => attached.includes(id));
  const here = assets.filter(({ id }) => attached.includes(id));
  const content = text.trim();

  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (!mayWrite || content === "" || coming.length > 0) return;
    agent.heed(say({ role: "user", content, asset_ids: here.map(({ id }) => id) }));
    setText("");
    setAttached([]);
    field.current?.focus();
  };
  const attach = (chosen: FileList | null) => {
    setAttached([...attached, ...[...(chosen ?? [])].map((file) => upload(file).id)]);
  };
  const drop = (id: string) => {
    setAttached(attached.filter((each) => each !== id));
    uploadOf(id)?.cancel(); // what is here already stays among the files
  };
  return (
    <form className="composer" onSubmit={send}>
      {coming.length + here.length > 0 && (
        <ul className="chips" aria-label="To be attached">
          {[...coming, ...here].map((file) => (
            <li key={file.id} className="chip">
              <span>{file.name}</span>
              {"sent" in file && <progress aria-label={`Upload of ${file.name}`} value={file.sent} max={file.size} />}
              {"problem" in file && file.problem && <span className="problem">{file.problem.message}</span>}
              <button
                type="button"
                className="icon-button"
                aria-label={`Do not attach ${file.name}`}
                onClick={() => drop(file.id)}
              >
                <Icon name="cross" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="composer-row">
        <label className="icon-button attach" data-disabled={!mayWrite}>
          <Icon name="attach" />
          <span className="unseen">Attach files</span>
          <input
            type="file"
            multiple
            disabled={!mayWrite}
            onChange={({ currentTarget }) => {
              attach(currentTarget.files);
              currentTarget.value = "";
            }}
          />
        </label>
        <label className="unseen" htmlFor="say">
          Message
        </label>
        <textarea
          id="say"
          ref={field}
          rows={1}
          value={text}
          disabled={!mayWrite}
          placeholder={placeholderOf(currentSession?.access, mayWrite)}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value);
            updateActivity();
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            send(event);
          }}
        />
        <button type="submit" className="button primary send" disabled={!mayWrite || content === "" || coming.length > 0}>
          <Icon name="send" />
          <span className="unseen">Send</span>
        </button>
      </div>
    </form>
  );
}

function placeholderOf(access: string | undefined, mayWrite: boolean): string {
  if (access === "viewer") return "You may read this session, not write in it.";
  return mayWrite ? "Ask the agent…" : "";
}

/**
 * What is written and not sent belongs to the session: it is there after a reload, and in other tabs
 * where nobody is writing just then.
 */
function useDraft(field: React.RefObject<HTMLTextAreaElement | null>): [string, (text: string) => void] {
  const { currentSession, getSessionMetadata } = useSession();
  const { store } = useParts();
  const [text, setText] = useState("");
  const timer = useRef(0);
  const id = currentSession?.id ?? null;
  const kept = currentSession?.session_metadata?.["draft"];
  const draft = typeof kept === "string" ? kept : "";

  const here = useRef<string | null>(null);
  useEffect(() => {
    const isOther = here.current !== id;
    here.current = id;
    if (isOther || document.activeElement !== field.current) setText(draft);
    if (isOther) return () => window.clearTimeout(timer.current);
    return undefined;
  }, [id, draft, field]);

  const write = (next: string) => {
    setText(next);
    window.clearTimeout(timer.current);
    const save = () => {
      const { session } = store.getState();
      if (session?.id !== id || session.access === "viewer") return;
      if ((getSessionMetadata()["draft"] ?? "") === next) return;
      store.setMetadata({ draft: next === "" ? null : next }, { important: true });
    };
    if (next === "") save();
    else timer.current = window.setTimeout(save, DRAFT_MS);
  };
  return [text, write];
}
