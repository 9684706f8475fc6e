import { makeUuid } from "@session-api/client";
import { useSession } from "@session-api/client/react";
import { useAttempt } from "../attempt.js";
import { useIsCut, useParts } from "../parts.js";

/** What breaks other apps. */
export function Tries() {
  const { currentSession } = useSession();
  const { client, elsewhere, line } = useParts();
  const { problem, attempt } = useAttempt();
  const isCut = useIsCut();
  const isOwn = currentSession?.access === "owner" && currentSession.status === "active";
  const complete = async () => currentSession && elsewhere.completeSession(currentSession.id);
  const forgetPlace = () => {
    client.storedId.set(makeUuid());
    location.reload();
  };
  return (
    <div className="tries">
      <h2>Things to try</h2>
      <ol>
        <li>
          <h3>Lose the network</h3>
          <p>Go on writing. What you say is kept, encrypted, and sent in order when you are back.</p>
          <button type="button" className="button small" onClick={() => line.cut(!isCut)}>
            {isCut ? "Go online" : "Go offline"}
          </button>
        </li>
        <li>
          <h3>Look from a second tab</h3>
          <p>Both show the same at the same time, by one stream for the two.</p>
          <a className="button small" href={location.pathname + location.search} target="_blank" rel="noreferrer">
            Open a second tab
          </a>
        </li>
        <li>
          <h3>Reload while the agent writes</h3>
          <p>The answer is the server’s: the page reads what is there, and the agent goes on with it.</p>
          <button type="button" className="button small" onClick={() => location.reload()}>
            Reload
          </button>
        </li>
        <li>
          <h3>Have the session end elsewhere</h3>
          <p>As if on your phone. This page notices before you type into something that is over.</p>
          <button
            type="button"
            className="button small"
            disabled={!isOwn}
            onClick={() => void attempt(complete)}
          >
            Complete it elsewhere
          </button>
          <p className="problem" role="alert">
            {problem}
          </p>
        </li>
        <li>
          <h3>Remember a stranger’s session</h3>
          <p>The id in this browser becomes one that is not yours, as after somebody else used it.</p>
          <button type="button" className="button small" onClick={forgetPlace}>
            Forget my place
          </button>
        </li>
        <li>
          <h3>Kill the server</h3>
          <p>
            <code>kill -9</code> it, database and all, and start it again. Nothing that was confirmed is
            missing.
          </p>
        </li>
      </ol>
    </div>
  );
}
