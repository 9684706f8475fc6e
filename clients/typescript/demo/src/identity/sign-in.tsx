import { createSessionClient, isProblem } from "@session-api/client";
import { useId, type FormEvent } from "react";
import { useAttempt } from "../attempt.js";
import { Logo } from "../icons.js";
import { accountOf, guestOf, type Identities, type Identity } from "./identity.js";

export function SignIn({ identities, isInvited }: { identities: Identities; isInvited: boolean }) {
  const { problem, isBusy, attempt } = useAttempt();
  const signIn = (who: () => Promise<Identity>) => {
    void attempt(async () => identities.set(await who()));
  };

  return (
    <main className="sign-in">
      <section className="sign-in-card" aria-labelledby="welcome">
        <Logo />
        <h1 id="welcome">A workspace that never loses your place</h1>
        <p className="lead">
          Chat with a simulated agent, watch its mission move, bring files. Reload, go offline, open a
          second tab: everything is still where it was.
        </p>
        {isInvited && (
          <p className="note" role="status">
            You are invited into somebody’s session. Sign in with a token to open it: guests share
            nothing.
          </p>
        )}
        <button
          type="button"
          className={isInvited ? "button" : "button primary"}
          disabled={isBusy}
          onClick={() => signIn(beginAsGuest)}
        >
          Continue as a guest
        </button>
        <div className="or">or with an account</div>
        <TokenForm
          isBusy={isBusy}
          isPrimary={isInvited}
          submit="Sign in"
          onToken={(token) => signIn(() => identify(token))}
        />
        <p className="problem" role="alert">
          {problem}
        </p>
      </section>
      <p className="foot">
        Everything here goes through the public API: <a href="/docs">its documentation</a>.
      </p>
    </main>
  );
}

export interface TokenFormProps {
  isBusy: boolean;
  isPrimary: boolean;
  submit: string;
  onToken: (token: string) => void;
}

/** Asks for a development token. */
export function TokenForm({ isBusy, isPrimary, submit, onToken }: TokenFormProps) {
  const field = useId();
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token") ?? "").trim();
    if (token !== "") onToken(token);
  };
  return (
    <form className="token-form" onSubmit={send}>
      <label htmlFor={field}>Development token</label>
      <input
        id={field}
        name="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        aria-describedby={`${field}-help`}
      />
      <p id={`${field}-help`} className="help">
        The one that <code>make run</code> printed, or of anybody you like:{" "}
        <code>.venv/bin/session-api token --user me</code>
      </p>
      <button type="submit" className={isPrimary ? "button primary" : "button"} disabled={isBusy}>
        {submit}
      </button>
    </form>
  );
}

async function beginAsGuest(): Promise<Identity> {
  const client = createSessionClient({ baseUrl: "", getToken: () => null });
  try {
    return guestOf(await client.guests.begin());
  } catch (error) {
    if (isProblem(error, "guests_disabled")) {
      throw new Error("This service has no guests: sign in with a token.", { cause: error });
    }
    throw error;
  }
}

/** Whose token it is, once the service took it. Throws where it is none. */
export async function identify(token: string): Promise<Identity> {
  const identity = accountOf(token);
  if (identity === null) throw new Error("This is no token: it has three parts with dots between.");
  const client = createSessionClient({ baseUrl: "", getToken: () => token });
  await client.listSessions({ limit: 1 });
  return identity;
}
