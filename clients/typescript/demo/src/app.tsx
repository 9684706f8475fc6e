import type { KeyValueStorage } from "@session-api/client";
import { SessionProvider } from "@session-api/client/react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { createParts } from "./composition.js";
import type { Identities, Identity } from "./identity/identity.js";
import { SignIn } from "./identity/sign-in.js";
import { PartsContext } from "./parts.js";
import { Workspace } from "./workspace/workspace.js";

export interface AppProps {
  identities: Identities;
  storage: KeyValueStorage;
  pace: number;
  /** The token of a link that led here. */
  invitation: string | null;
}

export function App(props: AppProps) {
  const { identities, invitation } = props;
  const identity = useSyncExternalStore(identities.subscribe, identities.get);
  if (identity === null) return <SignIn identities={identities} isInvited={invitation !== null} />;
  return <SignedIn key={identity.person} {...props} identity={identity} />;
}

function SignedIn({ invitation, identity, ...given }: AppProps & { identity: Identity }) {
  const { identities } = given;
  const [parts] = useState(() => createParts({ ...given, identity }));
  const [refused, setRefused] = useState<string | null>(null);
  useEffect(() => {
    const leave = parts.entrance.enter(invitation, ({ message }) => setRefused(message));
    const stop = parts.agent.start();
    return () => {
      stop();
      leave();
    };
  }, [parts, invitation]);

  const signOut = async () => {
    await parts.store.signOut();
    parts.entrance.forget();
    identities.set(null);
  };
  return (
    <PartsContext value={parts}>
      {/* The entrance signs in: it may lead to a session of somebody else. */}
      <SessionProvider store={parts.store} signedIn={false}>
        <Workspace
          refused={refused}
          onDismiss={() => setRefused(null)}
          onSignOut={() => void signOut()}
          onSignInAgain={() => identities.set(null)}
          onIdentity={(next) => identities.set(next)}
        />
      </SessionProvider>
    </PartsContext>
  );
}
