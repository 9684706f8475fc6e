import { useMessages, useSession } from "@session-api/client/react";
import { useAttempt } from "../attempt.js";
import { useParts } from "../parts.js";

const NOTES = `Lisbon, three days in May

The museum of tiles is free on Sundays before 2 pm.
Tram 28 is fullest at noon; the first one leaves at six.
The ferry to Cacilhas takes ten minutes and shows the whole city.
Pastries at Belem: the queue for tables is shorter than the one for boxes.
`;

/** What an empty chat shows. */
export function Welcome() {
  const { currentSession } = useSession();
  const { say } = useMessages();
  const { client, agent } = useParts();
  const { problem, isBusy, attempt } = useAttempt();
  const mayWrite = currentSession?.status === "active" && currentSession.access !== "viewer";

  const begin = async (sessionId: string) => {
    const notes = new File([NOTES], "lisbon.txt", { type: "text/plain" });
    const { id } = await client.assets.uploadInOneCall(sessionId, notes);
    const content = "Which day is the museum free?";
    agent.heed(say({ role: "user", content, asset_ids: [id] }));
  };
  return (
    <div className="welcome">
      <h2>Ask something</h2>
      <p>
        A small script plays the agent. Give it a text file, such as notes of a trip, and ask about what
        is in it.
      </p>
      {mayWrite && (
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={() => void attempt(() => begin(currentSession.id))}
        >
          Try it with sample notes
        </button>
      )}
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
