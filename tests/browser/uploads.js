// What an app does to bring files and to fetch them, with nothing but fetch.

/** A new session of the token's person, and the calls on its files. */
export async function connect(service, token) {
  const authorized = { Authorization: `Bearer ${token}` };

  async function call(method, path, body) {
    const answer = await fetch(`${service}/api${path}`, {
      method,
      headers: { ...authorized, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    const content = await answer.json();
    if (!answer.ok) throw new Error(`${content.status} ${content.code}`);
    return content;
  }

  const session = await call("POST", "/sessions/", { name: "In a browser" });
  const assets = `/sessions/${session.id}/assets`;

  /** Sends bytes where a ticket says: its headers, no token. */
  async function bring(ticket, bytes) {
    const { method, url, headers } = ticket;
    const answer = await fetch(url, { method, headers, body: bytes });
    if (!answer.ok) throw new Error(`${answer.status} of the store`);
  }

  async function bringParts(id, plan, file, moved) {
    for (let number = 1; number <= plan.count; number += 1) {
      const { parts } = await call("POST", `${assets}/${id}/parts`, { numbers: [number] });
      for (const part of parts) {
        await bring(part, file.slice(part.offset, part.offset + part.size));
        moved((part.offset + part.size) / file.size);
      }
    }
  }

  return {
    session: session.id,

    async upload(file, moved = () => {}) {
      const { asset, upload } = await call("POST", assets, {
        name: file.name,
        content_type: file.type || "application/octet-stream",
        size: file.size,
      });
      if (upload.parts) await bringParts(asset.id, upload.parts, file, moved);
      else await bring(upload, file);
      const done = await call("POST", `${assets}/${asset.id}/complete`);
      moved(1);
      return done;
    },

    /** The content, as a page reads it, and the link that it was read from. */
    async content(id) {
      const answer = await fetch(`${service}/api${assets}/${id}/content`, { headers: authorized });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return {
        link: answer.url,
        size: bytes.length,
        sha256: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
      };
    },
  };
}
