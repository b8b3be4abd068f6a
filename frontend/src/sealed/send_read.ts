// Reading what is sent: files of the disk, and files of the record, which the worker fetches.
import type { Item } from "./send_types";

export type Read = (from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>;

/** A file that cannot be read any more, or not be fetched. */
export class Unreadable extends Error {
  constructor(
    readonly path: string,
    readonly code: "unreadable" | "fetch",
  ) {
    super(`${code}: a file`);
  }
}

/** The bytes of every item of a transfer. */
export class Blobs {
  private constructor(private readonly blobs: ReadonlyMap<string, Blob>) {}

  /** Takes the chosen files, and fetches the others with the session of the page; throws Unreadable. */
  static async gather(items: readonly Item[], files: ReadonlyMap<string, Blob>, signal: AbortSignal): Promise<Blobs> {
    const found = new Map<string, Blob>();
    for (const item of items) {
      const blob = item.url === undefined ? files.get(item.path) : await fetched(item.url, item.name, signal);
      if (!blob) throw new Unreadable(item.path, "unreadable");
      found.set(item.path, blob);
    }
    return new Blobs(found);
  }

  sizeOf(path: string): number {
    return this.blob(path).size;
  }

  /** Reads plaintext bytes; throws Unreadable when the file was moved or changed since it was chosen. */
  reader(path: string): Read {
    const blob = this.blob(path);
    return async (from, to) => {
      try {
        return new Uint8Array(await blob.slice(from, to).arrayBuffer());
      } catch {
        throw new Unreadable(path, "unreadable");
      }
    };
  }

  private blob(path: string): Blob {
    const found = this.blobs.get(path);
    if (!found) throw new Unreadable(path, "unreadable");
    return found;
  }
}

async function fetched(url: string, path: string, signal: AbortSignal): Promise<Blob> {
  try {
    const answer = await fetch(url, { redirect: "error", signal, cache: "no-store" });
    if (answer.ok) return await answer.blob();
  } catch {
    signal.throwIfAborted();
  }
  throw new Unreadable(path, "fetch");
}
