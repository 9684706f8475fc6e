import { createSessionClient, isProblem } from "@session-api/client";

const client = createSessionClient({
  baseUrl: "http://127.0.0.1:8000",
  getToken: async () => (await fetch("/my-backend/token")).text(),
});

// Sign-in, a reload, another week: always the same call. `reset` says why it is not the last one.
const { session, reset } = await client.initializeSession();
if (reset) console.log(`Your last session was not used: ${reset.reason}`);

// What a person says. It has an id before it is sent, so a repeat after a lost answer is safe.
await client.chat.append(session.id, { role: "user", content: "Which day is the museum free?" });

// One key of the screen's state, unless somebody has changed it since.
try {
  await client.autoSaveSession(session.id, { panel: "map" }, { ifMatch: session.version });
} catch (error) {
  if (!isProblem(error, "version_mismatch")) throw error;
}
