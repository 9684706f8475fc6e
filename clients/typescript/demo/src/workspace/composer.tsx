import { useMessages, useSession } from "@session-api/client/react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { Icon } from "../icons.js";
import { useParts, useSendings } from "../parts.js";

/** A draft is saved so long after the last key. */
const DRAFT_MS = 700;

export function Composer() {
  const { currentSession, updateActivity } = useSession();
  const { say } = useMessages();
  const { agent, uploads } = useParts();
  const sendings = useSendings();
  const [attached, setAttached] = useState<readonly string[]>([]);
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useDraft(field);
  const sessionId = currentSession?.id ?? null;
  useEffect(() => setAttached([]), [sessionId]);

  const mayWrite = currentSession?.status === "active" && currentSession.access !== "viewer";
  const files = sendings.filter(({ id }) => attached.includes(id));
  const isWaiting = files.some(({ state }) => state !== "ready");
  const content = text.trim();

  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (!mayWrite || content === "" || isWaiting) return;
    agent.heed(say({ role: "user", content, asset_ids: files.map(({ id }) => id) }));
    setText("");
    setAttached([]);
    for (const { id } of files) uploads.remove(id);
    field.current?.focus();
  };
  const attach = (chosen: FileList | null) => {
    if (sessionId && chosen) setAttached([...attached, ...uploads.add(sessionId, chosen)]);
  };
  const drop = (id: string) => {
    setAttached(attached.filter((each) => each !== id));
    uploads.remove(id);
  };
  return (
    <form className="composer" onSubmit={send}>
      {files.length > 0 && (
        <ul className="chips" aria-label="To be attached">
          {files.map(({ id, name, state, sent, total }) => (
            <li key={id} className="chip" data-state={state}>
              <span>{name}</span>
              {state === "sending" && <progress aria-label={`Upload of ${name}`} value={sent} max={total} />}
              {state === "failed" && <span>failed</span>}
              <button type="button" className="icon-button" aria-label={`Remove ${name}`} onClick={() => drop(id)}>
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
        <button type="submit" className="button primary send" disabled={!mayWrite || content === "" || isWaiting}>
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
