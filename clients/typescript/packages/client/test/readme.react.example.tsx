import { createSessionClient } from "@session-api/client";
import { SessionProvider, SessionResetAlert, useMessages, useSession } from "@session-api/client/react";
import { createSessionStore } from "@session-api/client/store";

const client = createSessionClient({ baseUrl: "", getToken: () => sessionStorage.getItem("token") });
const store = createSessionStore(client);

export function App({ signedIn }: { signedIn: boolean }) {
  return (
    <SessionProvider store={store} signedIn={signedIn}>
      <SessionResetAlert />
      <Chat />
    </SessionProvider>
  );
}

function Chat() {
  const { currentSession, saveSessionState } = useSession();
  const { messages, unsent, say } = useMessages();
  if (!currentSession) return null;
  const hello = () => {
    say({ role: "user", content: "Hello" });
    saveSessionState({ read: messages.length });
  };
  return (
    <>
      <ol>
        {messages.map(({ id, content }) => <li key={id}>{String(content)}</li>)}
        {unsent.map(({ id, content }) => <li key={id} aria-busy>{String(content)}</li>)}
      </ol>
      <button onClick={hello}>Say hello</button>
    </>
  );
}
