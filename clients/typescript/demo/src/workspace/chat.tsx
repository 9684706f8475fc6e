import { useMessages, useSession } from "@session-api/client/react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Composer } from "./composer.js";
import { Said, Waiting } from "./message.js";
import { Welcome } from "./welcome.js";

/** So far from the end, in pixels, a person still reads the end. */
const NEAR = 80;

export function Chat() {
  const { currentSession, isSessionLoading } = useSession();
  const { messages, unsent, hasMore, loadOlder } = useMessages();
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [isReading, setReading] = useState(false);
  const last = messages.at(-1);

  useLayoutEffect(() => {
    isAtEnd.current = true;
  }, [currentSession?.id, unsent.length]);
  useLayoutEffect(() => {
    if (isAtEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [last?.id, last?.content, last?.status, unsent.length]);
  useEffect(() => {
    const { current } = list;
    if (current === null) return undefined;
    // A narrow page shows the chat again, or a keyboard comes up: the end stays in sight.
    const sizes = new ResizeObserver(() => {
      if (isAtEnd.current) current.scrollTo({ top: current.scrollHeight });
    });
    sizes.observe(current);
    return () => sizes.disconnect();
  }, []);

  const older = async () => {
    setReading(true);
    const before = list.current?.scrollHeight ?? 0;
    await loadOlder().finally(() => setReading(false));
    // What was read stays under the eyes.
    requestAnimationFrame(() => list.current?.scrollBy({ top: list.current.scrollHeight - before }));
  };
  const isEmpty = currentSession !== null && messages.length === 0 && unsent.length === 0;
  return (
    <section className="chat" aria-label="Chat">
      <div
        ref={list}
        className="chat-scroll"
        tabIndex={0}
        role="region"
        aria-label="Messages"
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          if (clientHeight > 0) isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
        }}
      >
        {hasMore && (
          <button type="button" className="button small older" disabled={isReading} onClick={() => void older()}>
            Older messages
          </button>
        )}
        {isSessionLoading && <p className="hint">Looking for your session…</p>}
        {isEmpty && <Welcome />}
        <ol className="messages">
          {messages.map((message) => (
            <Said key={message.id} message={message} />
          ))}
          {unsent.map((message) => (
            <Waiting key={message.id} message={message} />
          ))}
        </ol>
      </div>
      <Composer />
    </section>
  );
}
