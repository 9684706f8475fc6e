/**
 * An outbox in IndexedDB, encrypted by a key that scripts can use and not read.
 *
 * What that protects from: whoever reads the browser's files, or a copy of them, finds no text (the
 * browser keeps the key in a form of its own, which is no strong protection by itself), and a script
 * can't carry the key away. What it does not: a script that runs in the page can ask for the text as
 * we do.
 */
import { makeUuid, systemClock, type Clock } from "../ports.js";
import { composePatches } from "./merge.js";
import {
  NOTHING_UNSENT,
  createMemoryOutbox,
  isNothing,
  type Outbox,
  type Unsent,
} from "./outbox.js";

export interface IndexedDbOptions {
  /** Of the database; another app on the same origin has another one. */
  name?: string;
  indexedDB?: IDBFactory | undefined;
  crypto?: Crypto;
  clock?: Clock;
  /** Names this tab among those of the browser; each keeps its own. */
  tab?: string;
}

interface Sealed {
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly text: ArrayBuffer;
}

const KEYS = "keys";
const UNSENT = "unsent";
const KEY = "v1";
/** Among the keys, a name for the time since the last sign-out. */
const MARK = "mark";
/** A database that is silent for longer is done without: some browsers' never answer. */
const PATIENCE = 3_000;
/** What nobody has come back for in 30 days is of a session that is archived by then. */
const KEPT_FOR = 30 * 24 * 3_600_000;

/**
 * Whatever fails (blocked, full, private, no TLS), it goes on in memory; `lasting` says which. `load`
 * takes over what tabs that are gone have left in a session.
 */
export function createIndexedDbOutbox(options: IndexedDbOptions = {}): Outbox {
  const { name = "session-api", clock = systemClock } = options;
  const memory = createMemoryOutbox();
  const tab = options.tab ?? makeUuid();
  let lasting = false;
  let cleared = false;
  let opened: Promise<IDBDatabase> | null = null;

  const subtle = () => (options.crypto ?? globalThis.crypto).subtle;

  function open(): Promise<IDBDatabase> {
    opened ??= new Promise<IDBDatabase>((resolve, reject) => {
      const factory = "indexedDB" in options ? options.indexedDB : globalThis.indexedDB;
      if (!factory) throw new Error("there is no IndexedDB here");
      const request = factory.open(name, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(KEYS);
        request.result.createObjectStore(UNSENT);
      };
      request.onsuccess = () => {
        const database = request.result;
        // Another tab removes or upgrades it: it does not wait for us.
        database.onversionchange = () => {
          database.close();
          opened = null;
        };
        resolve(database);
      };
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("another tab holds the database"));
    });
    opened.catch(() => (opened = null));
    return opened;
  }

  /** Resolves with what `work` made once the transaction is on disk. */
  async function transaction<T>(
    stores: string | [string, string],
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore, give: (value: T) => void, other: IDBObjectStore) => void,
  ): Promise<T | undefined> {
    const database = await open();
    return new Promise((resolve, reject) => {
      let made: T | undefined;
      const it = database.transaction(stores, mode);
      it.oncomplete = () => resolve(made);
      it.onabort = () => reject(it.error);
      const [store, other = store] = [stores].flat().map((name) => it.objectStore(name));
      work(store!, (value) => (made = value), other!);
    });
  }

  const read = <T>(name: string) =>
    transaction<T>(KEYS, "readonly", (store, give) => {
      const request = store.get(name);
      request.onsuccess = () => give(request.result as T);
    });

  async function key(): Promise<CryptoKey> {
    const known = await read<CryptoKey>(KEY);
    if (known) return known;
    const algorithm = { name: "AES-GCM", length: 256 };
    const made = await subtle().generateKey(algorithm, false, ["encrypt", "decrypt"]);
    await transaction(KEYS, "readwrite", (store) => {
      // The first tab's key is everybody's.
      store.add(made, KEY).onerror = (event) => {
        event.preventDefault();
        event.stopPropagation();
      };
    });
    return (await read<CryptoKey>(KEY)) ?? made;
  }

  /** Bound to its session: moved to another one, it can't be read. */
  const bound = (iv: Uint8Array<ArrayBuffer>, sessionId: string) => ({
    name: "AES-GCM",
    iv,
    additionalData: new TextEncoder().encode(`${name} ${KEY} ${sessionId}`),
  });

  async function seal(sessionId: string, unsent: Unsent): Promise<Sealed> {
    const iv = (options.crypto ?? globalThis.crypto).getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(unsent));
    return { at: clock.now(), iv, text: await subtle().encrypt(bound(iv, sessionId), await key(), text) };
  }

  async function unseal(sessionId: string, { iv, text }: Sealed): Promise<Unsent> {
    try {
      const opened = await subtle().decrypt(bound(iv, sessionId), await key(), text);
      return JSON.parse(new TextDecoder().decode(opened)) as Unsent;
    } catch {
      return NOTHING_UNSENT; // its key is gone, or it was tampered with
    }
  }

  async function clearOld(): Promise<void> {
    if (cleared) return;
    cleared = true;
    await transaction(UNSENT, "readwrite", (store) => {
      const request = store.openCursor();
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) return;
        if ((cursor.value as Sealed).at < clock.now() - KEPT_FOR) cursor.delete();
        cursor.continue();
      };
    });
  }

  async function load(sessionId: string): Promise<Unsent> {
    await clearOld();
    const found: { at: IDBValidKey; sealed: Sealed }[] = [];
    await transaction(UNSENT, "readonly", (store) => {
      const all = rangeOf(sessionId);
      const request = store.openCursor(all);
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) return;
        found.push({ at: cursor.key, sealed: cursor.value as Sealed });
        cursor.continue();
      };
    });
    const left = await Promise.all(found.map(({ sealed }) => unseal(sessionId, sealed)));
    const whole = left.reduce(together, NOTHING_UNSENT);
    const ours = isNothing(whole) ? null : await seal(sessionId, whole);
    await transaction(UNSENT, "readwrite", (store) => {
      for (const { at, sealed } of found) {
        const request = store.get(at);
        request.onsuccess = () => {
          // What its tab has written again meanwhile stays that tab's.
          const now = request.result as Sealed | undefined;
          if (now && String(now.iv) === String(sealed.iv)) store.delete(at);
          if (at === found.at(-1)?.at && ours) store.put(ours, [sessionId, tab]);
        };
      }
    });
    return whole;
  }

  async function keep(sessionId: string, unsent: Unsent, mark: string | null): Promise<void> {
    const sealed = isNothing(unsent) ? null : await seal(sessionId, unsent);
    await transaction([UNSENT, KEYS], "readwrite", (store, _, keys) => {
      // In one with the writing: no sign-out comes in between.
      const request = keys.get(MARK);
      request.onsuccess = () => {
        if (mark !== null && mark !== (request.result ?? "")) return;
        if (sealed) store.put(sealed, [sessionId, tab]);
        else store.delete([sessionId, tab]);
      };
    });
  }

  async function wipe(): Promise<void> {
    // The key too: what a browser may not have removed from its files is then no text any more.
    await transaction([UNSENT, KEYS], "readwrite", (store, _, keys) => {
      store.clear();
      keys.clear();
      keys.put(makeUuid(), MARK);
    });
  }

  /** What it makes; null where it failed or took too long. */
  async function tried<T>(work: () => Promise<T>): Promise<{ made: T } | null> {
    let cancel = () => {};
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(PATIENCE, () => reject(new Error("IndexedDB is silent")));
    });
    try {
      return { made: await Promise.race([work(), late]) };
    } catch {
      return null;
    } finally {
      cancel();
    }
  }

  return {
    get lasting() {
      return lasting;
    },
    async load(id) {
      const kept = await tried(() => load(id));
      return together(kept?.made ?? NOTHING_UNSENT, await memory.load(id));
    },
    async keep(id, unsent, mark = null) {
      const kept = await tried(() => keep(id, unsent, mark));
      if (!isNothing(unsent)) lasting = kept !== null;
      await memory.keep(id, kept ? NOTHING_UNSENT : unsent);
    },
    async wipe(here = false) {
      if (!here) await tried(wipe);
      await memory.wipe();
    },
    async mark() {
      const found = await tried(() => read<string>(MARK));
      return found && (found.made ?? "");
    },
  };
}

function rangeOf(sessionId: string): IDBKeyRange {
  return IDBKeyRange.bound([sessionId], [sessionId, []]);
}

/** What was left twice, each message and each work once. */
function together(one: Unsent, other: Unsent): Unsent {
  const known = new Set(one.messages.map(({ id }) => id));
  const done = new Set(one.work?.map(({ id }) => id));
  const work = [...(one.work ?? []), ...(other.work ?? []).filter(({ id }) => !done.has(id))];
  const name = other.name === undefined ? one.name : other.name;
  return {
    messages: [...one.messages, ...other.messages.filter(({ id }) => !known.has(id))],
    ...(work.length === 0 ? {} : { work }),
    patch: composePatches(one.patch, other.patch, undefined),
    ...(name === undefined ? {} : { name }),
  };
}
