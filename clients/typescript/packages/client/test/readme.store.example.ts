import { createSessionClient } from "@session-api/client";
import { createSessionStore } from "@session-api/client/store";

const client = createSessionClient({ baseUrl: "", getToken: () => sessionStorage.getItem("token") });
const store = createSessionStore(client);

store.subscribe(() => render(store.getState()));
store.on((event) => {
  if (event.type === "expired") console.log(`This session ended elsewhere: ${event.reset.reason}`);
});

await store.signIn(); // recovers, sends what was left, follows
store.say({ role: "user", content: "Which day is the museum free?" });
store.setMetadata({ panel: "map" });
await store.signOut({ complete: true });

function render({ status, session, unsent }: ReturnType<typeof store.getState>): void {
  document.title = `${session?.name ?? ""} (${status}, ${unsent.length} unsent)`;
}
