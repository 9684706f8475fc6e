import { createSessionClient } from "@session-api/client";
import { useAttempt } from "../attempt.js";
import type { Identity } from "../identity/identity.js";
import { TokenForm, identify } from "../identity/sign-in.js";
import { useParts } from "../parts.js";

/** A guest becomes somebody: what they made goes with them. */
export function KeepGuestWork({ onIdentity }: { onIdentity: (identity: Identity) => void }) {
  const { store, client, identity } = useParts();
  const { problem, isBusy, attempt } = useAttempt();

  const merge = async (token: string) => {
    const account = await identify(token);
    await store.save();
    const signedIn = createSessionClient({ baseUrl: "", getToken: () => token });
    // Its stream may tell that it is gone from here before the merge is answered.
    const id = store.getState().session?.id;
    await signedIn.guests.merge(identity.token);
    store.stop();
    // The session keeps its id under the account: that is where the page goes on.
    if (id !== undefined) client.storedId.set(id);
    onIdentity(account);
  };
  return (
    <div className="people">
      <h2>People</h2>
      <p>You are here as a guest. Guests share nothing, and are erased when they stay away for a month.</p>
      <p>Sign in, and all of your sessions come with you.</p>
      <TokenForm
        isBusy={isBusy}
        isPrimary
        submit="Sign in and keep my work"
        onToken={(token) => void attempt(() => merge(token))}
      />
      <p className="problem" role="alert">
        {problem}
      </p>
    </div>
  );
}
