import { useId, useState, type FormEvent } from "react";
import { useAttempt } from "../attempt.js";
import { useParts } from "../parts.js";

/** By a link for whoever has it, or by name. */
export function Invite({ sessionId, onInvited }: { sessionId: string; onInvited: () => void }) {
  const { client } = useParts();
  const [said, setSaid] = useState<string | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const [role, setRole] = useState<"viewer" | "editor">("viewer");
  const field = useId();
  const { problem, attempt } = useAttempt();

  const make = () =>
    attempt(async () => {
      const { token } = await client.sharing.create(sessionId, { role, link: {} });
      setLink(`${location.origin}/demo/#join=${token}`);
      setSaid("The link is shown this once.");
      onInvited();
    });
  const invite = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const user_id = String(new FormData(form).get("name") ?? "").trim();
    if (user_id === "") return;
    void attempt(async () => {
      await client.sharing.create(sessionId, { role, user_id });
      form.reset();
      setSaid(`${user_id} finds it among what is shared with them.`);
      onInvited();
    });
  };
  const copy = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(link ?? "");
      setSaid("Copied.");
    });
  return (
    <div className="invite">
      <fieldset className="roles">
        <legend>Whoever comes</legend>
        {(["viewer", "editor"] as const).map((each) => (
          <label key={each}>
            <input type="radio" name={`${field}-role`} checked={role === each} onChange={() => setRole(each)} />
            {each === "viewer" ? "may read" : "may write"}
          </label>
        ))}
      </fieldset>
      <button type="button" className="button" onClick={() => void make()}>
        Make a link
      </button>
      {link !== null && (
        <div className="link">
          <label htmlFor={`${field}-link`}>Link into this session</label>
          <div className="together">
            <input id={`${field}-link`} readOnly value={link} onFocus={({ currentTarget }) => currentTarget.select()} />
            <button type="button" className="button" onClick={() => void copy()}>
              Copy
            </button>
          </div>
          <p className="help">
            Open it as somebody else: in a private window, with the token that{" "}
            <code>session-api token --user zoe</code> prints.
          </p>
        </div>
      )}
      <form onSubmit={invite}>
        <label htmlFor={`${field}-name`}>Or invite somebody by name</label>
        <div className="together">
          <input id={`${field}-name`} name="name" placeholder="zoe" autoComplete="off" required />
          <button type="submit" className="button">
            Invite
          </button>
        </div>
      </form>
      <p className="help" role="status">
        {problem === null && said}
      </p>
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
