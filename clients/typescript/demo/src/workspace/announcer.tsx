import { useMessages } from "@session-api/client/react";
import { useEffect, useRef, useState } from "react";
import { textOf } from "../agent/plan.js";

/**
 * Says answers to who listens instead of looking: once they are whole, not word by word as they grow.
 */
export function Announcer() {
  const { messages } = useMessages();
  const [said, setSaid] = useState("");
  const writing = useRef(new Set<string>());
  useEffect(() => {
    for (const message of messages) {
      if (message.status === "in_progress") writing.current.add(message.id);
      else if (writing.current.delete(message.id)) {
        setSaid(message.status === "complete" ? `The agent: ${textOf(message)}` : "The agent stopped.");
      }
    }
  }, [messages]);
  return (
    <div className="unseen" aria-live="polite">
      {said}
    </div>
  );
}
