// What this browser keeps of unfinished transfers, in IndexedDB: sealed under a key that needs the signed-in page too.
// The page brings a secret (of the account, or of a drop's link), the database a random salt; neither alone opens
// anything. Only digests of ciphertext lie open, and the browser's own holds of files of this disk.
import { b64u, random, unb64u } from "./bytes";
import type { Send } from "./send_types";

const NAME = "chartpost-sends";
const MARK = new TextEncoder().encode("chartpost/vault/v1");

interface Row {
  share: string;
  owner: string;
  at: number;
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => {
      done(request.result);
    };
    request.onerror = () => {
      failed(request.error ?? new Error("The browser's store failed."));
    };
  });
}

function open(): Promise<IDBDatabase> {
  const asked = indexedDB.open(NAME, 2);
  asked.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion < 1) {
      asked.result.createObjectStore("meta");
      asked.result.createObjectStore("sends", { keyPath: "share" });
      asked.result.createObjectStore("parts");
    }
    asked.result.createObjectStore("handles");
  };
  return new Promise((done, failed) => {
    asked.onblocked = () => {
      failed(new Error("An older page of this browser holds the store."));
    };
    settled(asked).then(done, failed);
  });
}

/** The store of one account, or of one drop's link, in this browser. */
export class Store {
  private constructor(
    private readonly db: IDBDatabase,
    private readonly key: CryptoKey,
    private readonly owner: string,
  ) {}

  /** Opens it with the secret the page brings (base64url of 32 bytes). */
  static async open(vault: string): Promise<Store> {
    const db = await open();
    const secret = unb64u(vault, 32);
    const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: await Store.salt(db), info: MARK };
    const key = await crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const owner = b64u(await crypto.subtle.digest("SHA-256", new Uint8Array([...MARK, ...secret])));
    return new Store(db, key, owner);
  }

  private static async salt(db: IDBDatabase): Promise<Uint8Array<ArrayBuffer>> {
    const meta = db.transaction("meta", "readwrite").objectStore("meta");
    const kept = (await settled(meta.get("salt"))) as Uint8Array<ArrayBuffer> | undefined;
    if (kept) return kept;
    const fresh = random(32);
    await settled(meta.put(fresh, "salt"));
    return fresh;
  }

  /** Writes a transfer down. */
  async put(send: Send): Promise<void> {
    const iv = random(12);
    const text = new TextEncoder().encode(JSON.stringify(send));
    const how = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(send.share) };
    const row: Row = {
      share: send.share,
      owner: this.owner,
      at: Date.now(),
      iv,
      sealed: await crypto.subtle.encrypt(how, this.key, text),
    };
    await settled(this.db.transaction("sends", "readwrite").objectStore("sends").put(row));
  }

  /** A transfer of this account, or null. */
  async get(share: string): Promise<Send | null> {
    const row = (await settled(this.db.transaction("sends").objectStore("sends").get(share))) as Row | undefined;
    return row?.owner === this.owner ? this.read(row) : null;
  }

  /** All transfers of this account, newest first. What does not open is left alone. */
  async all(): Promise<Send[]> {
    const rows = (await settled(this.db.transaction("sends").objectStore("sends").getAll())) as Row[];
    const mine = rows.filter((row) => row.owner === this.owner).sort((one, other) => other.at - one.at);
    return (await Promise.all(mine.map((row) => this.read(row)))).filter((send) => send !== null);
  }

  private async read(row: Row): Promise<Send | null> {
    const how = { name: "AES-GCM", iv: row.iv, additionalData: new TextEncoder().encode(row.share) };
    try {
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, this.key, row.sealed))) as Send;
    } catch {
      return null;
    }
  }

  /** Forgets a transfer and its parts. */
  async drop(share: string): Promise<void> {
    const change = this.db.transaction(["sends", "parts", "handles"], "readwrite");
    change.objectStore("sends").delete(share);
    change.objectStore("handles").delete(share);
    await settled(change.objectStore("parts").delete(IDBKeyRange.bound([share], [share, []])));
  }

  /** Keeps the browser's holds of the chosen files and folders; they lie open, as the files themselves do. */
  async keepHandles(share: string, handles: readonly FileSystemHandle[]): Promise<void> {
    const kept = this.db.transaction("handles", "readwrite").objectStore("handles");
    if (handles.length) await settled(kept.put(handles, share));
    else await settled(kept.delete(share));
  }

  /** The holds that were kept; none where the browser has none. */
  async handles(share: string): Promise<FileSystemHandle[]> {
    const kept: unknown = await settled(this.db.transaction("handles").objectStore("handles").get(share));
    return Array.isArray(kept) ? (kept as FileSystemHandle[]) : [];
  }

  /** The digest under which a part of an object was sealed before, or null. */
  async part(share: string, object: string, number: number): Promise<string | null> {
    const kept: unknown = await settled(this.db.transaction("parts").objectStore("parts").get([share, object, number]));
    return typeof kept === "string" ? kept : null;
  }

  /** Notes the digest of a sealed part, before it leaves the device. */
  async note(share: string, object: string, number: number, digest: string): Promise<void> {
    await settled(this.db.transaction("parts", "readwrite").objectStore("parts").put(digest, [share, object, number]));
  }
}
