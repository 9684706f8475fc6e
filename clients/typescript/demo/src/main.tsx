import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.js";
import { createIdentities, storageOfBrowser } from "./identity/identity.js";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/chat.css";
import "./styles/files.css";
import "./styles/history.css";
import "./styles/mission.css";
import "./styles/panels.css";
import "./styles/sign-in.css";

const root = document.getElementById("app");
if (root === null) throw new Error("The page has no #app.");

const storage = storageOfBrowser();
const pace = Number(new URLSearchParams(location.search).get("pace")) || 1;
// An invitation is in the fragment, which no server is told of; and soon not in the history either.
const invitation = /^#join=(.+)$/.exec(location.hash)?.[1] ?? null;
if (invitation !== null) history.replaceState(null, "", location.pathname + location.search);

createRoot(root).render(
  <StrictMode>
    <App identities={createIdentities(storage)} storage={storage} pace={pace} invitation={invitation} />
  </StrictMode>,
);
